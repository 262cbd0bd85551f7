/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What choices cost, by how often they were made in the plan before: the
 * symbols of fuota-codec(5) by their own counts, in 256ths of a bit.
 */
#ifndef FUOTA_LIB_CODEC_PRICE_H
#define FUOTA_LIB_CODEC_PRICE_H

#include "codec_coder.h"

enum number_of {
	N_GAP,
	N_LEN, /* of a copy with a new shift */
	N_LEN_NEAR,
	N_SHIFT,
	N_MATCH_LEN,
	N_DISTANCE,
	N_MATCH_SHIFT,
	NUMBER_COUNT,
};

enum choice_of {
	C_HAS_GAP = 0,
	C_SAME = 2,
	C_CONTINUES = 4,
	C_FAR = 6,
	C_RECENT = 8,
	C_MINUS = 10, /* of a shift */
	C_MATCH_MINUS,
	C_MATCH_SAME,
	C_MATCH_OLD,
	C_IS_MATCH,
	CHOICE_COUNT = C_IS_MATCH + 8,
	NUMBER_MAX = 25, /* bits */
	NUMBER_SMALL = 256, /* numbers whose price is in a table */
};

/* A choice of two: how often, and what each costs. */
struct fuota_choice {
	uint32_t count[2], price[2];
};

/* A number: in unary its bits, then the highest and the lowest of them. */
struct fuota_number {
	struct fuota_choice more[NUMBER_MAX], top[NUMBER_MAX], low[4];
	uint32_t bits[NUMBER_MAX]; /* price of as many bits */
	uint32_t small[NUMBER_SMALL]; /* price of the numbers below that */
};

struct fuota_prices {
	struct fuota_choice choices[CHOICE_COUNT];
	struct fuota_number numbers[NUMBER_COUNT];
	bool counting;
};

/* What a plan has led to, as far as the price of what follows goes. */
struct fuota_way {
	uint32_t rep[4]; /* shifts of copies, the last first */
	uint32_t copied; /* position behind the last copy */
	uint32_t old_end; /* and the same in the old firmware */
	uint32_t match; /* source of the last match */
	uint32_t expect; /* source that literals resemble */
	uint32_t whole_until; /* a call sent as one literal ends here */
	uint8_t after; /* units since the last match */
	bool begun; /* a copy was made */
};

/* Before the first plan. */
void
fuota_prices_init(struct fuota_prices *p);

/* From here on all that is asked for is counted; then priced by that. */
void
fuota_prices_count(struct fuota_prices *p);
void
fuota_prices_set(struct fuota_prices *p);

uint32_t
fuota_price_choice(struct fuota_prices *p, unsigned choice, bool bit);

/* v from 1 on. */
uint32_t
fuota_price_number(struct fuota_prices *p, enum number_of what, uint32_t v);

void
fuota_way_init(struct fuota_way *way);

/* A copy of the old firmware that begins at pos, without its length. */
uint32_t
fuota_price_copy(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t pos, uint32_t shift);
uint32_t
fuota_price_copy_len(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t pos, uint32_t shift, uint32_t len);
void
fuota_way_copy(
    struct fuota_way *way, uint32_t pos, uint32_t shift, uint32_t len);

/* A match, without its length. */
uint32_t
fuota_price_match(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t source, bool has_old);
void
fuota_way_match(struct fuota_way *way, uint32_t source);

#endif
