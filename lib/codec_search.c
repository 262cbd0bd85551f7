/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_lore.h"

bool
fuota_search_init(struct fuota_search *s, struct fuota_coder *coder)
{
	const size_t n = coder->new.len + 1;

	memset(s, 0, sizeof(*s));
	s->coder = coder;
	s->lore = calloc(1, sizeof(*s->lore));
	s->literal = calloc(n + 3, sizeof(*s->literal));
	s->alone = calloc(n + 3, sizeof(*s->alone));
	s->from = malloc(n * sizeof(*s->from));
	s->source = malloc(n * sizeof(*s->source));
	s->last = malloc(n * sizeof(*s->last));
	/* an operation copies 16 bytes or more, a match 2 */
	s->plan.operations = malloc((n / 16 + 2) * sizeof(struct operation));
	s->plan.matches = malloc((n / 2 + 1) * sizeof(struct fuota_plan_match));
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		s->hit[k] = FUOTA_COST_BIT / 10;
		s->miss[k] = FUOTA_COST_BIT * 4;
	}
	s->hit[K_RAM] = s->hit[K_POINTER] = FUOTA_COST_BIT / 2;
	return s->lore != NULL && s->literal != NULL && s->alone != NULL &&
	    s->from != NULL && s->source != NULL && s->last != NULL &&
	    s->plan.operations != NULL && s->plan.matches != NULL &&
	    fuota_finder_init(&s->finder, coder->c, coder->old, coder->new);
}

void
fuota_search_free(struct fuota_search *s)
{
	fuota_finder_free(&s->finder);
	free(s->lore);
	free(s->literal);
	free(s->alone);
	free(s->from);
	free(s->source);
	free(s->last);
	free(s->plan.operations);
	free(s->plan.matches);
}

/* What each field of a copy became. */
static void
learn_lore(struct fuota_search *s, uint32_t pos, const struct operation *o)
{
	struct fuota_coder *x = s->coder;
	const uint32_t end = pos + o->len;
	struct source source = { .from = pos + o->shift, .to = end + o->shift };
	struct field f;

	while (pos < end) {
		uint8_t b[4] = { 0 };
		source.at = pos + o->shift;
		fuota_coder_predict(x, &source, pos, end - pos, &f);
		memcpy(b, x->new.data + pos, f.len);
		const uint32_t v = fuota_get_u32(b);
		if (v != f.raw)
			fuota_lore_put(x->c, s->lore, &f, pos, v);
		pos += f.len;
	}
}

/* How much dearer literals are now than when everything was literal. */
static void
learn_literals(struct fuota_search *s)
{
	const struct fuota_plan *plan = &s->plan;
	uint64_t now = 100 * 8 * FUOTA_COST_BIT, alone = now;
	uint32_t p = 0, m = 0;

	for (uint32_t i = 0; i < plan->operation_count; i++) {
		const uint32_t end = p + plan->operations[i].gap;
		while (p < end) {
			if (m < plan->match_count &&
			    plan->matches[m].pos == p) {
				p += plan->matches[m++].match.len;
				continue;
			}
			now += s->coder->byte_cost[p];
			alone += s->alone[p++];
		}
		p += plan->operations[i].len;
	}
	for (size_t i = 0; i < s->coder->new.len; i++) {
		const uint64_t cost = s->alone[i] * now / alone;
		s->literal[i] =
		    (uint16_t)(cost < UINT16_MAX ? cost : UINT16_MAX);
	}
}

static void
learn_costs(struct fuota_search *s)
{
	const struct fuota_books *b = &s->coder->books;

	for (unsigned k = 0; k < KIND_COUNT; k++) {
		s->hit[k] = (int32_t)((b->hit_cost[k] + FUOTA_COST_BIT / 2) /
		    (b->hits[k] + 5));
		s->miss[k] = (int32_t)((b->miss_cost[k] + 20 * FUOTA_COST_BIT) /
		    (b->misses[k] + 5));
		/* cheap misses would invite more of them */
		if (s->miss[k] < 3 * FUOTA_COST_BIT)
			s->miss[k] = 3 * FUOTA_COST_BIT;
	}
}

void
fuota_search_learn(struct fuota_search *s)
{
	uint32_t pos = 0;

	memset(s->lore, 0, sizeof(*s->lore));
	for (uint32_t i = 0; i < s->plan.operation_count; i++) {
		const struct operation *o = &s->plan.operations[i];
		learn_lore(s, pos + o->gap, o);
		pos += o->gap + o->len;
	}
	learn_literals(s);
	learn_costs(s);
}
