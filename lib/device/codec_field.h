/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of firmware, fuota-codec(5): what an address in a copied place
 * becomes when the things it points to have moved. A prediction is only ever
 * that: when it is wrong the field is sent.
 */
#ifndef FUOTA_DEVICE_CODEC_FIELD_H
#define FUOTA_DEVICE_CODEC_FIELD_H

#include <stdbool.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/codec.h>

#include "codec_types.h"

/* --- the heap ---------------------------------------------------------------*/

/* What the parts of the heap may take, by profile; contexts get the rest. */
struct layout {
	uint16_t map_max; /* entries */
	uint8_t subs_log2; /* of entries */
	uint8_t rams; /* entries */
	uint16_t flags; /* bytes */
};

enum {
	HEAP = 2400, /* bytes of the state before the heap, at most */
	ENTRY = 6, /* bytes, of map and caches */
};

static const struct layout layouts[FUOTA_CODEC_PROFILE_COUNT] = {
	{ 64, 5, 16, 128 },
	{ 256, 7, 32, 512 },
	{ 640, 8, 48, 1024 },
	{ 1280, 9, 64, 2048 },
};
/* Without an old firmware there is nothing to learn of it. */
static const struct layout layout_plain = { 0, 0, 1, 128 };

static const struct layout *
layout_of(const struct fuota_codec *c)
{
	return c->old_len == 0 ? &layout_plain : &layouts[c->profile];
}

/* Once the map is complete. */
static void
lay_out(struct fuota_codec *c)
{
	const struct layout *l = layout_of(c);

	c->subs = (uint16_t)(c->map_len * ENTRY);
	c->rams = (uint16_t)(c->subs + (ENTRY << l->subs_log2));
	c->flags = (uint16_t)(c->rams + l->rams * ENTRY);
	c->bytes = (uint16_t)(c->flags + l->flags);
	c->bytes_size =
	    (uint16_t)(FUOTA_CODEC_STATE_SIZE(c->profile) - HEAP - c->bytes);
}

static uint32_t
hash(uint32_t v)
{
	v *= 0x9e3779b1u;
	v ^= v >> 15;
	return v * 0x85ebca77u;
}

/* --- address map -------------------------------------------------------------*/

/* Entries: where in the old firmware (24 bits), shift from there on. */

static uint32_t
map_above(const struct fuota_codec *c, uint32_t at)
{
	uint32_t low = 0, high = c->map_len;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		if (fuota_get_u24(c->heap + middle * ENTRY) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
map_add(struct fuota_codec *c, uint32_t at, uint32_t shift)
{
	if (c->map_len >= layout_of(c)->map_max)
		return false;
	const uint32_t i = map_above(c, at);
	uint8_t *entry = c->heap + i * ENTRY;
	memmove(entry + ENTRY, entry, (c->map_len - i) * ENTRY);
	fuota_put_u24(entry, at);
	fuota_put_u24(entry + 3, shift);
	c->map_len++;
	return true;
}

static uint32_t
sign_extend(uint32_t v, unsigned bits)
{
	const uint32_t sign = UINT32_C(1) << (bits - 1);

	return ((v & (sign * 2 - 1)) ^ sign) - sign;
}

/* How far the thing at byte at of the old firmware moved. */
static uint32_t
map_find(const struct fuota_codec *c, uint32_t at)
{
	uint32_t i = map_above(c, at);

	if (c->map_len == 0)
		return 0;
	i -= i > 0;
	return 0u - sign_extend(fuota_get_u24(c->heap + i * ENTRY + 3), 24);
}

/* --- caches ------------------------------------------------------------------*/

enum sub_of {
	SUB_TARGET = 0,
	SUB_HALF = 1
};

/* Entries: check of the key, value of 32 bits. */
static uint8_t *
sub_entry(const struct fuota_codec *c, enum sub_of kind, uint32_t key,
    uint16_t *check)
{
	const struct layout *l = layout_of(c);
	const uint32_t h = hash(key * 2 + kind);

	*check = (uint16_t)(h | 1);
	union {
		const uint8_t *in;
		uint8_t *out;
	} at = { .in = c->heap + c->subs +
		    ((h >> 16) << l->subs_log2 >> 16) * ENTRY };
	return at.out;
}

static bool
sub_find(const struct fuota_codec *c, enum sub_of kind, uint32_t key,
    uint32_t *value)
{
	uint16_t check;
	const uint8_t *entry = sub_entry(c, kind, key, &check);

	if (fuota_get_u16(entry) != check)
		return false;
	*value = fuota_get_u32(entry + 2);
	return true;
}

static void
sub_put(struct fuota_codec *c, enum sub_of kind, uint32_t key, uint32_t value)
{
	uint16_t check;
	uint8_t *entry = sub_entry(c, kind, key, &check);

	fuota_put_u16(entry, check);
	fuota_put_u32(entry + 2, value);
}

/* Entries: lower 24 bits of an old RAM address, how far it moved. */
static bool
ram_near(const struct fuota_codec *c, uint32_t address, unsigned *at,
    uint32_t *distance)
{
	const uint8_t *entry = c->heap + c->rams;

	*distance = UINT32_MAX;
	for (unsigned i = 0; i < c->ram_len; i++, entry += ENTRY) {
		const uint32_t key = fuota_get_u24(entry);
		const uint32_t a = address & 0xffffff;
		const uint32_t d = key < a ? a - key : key - a;
		if (d < *distance) {
			*distance = d;
			*at = i;
		}
	}
	return c->ram_len > 0;
}

static void
ram_put(struct fuota_codec *c, uint32_t address, uint32_t value)
{
	const struct layout *l = layout_of(c);
	unsigned at = 0;
	uint32_t distance;

	if (!ram_near(c, address, &at, &distance) || distance != 0) {
		at = c->ram_at;
		c->ram_at = (uint8_t)(at + 1u == l->rams ? 0 : at + 1);
		if (c->ram_len < l->rams)
			c->ram_len++;
	}
	uint8_t *entry = c->heap + c->rams + at * ENTRY;
	fuota_put_u24(entry, address);
	fuota_put_u24(entry + 3, value - address);
}

/* --- sources -----------------------------------------------------------------*/

static uint32_t
shift_of(uint32_t source)
{
	return source | (source & 0x40000000u) << 1;
}

static struct source
source_of(const struct fuota_codec *c, uint32_t source)
{
	if (source & FROM_NEW)
		return (struct source){ .at = c->pos - (source & ~FROM_NEW),
			.from_new = true };
	return (struct source){ .at = c->pos + shift_of(source) };
}

/* --- prediction --------------------------------------------------------------*/

static uint32_t
call_get(uint32_t w)
{
	const uint32_t sign = w >> 10 & 1;
	const uint32_t i1 = (w >> 29 & 1) ^ sign ^ 1;
	const uint32_t i2 = (w >> 27 & 1) ^ sign ^ 1;

	return sign_extend((w >> 16 & 0x7ff) << 1 | (w & 0x3ff) << 12 |
		i2 << 22 | i1 << 23 | sign << 24,
	    25);
}

static uint32_t
call_put(uint32_t w, uint32_t d)
{
	const uint32_t sign = d >> 24 & 1;
	const uint32_t j1 = (d >> 23 & 1) ^ sign ^ 1;
	const uint32_t j2 = (d >> 22 & 1) ^ sign ^ 1;

	return (w & 0xd000f800u) | sign << 10 | (d >> 12 & 0x3ff) |
	    (j1 << 13 | j2 << 11 | (d >> 1 & 0x7ff)) << 16;
}

static uint32_t
branch_get(uint32_t w)
{
	return sign_extend((w >> 16 & 0x7ff) << 1 | (w & 0x3f) << 12 |
		(w >> 29 & 1) << 18 | (w >> 27 & 1) << 19 | (w >> 10 & 1) << 20,
	    21);
}

static uint32_t
branch_put(uint32_t w, uint32_t d)
{
	return (w & 0xd000fbc0u) | (d >> 20 & 1) << 10 | (d >> 12 & 0x3f) |
	    ((d >> 18 & 1) << 13 | (d >> 19 & 1) << 11 | (d >> 1 & 0x7ff))
	    << 16;
}

/* K_CALL, K_JUMP, K_BRANCH, or K_BYTE for anything else. */
static enum kind
branch_kind(uint32_t w)
{
	if ((w & 0x8000f800u) != 0x8000f000u)
		return K_BYTE;
	switch (w >> 28 & 5) {
	case 5:
		return K_CALL;
	case 1:
		return K_JUMP;
	case 0:
		return (w & 0x380) != 0x380 ? K_BRANCH : K_BYTE;
	default:
		return K_BYTE;
	}
}

/* A call within 4 MiB: displacement to halfword number and back. */
static uint32_t
call_absolute(uint32_t w, uint32_t at, bool make)
{
	if ((w & 0xf800f800u) != 0xf800f000u)
		return w;
	const uint32_t v = (w & 0x7ff) << 11 | (w >> 16 & 0x7ff);
	const uint32_t base = (at >> 1) + 2;
	const uint32_t to = make ? v + base : v - base;
	return 0xf800f000u | (to >> 11 & 0x7ff) | (to & 0x7ff) << 16;
}

static uint32_t
target_moved(const struct fuota_codec *c, struct field *f, uint32_t target)
{
	uint32_t shift;

	f->key = target;
	f->has_target = true;
	if (sub_find(c, SUB_TARGET, target, &shift)) {
		f->by = BY_CACHE;
		return shift;
	}
	shift = map_find(c, target);
	f->by = shift != 0 ? BY_MAP : BY_COPY;
	return shift;
}

static void
set(struct field *f, enum kind kind, uint8_t len, uint32_t raw)
{
	f->kind = kind;
	f->len = len;
	f->raw = f->predicted = raw;
}

/* An aligned word that may be an address. */
static bool
predict_word(const struct fuota_codec *c, struct field *f, uint32_t w)
{
	enum {
		VECTORS = 16
	}; /* bytes; small numbers are not addresses */
	const uint32_t target = w - c->load;
	uint32_t distance;
	unsigned at = 0;

	if (target < c->old_len && target >= VECTORS) {
		set(f, K_POINTER, 4, w);
		f->predicted = w + target_moved(c, f, target & ~1u);
		return true;
	}
	if (w >> 20 != c->ram)
		return false;
	set(f, K_RAM, 4, w);
	f->key = w;
	if (ram_near(c, w, &at, &distance)) {
		const uint8_t *entry = c->heap + c->rams + at * ENTRY;
		f->predicted = w + sign_extend(fuota_get_u24(entry + 3), 24);
		f->by = distance == 0 ? BY_CACHE : BY_MAP;
	}
	return true;
}

static bool
inside(const struct source *s, uint32_t target)
{
	return target >= s->from && target < s->to;
}

static bool
predict_long(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t w)
{
	const enum kind kind = branch_kind(w);

	if (kind == K_BYTE)
		return false;
	uint32_t d = kind == K_BRANCH ? branch_get(w) : call_get(w);
	const uint32_t target = s->at + 4 + d;
	if (target >= c->old_len)
		return false;
	set(f, kind, 4, w);
	if (kind != K_CALL && inside(s, target)) {
		f->key = target;
		return true;
	}
	d = target + target_moved(c, f, target) - c->pos - 4;
	f->predicted = kind == K_BRANCH ? branch_put(w, d) : call_put(w, d);
	return true;
}

/* A distance in units of 2^log2 bytes, in the low bits of a halfword. */
static void
predict_distance(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t mask, unsigned log2, bool is_signed)
{
	const uint32_t align = log2 == 2 ? ~3u : ~0u;
	const uint32_t v = f->raw & mask;
	const uint32_t d = is_signed && v > mask / 2 ? v - mask - 1 : v;
	const uint32_t target = (s->at & align) + 4 + (d << log2);

	if (target >= c->old_len || inside(s, target))
		return;
	uint32_t to =
	    target + target_moved(c, f, target) - (c->pos & align) - 4;
	if (is_signed)
		to += (mask / 2 + 1) << log2;
	to = (to >> log2);
	if (to > mask) {
		f->by = BY_COPY;
		return;
	}
	if (is_signed)
		to -= mask / 2 + 1;
	f->predicted = (f->raw & ~mask) | (to & mask);
}

static void
predict_half(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t h)
{
	uint32_t value;

	set(f, K_HALF, 2, h);
	f->key = h;
	switch (h >> 11) {
	case 0x09:
		f->kind = K_LOAD;
		predict_distance(c, f, s, 0xff, 2, false);
		return;
	case 0x14:
		f->kind = K_ADR;
		predict_distance(c, f, s, 0xff, 2, false);
		return;
	case 0x1a:
	case 0x1b:
		if ((h & 0x0e00) == 0x0e00)
			break;
		f->kind = K_NEAR;
		predict_distance(c, f, s, 0xff, 1, true);
		return;
	case 0x1c:
		f->kind = K_SHORT;
		predict_distance(c, f, s, 0x7ff, 1, true);
		return;
	case 0x16:
	case 0x17:
		if ((h & 0xf500) == 0xb100)
			f->kind = K_ZERO;
		break;
	default:
		break;
	}
	if (f->kind != K_HALF || !sub_find(c, SUB_HALF, h, &value))
		return;
	if (value >> 16) {
		f->predicted = value & 0xffff;
		f->by = BY_CACHE;
	} else {
		f->other = value & 0xffff;
		f->has_other = true;
	}
}

static void
predict_new(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t w, uint32_t n)
{
	f->by = BY_NEW;
	if (n == 4 && c->arch == FUOTA_CODEC_THUMB &&
	    branch_kind(w) == K_CALL && !((c->pos | s->at) & 1)) {
		set(f, K_CALL, 4, w);
		f->predicted = call_put(w, call_get(w) + s->at - c->pos);
	} else if (n >= 2 && c->unit == 2 && !((c->pos | s->at) & 1))
		set(f, K_HALF, 2, w & 0xffff);
	else
		set(f, K_BYTE, 1, w & 0xff);
}

/* What comes next, when it is copied from s with left bytes to go. */
static void
predict(struct coder *x, const struct source *s, uint32_t left, struct field *f)
{
	const struct fuota_codec *c = x->c;
	uint32_t n = left < 4 ? left : 4;

	memset(f, 0, sizeof(*f));
	if (s->from_new && c->pos - s->at < n)
		n = c->pos - s->at; /* what is not there yet */
	const uint32_t w = read_source(x, s->from_new, s->at, n);
	const uint32_t odd = c->pos | s->at;
	if (s->from_new) {
		predict_new(c, f, s, w, n);
		return;
	}
	if (c->arch != FUOTA_CODEC_THUMB || (odd & 1) || n < 2) {
		set(f, K_BYTE, 1, w & 0xff);
		return;
	}
	if (n == 4 && !(odd & 3) && predict_word(c, f, w))
		return;
	if (n == 4 && predict_long(c, f, s, w))
		return;
	predict_half(c, f, s, w & 0xffff);
}

/* What v in place of a prediction tells about the next. */
static void
learn(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	if (f->by == BY_NEW)
		return;
	switch (f->kind) {
	case K_POINTER:
		if (v != f->predicted && v - c->load < c->image_len)
			sub_put(c, SUB_TARGET, f->key, v - f->raw);
		return;
	case K_CALL:
	case K_JUMP:
		if (v != f->predicted && branch_kind(v) == f->kind) {
			const uint32_t to = c->pos + 4 + call_get(v);
			if (to < c->image_len)
				sub_put(c, SUB_TARGET, f->key, to - f->key);
		}
		return;
	case K_RAM:
		if (v >> 20 == c->ram &&
		    !(f->by == BY_CACHE && v == f->predicted))
			ram_put(c, f->key, v);
		return;
	case K_HALF:
		if (v != f->predicted)
			sub_put(c, SUB_HALF, f->key,
			    v |
				(uint32_t)(f->has_other && v == f->other)
				    << 16);
		return;
	case K_BYTE:
	case K_BRANCH:
	case K_LOAD:
	case K_NEAR:
	case K_SHORT:
	case K_ZERO:
	case K_ADR:
	case KIND_COUNT:
		return;
	}
}

#endif
