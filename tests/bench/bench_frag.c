/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fragment encoder against a plain byte-wise loop over the same rows, in
 * one run. The plain loop is compiled with this file's flags, -O2, and gets
 * its rows for nothing; the encoder draws its own.
 */
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fuota/device/defrag.h>
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

/* On its own, its pointers at hand: as good as -O2 makes such a loop. */
static __attribute__((noinline)) void
plain_loop(const uint8_t *rows, size_t row_size, size_t count,
    const uint8_t *block, size_t m, size_t size, uint8_t *out)
{
	memset(out, 0, count * size);
	for (size_t n = 0; n < count; n++)
		for (size_t i = 0; i < m; i++)
			if ((rows[n * row_size + i / 8] << i % 8 & 0x80) != 0)
				for (size_t j = 0; j < size; j++)
					out[n * size + j] ^=
					    block[i * size + j];
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
			plain_loop(p.rows, p.row_size, coded, p.block.data, m,
			    frag_size, want);
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

/* --- memory of the encoder: what it holds beside block and output ---------- */

static void
print_growth(const struct problem *p, struct fuota_out *out)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	if (fuota_frag_encode(&p->session, check_in(&p->block),
		(uint16_t)(p->session.nb_frag + 1), p->session.redundancy, out,
		NULL) != FUOTA_OK)
		abort();
	getrusage(RUSAGE_SELF, &after);
	printf(
	    "frag encode: %5u x %u bytes, %u coded: %ld KiB beside block and output\n",
	    p->session.nb_frag, p->session.frag_size, p->session.redundancy,
	    after.ru_maxrss - before.ru_maxrss);
}

/* In a process of its own, where nothing freed before can be used again. */
static void
bench_memory(uint16_t m, uint8_t frag_size, uint16_t coded)
{
	struct problem p = make_problem(FUOTA_TS004_V1, m, frag_size, coded);
	struct fuota_out out = check_out(fuota_frag_bound(&p.session, coded));

	memset(out.data, 1, out.size);
	malloc_trim(0);
	fflush(stdout);
	const pid_t child = fork();
	if (child == 0) {
		print_growth(&p, &out);
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	free(out.data);
	free(p.rows);
	free(p.block.data);
}

/* --- the device's work ---------------------------------------------------- */

struct counted {
	uint8_t *bytes;
	unsigned reads, programs;
};

static enum fuota_status
count_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	struct counted *c = ctx;

	c->reads++;
	memcpy(data, c->bytes + off, len);
	return FUOTA_OK;
}

static enum fuota_status
count_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct counted *c = ctx;

	c->programs++;
	memcpy(c->bytes + off, data, len);
	return FUOTA_OK;
}

static void
bench_decoder(enum fuota_ts004 edition, uint16_t m, uint16_t lost, uint8_t size)
{
	struct problem p = make_problem(edition, m, size, 2 * lost);
	struct fuota_out out =
	    check_out(fuota_frag_bound(&p.session, 2 * lost));
	struct counted counted = { .bytes =
				       check_alloc(((size_t)m + lost) * size) };
	const struct fuota_flash flash = { .ctx = &counted,
		.size = ((uint32_t)m + lost) * size,
		.write_size = 1,
		.read = count_read,
		.prog = count_prog };
	const struct fuota_defrag_params params = { .edition = edition,
		.nb_frag = m,
		.max_lost = lost,
		.frag_size = size,
		.block = &flash,
		.scratch = &flash,
		.scratch_off = (uint32_t)m * size };
	const size_t ram = FUOTA_DEFRAG_MEMORY_SIZE(m, lost, size);
	struct fuota_defrag d;
	unsigned reads = 0, restore_reads = 0;
	double slowest = 0, restore = 0;
	uint32_t *memory = check_alloc(ram);

	if (fuota_frag_encode(&p.session, check_in(&p.block), (uint16_t)(m + 1),
		p.session.redundancy, &out, NULL) != FUOTA_OK ||
	    fuota_defrag_init(&d, &params, memory, ram) != FUOTA_OK)
		abort();
	for (uint16_t n = 1; n <= m; n++)
		if (n % (m / lost) != 0)
			fuota_defrag_feed(
			    &d, n, p.block.data + (n - 1u) * size, size);
	for (uint16_t i = 0; fuota_defrag_needed(&d) > 0; i++) {
		const double start = now();
		counted.reads = 0;
		fuota_defrag_feed(&d, (uint16_t)(m + 1 + i),
		    out.data + i * FUOTA_FRAG_COMMAND_SIZE(size) +
			FUOTA_FRAG_OVERHEAD,
		    size);
		const double took = now() - start;
		slowest = took > slowest ? took : slowest;
		reads = counted.reads > reads ? counted.reads : reads;
	}
	while (!fuota_defrag_is_complete(&d)) {
		const double start = now();
		counted.reads = 0;
		if (fuota_defrag_restore(&d) != FUOTA_OK)
			abort();
		restore += now() - start;
		restore_reads = counted.reads > restore_reads ? counted.reads
							      : restore_reads;
	}
	if (memcmp(counted.bytes, p.block.data, p.block.len) != 0)
		abort();
	printf(
	    "frag decode, TS004 %s: %u x %u bytes, %u lost: %zu bytes of RAM; a coded fragment at most %u flash reads, %.0f us here; a restored one %u reads, all of them %.1f ms; %u programs for %u areas\n",
	    edition == FUOTA_TS004_V1 ? "1.0.0" : "2.0.0", m, size, lost,
	    ram + sizeof(d), reads, slowest * 1e6, restore_reads, restore * 1e3,
	    counted.programs, m + lost);
	free(memory);
	free(counted.bytes);
	free(out.data);
	free(p.rows);
	free(p.block.data);
}

int
main(void)
{
	bench_memory(1725, 232, 518);
	bench_memory(16000, 230, 380);
	bench_memory(8192, 255, 8191);
	bench_encoder(FUOTA_TS004_V1, 1725, 232, 518);
	bench_encoder(FUOTA_TS004_V2, 1725, 232, 518);
	bench_encoder(FUOTA_TS004_V1, 16000, 230, 380);
	bench_encoder(FUOTA_TS004_V2, 16000, 230, 380);
	bench_decoder(FUOTA_TS004_V1, 2000, 200, 48);
	bench_decoder(FUOTA_TS004_V2, 2000, 200, 48);
	return 0;
}
