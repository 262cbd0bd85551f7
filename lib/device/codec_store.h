/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a decoder of fuota-codec(5) keeps in its heap: the address map, and
 * caches of what it learned on the way.
 */
#ifndef FUOTA_DEVICE_CODEC_STORE_H
#define FUOTA_DEVICE_CODEC_STORE_H

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
	HEAP = 2700, /* bytes of the state before the heap, at most */
	ENTRY = 6, /* bytes, of map and caches */
	GROUP = 4, /* bytes: a check and three slots */
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
	/* a multiple of 4: neighbours of a group are found by its number */
	c->groups =
	    (uint16_t)((FUOTA_CODEC_STATE_SIZE(c->profile) - HEAP - c->bytes) /
		    GROUP &
		~3u);
}

static uint32_t
hash(uint32_t v)
{
	v *= 0x9e3779b1u;
	v ^= v >> 15;
	return v * 0x85ebca77u;
}

/* --- places -----------------------------------------------------------------*/

/*
 * Positions count from where decoding starts: down, from the ends of both
 * firmwares. A place is where bytes lie, counted from the first.
 */

NOINLINE static uint32_t
place_in(const struct fuota_codec *c, bool from_new, uint32_t at, uint32_t len)
{
	if (!c->down)
		return at;
	return (from_new ? c->image_len : c->old_len) - at - len;
}

/* Where the next len bytes of new firmware lie. */
static uint32_t
next_place(const struct fuota_codec *c, uint32_t len)
{
	return place_in(c, true, c->pos, len);
}

/* The first len bytes to come of n that are given as one number. */
static uint32_t
next_of(const struct fuota_codec *c, uint32_t w, unsigned n, unsigned len)
{
	if (c->down)
		w >>= 8 * (n - len);
	return w & UINT32_MAX >> (32 - 8 * len);
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

/* The copy that was read last: places, whatever the order. */
static bool
map_copy(struct fuota_codec *c)
{
	const uint32_t len = c->copy_left;
	uint32_t shift = c->shift;

	if (c->down)
		shift = c->old_len - c->image_len - shift;
	return map_add(c, place_in(c, false, c->old_end - len, len), shift);
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
	SUB_PLAIN = 1
};

enum sub_state {
	SUB_NONE,
	SUB_ONCE,
	SUB_AGAIN
};

/* Entries: check of the key and whether it held again, value of 32 bits. */
static uint8_t *
sub_entry(const struct fuota_codec *c, enum sub_of kind, uint32_t key,
    uint16_t *check)
{
	const struct layout *l = layout_of(c);
	const uint32_t h = hash(key * 2 + kind);

	*check = (uint16_t)(h | 3);
	union {
		const uint8_t *in;
		uint8_t *out;
	} at = { .in = c->heap + c->subs +
		    ((h >> 16) << l->subs_log2 >> 16) * ENTRY };
	return at.out;
}

static enum sub_state
sub_find(const struct fuota_codec *c, enum sub_of kind, uint32_t key,
    uint32_t *value)
{
	uint16_t check;
	const uint8_t *entry = sub_entry(c, kind, key, &check);
	const uint16_t found = fuota_get_u16(entry);

	*value = fuota_get_u32(entry + 2);
	if ((found | 1) != check)
		return SUB_NONE;
	return found == check ? SUB_AGAIN : SUB_ONCE;
}

static void
sub_put(struct fuota_codec *c, enum sub_of kind, uint32_t key, uint32_t value,
    bool again)
{
	uint16_t check;
	uint8_t *entry = sub_entry(c, kind, key, &check);

	fuota_put_u16(entry, (uint16_t)(again ? check : check - 1));
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

#endif
