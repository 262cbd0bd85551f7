/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes a plan as a stream of fuota-codec(5), and counts what it costs. */
#ifndef FUOTA_LIB_CODEC_CODER_H
#define FUOTA_LIB_CODEC_CODER_H

#include <stdlib.h>

#include <fuota/buffer.h>
#include <fuota/device/codec.h>

#include "device/codec_types.h"

/* Costs are in 256ths of a bit. */
#define FUOTA_COST_BIT 256

/* A copy within a gap, and where. */
struct fuota_plan_match {
	uint32_t pos;
	struct match match;
};

/* How the new firmware is made: operations, and matches in their gaps. */
struct fuota_plan {
	struct operation *operations;
	struct fuota_plan_match *matches; /* ascending */
	uint32_t operation_count, match_count;
};

/* What the bits were spent on, and how often. */
struct fuota_books {
	uint64_t cost[TALLY_COUNT];
	uint32_t hits[KIND_COUNT], misses[KIND_COUNT];
	uint64_t hit_cost[KIND_COUNT]; /* the flag alone */
	uint64_t miss_cost[KIND_COUNT]; /* the flag alone */
};

struct fuota_coder {
	struct fuota_codec *c; /* the decoder's state, profile and header set */
	struct fuota_in old, new;
	const struct fuota_plan *plan;
	uint32_t match_at; /* of the plan */
	uint8_t *out; /* room for out_size bytes */
	size_t out_size, out_len;
	uint64_t low;
	uint32_t range;
	int now; /* enum tally_of */
	uint64_t total, began;
	struct fuota_books books;
	uint16_t *byte_cost; /* of each byte of new firmware; may be NULL */
};

/*
 * Encodes the plan from its start. False when out_size does not do, or when
 * the address map of the plan is larger than the profile's.
 */
bool
fuota_coder_run(struct fuota_coder *x, const struct fuota_plan *plan);

/* The field at pos, from source with left bytes to go, by the state now. */
void
fuota_coder_predict(struct fuota_coder *x, const struct source *source,
    uint32_t pos, uint32_t left, struct field *f);

/*
 * Where the value v of the field at pos points to, in the new firmware;
 * false when it is no longer an address of the kind of f.
 */
bool
fuota_coder_target(const struct fuota_codec *c, const struct field *f,
    uint32_t v, uint32_t pos, uint32_t *target);

/* The field f, aimed at what moved by shift. */
bool
fuota_coder_moved(const struct fuota_codec *c, const struct field *f,
    uint32_t pos, uint32_t shift, uint32_t v);

/* Bytes that instructions are a multiple of. */
uint32_t
fuota_coder_unit(const struct fuota_codec *c);

/* Entries that the profile's address map has. */
uint32_t
fuota_coder_map_size(const struct fuota_codec *c);

/* With every address and RAM address the same: what resembles what. */
void
fuota_coder_normalise(
    const struct fuota_codec *c, struct fuota_in in, uint8_t *to);

/* Cost of a bit of probability p of 65536. */
uint32_t
fuota_cost(uint32_t p);

#endif
