/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <fuota/device/patch.h>
#include <fuota/limits.h>

enum phase {
	PHASE_DIFF_LEN, /* the three varints of a record, */
	PHASE_EXTRA_LEN,
	PHASE_SEEK,
	PHASE_DIFF, /* then its bytes */
	PHASE_EXTRA,
	PHASE_END,
};

enum {
	VARINT_BITS = 7 * FUOTA_PATCH_VARINT_MAX,
};

enum fuota_status
fuota_patch_init(struct fuota_patch *p, uint32_t base_len, uint32_t image_len)
{
	if (base_len == 0 || base_len > FUOTA_FIRMWARE_MAX || image_len == 0 ||
	    image_len > FUOTA_FIRMWARE_MAX)
		return FUOTA_E_RANGE;
	memset(p, 0, sizeof(*p));
	p->base_len = base_len;
	p->image_len = image_len;
	p->phase = PHASE_DIFF_LEN;
	return FUOTA_OK;
}

/* Seven bits of a varint, low ones first; true when it is complete. */
static enum fuota_status
take_varint(struct fuota_patch *p, uint8_t byte, bool *complete)
{
	p->value |= (uint32_t)(byte & 0x7f) << p->shift;
	*complete = (byte & 0x80) == 0;
	/* One encoding for each number: no zero byte at the top. */
	if (*complete && byte == 0 && p->shift > 0)
		return FUOTA_E_FORMAT;
	p->shift = (uint8_t)(p->shift + 7);
	return !*complete && p->shift == VARINT_BITS ? FUOTA_E_FORMAT
						     : FUOTA_OK;
}

static uint32_t
take_value(struct fuota_patch *p)
{
	const uint32_t value = p->value;

	p->value = 0;
	p->shift = 0;
	return value;
}

static enum fuota_status
set_diff_len(struct fuota_patch *p, uint32_t len)
{
	/* Without a diff, its extra bytes belong to the record before. */
	if (len == 0 && p->image_off > 0)
		return FUOTA_E_FORMAT;
	if (len > p->image_len - p->image_off || len > p->base_len)
		return FUOTA_E_FORMAT;
	p->diff_left = len;
	p->phase = PHASE_EXTRA_LEN;
	return FUOTA_OK;
}

static enum fuota_status
set_extra_len(struct fuota_patch *p, uint32_t len)
{
	if (len > p->image_len - p->image_off - p->diff_left)
		return FUOTA_E_FORMAT;
	if (len == 0 && p->diff_left == 0)
		return FUOTA_E_FORMAT;
	p->extra_left = len;
	p->phase = PHASE_SEEK;
	return FUOTA_OK;
}

static enum fuota_status
set_seek(struct fuota_patch *p, uint32_t zigzag)
{
	const bool back = (zigzag & 1) != 0;
	const uint32_t distance = (zigzag >> 1) + (zigzag & 1);

	if (distance > (back ? p->base_off : p->base_len - p->base_off))
		return FUOTA_E_FORMAT;
	/* A diff that goes on where the last one ended is one record. */
	if (zigzag == 0 ? p->ends_in_diff != 0 : p->diff_left == 0)
		return FUOTA_E_FORMAT;
	p->base_off = back ? p->base_off - distance : p->base_off + distance;
	if (p->diff_left > p->base_len - p->base_off)
		return FUOTA_E_FORMAT;
	p->ends_in_diff = p->extra_left == 0;
	p->phase = PHASE_DIFF;
	return FUOTA_OK;
}

static enum fuota_status
take_control(struct fuota_patch *p, struct fuota_in *in)
{
	bool complete;

	const enum fuota_status status = take_varint(p, in->data[0], &complete);
	in->data++;
	in->len--;
	if (status != FUOTA_OK || !complete)
		return status;
	if (p->phase == PHASE_DIFF_LEN)
		return set_diff_len(p, take_value(p));
	if (p->phase == PHASE_EXTRA_LEN)
		return set_extra_len(p, take_value(p));
	return set_seek(p, take_value(p));
}

/* As many of `left` bytes as there are and fit. */
static uint32_t
piece_len(uint32_t left, const struct fuota_in *in, const struct fuota_out *out)
{
	const size_t room = out->size - out->len;
	const size_t most = in->len < room ? in->len : room;

	return left < most ? left : (uint32_t)most;
}

/* len bytes were taken from in and are in out now. */
static void
advance(struct fuota_patch *p, uint32_t len, struct fuota_in *in,
    struct fuota_out *out)
{
	in->data += len;
	in->len -= len;
	out->len += len;
	p->image_off += len;
}

static enum fuota_status
take_diff(struct fuota_patch *p, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out)
{
	const uint32_t len = piece_len(p->diff_left, in, out);
	uint8_t *to = out->data + out->len;

	if (len > 0) {
		const enum fuota_status status =
		    base->read(base->ctx, p->base_off, to, len);
		if (status != FUOTA_OK)
			return status;
		for (uint32_t i = 0; i < len; i++)
			to[i] = (uint8_t)(to[i] + in->data[i]);
	}
	advance(p, len, in, out);
	p->base_off += len;
	p->diff_left -= len;
	if (p->diff_left == 0)
		p->phase = PHASE_EXTRA;
	return FUOTA_OK;
}

static void
take_extra(struct fuota_patch *p, struct fuota_in *in, struct fuota_out *out)
{
	const uint32_t len = piece_len(p->extra_left, in, out);

	if (len > 0)
		memcpy(out->data + out->len, in->data, len);
	advance(p, len, in, out);
	p->extra_left -= len;
	if (p->extra_left > 0)
		return;
	p->phase = p->image_off == p->image_len ? PHASE_END : PHASE_DIFF_LEN;
}

/* Whether the phase can do anything without further input or room. */
static bool
can_go_on(const struct fuota_patch *p, const struct fuota_in *in,
    const struct fuota_out *out)
{
	if (p->phase == PHASE_DIFF && p->diff_left == 0)
		return true;
	if (p->phase == PHASE_EXTRA && p->extra_left == 0)
		return true;
	if (in->len == 0)
		return false;
	return p->phase < PHASE_DIFF || out->len < out->size;
}

enum fuota_status
fuota_patch_feed(struct fuota_patch *p, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out)
{
	enum fuota_status status = FUOTA_OK;

	while (status == FUOTA_OK && p->phase != PHASE_END &&
	    can_go_on(p, in, out)) {
		if (p->phase < PHASE_DIFF)
			status = take_control(p, in);
		else if (p->phase == PHASE_DIFF)
			status = take_diff(p, base, in, out);
		else
			take_extra(p, in, out);
	}
	if (status == FUOTA_OK && p->phase == PHASE_END && in->len > 0)
		return FUOTA_E_TRAILING;
	return status;
}

enum fuota_status
fuota_patch_finish(const struct fuota_patch *p)
{
	return p->phase == PHASE_END ? FUOTA_OK : FUOTA_E_TRUNCATED;
}
