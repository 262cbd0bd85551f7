/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cheapest plan, position by position. A lane is a source that is
 * followed for as long as it may pay; the best way to a position is a literal
 * byte after the best way to the one before, or a lane from where it was
 * entered. Every lane is predicted as the decoder would, so what a copy will
 * get wrong is known before it is chosen.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_plan.h"

enum {
	LANES = 40,
	LITERAL = 0x7fffffff, /* in place of a source */
	COPY_MIN = 16, /* bytes; shorter ones are matches in a gap */
	PATIENCE = 48, /* bytes without a hit before a lane ends */
	OLD_FOUND = 6, /* candidates at a position */
	NEW_FOUND = 3,
	STEPS = 48,
	FOUND_MIN = 4, /* bytes */
	INSIDE = 1024, /* bytes of a copy around a place, for a guess */
};

#define NEVER (INT64_MAX / 4)

struct lane {
	uint32_t source;
	uint32_t entered; /* position */
	uint32_t field_left; /* bytes of the field that is under way */
	uint32_t good_until; /* position of the last hit, or of a match */
	uint32_t streak; /* bytes of hits in a row */
	int64_t cost;
};

struct parse {
	struct fuota_search *s;
	struct lane lanes[LANES];
	unsigned lane_count;
	uint32_t pos, last; /* last: shift of the copy before */
	int64_t here, next; /* cost of the best way to pos, to pos + 1 */
};

static int32_t
log2_cost(uint32_t v)
{
	/* of v in 65536ths: 16 + log2 v is what that costs */
	unsigned bits = 0;

	while (v >> bits > 65535)
		bits++;
	if (v == 0)
		return 0;
	return (int32_t)(bits * FUOTA_COST_BIT) + 16 * FUOTA_COST_BIT -
	    (int32_t)fuota_cost(v >> bits);
}

static int32_t
length_cost(uint32_t len)
{
	return log2_cost(len) * 3 / 2 + FUOTA_COST_BIT;
}

static uint32_t
shift_of(uint32_t source)
{
	return source | (source & 0x40000000u) << 1;
}

static int64_t
entry_cost(const struct parse *p, uint32_t source)
{
	if (source & FROM_NEW)
		return 7 * FUOTA_COST_BIT + log2_cost(source & ~FROM_NEW);
	if (source == p->last)
		return 3 * FUOTA_COST_BIT;
	uint32_t d = shift_of(source) - shift_of(p->last);
	if (d >> 31)
		d = 0u - d;
	return 5 * FUOTA_COST_BIT + log2_cost(d) * 9 / 8;
}

/* --- candidates ------------------------------------------------------------*/

static void
evict(struct parse *p)
{
	unsigned worst = 0;
	int64_t most = INT64_MIN;

	for (unsigned i = 0; i < p->lane_count; i++) {
		const struct lane *l = &p->lanes[i];
		const int64_t cost =
		    l->cost - (l->good_until > p->pos ? 8 * FUOTA_COST_BIT : 0);
		if (cost > most) {
			most = cost;
			worst = i;
		}
	}
	p->lanes[worst] = p->lanes[--p->lane_count];
}

static void
open_lane(struct parse *p, uint32_t source, uint32_t good_until)
{
	for (unsigned i = 0; i < p->lane_count; i++)
		if (p->lanes[i].source == source) {
			if (p->lanes[i].good_until < good_until)
				p->lanes[i].good_until = good_until;
			return;
		}
	if (p->lane_count == LANES)
		evict(p);
	p->lanes[p->lane_count++] = (struct lane){ .source = source,
		.entered = p->pos,
		.good_until = good_until,
		.cost = NEVER };
}

struct walk {
	uint32_t up, down; /* ranks reached */
	int32_t up_len, down_len; /* bytes in common */
	unsigned old_found, new_found;
};

/* The neighbour with more in common; its length, 0 when there is none. */
static int32_t
walk_on(const struct fuota_finder *f, struct walk *w, uint32_t *at)
{
	int32_t up = 0, down = 0;

	if (w->up > 0)
		up =
		    f->common[w->up] < w->up_len ? f->common[w->up] : w->up_len;
	if (w->down + 1 < f->len)
		down = f->common[w->down + 1] < w->down_len
		    ? f->common[w->down + 1]
		    : w->down_len;
	if (up >= down) {
		w->up_len = up;
		*at = up > 0 ? (uint32_t)f->order[--w->up] : 0;
		return up;
	}
	w->down_len = down;
	*at = (uint32_t)f->order[++w->down];
	return down;
}

static void
find_lanes(struct parse *p)
{
	const struct fuota_finder *f = &p->s->finder;
	const uint32_t rank = (uint32_t)f->rank[f->old_len + p->pos];
	struct walk w = { rank, rank, INT32_MAX, INT32_MAX, 0, 0 };
	uint32_t at;

	for (unsigned step = 0; step < STEPS; step++) {
		if (w.old_found >= OLD_FOUND && w.new_found >= NEW_FOUND)
			return;
		const int32_t len = walk_on(f, &w, &at);
		if (len < FOUND_MIN)
			return;
		if (at < f->old_len) {
			if (w.old_found++ < OLD_FOUND)
				open_lane(p, (at - p->pos) & ~FROM_NEW,
				    p->pos + (uint32_t)len);
		} else if (at - f->old_len < p->pos &&
		    w.new_found++ < NEW_FOUND)
			open_lane(p, FROM_NEW | (p->pos - (at - f->old_len)),
			    p->pos + (uint32_t)len);
	}
}

/* --- lanes -------------------------------------------------------------------*/

static int64_t
miss_cost(const struct parse *p, const struct field *f)
{
	int64_t bytes = 0;

	for (unsigned i = 0; i < f->len; i++)
		bytes += p->s->literal[p->pos + i];
	return p->s->miss[f->kind] + bytes * 10 / 10;
}

/* Into the next field. False when the source has ended. */
static bool
begin_field(struct parse *p, struct lane *l)
{
	struct fuota_coder *x = p->s->coder;
	const bool from_new = l->source & FROM_NEW;
	const uint32_t at = from_new ? p->pos - (l->source & ~FROM_NEW)
				     : p->pos + shift_of(l->source);
	uint32_t left = (uint32_t)x->new.len - p->pos;
	struct source source = { .at = at,
		.from = at - (at < INSIDE ? at : INSIDE),
		.to = at + INSIDE,
		.from_new = from_new };
	struct field f;

	if (!from_new) {
		if (at >= x->old.len)
			return false;
		if (left > x->old.len - at)
			left = (uint32_t)x->old.len - at;
	}
	const int64_t entered = p->here + entry_cost(p, l->source);
	if (entered < l->cost) {
		l->cost = entered;
		l->entered = p->pos;
	}
	fuota_coder_predict(x, &source, p->pos, left, &f);
	uint8_t b[4] = { 0 };
	memcpy(b, x->new.data + p->pos, f.len);
	const uint32_t v = fuota_get_u32(b);
	l->field_left = f.len;
	if (v == f.predicted ||
	    (!from_new && fuota_lore_knows(x->c, p->s->lore, &f, p->pos, v))) {
		l->cost += p->s->hit[f.kind];
		l->streak += f.len;
		if (l->streak >= 3 && l->good_until < p->pos + f.len)
			l->good_until = p->pos + f.len;
	} else {
		l->cost += miss_cost(p, &f);
		l->streak = 0;
	}
	return true;
}

static void
reach(struct parse *p, int64_t cost, uint32_t source, uint32_t from)
{
	struct fuota_search *s = p->s;
	const uint32_t to = p->pos + 1;

	if (cost >= p->next)
		return;
	p->next = cost;
	s->source[to] = source;
	s->from[to] = from;
	s->last[to] =
	    source == LITERAL || (source & FROM_NEW) ? s->last[from] : source;
}

static void
step_lanes(struct parse *p)
{
	for (unsigned i = 0; i < p->lane_count;) {
		struct lane *l = &p->lanes[i];
		const bool goes_on = l->field_left > 0 || begin_field(p, l);
		if (goes_on && --l->field_left == 0)
			reach(p, l->cost + length_cost(p->pos + 1 - l->entered),
			    l->source, l->entered);
		if (!goes_on ||
		    (l->good_until + PATIENCE < p->pos && l->source != p->last))
			p->lanes[i] = p->lanes[--p->lane_count];
		else
			i++;
	}
}

static void
find_ways(struct fuota_search *s)
{
	struct parse p = { .s = s };
	const uint32_t end = (uint32_t)s->coder->new.len;

	s->last[0] = 0;
	if (s->coder->old.len > 0)
		open_lane(&p, 0, PATIENCE);
	for (; p.pos < end; p.pos++) {
		p.next = INT64_MAX;
		p.last = s->last[p.pos];
		find_lanes(&p);
		reach(&p, p.here + s->literal[p.pos] + FUOTA_COST_BIT / 8,
		    LITERAL, p.pos);
		step_lanes(&p);
		p.here = p.next;
	}
}

/* --- the plan ----------------------------------------------------------------*/

static void
add_match(struct fuota_search *s, uint32_t from, uint32_t to, uint32_t source)
{
	const uint32_t unit = fuota_coder_unit(s->coder->c);

	if ((from & 1) && unit != 1)
		from++;
	if (from == 0)
		from = unit;
	if (to < from + 2)
		return;
	s->plan.matches[s->plan.match_count++] =
	    (struct fuota_plan_match){ .pos = from,
		    .match = { .len = to - from, .source = source } };
}

/* Turns the ways around: from[] then holds where each leads. */
static void
reverse_ways(struct fuota_search *s)
{
	uint32_t to = (uint32_t)s->coder->new.len, next = 0;
	uint32_t source = 0;

	for (;;) {
		const uint32_t from = s->from[to], was = s->source[to];
		s->from[to] = next;
		s->source[to] = source;
		if (to == 0)
			return;
		next = to;
		source = was;
		to = from;
	}
}

static void
make_plan(struct fuota_search *s)
{
	struct fuota_plan *plan = &s->plan;
	const uint32_t end = (uint32_t)s->coder->new.len;
	uint32_t gap = 0;

	plan->operation_count = plan->match_count = 0;
	for (uint32_t at = 0; at < end; at = s->from[at]) {
		const uint32_t to = s->from[at], source = s->source[at];
		const uint32_t len = to - at;
		if (source != LITERAL && !(source & FROM_NEW) &&
		    len >= COPY_MIN) {
			plan->operations[plan->operation_count++] =
			    (struct operation){ .gap = gap,
				    .len = len,
				    .shift = shift_of(source) };
			gap = 0;
			continue;
		}
		if (source != LITERAL)
			add_match(s, at, to, source);
		gap += len;
	}
	if (gap > 0)
		plan->operations[plan->operation_count++] =
		    (struct operation){ .gap = gap };
}

bool
fuota_plan_parse(struct fuota_search *s)
{
	find_ways(s);
	s->from[0] = s->source[0] = 0;
	reverse_ways(s);
	make_plan(s);
	return fuota_plan_map(s);
}

void
fuota_plan_nothing(struct fuota_search *s)
{
	s->plan.operation_count = 1;
	s->plan.match_count = 0;
	s->plan.operations[0] =
	    (struct operation){ .gap = (uint32_t)s->coder->new.len };
}
