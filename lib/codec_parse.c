/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cheapest plan, position by position. A lane is a source that is
 * followed for as long as it may pay; the best way to a position is a literal
 * after the best way to the one before, or a lane from where it was entered,
 * as a copy of an operation or as a match in a gap. Every lane is predicted as
 * the decoder would, so what a copy will get wrong is known before it is
 * chosen.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_plan.h"

enum {
	PATIENCE = 24, /* bytes without a hit before a lane ends */
	OLD_FOUND = 6, /* candidates at a position */
	NEW_FOUND = 3,
	STEPS = 48,
	FOUND_MIN = 4, /* bytes */
	LONG = 4096, /* bytes in common: no need to look for others */
	INSIDE = 1024, /* bytes of a copy around a place, for a guess */
	MATCH_MIN = 2, /* bytes */
	NODES = 8, /* positions ahead that a step may reach */
	RECENT_LENS = 4, /* lengths that the last place of is known for */
	RECENT_LOG2_MIN = 8,
	RECENT_LOG2_MAX = 16,
};

#define NEVER (INT64_MAX / 4)

/* How a position was reached: with its place, in one number. */
enum step {
	STEP_LITERAL,
	STEP_COPY,
	STEP_MATCH,
	STEP_SHIFT = 28,
};
#define STEP_FROM ((UINT32_C(1) << STEP_SHIFT) - 1)

/* The best way to a position. */
struct node {
	int64_t cost;
	struct fuota_way way;
};

/* Of a lane that was entered there. */
struct entry {
	int64_t cost;
	uint32_t at; /* position */
	struct fuota_way way; /* before it */
};

struct lane {
	uint32_t source;
	uint32_t next; /* position of its next field */
	uint32_t good_until; /* position of the last hit, or of a match */
	uint32_t run; /* fields hit in a row */
	uint32_t streak; /* bytes of them */
	struct entry copy, match;
};

struct parse {
	struct fuota_search *s;
	struct lane lanes[FUOTA_LANES];
	unsigned lane_count;
	uint32_t pos, end;
	uint32_t kept; /* the first old byte that is left, by position */
	uint32_t quiet_until; /* no candidates are looked for until there */
	struct fuota_replay replay; /* of the plan before */
	/* Where bytes of a hash came last, and one, by how many they are. */
	uint32_t *recent[RECENT_LENS];
	unsigned recent_log2; /* of their entries */
	struct node *here; /* of nodes */
	struct node nodes[NODES];
};

static uint32_t
shift_of(uint32_t source)
{
	return source | (source & 0x40000000u) << 1;
}

/* --- candidates ------------------------------------------------------------*/

static int64_t
lane_cost(const struct lane *l)
{
	return l->copy.cost < l->match.cost ? l->copy.cost : l->match.cost;
}

/* The one that hit longest ago; of those that still do, the dearest. */
static void
evict(struct parse *p)
{
	unsigned worst = 0;

	for (unsigned i = 1; i < p->lane_count; i++) {
		const struct lane *l = &p->lanes[i], *w = &p->lanes[worst];
		const uint32_t good =
		    l->good_until < p->pos ? l->good_until : p->pos;
		const uint32_t than =
		    w->good_until < p->pos ? w->good_until : p->pos;
		if (good < than ||
		    (good == than && lane_cost(l) > lane_cost(w)))
			worst = i;
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
	if (p->lane_count >= p->s->tuning.lanes)
		evict(p);
	p->lanes[p->lane_count++] = (struct lane){ .source = source,
		.next = p->pos,
		.good_until = good_until,
		.run = 1,
		.copy.cost = NEVER,
		.match.cost = NEVER };
}

/* Follows that source and the one that is cheapest now, up to near its end. */
static void
keep_quiet(struct parse *p, uint32_t source, uint32_t len)
{
	unsigned best = 0, kept = 0;

	for (unsigned i = 1; i < p->lane_count; i++)
		if (lane_cost(&p->lanes[i]) < lane_cost(&p->lanes[best]))
			best = i;
	for (unsigned i = 0; i < p->lane_count; i++)
		if (i == best || p->lanes[i].source == source)
			p->lanes[kept++] = p->lanes[i];
	p->lane_count = kept;
	p->quiet_until = p->pos + len - LONG / 2;
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
	const struct fuota_finder *f = p->s->finder;
	const uint32_t rank = (uint32_t)f->rank[p->pos];
	struct walk w = { rank, rank, INT32_MAX, INT32_MAX, 0, 0 };
	uint32_t at, long_source = 0;
	int32_t longest = 0;

	for (unsigned step = 0; step < STEPS; step++) {
		if (w.old_found >= OLD_FOUND && w.new_found >= NEW_FOUND)
			break;
		const int32_t len = walk_on(f, &w, &at);
		if (len < FOUND_MIN)
			break;
		uint32_t source = (at - p->pos) & ~FROM_NEW;
		if (at >= f->old_len) {
			if (at - f->old_len >= p->pos ||
			    w.new_found++ >= NEW_FOUND)
				continue;
			source = FROM_NEW | (p->pos - (at - f->old_len));
		} else if (w.old_found++ >= OLD_FOUND)
			continue;
		open_lane(p, source, p->pos + (uint32_t)len);
		if (len > longest) {
			longest = len;
			long_source = source;
		}
	}
	if (longest >= LONG)
		keep_quiet(p, long_source, (uint32_t)longest);
}

/* The nearest places with the next few bytes: short, but soon said. */
static void
find_recent(struct parse *p)
{
	const struct fuota_in new = p->s->coder->new;
	uint32_t h = 0;

	if (fuota_coder_is_odd(p->s->coder->c, p->pos))
		return;
	for (unsigned i = 0; i < RECENT_LENS; i++) {
		const uint32_t off = p->pos + i * 2;
		if (off + 2 > p->end)
			return;
		h = (h ^ fuota_get_u16(new.data + off)) * 0x9e3779b1u;
		uint32_t *at = &p->recent[i][h >> (32 - p->recent_log2)];
		const uint32_t was = *at;
		*at = p->pos + 1;
		h ^= h >> 15;
		if (was > 0 &&
		    memcmp(new.data + was - 1, new.data + p->pos, i * 2 + 2) ==
			0)
			open_lane(p, FROM_NEW | (p->pos + 1 - was), off + 2);
	}
}

/* --- steps -----------------------------------------------------------------*/

static int64_t
literal_cost(const struct parse *p, uint32_t len)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum += p->s->literal[p->pos + i];
	return sum;
}

static struct node *
node_at(struct parse *p, uint32_t pos)
{
	return &p->nodes[pos % NODES];
}

/* Whether this is the best way so far to a position. */
static struct node *
reach(struct parse *p, uint32_t to, int64_t cost, enum step step, uint32_t from,
    uint32_t source)
{
	struct node *node = node_at(p, to);

	if (to > p->end || cost >= node->cost)
		return NULL;
	node->cost = cost;
	p->s->from[to] = from | (uint32_t)step << STEP_SHIFT;
	p->s->source[to] = source;
	return node;
}

/* May a match begin here, is it asked whether one does? */
static bool
is_unit(const struct parse *p, const struct fuota_way *way)
{
	return p->pos > 0 && p->pos >= way->whole_until &&
	    !fuota_coder_is_odd(p->s->coder->c, p->pos);
}

static enum fuota_agreement
literal_agreement(const struct parse *p, uint32_t len)
{
	const struct fuota_coder *x = p->s->coder;
	const uint32_t expect = p->here->way.expect;
	const uint32_t want = fuota_coder_wanted(x, p->pos, len);
	const bool from_new = expect & FROM_NEW;
	const uint32_t at = from_new ? p->pos - (expect & ~FROM_NEW)
				     : p->pos + shift_of(expect);

	if (from_new ? at >= p->pos : at >= x->old.len || at < p->kept)
		return FUOTA_DIFFERS;
	return fuota_coder_agreement(
	    x->c, fuota_coder_bytes(x, from_new, at, len), want, len);
}

static void
step_literal(struct parse *p, uint32_t len, bool whole)
{
	const struct fuota_way *way = &p->here->way;
	const bool odd = len == 1 && fuota_coder_unit(p->s->coder->c) > 1;
	int64_t cost = literal_cost(p, len);

	if (odd) /* never better than the two at once */
		cost += cost / 8;
	else
		cost = cost * p->s->fields.literal[literal_agreement(p, len)] /
		    256;
	if (is_unit(p, way))
		cost += p->s->prices.choices[C_IS_MATCH + way->after].price[0];
	struct node *node = reach(
	    p, p->pos + len, p->here->cost + cost, STEP_LITERAL, p->pos, 0);
	if (node == NULL)
		return;
	node->way = *way;
	if (is_unit(p, way) && way->after < 7)
		node->way.after++;
	if (!whole)
		node->way.whole_until = p->pos + 4;
}

static void
step_literals(struct parse *p)
{
	const struct fuota_coder *x = p->s->coder;
	const uint32_t left = p->end - p->pos;
	uint32_t len = fuota_coder_literal_len(
	    x->c, fuota_coder_wanted(x, p->pos, 4), p->pos, left);

	if (len == 4 && p->pos >= p->here->way.whole_until)
		step_literal(p, 4, true);
	if (len > 1)
		step_literal(p, 2, len == 2);
	step_literal(p, 1, len == 1);
}

/* --- lanes -------------------------------------------------------------------*/

static void
enter(struct parse *p, struct lane *l)
{
	struct fuota_prices *prices = &p->s->prices;
	const struct fuota_way *way = &p->here->way;
	const int64_t here = p->here->cost;

	if (!(l->source & FROM_NEW) && here < l->copy.cost &&
	    !(way->begun && way->copied == p->pos &&
		way->rep[0] == shift_of(l->source))) {
		const int64_t cost = here +
		    fuota_price_copy(prices, way, p->pos, shift_of(l->source));
		if (cost < l->copy.cost)
			l->copy = (struct entry){ cost, p->pos, *way };
	}
	if (here < l->match.cost && is_unit(p, way)) {
		const int64_t cost = here +
		    fuota_price_match(
			prices, way, l->source, p->s->coder->old.len > 0);
		if (cost < l->match.cost)
			l->match = (struct entry){ cost, p->pos, *way };
	}
}

static void
leave(struct parse *p, const struct lane *l)
{
	struct fuota_prices *prices = &p->s->prices;
	const uint32_t to = l->next, shift = shift_of(l->source);
	const struct entry *e = &l->copy;
	const struct node *there = node_at(p, to);
	struct node *node;

	if (e->cost < there->cost) {
		const uint32_t len = to - e->at;
		const int64_t cost = e->cost + FUOTA_COST_BIT / 2 +
		    fuota_price_copy_len(prices, &e->way, e->at, shift, len);
		node = reach(p, to, cost, STEP_COPY, e->at, l->source);
		if (node != NULL) {
			node->way = e->way;
			fuota_way_copy(&node->way, e->at, shift, len);
		}
	}
	e = &l->match;
	if (e->cost < there->cost && to - e->at >= MATCH_MIN &&
	    (l->source & FROM_NEW || to - e->at < p->s->tuning.old_match_max)) {
		const int64_t cost = e->cost +
		    fuota_price_number(prices, N_MATCH_LEN, to - e->at - 1);
		node = reach(p, to, cost, STEP_MATCH, e->at, l->source);
		if (node != NULL) {
			node->way = e->way;
			fuota_way_match(&node->way, l->source);
		}
	}
}

static int64_t
field_cost(const struct parse *p, struct lane *l, const struct field *f)
{
	const struct fuota_search *s = p->s;
	const struct fuota_field_prices *prices = &s->fields;
	const uint32_t v = fuota_coder_wanted(s->coder, p->pos, f->len);
	const unsigned run = fuota_coder_run_class(l->run);

	if (v == f->predicted) {
		l->run++;
		l->streak += f->len;
		if (l->streak >= 3 && l->good_until < p->pos + f->len)
			l->good_until = p->pos + f->len;
		return prices->hit[f->kind][run];
	}
	const bool known = v == f->raw || (f->has_other && v == f->other);
	const enum fuota_agreement agrees = known
	    ? FUOTA_AGREES
	    : fuota_coder_agreement(s->coder->c, f->predicted, v, f->len);
	l->run = 0;
	l->streak = 0;
	return prices->miss[f->kind][run] +
	    literal_cost(p, f->len) * prices->missed[f->kind][agrees] / 256;
}

/* Over the next field. False when the source has ended. */
static bool
step_lane(struct parse *p, struct lane *l)
{
	struct fuota_coder *x = p->s->coder;
	const bool from_new = l->source & FROM_NEW;
	const uint32_t at = from_new ? p->pos - (l->source & ~FROM_NEW)
				     : p->pos + shift_of(l->source);
	uint32_t left = p->end - p->pos;
	struct source source = { .at = at,
		.from = at - (at < INSIDE ? at : INSIDE),
		.to = at + INSIDE,
		.from_new = from_new };
	struct field f;

	if (!from_new) {
		if (at >= x->old.len || at < p->kept)
			return false;
		if (left > x->old.len - at)
			left = (uint32_t)x->old.len - at;
	}
	enter(p, l);
	fuota_coder_predict(x, &source, p->pos, left, &f);
	const int64_t cost = field_cost(p, l, &f);
	l->copy.cost += cost;
	l->match.cost += cost;
	l->next = p->pos + f.len;
	leave(p, l);
	return true;
}

static void
step_lanes(struct parse *p)
{
	const uint32_t last = p->here->way.rep[0] & ~FROM_NEW;

	for (unsigned i = 0; i < p->lane_count;) {
		struct lane *l = &p->lanes[i];
		const bool goes_on = l->next > p->pos || step_lane(p, l);
		if (!goes_on ||
		    (l->good_until + PATIENCE < p->pos && l->source != last))
			p->lanes[i] = p->lanes[--p->lane_count];
		else
			i++;
	}
}

static void
follow_ways(struct parse *p)
{
	for (; p->pos < p->end; p->pos++) {
		p->here = node_at(p, p->pos);
		/* for a field that goes on in the next page */
		p->kept = fuota_coder_kept(
		    p->s->coder->c, p->end - p->pos > 3 ? p->pos + 3 : p->pos);
		fuota_replay_to(p->s->coder, &p->replay, p->pos);
		if (p->pos >= p->quiet_until) {
			find_lanes(p);
			find_recent(p);
		}
		step_literals(p);
		step_lanes(p);
		p->here->cost = NEVER;
	}
}

static bool
find_ways(struct fuota_search *s)
{
	struct parse *p = calloc(1, sizeof(*p));
	bool done = p != NULL;

	if (!done)
		return false;
	p->s = s;
	p->end = (uint32_t)s->coder->new.len;
	p->recent_log2 = RECENT_LOG2_MIN;
	while (p->recent_log2 < RECENT_LOG2_MAX && p->end >> p->recent_log2 > 1)
		p->recent_log2++;
	for (unsigned i = 0; i < RECENT_LENS; i++) {
		p->recent[i] =
		    calloc((size_t)1 << p->recent_log2, sizeof(*p->recent[i]));
		done = done && p->recent[i] != NULL;
	}
	for (unsigned i = 0; i < NODES; i++)
		p->nodes[i].cost = NEVER;
	p->nodes[0].cost = 0;
	fuota_way_init(&p->nodes[0].way);
	fuota_replay_start(s->coder, &p->replay, &s->plan);
	if (done && s->coder->old.len > 0)
		open_lane(p, 0, PATIENCE);
	if (done)
		follow_ways(p);
	for (unsigned i = 0; i < RECENT_LENS; i++)
		free(p->recent[i]);
	free(p);
	return done;
}

/* --- the plan ----------------------------------------------------------------*/

/* Turns the ways around: from[] then holds where each leads. */
static void
reverse_ways(struct fuota_search *s)
{
	uint32_t to = (uint32_t)s->coder->new.len, next = 0;
	uint32_t source = 0, step = 0;

	for (;;) {
		const uint32_t before = s->from[to], was = s->source[to];
		s->from[to] = next | step;
		s->source[to] = source;
		if (to == 0)
			return;
		next = to;
		step = before & ~STEP_FROM;
		source = was;
		to = before & STEP_FROM;
	}
}

/* Room for the plan that the ways lead to. */
static bool
make_room(struct fuota_search *s)
{
	const uint32_t end = (uint32_t)s->coder->new.len;
	uint32_t copies = 1, matches = 1;

	for (uint32_t at = 0; at < end; at = s->from[at] & STEP_FROM) {
		copies += s->from[at] >> STEP_SHIFT == STEP_COPY;
		matches += s->from[at] >> STEP_SHIFT == STEP_MATCH;
	}
	free(s->plan.operations);
	free(s->plan.matches);
	s->plan.operations = malloc(copies * sizeof(*s->plan.operations));
	s->plan.matches = malloc(matches * sizeof(*s->plan.matches));
	s->plan.operation_count = s->plan.match_count = 0;
	return s->plan.operations != NULL && s->plan.matches != NULL;
}

static void
make_plan(struct fuota_search *s)
{
	struct fuota_plan *plan = &s->plan;
	const uint32_t end = (uint32_t)s->coder->new.len;
	uint32_t gap = 0, to;

	for (uint32_t at = 0; at < end; at = to) {
		const uint32_t step = s->from[at] >> STEP_SHIFT;
		const uint32_t source = s->source[at];
		to = s->from[at] & STEP_FROM;
		if (step == STEP_COPY) {
			plan->operations[plan->operation_count++] =
			    (struct operation){ .gap = gap,
				    .len = to - at,
				    .shift = shift_of(source) };
			gap = 0;
			continue;
		}
		if (step == STEP_MATCH)
			plan->matches[plan->match_count++] =
			    (struct fuota_plan_match){ .pos = at,
				    .match = {
					.len = to - at, .source = source } };
		gap += to - at;
	}
	if (gap > 0)
		plan->operations[plan->operation_count++] =
		    (struct operation){ .gap = gap };
}

bool
fuota_plan_parse(struct fuota_search *s)
{
	if (!find_ways(s))
		return false;
	s->from[0] = s->source[0] = 0;
	reverse_ways(s);
	if (!make_room(s))
		return false;
	make_plan(s);
	return fuota_plan_map(s, s->map_cost);
}

bool
fuota_plan_nothing(struct fuota_search *s)
{
	s->from[0] = (uint32_t)s->coder->new.len;
	if (!make_room(s))
		return false;
	s->plan.operation_count = 1;
	s->plan.operations[0] =
	    (struct operation){ .gap = (uint32_t)s->coder->new.len };
	return true;
}
