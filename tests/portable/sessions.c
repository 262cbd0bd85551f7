/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragmentation sessions with losses. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/defrag.h>

#include "portable.h"

struct session {
	uint16_t nb_frag;
	uint16_t max_lost;
	uint8_t frag_size; /* bytes */
	uint8_t write_size; /* bytes */
	uint8_t loss; /* percent */
};

static const struct session sessions[] = {
	{ 20, 10, 8, 8, 20 }, { 64, 40, 13, 1, 30 }, { 257, 90, 48, 16, 25 },
	{ 500, 60, 222, 2, 10 },
	{ 500, 5, 32, 32, 5 }, /* more are lost than it can compute */
};

static void
encode(enum fuota_ts004 edition, const struct session *s, const uint8_t *block,
    uint16_t n, uint8_t *data)
{
	static uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];

	memset(data, 0, s->frag_size);
	if (n <= s->nb_frag)
		memset(row, 0, sizeof(row));
	else if (fuota_parity_row(edition, n - s->nb_frag, s->nb_frag, row,
		     sizeof(row)) != FUOTA_OK)
		abort();
	if (n <= s->nb_frag)
		row[(n - 1) / 8] = (uint8_t)(0x80 >> (n - 1) % 8);
	for (uint16_t i = 0; i < s->nb_frag; i++)
		if ((row[i / 8] & 0x80 >> i % 8) != 0)
			for (size_t j = 0; j < s->frag_size; j++)
				data[j] ^= block[(size_t)i * s->frag_size + j];
}

/* Fragments in order but for every seventh, which comes late; some never. */
static void
feed(struct fuota_defrag *d, const struct session *s, const uint8_t *block,
    struct random *random, struct trace *trace)
{
	const uint16_t count = (uint16_t)(2 * s->nb_frag);
	uint8_t data[FUOTA_FRAG_SIZE_MAX];

	for (uint16_t i = 0; i < count && fuota_defrag_needed(d) != 0; i++) {
		const uint16_t n = i % 7 == 3 && i >= 7 ? i - 6 : i + 1;
		if (random_below(random, 100) < s->loss)
			continue;
		encode(d->params.edition, s, block, n, data);
		trace_u32(trace, fuota_defrag_feed(d, n, data, s->frag_size));
		trace_u32(trace, fuota_defrag_needed(d));
	}
	enum fuota_status status = FUOTA_OK;
	while (status == FUOTA_OK && !fuota_defrag_is_complete(d))
		status = fuota_defrag_restore(d);
	trace_u32(trace, status);
}

static void
session(enum fuota_ts004 edition, const struct session *s)
{
	const size_t size = (size_t)s->nb_frag * s->frag_size;
	const size_t memory_size =
	    FUOTA_DEFRAG_MEMORY_SIZE(s->nb_frag, s->max_lost, s->frag_size);
	uint32_t *memory = allocate(memory_size), never = 0;
	struct random random = { 7 };
	uint8_t *block = allocate(size);
	struct ram_flash flash, scratch;
	struct fuota_defrag d;
	struct trace trace;

	random_bytes(&random, block, size);
	trace_init(&trace);
	ram_flash_init(
	    &flash, (uint32_t)size, (uint32_t)size, s->write_size, &never);
	const uint32_t scratch_size = (uint32_t)s->max_lost * s->frag_size;
	ram_flash_init(
	    &scratch, scratch_size, scratch_size, s->write_size, &never);
	const struct fuota_defrag_params params = { .edition = edition,
		.nb_frag = s->nb_frag,
		.max_lost = s->max_lost,
		.frag_size = s->frag_size,
		.block = &flash.flash,
		.scratch = &scratch.flash };
	trace_u32(&trace, fuota_defrag_init(&d, &params, memory, memory_size));
	feed(&d, s, block, &random, &trace);
	trace_bytes(&trace, flash.bytes, size);
	trace_print(&trace, "session, %u x %u, edition %d, %s", s->nb_frag,
	    s->frag_size, edition,
	    memcmp(block, flash.bytes, size) == 0 ? "complete" : "incomplete");
	ram_flash_free(&flash);
	ram_flash_free(&scratch);
	free(block);
	free(memory);
}

void
run_defrag(void)
{
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		session(FUOTA_TS004_V1, &sessions[i]);
		session(FUOTA_TS004_V2, &sessions[i]);
		session(FUOTA_TS004_V2_ABSN, &sessions[i]);
	}
}
