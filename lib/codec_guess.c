/* SPDX-License-Identifier: BSD-2-Clause */
/* What the encoder finds out about firmware by looking at it. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_guess.h"

enum {
	PUSHES = 2048, /* function beginnings that are looked at */
	WORDS = 8192, /* words that might point at them */
	VOTES_LOG2 = 16,
	PAGE = 256, /* firmware begins at a multiple of it */
	ENOUGH = 8, /* votes */
};

struct vote {
	uint32_t load;
	uint32_t count;
};

static uint32_t
find_pushes(struct fuota_in in, uint32_t *at)
{
	uint32_t n = 0;

	/* PUSH {..., lr} */
	for (size_t i = 0; i + 2 <= in.len && n < PUSHES; i += 2)
		if (in.data[i + 1] == 0xb5)
			at[n++] = (uint32_t)i;
	return n;
}

/* A vote may lose its place to another: majority by pairing. */
static void
cast(struct vote *votes, uint32_t load)
{
	struct vote *v =
	    &votes[(load / PAGE) * 0x9e3779b1u >> (32 - VOTES_LOG2)];

	if (v->load == load)
		v->count++;
	else if (v->count > 0)
		v->count--;
	else
		*v = (struct vote){ load, 1 };
}

static void
cast_all(
    struct fuota_in in, const uint32_t *pushes, uint32_t n, struct vote *votes)
{
	uint32_t words = 0;

	for (size_t i = 0; i + 4 <= in.len && words < WORDS; i += 4) {
		const uint32_t w = fuota_get_u32(in.data + i);
		if (!(w & 1) || w >> 28 > 1 || w < PAGE)
			continue;
		words++;
		for (uint32_t k = 0; k < n; k++)
			if ((w - 1 - pushes[k]) % PAGE == 0 &&
			    w - 1 >= pushes[k])
				cast(votes, w - 1 - pushes[k]);
	}
}

static bool
guess_load(struct fuota_in in, uint32_t *load)
{
	uint32_t *pushes = malloc(PUSHES * sizeof(*pushes));
	struct vote *votes = calloc(1u << VOTES_LOG2, sizeof(*votes));
	uint32_t most = 0;

	if (pushes != NULL && votes != NULL) {
		cast_all(in, pushes, find_pushes(in, pushes), votes);
		for (uint32_t i = 0; i < 1u << VOTES_LOG2; i++)
			if (votes[i].count > most) {
				most = votes[i].count;
				*load = votes[i].load;
			}
	}
	free(pushes);
	free(votes);
	return most >= ENOUGH;
}

/* The upper 12 bits that are most frequent among words that are not flash. */
static uint16_t
guess_ram(struct fuota_in in, uint32_t load)
{
	enum {
		USUAL = 0x200,
		FAVOUR = 8
	}; /* times; others are code too */
	static const uint16_t places[] = { 0x200, 0x002, 0x100, 0x1ff, 0x201,
		0x240, 0x300, 0x3ff, 0x800 };
	uint32_t most = 0;
	uint16_t ram = USUAL;

	for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
		uint32_t n = 0;
		for (size_t i = 0; i + 4 <= in.len; i += 4) {
			const uint32_t w = fuota_get_u32(in.data + i);
			n += w >> 20 == places[k] && !(w & 3) &&
			    w - load >= in.len;
		}
		if (places[k] == USUAL)
			n *= FAVOUR;
		if (n > most) {
			most = n;
			ram = places[k];
		}
	}
	return ram;
}

void
fuota_codec_guess(struct fuota_in in, struct fuota_codec *c)
{
	c->arch = FUOTA_CODEC_THUMB;
	c->load = 0;
	if (!guess_load(in, &c->load))
		c->load = 8u << 24;
	c->ram = guess_ram(in, c->load);
}
