/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses that two instructions of the same register make. Of RISC-V: LUI or
 * AUIPC the upper bits, ADDI, a load or a store the lower ones; of Thumb-2: MOVW
 * the lower bits, MOVT the upper ones. The other one is looked for nearby in the
 * old firmware, whatever the order of decoding.
 */
#ifndef FUOTA_DEVICE_CODEC_PAIR_H
#define FUOTA_DEVICE_CODEC_PAIR_H

#include "codec_arch.h"
#include "codec_pair_half.h"
#include "codec_store.h"

#define HAS_PAIRS (HAS_UPPER_PAIRS || HAS_MOVED_PAIRS)

enum {
	PAIR_DISTANCE = 32, /* bytes */
};

/* The other half for w at a place of the old firmware, and where it is. */
static inline bool
pair_find(struct coder *x, uint32_t w, uint32_t *place, uint32_t *other)
{
	const struct fuota_codec *c = x->c;
	const enum pair_half half = pair_half(c->arch, w);
	const bool first = pair_is_first(half);
	const uint32_t step = first ? 2 : 0u - 2;

	for (unsigned i = 2; i <= PAIR_DISTANCE; i += 2) {
		*place += step;
		const uint32_t at = place_in(c, false, *place, 4);
		if (*place > c->old_len || c->old_len - *place < 4 ||
		    at < c->kept)
			return false;
		*other = read_source(x, false, at, 4);
		const enum pair_half is = pair_half(c->arch, *other);
		if (is != HALF_NONE && pair_is_first(is) != first &&
		    pair_register(is, *other) == pair_register(half, w))
			return true;
	}
	return false;
}

/*
 * What both make: an address, and what is to be taken from it again for a half
 * that is so much further on; false when w is none of a pair.
 */
static inline bool
pair_address(struct coder *x, uint32_t w, uint32_t place, uint32_t moved,
    uint32_t *base, uint32_t *address)
{
	const unsigned arch = x->c->arch;
	const enum pair_half half = pair_half(arch, w);
	uint32_t at = place, other;

	/* of RISC-V not of the stack pointer, nor of the number 0 */
	if (half == HALF_NONE ||
	    (!pair_is_moved(half) && (pair_register(half, w) & ~2u) == 0) ||
	    !pair_find(x, w, &at, &other))
		return false;
	*address = pair_get(half, w) + pair_get(pair_half(arch, other), other);
	*base = 0;
	if (pair_is_moved(half) ||
	    ((half == HALF_UPPER ? w : other) & 0x20) != 0) /* LUI */
		return true;
	*base = x->c->load + (half == HALF_UPPER ? place : at);
	*address += *base;
	*base += moved;
	return true;
}

/* The address when v comes in place of the prediction of f, if that tells. */
static inline bool
pair_became(const struct fuota_codec *c, const struct field *f, uint32_t v,
    uint32_t *address)
{
	const enum pair_half half = pair_half(c->arch, f->raw);
	uint32_t moved = pair_get(half, v) - pair_get(half, f->predicted);

	if (pair_is_moved(half))
		moved = sign_extend(moved, PAIR_MOVED);
	*address = f->other + moved;
	return pair_half(c->arch, v) == half && pair_is_lower(half);
}

#endif
