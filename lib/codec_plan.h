/* SPDX-License-Identifier: BSD-2-Clause */
/* How the encoder finds the plan that costs least. */
#ifndef FUOTA_LIB_CODEC_PLAN_H
#define FUOTA_LIB_CODEC_PLAN_H

#include <fuota/error.h>

#include "codec_coder.h"

/* Old and new firmware as one text, its suffixes sorted. */
struct fuota_finder {
	int32_t *order, *rank, *common; /* common: with the one before */
	uint32_t len, old_len;
};

/* 12 bytes per byte of both; false when there is no memory. */
bool
fuota_finder_init(struct fuota_finder *f, const struct fuota_codec *c,
    struct fuota_in old, struct fuota_in new);
void
fuota_finder_free(struct fuota_finder *f);

/* What moved where, as the last plan showed it: for guesses at caches. */
struct fuota_lore;

/* The state of the search for a plan. */
struct fuota_search {
	struct fuota_coder *coder;
	struct fuota_finder finder;
	struct fuota_plan plan;
	struct fuota_lore *lore;
	uint16_t *literal; /* cost of each byte of new firmware in a gap */
	uint16_t *alone; /* the same when all is one gap */
	uint32_t *from, *source, *last; /* best way to each position */
	int32_t hit[KIND_COUNT], miss[KIND_COUNT];
	bool whole_map; /* not limited by the profile, for early rounds */
};

bool
fuota_search_init(struct fuota_search *s, struct fuota_coder *coder);
void
fuota_search_free(struct fuota_search *s);

/* One gap and nothing else. */
void
fuota_plan_nothing(struct fuota_search *s);

/* The plan of least cost by what the search knows. False: no memory. */
bool
fuota_plan_parse(struct fuota_search *s);

/* Chooses what goes into the address map. False: no memory. */
bool
fuota_plan_map(struct fuota_search *s);

/* Learns costs and lore from the plan that the coder has just run. */
void
fuota_search_learn(struct fuota_search *s);

/* A new value of an old field that is known from elsewhere. */
bool
fuota_lore_knows(const struct fuota_codec *c, const struct fuota_lore *lore,
    const struct field *f, uint32_t pos, uint32_t v);

#endif
