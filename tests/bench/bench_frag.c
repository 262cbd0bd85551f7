/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fragment encoder against a plain byte-wise loop over the same rows, in
 * one run. The plain loop is compiled with this file's flags, -O2, and gets
 * its rows for nothing; the encoder draws its own.
 */
#include <stdio.h>
#include <time.h>

#include <fuota/frag.h>

#include "check.h"

/* CPU time: other programs on the machine do not count. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

struct problem {
	struct fuota_frag_session session;
	struct fuota_out block;
	uint8_t *rows;
	size_t row_size;
};

static void
plain_loop(const struct problem *p, uint8_t *out)
{
	const size_t size = p->session.frag_size;

	memset(out, 0, p->session.redundancy * size);
	for (size_t n = 0; n < p->session.redundancy; n++) {
		const uint8_t *row = p->rows + n * p->row_size;
		for (size_t i = 0; i < p->session.nb_frag; i++) {
			if ((row[i / 8] << i % 8 & 0x80) == 0)
				continue;
			for (size_t j = 0; j < size; j++)
				out[n * size + j] ^=
				    p->block.data[i * size + j];
		}
	}
}

static struct problem
make_problem(
    enum fuota_ts004 edition, uint16_t m, uint8_t frag_size, uint16_t coded)
{
	struct problem p = { .session = { .edition = edition,
				 .frag_size = frag_size,
				 .redundancy = coded },
		.block = check_out((size_t)m * frag_size),
		.row_size = FUOTA_PARITY_ROW_SIZE(m) };
	struct check_random random = { .state = 7 };

	p.block.len = p.block.size;
	check_random_bytes(&random, p.block.data, p.block.len);
	if (fuota_frag_split(check_in(&p.block), &p.session, NULL) != FUOTA_OK)
		abort();
	p.rows = check_alloc(p.row_size * coded);
	for (uint16_t n = 1; n <= coded; n++)
		if (fuota_parity_row(edition, n, m,
			p.rows + (n - 1u) * p.row_size, p.row_size) != FUOTA_OK)
			abort();
	return p;
}

static void
check_same(
    const struct problem *p, const uint8_t *want, const uint8_t *commands)
{
	const size_t size = p->session.frag_size;

	for (size_t n = 0; n < p->session.redundancy; n++)
		if (memcmp(want + n * size,
			commands + n * FUOTA_FRAG_COMMAND_SIZE(size) +
			    FUOTA_FRAG_OVERHEAD,
			size) != 0)
			abort();
}

static void
bench_encoder(
    enum fuota_ts004 edition, uint16_t m, uint8_t frag_size, uint16_t coded)
{
	struct problem p = make_problem(edition, m, frag_size, coded);
	uint8_t *want = check_alloc((size_t)coded * frag_size);
	struct fuota_out out = check_out(fuota_frag_bound(&p.session, coded));
	double plain = 1e9, ours = 1e9;

	for (int round = 0; round < 12; round++) {
		double start = now();
		if (round % 4 == 0) {
			plain_loop(&p, want);
			plain = least(plain, now() - start);
		}
		start = now();
		if (fuota_frag_encode(&p.session, check_in(&p.block),
			(uint16_t)(m + 1), coded, &out, NULL) != FUOTA_OK)
			abort();
		ours = least(ours, now() - start);
	}
	check_same(&p, want, out.data);
	printf(
	    "frag encode, TS004 %s: %5u x %u bytes, %u coded: plain loop %.1f ms, encoder with its rows %.2f ms, %.0f times faster\n",
	    edition == FUOTA_TS004_V1 ? "1.0.0" : "2.0.0", m, frag_size, coded,
	    plain * 1e3, ours * 1e3, plain / ours);
	free(want);
	free(out.data);
	free(p.rows);
	free(p.block.data);
}

int
main(void)
{
	bench_encoder(FUOTA_TS004_V1, 1725, 232, 518);
	bench_encoder(FUOTA_TS004_V2, 1725, 232, 518);
	bench_encoder(FUOTA_TS004_V1, 16000, 230, 380);
	bench_encoder(FUOTA_TS004_V2, 16000, 230, 380);
	return 0;
}
