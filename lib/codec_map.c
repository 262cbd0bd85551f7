/* SPDX-License-Identifier: BSD-2-Clause */
/* Which copies go into the decoder's address map. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_plan.h"

enum {
	WEIGHT = 256, /* of a reference */
	AGAIN = 64, /* of another one to the same place: caches learn */
	REACH = 200, /* entries that one may stand for */
};

/* An old address, and how far what it points to moved. */
struct reference {
	uint32_t target, shift;
	uint32_t weight;
};

struct candidate {
	uint32_t at, shift; /* of the copy in the old firmware */
	uint32_t operation;
	uint32_t first; /* reference at or behind it */
	int64_t best; /* of what is before, when this is chosen */
	uint32_t before; /* the one chosen before, or NONE */
};

#define NONE UINT32_MAX

struct choice {
	struct reference *references;
	struct candidate *candidates; /* one more than there are, as an end */
	uint32_t reference_count, candidate_count;
	size_t reference_room;
};

static int
compare_references(const void *a, const void *b)
{
	const struct reference *x = a, *y = b;

	if (x->target != y->target)
		return x->target < y->target ? -1 : 1;
	return (x->shift > y->shift) - (x->shift < y->shift);
}

static int
compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->operation > y->operation) - (x->operation < y->operation);
}

static bool
add_reference(struct choice *c, uint32_t target, uint32_t shift)
{
	if (c->reference_count == c->reference_room) {
		const size_t room = c->reference_room * 2 + 1024;
		struct reference *grown =
		    realloc(c->references, room * sizeof(*grown));
		if (grown == NULL)
			return false;
		c->references = grown;
		c->reference_room = room;
	}
	c->references[c->reference_count++] =
	    (struct reference){ target, shift, WEIGHT };
	return true;
}

static bool
is_local(
    const struct fuota_codec *c, const struct field *f, const struct source *s)
{
	const uint32_t at = fuota_coder_old_place(c, f->key, 1);

	return f->kind != K_POINTER && f->kind != K_CALL && !f->is_pair &&
	    at >= s->from && at < s->to;
}

/* All addresses in one copy. */
static bool
collect_copy(struct fuota_coder *x, struct choice *c, uint32_t pos,
    const struct operation *o)
{
	const uint32_t end = pos + o->len;
	struct source s = { .from = pos + o->shift, .to = end + o->shift };
	struct field f;
	uint32_t target;

	while (pos < end) {
		s.at = pos + o->shift;
		fuota_coder_predict(x, &s, pos, end - pos, &f);
		const uint32_t v = fuota_coder_wanted(x, pos, f.len);
		if (f.has_target && !is_local(x->c, &f, &s) &&
		    fuota_coder_target(x->c, &f, v, pos, &target) &&
		    target < x->new.len &&
		    !add_reference(c, f.key, f.key - target))
			return false;
		pos += f.len;
	}
	return true;
}

static bool
collect(struct fuota_search *s, struct choice *c)
{
	uint32_t pos = 0;

	for (uint32_t i = 0; i < s->plan.operation_count; i++) {
		struct operation *o = &s->plan.operations[i];
		pos += o->gap;
		o->in_map = false;
		if (o->len == 0)
			continue;
		c->candidates[c->candidate_count++] =
		    (struct candidate){ .at = fuota_coder_old_place(s->coder->c,
					    pos + o->shift, o->len),
			    .shift =
				fuota_coder_place_shift(s->coder->c, o->shift),
			    .operation = i };
		if (!collect_copy(s->coder, c, pos, o))
			return false;
		pos += o->len;
	}
	return true;
}

static void
merge_references(struct choice *c)
{
	struct reference *r = c->references;
	uint32_t n = 0;

	if (c->reference_count > 0)
		qsort(r, c->reference_count, sizeof(*r), compare_references);
	for (uint32_t i = 0; i < c->reference_count; i++)
		if (n > 0 && r[n - 1].target == r[i].target &&
		    r[n - 1].shift == r[i].shift)
			r[n - 1].weight += AGAIN;
		else
			r[n++] = r[i];
	c->reference_count = n;
}

static void
sort_candidates(struct choice *c)
{
	uint32_t k = 0;

	qsort(c->candidates, c->candidate_count, sizeof(*c->candidates),
	    compare_candidates);
	for (uint32_t i = 0; i < c->candidate_count; i++) {
		while (k < c->reference_count &&
		    c->references[k].target < c->candidates[i].at)
			k++;
		c->candidates[i].first = k;
	}
	c->candidates[c->candidate_count].first = c->reference_count;
}

/*
 * An entry stands from its place to the next entry that is chosen: the best
 * choice, when each costs so much, from the first to the last.
 */
static uint32_t
choose(struct choice *c, const struct operation *operations, int64_t cost)
{
	struct candidate *e = c->candidates;
	uint32_t n = 0;

	for (uint32_t i = 0; i <= c->candidate_count; i++) {
		e[i].best = 0;
		e[i].before = NONE;
	}
	for (uint32_t i = 0; i < c->candidate_count; i++) {
		int64_t worth =
		    e[i].best - cost + operations[e[i].operation].len / 2;
		uint32_t k = e[i].first;
		for (uint32_t j = i + 1;
		     j <= c->candidate_count && j - i <= REACH; j++) {
			for (; k < e[j].first; k++)
				if (c->references[k].shift == e[i].shift)
					worth += c->references[k].weight;
			if (worth > e[j].best) {
				e[j].best = worth;
				e[j].before = i;
			}
		}
	}
	for (uint32_t i = e[c->candidate_count].before; i != NONE;
	     i = e[i].before)
		n++;
	return n;
}

static void
mark(const struct choice *c, struct operation *operations)
{
	const struct candidate *e = c->candidates;

	for (uint32_t i = e[c->candidate_count].before; i != NONE;
	     i = e[i].before)
		operations[e[i].operation].in_map = true;
}

bool
fuota_plan_map(struct fuota_search *s, int64_t cost)
{
	struct choice c = { 0 };
	const uint32_t size = fuota_coder_map_size(s->coder->c);

	c.candidates =
	    malloc((s->plan.operation_count + 1) * sizeof(*c.candidates));
	bool done = c.candidates != NULL && collect(s, &c);
	if (done) {
		merge_references(&c);
		sort_candidates(&c);
		while (choose(&c, s->plan.operations, cost) > size)
			cost += cost / 4 + 1;
		mark(&c, s->plan.operations);
	}
	free(c.candidates);
	free(c.references);
	return done;
}
