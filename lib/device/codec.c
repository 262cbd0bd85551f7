/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/codec.h>
#include <fuota/limits.h>

#include "codec_types.h"

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

static uint32_t
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
	return byte;
}

static bool
code_bit(struct coder *x, int range, uint32_t p1, bool want)
{
	struct fuota_codec_range *r = &x->c->range[range];
	const uint32_t bound = (r->range >> 16) * p1;
	const bool bit = r->code < bound;

	(void)want;
	spend(x, r->range, bit ? bound : r->range - bound);
	if (bit)
		r->range = bound;
	else {
		r->code -= bound;
		r->range -= bound;
	}
	while (r->range < 1u << 24) {
		r->code = r->code << 8 | next_byte(x, r);
		r->range <<= 8;
	}
	return bit;
}

/* New firmware of this call is still in out. */
static uint8_t
new_byte(struct coder *x, uint32_t off)
{
	uint8_t byte = 0;

	if (off >= x->out_pos)
		return x->out->data[off - x->out_pos];
	const enum fuota_status status =
	    x->io->read(x->io->ctx, FUOTA_CODEC_NEW, off, &byte, 1);
	if (status != FUOTA_OK)
		fail(x, status);
	return byte;
}

static uint32_t
read_source(struct coder *x, bool from_new, uint32_t off, uint32_t len)
{
	const uint32_t end = from_new ? x->c->pos : x->c->old_len;
	uint8_t b[4] = { 0 };

	if (off > end || len > end - off) {
		fail(x, FUOTA_E_FORMAT);
		return 0;
	}
	if (from_new) {
		for (uint32_t i = 0; i < len; i++)
			b[i] = new_byte(x, off + i);
	} else {
		const enum fuota_status status =
		    x->io->read(x->io->ctx, FUOTA_CODEC_OLD, off, b, len);
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

static struct match
wanted_match(struct coder *x, uint32_t off)
{
	(void)x;
	(void)off;
	return (struct match){ 0 };
}

#include "codec_model.h"

enum phase {
	PHASE_RUN,
	PHASE_DONE
};

static void
start_range(struct coder *x)
{
	struct fuota_codec_range *r = &x->c->range[CONTROL];

	r->range = UINT32_MAX;
	r->code = 0;
	r->off = 1;
	for (unsigned i = 0; i < 4; i++)
		r->code = r->code << 8 | next_byte(x, r);
}

/* The first pass: all operations, for the address map. */
NOINLINE static void
read_map(struct coder *x)
{
	struct fuota_codec *c = x->c;
	const struct operation nothing = { 0 };

	control_reset(c);
	while (c->op_pos < c->image_len && c->status == FUOTA_OK) {
		const struct operation o = code_operation(x, &nothing);
		const uint32_t from = c->old_end - o.len;
		if (o.in_map && !map_add(c, from, o.shift))
			fail(x, FUOTA_E_FORMAT);
	}
	c->range[DATA] = c->range[CONTROL];
	c->range[CONTROL] = c->start;
	control_reset(c);
}

NOINLINE static enum fuota_status
read_start(struct coder *x, size_t state_size, uint32_t old_max)
{
	enum {
		VERSION_SHIFT = 2
	};
	struct fuota_codec *c = x->c;
	const struct fuota_codec nothing = { 0 };
	struct fuota_codec_range first = { 0 };

	const uint32_t byte = next_byte(x, &first);
	if (c->payload_len == 0)
		return FUOTA_E_TRUNCATED;
	if (byte >> VERSION_SHIFT != 0)
		return FUOTA_E_UNSUPPORTED;
	c->profile = byte & 3;
	if (FUOTA_CODEC_STATE_SIZE(c->profile) > state_size)
		return FUOTA_E_LIMIT;
	start_range(x);
	code_header(x, &nothing);
	if (c->status != FUOTA_OK)
		return (enum fuota_status)c->status;
	if (!is_built_in(c->arch))
		return FUOTA_E_UNSUPPORTED;
	if (c->old_len > FUOTA_FIRMWARE_MAX)
		return FUOTA_E_FORMAT;
	if (c->old_len > old_max)
		return FUOTA_E_BASE;
	c->start = c->range[CONTROL];
	return FUOTA_OK;
}

enum fuota_status
fuota_codec_init(struct fuota_codec *c, size_t state_size,
    const struct fuota_codec_io *io, uint32_t old_max, uint32_t image_len,
    uint32_t payload_len)
{
	struct coder x = { .c = c, .io = io };

	if (state_size < FUOTA_CODEC_STATE_SIZE(0) || image_len == 0 ||
	    image_len > FUOTA_FIRMWARE_MAX || old_max > FUOTA_FIRMWARE_MAX)
		return FUOTA_E_RANGE;
	memset(c, 0, sizeof(*c));
	c->image_len = image_len;
	c->payload_len = payload_len;
	c->status = (uint8_t)read_start(&x, state_size, old_max);
	if (c->status == FUOTA_OK)
		read_map(&x);
	if (c->status == FUOTA_OK)
		model_reset(c);
	return (enum fuota_status)c->status;
}

NOINLINE static void
next_operation(struct coder *x)
{
	const struct operation nothing = { 0 };

	tally(x, TALLY_CONTROL);
	const struct operation o = code_operation(x, &nothing);
	begin_operation(x->c, &o);
}

/* The next bytes of new firmware into pending. */
static void
next_unit(struct coder *x)
{
	struct fuota_codec *c = x->c;
	uint32_t value = 0;

	if (c->gap_left == 0 && c->copy_left == 0)
		next_operation(x);
	if (c->status != FUOTA_OK)
		return;
	c->pending_len = (uint8_t)code_unit(x, &value);
	c->pending_at = 0;
	fuota_put_u32(c->pending, value);
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
			out->data[out->len++] = c->pending[c->pending_at++];
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
