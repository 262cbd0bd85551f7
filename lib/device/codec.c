/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/codec.h>
#include <fuota/limits.h>

#include "codec_store.h"

struct coder {
	struct fuota_codec *c;
	const struct fuota_codec_io *io;
	const struct fuota_out *out;
	uint32_t out_pos; /* new firmware before out->data */
};

static void
fail(struct coder *x, enum fuota_status status)
{
	if (x->c->status == FUOTA_OK)
		x->c->status = (uint8_t)status;
}

/* A host that asks where the bytes went has its own: lib/codec_cost.c. */
#ifndef CODEC_KEEPS_BOOKS
static void
spend(struct coder *x, uint32_t from, uint32_t to)
{
	(void)x;
	(void)from;
	(void)to;
}

static void
tally(struct coder *x, int what)
{
	(void)x;
	(void)what;
}

static void
tally_hit(struct coder *x, enum kind kind, bool hit)
{
	(void)x;
	(void)kind;
	(void)hit;
}
#endif

/* Bytes of payload that a complete one may lack: its last zeros. */
enum {
	LOOK_AHEAD = 4
};

NOINLINE static void
next_byte(struct coder *x, struct fuota_codec_range *r)
{
	const struct fuota_codec *c = x->c;
	uint8_t byte = 0;

	if (r->off < c->payload_len) {
		const enum fuota_status status = x->io->read(
		    x->io->ctx, FUOTA_CODEC_PAYLOAD, r->off, &byte, 1);
		if (status != FUOTA_OK)
			fail(x, status);
	} else if (r->off - c->payload_len >= LOOK_AHEAD)
		fail(x, FUOTA_E_TRUNCATED);
	r->off++;
	r->code = r->code << 8 | byte;
}

static bool
code_bit(struct coder *x, struct fuota_codec_range *r, uint32_t p1, bool want)
{
	const uint32_t bound = (r->range >> 16) * p1;
	const bool bit = r->code < bound;
	uint32_t left = bound;

	(void)want;
	if (!bit) {
		r->code -= bound;
		left = r->range - bound;
	}
	spend(x, r->range, left);
	for (; left >> 24 == 0; left <<= 8)
		next_byte(x, r);
	r->range = left;
	return bit;
}

/* New firmware of this call is still in out. */
static uint8_t
new_byte(struct coder *x, uint32_t at)
{
	uint8_t byte = 0;

	if (at >= x->out_pos)
		return x->out->data[at - x->out_pos];
	const enum fuota_status status = x->io->read(
	    x->io->ctx, FUOTA_CODEC_NEW, place_in(x->c, true, at, 1), &byte, 1);
	if (status != FUOTA_OK)
		fail(x, status);
	return byte;
}

static uint32_t
read_source(struct coder *x, bool from_new, uint32_t at, uint32_t len)
{
	const struct fuota_codec *c = x->c;
	const uint32_t end = from_new ? c->pos : c->old_len;
	uint8_t b[4] = { 0 };

	if (at > end || len > end - at || (!from_new && at < c->kept)) {
		fail(x, FUOTA_E_FORMAT);
		return 0;
	}
	if (from_new) {
		for (uint32_t i = 0; i < len; i++)
			b[c->down ? len - 1 - i : i] = new_byte(x, at + i);
	} else {
		const enum fuota_status status = x->io->read(x->io->ctx,
		    FUOTA_CODEC_OLD, place_in(c, false, at, len), b, len);
		if (status != FUOTA_OK)
			fail(x, status);
	}
	return fuota_get_u32(b);
}

static uint32_t
wanted(struct coder *x, uint32_t off, uint32_t len)
{
	(void)x;
	(void)off;
	(void)len;
	return 0;
}

static uint32_t
wanted_log2(uint32_t size)
{
	(void)size;
	return 0;
}

static struct match
wanted_match(struct coder *x, uint32_t off)
{
	(void)x;
	(void)off;
	return (struct match){ 0 };
}

#include "codec_model.h"

/* Behind the first byte. */
static void
start_range(struct coder *x, struct fuota_codec_range *r)
{
	r->range = UINT32_MAX;
	r->code = 0;
	for (unsigned i = 0; i < 4; i++)
		next_byte(x, r);
}

static const struct operation no_operation;

/* The first pass: all operations, for the address map. */
NOINLINE static void
read_map(struct coder *x)
{
	struct fuota_codec *c = x->c;

	control_reset(c);
	while (c->op_pos < c->image_len && c->status == FUOTA_OK) {
		if (code_operation(x, &no_operation) && !map_copy(c))
			fail(x, FUOTA_E_FORMAT);
	}
	c->range[DATA] = c->range[CONTROL];
	c->range[CONTROL] = c->start;
	control_reset(c);
}

/* The first byte: profile, whether it is in place, and in which order. */
static enum fuota_status
read_first(struct fuota_codec *c, uint32_t byte, bool in_place)
{
	enum {
		IN_PLACE = 4,
		DOWN = 8,
		VERSION_SHIFT = 4
	};

	if (byte >> VERSION_SHIFT != 0)
		return FUOTA_E_UNSUPPORTED;
	c->profile = byte & 3;
	c->in_place = byte & IN_PLACE;
	c->down = byte & DOWN;
	return c->in_place != in_place || (c->down && !in_place)
	    ? FUOTA_E_FORMAT
	    : FUOTA_OK;
}

NOINLINE static enum fuota_status
read_start(struct coder *x, size_t state_size, bool in_place)
{
	struct fuota_codec *c = x->c;
	const uint32_t old_max = c->old_len;
	const struct fuota_codec nothing = { 0 };
	struct fuota_codec_range *r = &c->range[CONTROL];

	next_byte(x, r);
	if (c->payload_len == 0)
		return FUOTA_E_TRUNCATED;
	if (c->status != FUOTA_OK)
		return (enum fuota_status)c->status;
	const enum fuota_status status = read_first(c, r->code, in_place);
	if (status != FUOTA_OK)
		return status;
	if (FUOTA_CODEC_STATE_SIZE(c->profile) > state_size)
		return FUOTA_E_LIMIT;
	start_range(x, r);
	code_header(x, &nothing);
	if (c->status != FUOTA_OK)
		return (enum fuota_status)c->status;
	if (!arch_is_built_in(c->arch))
		return FUOTA_E_UNSUPPORTED;
	if (c->old_len > FUOTA_FIRMWARE_MAX)
		return FUOTA_E_FORMAT;
	if (c->old_len > old_max)
		return FUOTA_E_BASE;
	c->start = c->range[CONTROL];
	return FUOTA_OK;
}

/* Keeps old_max for read_start() in old_len. */
static bool
clear(struct fuota_codec *c, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len)
{
	memset(c, 0, sizeof(*c));
	c->image_len = image_len;
	c->old_len = old_max;
	c->payload_len = payload_len;
	return image_len > 0 && image_len <= FUOTA_FIRMWARE_MAX &&
	    old_max <= FUOTA_FIRMWARE_MAX;
}

INLINE enum fuota_status
start(struct fuota_codec *c, const struct fuota_codec_io *io, size_t state_size,
    bool in_place)
{
	struct coder x = { .c = c, .io = io };

	c->status = (uint8_t)read_start(&x, state_size, in_place);
	if (c->status == FUOTA_OK)
		read_map(&x);
	if (c->status == FUOTA_OK)
		model_reset(c);
	return (enum fuota_status)c->status;
}

NOINLINE static void
next_operation(struct coder *x)
{
	tally(x, TALLY_CONTROL);
	code_operation(x, &no_operation);
	begin_operation(x->c);
}

enum fuota_status
fuota_codec_init(struct fuota_codec *c, size_t state_size,
    const struct fuota_codec_io *io, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len)
{
	if (state_size < FUOTA_CODEC_STATE_SIZE(0) ||
	    !clear(c, old_max, image_len, payload_len))
		return FUOTA_E_RANGE;
	return start(c, io, state_size, false);
}

enum fuota_status
fuota_codec_init_in_place(struct fuota_codec *c, size_t state_size,
    const struct fuota_codec_io *io, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len)
{
	if (state_size < FUOTA_CODEC_STATE_SIZE(0) ||
	    !clear(c, old_max, image_len, payload_len))
		return FUOTA_E_RANGE;
	return start(c, io, state_size, true);
}

/* The next bytes of new firmware into pending. */
static void
next_unit(struct coder *x)
{
	struct fuota_codec *c = x->c;

	if (c->gap_left == 0 && c->copy_left == 0)
		next_operation(x);
	if (c->status != FUOTA_OK)
		return;
	c->pending_len = (uint8_t)code_unit(x);
	c->pending_at = 0;
}

enum fuota_status
fuota_codec_run(struct fuota_codec *c, const struct fuota_codec_io *io,
    struct fuota_out *out)
{
	const uint32_t given = c->pos - (c->pending_len - c->pending_at);
	struct coder x = { .c = c, .io = io, .out = out };

	x.out_pos = given - (uint32_t)out->len;
	while (out->len < out->size && c->status == FUOTA_OK) {
		if (c->pending_at < c->pending_len) {
			const unsigned at = c->pending_at++;
			const unsigned byte =
			    c->down ? c->pending_len - 1u - at : at;
			out->data[out->len++] =
			    (uint8_t)(c->pending >> byte * 8);
			continue;
		}
		if (c->pos >= c->image_len)
			break;
		next_unit(&x);
		c->pos += c->pending_len;
	}
	return (enum fuota_status)c->status;
}

enum fuota_status
fuota_codec_finish(const struct fuota_codec *c)
{
	if (c->status != FUOTA_OK)
		return (enum fuota_status)c->status;
	if (c->pos < c->image_len || c->pending_at < c->pending_len)
		return FUOTA_E_SEQUENCE;
	return c->range[DATA].off < c->payload_len ? FUOTA_E_TRAILING
						   : FUOTA_OK;
}
