/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's decoder once more, as it stands, with a range decoder that
 * keeps books: no second one that could disagree.
 */
#define fuota_codec_init          fuota_codec_cost_init
#define fuota_codec_init_in_place fuota_codec_cost_init_in_place
#define fuota_codec_run           fuota_codec_cost_run
#define fuota_codec_finish        fuota_codec_cost_finish
#define CODEC_KEEPS_BOOKS

#include <stdlib.h>

#include <fuota/cost.h>
#include <fuota/device/codec.h>

#include "device/codec_types.h"
#include "fail.h"

/* What io.ctx of the decoder points to. */
struct ledger {
	struct fuota_in old, payload;
	const struct fuota_out *new;
	int now; /* enum tally_of */
	uint64_t total, began;
	uint64_t cost[TALLY_COUNT];
	uint32_t count[TALLY_COUNT];
};

struct coder;

static struct ledger *
ledger_of(const struct coder *x);

/* 65536 log2(x) by squaring: the same on every machine; x > 0. */
static uint32_t
log2_of(uint32_t x)
{
	uint32_t log = 31 << 16;

	while (x >> 31 == 0) {
		x <<= 1;
		log -= 1u << 16;
	}
	for (uint32_t digit = 1u << 15; digit > 0; digit >>= 1) {
		const uint64_t square = (uint64_t)x * x;
		const bool above = square >> 63;
		x = (uint32_t)(square >> (above ? 32 : 31));
		log += above ? digit : 0;
	}
	return log;
}

/* By how much the range shrinks: what it costs, to the last fraction. */
static void
spend(struct coder *x, uint32_t from, uint32_t to)
{
	struct ledger *l = ledger_of(x);
	const uint32_t cost = log2_of(from) - log2_of(to);

	l->cost[l->now] += cost;
	l->total += cost;
}

static void
tally(struct coder *x, int what)
{
	struct ledger *l = ledger_of(x);

	l->now = what;
	l->began = l->total;
	if (what >= TALLY_LITERAL)
		l->count[what]++;
}

/* A flag that says no belongs to what it says no to. */
static void
tally_hit(struct coder *x, enum kind kind, bool hit)
{
	struct ledger *l = ledger_of(x);
	const uint64_t flag = l->total - l->began;
	const int as = hit ? TALLY_HIT : TALLY_MISS;

	l->count[as + (int)kind]++;
	l->cost[TALLY_HIT + (int)kind] -= flag;
	l->cost[as + (int)kind] += flag;
}

#include "device/codec.c" /* the text itself */

static struct ledger *
ledger_of(const struct coder *x)
{
	return x->io->ctx;
}

static enum fuota_status
read_memory(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct ledger *l = ctx;
	struct fuota_in in = l->old;

	if (source == FUOTA_CODEC_PAYLOAD)
		in = l->payload;
	if (source == FUOTA_CODEC_NEW)
		in = (struct fuota_in){ .data = l->new->data,
			.len = l->new->len };
	if (off > in.len || len > in.len - off)
		return FUOTA_E_FLASH;
	memcpy(to, in.data + off, len);
	return FUOTA_OK;
}

/* --- what a byte of firmware costs -----------------------------------------*/

static enum fuota_cost_group
group_of(int what)
{
	if (what < TALLY_MISS)
		return FUOTA_COST_RIGHT;
	if (what < TALLY_LITERAL)
		return FUOTA_COST_WRONG;
	switch (what) {
	case TALLY_MATCH:
		return FUOTA_COST_MATCH;
	case TALLY_CONTROL:
		return FUOTA_COST_CONTROL;
	default:
		return FUOTA_COST_NEW;
	}
}

static void
account(struct fuota_costs *costs, uint32_t from, uint32_t to, uint64_t cost,
    int what)
{
	const uint32_t n = to - from;

	for (uint32_t i = from; i < to; i++) {
		costs->bytes[i] =
		    (uint32_t)(cost / n + (i - from < cost % n ? 1 : 0));
		costs->groups[i] = (uint8_t)group_of(what);
	}
}

/* Byte by byte, to see where the decoder stands after each step. */
static enum fuota_status
decode(struct fuota_codec *c, const struct fuota_codec_io *io,
    struct fuota_out *out, struct fuota_costs *costs)
{
	const struct ledger *l = io->ctx;
	struct fuota_out piece = { .data = out->data };
	enum fuota_status status = FUOTA_OK;

	while (status == FUOTA_OK && piece.len < c->image_len) {
		const uint64_t before = l->total;
		const uint32_t from = c->pos;
		piece.size = piece.len + 1;
		out->len = piece.len;
		status = fuota_codec_run(c, io, &piece);
		if (status == FUOTA_OK && c->pos > from)
			account(costs, from, c->pos, l->total - before, l->now);
	}
	out->len = piece.len;
	return status == FUOTA_OK ? fuota_codec_finish(c) : status;
}

/* --- the table -------------------------------------------------------------*/

/* In the order of enum kind. */
static const char *const kind_names[] = { "byte", "halfword", "pointer",
	"RAM address", "call", "jump", "long branch", "literal load",
	"near branch", "short branch", "compare and branch", "address" };

_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == KIND_COUNT,
    "a name for each kind");

static void
add_row(struct fuota_costs *costs, const struct fuota_cost_row *row)
{
	if (row->count > 0 || row->cost > 0)
		costs->rows[costs->row_count++] = *row;
}

_Static_assert(2 * KIND_COUNT + 4 <= FUOTA_COST_ROWS_MAX, "room for rows");

static uint32_t
new_bytes(const struct fuota_costs *costs, size_t len)
{
	uint32_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += costs->groups[i] == FUOTA_COST_NEW;
	return count;
}

static void
fill(struct fuota_costs *costs, const struct ledger *l, size_t firmware_len)
{
	const uint64_t all = l->payload.len * (uint64_t)FUOTA_COST_PER_BYTE;
	struct fuota_cost_row row = { .group = FUOTA_COST_HEADER };

	costs->row_count = 0;
	row.cost = all > l->total ? all - l->total : 0;
	add_row(costs, &row);
	row = (struct fuota_cost_row){ FUOTA_COST_CONTROL, NULL,
		l->count[TALLY_CONTROL], l->cost[TALLY_CONTROL] };
	add_row(costs, &row);
	for (int i = 0; i < TALLY_LITERAL; i++) {
		row = (struct fuota_cost_row){ group_of(i),
			kind_names[i % KIND_COUNT], l->count[i], l->cost[i] };
		add_row(costs, &row);
	}
	row = (struct fuota_cost_row){ FUOTA_COST_MATCH, NULL,
		l->count[TALLY_MATCH], l->cost[TALLY_MATCH] };
	add_row(costs, &row);
	row = (struct fuota_cost_row){ FUOTA_COST_NEW, NULL,
		new_bytes(costs, firmware_len),
		l->cost[TALLY_LITERAL] + l->cost[TALLY_IS_MATCH] };
	add_row(costs, &row);
}

const char *
fuota_cost_group_name(enum fuota_cost_group group)
{
	static const char *const names[] = { "header", "control", "right",
		"wrong", "match", "new" };

	return (unsigned)group < FUOTA_COST_GROUP_COUNT ? names[group] : NULL;
}

/* A delta in place that goes down was made from its last byte on. */
static void
turn(struct fuota_out *out, struct fuota_costs *costs)
{
	for (size_t i = 0, j = out->len; i + 1 < j--; i++) {
		const uint8_t byte = out->data[i], group = costs->groups[i];
		const uint32_t cost = costs->bytes[i];
		out->data[i] = out->data[j];
		out->data[j] = byte;
		costs->groups[i] = costs->groups[j];
		costs->groups[j] = group;
		costs->bytes[i] = costs->bytes[j];
		costs->bytes[j] = cost;
	}
}

static enum fuota_status
count_with(struct fuota_codec *c, size_t size, const struct fuota_image *image,
    struct ledger *l, struct fuota_out *out, struct fuota_costs *costs)
{
	const struct fuota_codec_io io = { .read = read_memory, .ctx = l };

	enum fuota_status status = (image->header.delta == FUOTA_DELTA_IN_PLACE
		? fuota_codec_init_in_place
		: fuota_codec_init)(c, size, &io, (uint32_t)l->old.len,
	    image->header.image_len, (uint32_t)l->payload.len);
	if (status != FUOTA_OK)
		return status;
	/* What the first pass took is taken again, but for the header. */
	*l =
	    (struct ledger){ .old = l->old, .payload = l->payload, .new = out };
	status = decode(c, &io, out, costs);
	if (status == FUOTA_OK)
		fill(costs, l, out->len);
	if (status == FUOTA_OK && c->down)
		turn(out, costs);
	return status;
}

enum fuota_status
fuota_payload_costs(const struct fuota_image *image, struct fuota_in base,
    struct fuota_out *out, struct fuota_costs *costs, struct fuota_error *err)
{
	const size_t size =
	    FUOTA_CODEC_STATE_SIZE(FUOTA_CODEC_PROFILE_COUNT - 1);
	struct ledger ledger = { .payload = image->payload, .new = out };

	if (image->header.compression != FUOTA_COMPRESSION_CODEC)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 4,
		    "only what --method codec made can be explained");
	if (out->size < image->header.image_len)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "firmware of %u bytes does not fit",
		    image->header.image_len);
	if (image->header.delta != FUOTA_DELTA_NONE)
		ledger.old = base;
	struct fuota_codec *c = malloc(size);
	if (c == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the codec, %zu bytes", size);
	const enum fuota_status status =
	    count_with(c, size, image, &ledger, out, costs);
	free(c);
	if (status == FUOTA_OK)
		return FUOTA_OK;
	return fuota_fail(err, status, image->header.size,
	    "payload does not decode: %s", fuota_status_text(status));
}
