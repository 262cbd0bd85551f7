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

/* How much of what was foretold of a unit is right. */
enum fuota_agreement {
	FUOTA_AGREES,
	FUOTA_AGREES_FIRST, /* the byte that is coded first */
	FUOTA_DIFFERS,
	FUOTA_AGREEMENTS
};

enum {
	FUOTA_RUNS = 4, /* classes of runs of hits */
	FUOTA_COSTS = 4096 /* probabilities whose cost is looked up */
};

/* What was paid, for so many, or for what would have been so much. */
struct fuota_paid {
	uint64_t cost, count;
};

/* What the bits were spent on, and how often. */
struct fuota_books {
	uint64_t cost[TALLY_COUNT];
	uint32_t hits[KIND_COUNT], misses[KIND_COUNT];
	uint64_t hit_cost[KIND_COUNT]; /* the flag alone */
	uint64_t miss_cost[KIND_COUNT]; /* the flag alone */
	struct fuota_paid hit[KIND_COUNT][FUOTA_RUNS]; /* the flag */
	struct fuota_paid miss[KIND_COUNT][FUOTA_RUNS];
	/* against literals of which nothing is foretold */
	struct fuota_paid missed[KIND_COUNT][FUOTA_AGREEMENTS];
	struct fuota_paid literal[FUOTA_AGREEMENTS];
	uint32_t is_match[8][2]; /* by units since the last, by answer */
};

struct fuota_coder {
	struct fuota_codec *c; /* the decoder's state, profile and header set */
	struct fuota_in old, new; /* by position: down, the last byte first */
	const struct fuota_plan *plan;
	uint32_t match_at; /* of the plan */
	uint8_t *out; /* room for out_size bytes */
	size_t out_size, out_len;
	uint64_t low;
	uint32_t range;
	int now; /* enum tally_of */
	uint64_t total, began;
	uint16_t cost[FUOTA_COSTS]; /* by probability, 16ths of it */
	struct fuota_books books;
	/*
	 * What each byte of new firmware would cost as a literal of which
	 * nothing is foretold; may be NULL. Then spare is, too; else it has
	 * room for the decoder's state.
	 */
	uint16_t *byte_cost;
	struct fuota_codec *spare;
	bool strange; /* of no literal is anything foretold that helps */
	bool peeking; /* nothing is written or booked */
	bool hostile; /* goes on with what a decoder must refuse: for tests */
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

/* Goes through a plan for what the decoder's caches learn of it. */
struct fuota_replay {
	const struct fuota_plan *plan;
	uint32_t operation, match; /* of the plan, the next */
	uint32_t pos; /* of new firmware */
	uint32_t copied; /* end of the last copy */
	uint32_t end; /* of the part that pos is in */
	struct source source; /* of that part */
	bool literal; /* it has none */
};

/* To the start of the plan, with all that was learnt forgotten. */
void
fuota_replay_start(struct fuota_coder *x, struct fuota_replay *r,
    const struct fuota_plan *plan);

/* On to a position: the caches are then as the plan had them there. */
void
fuota_replay_to(struct fuota_coder *x, struct fuota_replay *r, uint32_t to);

/* v against what was foretold of the len bytes of a unit. */
enum fuota_agreement
fuota_coder_agreement(
    const struct fuota_codec *c, uint32_t foretold, uint32_t v, unsigned len);

/* Of a run of so many hits: 0 to FUOTA_RUNS - 1. */
unsigned
fuota_coder_run_class(unsigned run);

/*
 * Where the value v of the field at pos points to, in the new firmware;
 * false when it is no longer an address of the kind of f.
 */
bool
fuota_coder_target(const struct fuota_codec *c, const struct field *f,
    uint32_t v, uint32_t pos, uint32_t *target);

/* Bytes that instructions are a multiple of. */
uint32_t
fuota_coder_unit(const struct fuota_codec *c);

/* Bytes of the literal that begins with w: a call is one. */
uint32_t
fuota_coder_literal_len(
    const struct fuota_codec *c, uint32_t w, uint32_t pos, uint32_t left);

/* Up to four bytes from a position on, as a number; 0 behind the end. */
uint32_t
fuota_coder_bytes(
    const struct fuota_coder *x, bool from_new, uint32_t at, uint32_t len);
uint32_t
fuota_coder_wanted(const struct fuota_coder *x, uint32_t at, uint32_t len);

/* In place: the first old byte that is left when position pos is made. */
uint32_t
fuota_coder_kept(const struct fuota_codec *c, uint32_t pos);

/* Is that position inside a unit? */
bool
fuota_coder_is_odd(const struct fuota_codec *c, uint32_t pos);

/* Where len bytes at a position of the old firmware lie, and a shift of them. */
uint32_t
fuota_coder_old_place(const struct fuota_codec *c, uint32_t at, uint32_t len);
uint32_t
fuota_coder_place_shift(const struct fuota_codec *c, uint32_t shift);

/* Entries that the profile's address map has. */
uint32_t
fuota_coder_map_size(const struct fuota_codec *c);

/*
 * With every address and RAM address the same: what resembles what. False: no
 * memory.
 */
bool
fuota_coder_normalise(
    const struct fuota_codec *c, struct fuota_in in, uint8_t *to);

/* The last byte first. */
void
fuota_reverse(uint8_t *data, size_t len);

/* Cost of a bit of probability p of 65536. */
uint32_t
fuota_cost(uint32_t p);

/* Before the first run. */
void
fuota_coder_init(struct fuota_coder *x);

#endif
