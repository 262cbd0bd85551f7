/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rebuild session fed with any fragments in any order, true ones and
 * false ones, while reads and writes of flash fail: nothing outside its
 * memory, nothing read that was not written, nothing written twice, the counts
 * agree, and when all fragments were true the block is the right one.
 *
 * Input: edition, nb_frag, frag_size, max_lost, write size, seed (6 bytes),
 * then 3 bytes per step: a flag byte and N.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/defrag.h>

#include "fuzz.h"

enum {
	HEAD = 6,
	STEP = 3,
	FLAG_FALSE_DATA = 1, /* this fragment's data are wrong */
	FLAG_BAD_LENGTH = 2,
	FLAG_FAIL_READ = 4,
	FLAG_FAIL_PROG = 8,
	FLAG_RESTORE = 16,
};

struct memory {
	uint8_t *bytes;
	bool *written;
	uint32_t size, write_size;
	bool fail_read, fail_prog;
};

static void
check_range(const struct memory *m, uint32_t off, uint32_t len)
{
	if (off > m->size || len > m->size - off)
		abort();
}

static enum fuota_status
read_memory(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	struct memory *m = ctx;

	check_range(m, off, len);
	for (uint32_t i = off; i < off + len; i++)
		if (!m->written[i])
			abort();
	memcpy(data, m->bytes + off, len);
	return m->fail_read ? FUOTA_E_FLASH : FUOTA_OK;
}

static enum fuota_status
prog_memory(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct memory *m = ctx;

	check_range(m, off, len);
	if (off % m->write_size != 0 || len % m->write_size != 0)
		abort();
	for (uint32_t i = off; i < off + len; i++) {
		if (m->written[i])
			abort();
		m->written[i] = true;
	}
	memcpy(m->bytes + off, data, len);
	return m->fail_prog ? FUOTA_E_FLASH : FUOTA_OK;
}

/* The data of fragment n of a block whose byte at i is 37 * i + seed. */
static void
fragment(const struct fuota_defrag_params *p, uint8_t seed, uint16_t n,
    uint8_t *data)
{
	uint8_t row[FUOTA_PARITY_ROW_SIZE(256)];

	memset(data, 0, p->frag_size);
	memset(row, 0, sizeof(row));
	if (n <= p->nb_frag)
		row[(n - 1) / 8] = (uint8_t)(0x80 >> (n - 1) % 8);
	else if (fuota_parity_row(p->edition, (uint16_t)(n - p->nb_frag),
		     p->nb_frag, row, sizeof(row)) != FUOTA_OK)
		abort();
	for (uint32_t i = 0; i < p->nb_frag; i++)
		for (uint32_t k = 0;
		     k < p->frag_size && (row[i / 8] << i % 8 & 0x80) != 0; k++)
			data[k] ^=
			    (uint8_t)(37 * (i * p->frag_size + k) + seed);
}

static bool
step(struct fuota_defrag *d, struct memory *m, const uint8_t *in, uint8_t seed)
{
	const uint8_t flags = in[0];
	const uint16_t n = fuota_get_u16(in + 1);
	uint8_t data[256] = { 0 };
	bool genuine = true;

	if (n >= 1 && n <= FUOTA_FRAG_N_MAX)
		fragment(&d->params, seed, n, data);
	if ((flags & FLAG_FALSE_DATA) != 0) {
		data[0] ^= 0x55;
		genuine = false;
	}
	m->fail_read = (flags & FLAG_FAIL_READ) != 0;
	m->fail_prog = (flags & FLAG_FAIL_PROG) != 0;
	if ((flags & FLAG_RESTORE) != 0)
		fuota_defrag_restore(d);
	const size_t len =
	    d->params.frag_size + ((flags & FLAG_BAD_LENGTH) != 0 ? 1u : 0u);
	const uint16_t needed = fuota_defrag_needed(d);
	fuota_defrag_feed(d, n, data, len);
	m->fail_read = m->fail_prog = false;
	const uint16_t now = fuota_defrag_needed(d);
	if (now > needed || needed - now > 1 || d->missing > d->params.nb_frag)
		abort();
	return genuine;
}

static void
run(struct fuota_defrag *d, struct memory *m, const uint8_t *data, size_t size,
    uint8_t seed)
{
	bool genuine = true;

	for (; size >= STEP; data += STEP, size -= STEP)
		genuine = step(d, m, data, seed) && genuine;
	while (fuota_defrag_needed(d) == 0 && !d->broken &&
	    !fuota_defrag_is_complete(d))
		if (fuota_defrag_restore(d) != FUOTA_OK)
			abort();
	const uint32_t len = (uint32_t)d->params.nb_frag * d->params.frag_size;
	for (uint32_t i = 0; genuine && fuota_defrag_is_complete(d) && i < len;
	     i++)
		if (m->bytes[i] != (uint8_t)(37 * i + seed))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_defrag d;

	if (size < HEAD)
		return 0;
	struct memory m = { .write_size = 1u << data[4] % 6 };
	struct fuota_defrag_params p = {
		.edition = (enum fuota_ts004)(1 + data[0] % 3),
		.nb_frag = (uint16_t)(1 + data[1]),
		.max_lost = (uint16_t)(data[3] % (2 + data[1])),
		.frag_size = (uint8_t)(m.write_size *
		    (1 + data[2] % (255 / m.write_size))),
	};
	m.size = ((uint32_t)p.nb_frag + p.max_lost) * p.frag_size;
	const struct fuota_flash flash = { .ctx = &m,
		.size = m.size,
		.write_size = (uint8_t)m.write_size,
		.read = read_memory,
		.prog = prog_memory };
	p.block = p.scratch = &flash;
	p.scratch_off = (uint32_t)p.nb_frag * p.frag_size;
	const size_t ram =
	    FUOTA_DEFRAG_MEMORY_SIZE(p.nb_frag, p.max_lost, p.frag_size);
	uint32_t *memory = malloc(ram);
	m.bytes = malloc(m.size);
	m.written = calloc(m.size, sizeof(bool));
	if (fuota_defrag_init(&d, &p, memory, ram) != FUOTA_OK)
		abort();
	run(&d, &m, data + HEAD, size - HEAD, data[5]);
	free(m.written);
	free(m.bytes);
	free(memory);
	return 0;
}
