/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caches of the decoder will know, for the parser to guess at. */
#ifndef FUOTA_LIB_CODEC_LORE_H
#define FUOTA_LIB_CODEC_LORE_H

#include "codec_plan.h"

#define FUOTA_LORE_LOG2 16

struct fuota_lore_entry {
	uint32_t key, value;
	uint8_t kind; /* and one; 0: empty */
};

struct fuota_lore {
	struct fuota_lore_entry entries[1 << FUOTA_LORE_LOG2];
};

/* The field f at pos became v. */
void
fuota_lore_put(const struct fuota_codec *c, struct fuota_lore *lore,
    const struct field *f, uint32_t pos, uint32_t v);

#endif
