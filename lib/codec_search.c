/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "codec_plan.h"

static void
learn_fields(struct fuota_search *s);

bool
fuota_search_init(struct fuota_search *s, struct fuota_coder *coder,
    const struct fuota_finder *finder)
{
	const size_t n = coder->new.len + 1;

	memset(s, 0, sizeof(*s));
	s->coder = coder;
	s->finder = finder;
	s->literal = malloc(n * sizeof(*s->literal));
	s->from = malloc(n * sizeof(*s->from));
	s->source = malloc(n * sizeof(*s->source));
	return s->literal != NULL && s->from != NULL && s->source != NULL;
}

void
fuota_search_start(struct fuota_search *s, const struct fuota_tuning *tuning)
{
	s->tuning = *tuning;
	s->coder->c->rate = tuning->rate;
	s->coder->c->map_len = 0;
	memset(&s->coder->books, 0, sizeof(s->coder->books));
	learn_fields(s);
	fuota_prices_init(&s->prices);
}

void
fuota_search_free(struct fuota_search *s)
{
	free(s->literal);
	free(s->from);
	free(s->source);
	free(s->plan.operations);
	free(s->plan.matches);
}

/* The mean of what was paid, and of a guess that counts as so many. */
static int32_t
mean(const struct fuota_paid *p, uint32_t guess, uint32_t weight)
{
	return (int32_t)((p->cost + (uint64_t)guess * weight) /
	    (p->count + weight));
}

static int32_t
ratio(const struct fuota_paid *p, uint32_t guess)
{
	const uint64_t weight = 60 * FUOTA_COST_BIT;

	return (
	    int32_t)((p->cost * 256 + guess * weight) / (p->count + weight));
}

static void
learn_fields(struct fuota_search *s)
{
	static const uint32_t guess[FUOTA_AGREEMENTS] = { 50, 150, 256 };
	static const uint32_t hit[FUOTA_RUNS] = { 128, 60, 25, 10 };
	static const uint32_t miss[FUOTA_RUNS] = { 400, 700, 1100, 1500 };
	const struct fuota_books *b = &s->coder->books;
	struct fuota_field_prices *f = &s->fields;

	for (unsigned k = 0; k < KIND_COUNT; k++)
		for (unsigned i = 0; i < FUOTA_RUNS; i++) {
			f->hit[k][i] = mean(&b->hit[k][i], hit[i], 4);
			f->miss[k][i] = mean(&b->miss[k][i], miss[i], 4);
		}
	for (unsigned i = 0; i < FUOTA_AGREEMENTS; i++) {
		f->literal[i] = ratio(&b->literal[i], guess[i]);
		for (unsigned k = 0; k < KIND_COUNT; k++)
			f->missed[k][i] = ratio(&b->missed[k][i], guess[i]);
	}
}

/* How often each symbol of the plan was used. */
static void
learn_prices(struct fuota_search *s)
{
	struct fuota_prices *p = &s->prices;
	const struct fuota_plan *plan = &s->plan;
	const bool has_old = s->coder->old.len > 0;
	struct fuota_way way;
	uint32_t pos = 0, m = 0;

	fuota_prices_count(p);
	fuota_way_init(&way);
	for (uint32_t i = 0; i < plan->operation_count; i++) {
		const struct operation *o = &plan->operations[i];
		pos += o->gap;
		for (; m < plan->match_count && plan->matches[m].pos < pos;
		     m++) {
			const struct match *match = &plan->matches[m].match;
			(void)fuota_price_match(
			    p, &way, match->source, has_old);
			(void)fuota_price_number(
			    p, N_MATCH_LEN, match->len - 1);
			fuota_way_match(&way, match->source);
		}
		if (o->len == 0)
			break;
		(void)fuota_price_copy(p, &way, pos, o->shift);
		(void)fuota_price_copy_len(p, &way, pos, o->shift, o->len);
		fuota_way_copy(&way, pos, o->shift, o->len);
		pos += o->len;
	}
	for (unsigned i = 0; i < 8; i++)
		memcpy(p->choices[C_IS_MATCH + i].count,
		    s->coder->books.is_match[i], sizeof(uint32_t[2]));
	fuota_prices_set(p);
}

void
fuota_search_learn(struct fuota_search *s)
{
	memcpy(s->literal, s->coder->byte_cost,
	    s->coder->new.len * sizeof(*s->literal));
	learn_fields(s);
	learn_prices(s);
}
