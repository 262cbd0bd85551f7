/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "codec_lore.h"

static struct fuota_lore_entry *
entry_of(const struct fuota_lore *lore, const struct field *f)
{
	const uint32_t key = f->key * 16 +
	    (f->kind == K_RAM || f->kind == K_HALF ? (uint32_t)f->kind
						   : (uint32_t)K_POINTER);
	const uint32_t h = key * 0x9e3779b1u;
	union {
		const struct fuota_lore_entry *in;
		struct fuota_lore_entry *out;
	} at = { .in = &lore->entries[h >> (32 - FUOTA_LORE_LOG2)] };

	return at.out;
}

void
fuota_lore_put(const struct fuota_codec *c, struct fuota_lore *lore,
    const struct field *f, uint32_t pos, uint32_t v)
{
	uint32_t value = v - f->raw, target;

	if (f->kind == K_HALF)
		value = v;
	else if (f->kind != K_RAM) {
		if (!f->has_target ||
		    !fuota_coder_target(c, f, v, pos, &target))
			return;
		value = target - f->key;
	}
	*entry_of(lore, f) = (struct fuota_lore_entry){
		.key = f->key, .value = value, .kind = (uint8_t)(f->kind + 1)
	};
}

static bool
same_key(enum kind a, enum kind b)
{
	const bool alone =
	    a == K_RAM || a == K_HALF || b == K_RAM || b == K_HALF;

	return !alone || a == b;
}

bool
fuota_lore_knows(const struct fuota_codec *c, const struct fuota_lore *lore,
    const struct field *f, uint32_t pos, uint32_t v)
{
	if (f->kind != K_HALF && f->kind != K_RAM && !f->has_target)
		return false;
	const struct fuota_lore_entry *e = entry_of(lore, f);
	if (e->kind == 0 || e->key != f->key ||
	    !same_key((enum kind)(e->kind - 1), f->kind))
		return false;
	if (f->kind == K_HALF)
		return v == e->value;
	return fuota_coder_moved(c, f, pos, e->value, v);
}
