/* SPDX-License-Identifier: BSD-2-Clause */
/* How the encoder finds the plan that costs least. */
#ifndef FUOTA_LIB_CODEC_PLAN_H
#define FUOTA_LIB_CODEC_PLAN_H

#include <fuota/error.h>

#include "codec_coder.h"
#include "codec_price.h"

/* Old and new firmware as one text, its suffixes sorted. */
struct fuota_finder {
	int32_t *order;
	int32_t *rank; /* of the new firmware's alone */
	uint16_t *common; /* with the one before in order */
	uint32_t len, old_len;
};

/*
 * 6 bytes per byte of both and 4 per byte of new firmware, 11 per byte of both
 * on the way there; false when there is no memory.
 */
bool
fuota_finder_init(struct fuota_finder *f, const struct fuota_codec *c,
    struct fuota_in old, struct fuota_in new);
void
fuota_finder_free(struct fuota_finder *f);

/* What the next field costs: of 256 bits, or per 256 of a literal. */
struct fuota_field_prices {
	int32_t hit[KIND_COUNT][FUOTA_RUNS];
	int32_t miss[KIND_COUNT][FUOTA_RUNS];
	int32_t missed[KIND_COUNT][FUOTA_AGREEMENTS]; /* per literal */
	int32_t literal[FUOTA_AGREEMENTS]; /* per literal */
};

/* How to search: different ways end with different plans. */
struct fuota_tuning {
	uint8_t lanes; /* sources followed at once, at most FUOTA_LANES */
	uint8_t rate; /* of learning, in the stream's header */
	/* Bytes; a longer match of old firmware tells the map more. */
	uint32_t old_match_max;
};

enum {
	FUOTA_LANES = 96
};

/* The state of the search for a plan: 14 bytes per byte of new firmware. */
struct fuota_search {
	struct fuota_coder *coder;
	const struct fuota_finder *finder;
	struct fuota_tuning tuning;
	struct fuota_plan plan;
	uint16_t *literal; /* cost of each byte of new firmware in a gap */
	/* The best way to each position: from where, with kind, and source. */
	uint32_t *from, *source;
	struct fuota_field_prices fields;
	struct fuota_prices prices;
	int64_t map_cost; /* 256 is an address that is predicted */
};

bool
fuota_search_init(struct fuota_search *s, struct fuota_coder *coder,
    const struct fuota_finder *finder);

/* For another search. */
void
fuota_search_start(struct fuota_search *s, const struct fuota_tuning *tuning);

void
fuota_search_free(struct fuota_search *s);

/* One gap and nothing else. False: no memory. */
bool
fuota_plan_nothing(struct fuota_search *s);

/* The plan of least cost by what the search knows. False: no memory. */
bool
fuota_plan_parse(struct fuota_search *s);

/*
 * Chooses what goes into the address map, when an entry must be worth so much.
 * False: no memory.
 */
bool
fuota_plan_map(struct fuota_search *s, int64_t cost);

/* Learns costs and lore from the plan that the coder has just run. */
void
fuota_search_learn(struct fuota_search *s);

#endif
