/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_coder.h"

#define coder fuota_coder

enum {
	SURE = 24, /* fields hit in a row */
};

/* log2 by squaring: the same on every machine. */
static uint32_t
log2_cost(uint32_t p)
{
	uint32_t log = 0;
	uint64_t x = p;

	while (x < 32768) {
		x <<= 1;
		log += FUOTA_COST_BIT;
	}
	if (x >= 65536)
		return 0;
	/* x / 32768 in [1, 2): eight binary digits of its logarithm */
	uint32_t digits = 0;
	for (unsigned i = 0; i < 8; i++) {
		x = x * x >> 15;
		digits <<= 1;
		if (x >= 65536) {
			x >>= 1;
			digits |= 1;
		}
	}
	return log + FUOTA_COST_BIT - digits;
}

uint32_t
fuota_cost(uint32_t p)
{
	return log2_cost(p > 0 ? p : 1);
}

void
fuota_coder_init(struct fuota_coder *x)
{
	for (uint32_t i = 0; i < FUOTA_COSTS; i++)
		x->cost[i] = (uint16_t)fuota_cost(i * 16 + 8);
}

/* Of the bits that are coded: near enough, but soon. */
static uint32_t
bit_cost(const struct fuota_coder *x, uint32_t p)
{
	return p < 256 ? fuota_cost(p) : x->cost[p / 16];
}

static void
carry(struct fuota_coder *x)
{
	/* A stream that has outgrown its room is not kept. */
	size_t i = x->out_len <= x->out_size ? x->out_len : 0;

	while (i-- > 0 && ++x->out[i] == 0)
		;
	x->low &= UINT32_MAX;
}

static void
put(struct fuota_coder *x, uint8_t byte)
{
	if (x->out_len < x->out_size)
		x->out[x->out_len] = byte;
	x->out_len++;
}

static bool
code_bit(
    struct fuota_coder *x, struct fuota_codec_range *r, uint32_t p1, bool want)
{
	const uint32_t bound = (x->range >> 16) * p1;
	const uint32_t cost = bit_cost(x, want ? p1 : 65536 - p1);

	(void)r;
	x->total += cost;
	if (x->peeking)
		return want;
	x->books.cost[x->now] += cost;
	if (x->out_len > x->out_size)
		return want;
	if (want)
		x->range = bound;
	else {
		x->low += bound;
		x->range -= bound;
	}
	if (x->low > UINT32_MAX)
		carry(x);
	while (x->range < 1u << 24) {
		put(x, (uint8_t)(x->low >> 24));
		x->low = x->low << 8 & UINT32_MAX;
		x->range <<= 8;
	}
	return want;
}

/* The bytes that name a number in range; zeros at the end need not be sent. */
static void
finish(struct fuota_coder *x)
{
	uint64_t v = x->low;

	for (unsigned k = 32; k > 0; k--) {
		const uint64_t mask = (UINT64_C(1) << k) - 1;
		v = (x->low + mask) & ~mask;
		if (v < x->low + x->range)
			break;
	}
	x->low = v;
	if (x->low > UINT32_MAX)
		carry(x);
	for (unsigned i = 0; i < 4; i++) {
		put(x, (uint8_t)(x->low >> 24));
		x->low = x->low << 8 & UINT32_MAX;
	}
	if (x->out_len > x->out_size)
		return;
	for (unsigned i = 0; i < 4 && x->out[x->out_len - 1] == 0; i++)
		x->out_len--;
}

static void
fail(struct fuota_coder *x, enum fuota_status status)
{
	if (x->c->status == FUOTA_OK && !x->hostile)
		x->c->status = (uint8_t)status;
}

static uint32_t
bytes_at(
    const struct fuota_coder *x, struct fuota_in in, uint32_t at, uint32_t len)
{
	uint8_t b[4] = { 0 };

	if (!x->c->down && at < in.len && in.len - at >= 4)
		return fuota_get_u32(in.data + at) &
		    (uint32_t)((UINT64_C(1) << 8 * len) - 1);
	for (uint32_t i = 0; i < len && at < in.len && i < in.len - at; i++)
		b[x->c->down ? len - 1 - i : i] = in.data[at + i];
	return fuota_get_u32(b);
}

static uint32_t
read_source(struct fuota_coder *x, bool from_new, uint32_t at, uint32_t len)
{
	if (!from_new && at < x->c->kept)
		fail(x, FUOTA_E_FORMAT);
	return bytes_at(x, from_new ? x->new : x->old, at, len);
}

static uint32_t
wanted(struct fuota_coder *x, uint32_t at, uint32_t len)
{
	return bytes_at(x, x->new, at, len);
}

uint32_t
fuota_coder_bytes(
    const struct fuota_coder *x, bool from_new, uint32_t at, uint32_t len)
{
	return bytes_at(x, from_new ? x->new : x->old, at, len);
}

uint32_t
fuota_coder_wanted(const struct fuota_coder *x, uint32_t at, uint32_t len)
{
	return bytes_at(x, x->new, at, len);
}

/* 15 when it is no power of two. */
static uint32_t
wanted_log2(uint32_t size)
{
	for (uint32_t i = 0; i <= 10; i++)
		if (size == FUOTA_PAGE_SIZE_MIN << i)
			return i;
	return 15;
}

static struct match
wanted_match(struct fuota_coder *x, uint32_t off)
{
	const struct fuota_plan *plan = x->plan;

	while (x->match_at < plan->match_count &&
	    plan->matches[x->match_at].pos < off)
		x->match_at++;
	if (x->match_at < plan->match_count &&
	    plan->matches[x->match_at].pos == off)
		return plan->matches[x->match_at].match;
	return (struct match){ 0 };
}

static void
tally(struct fuota_coder *x, int what)
{
	if (x->peeking)
		return;
	x->now = what;
	x->began = x->total;
}

static void
pay(struct fuota_paid *p, uint64_t cost, uint64_t count)
{
	p->cost += cost;
	p->count += count;
}

static void
tally_hit(struct fuota_coder *x, enum kind kind, bool hit)
{
	struct fuota_books *b = &x->books;
	const uint64_t cost = x->total - x->began;

	(hit ? b->hits : b->misses)[kind]++;
	(hit ? b->hit_cost : b->miss_cost)[kind] += cost;
	pay(&(hit ? b->hit : b->miss)[kind][fuota_coder_run_class(x->c->run)],
	    cost, 1);
}

#include "device/codec_model.h"

static bool
write_operations(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;

	tally(x, TALLY_CONTROL);
	memset(c->symbols, 0, sizeof(c->symbols));
	c->range[CONTROL].random = 0;
	c->status = FUOTA_OK;
	const struct fuota_codec want = *c;
	code_header(x, &want);
	control_reset(c);
	c->map_len = 0;
	for (uint32_t i = 0; c->op_pos < c->image_len; i++) {
		const bool in_map = code_operation(x, &x->plan->operations[i]);
		if (in_map && !map_copy(c) && !x->hostile)
			return false;
	}
	return true;
}

/* --- prices of what is not done ------------------------------------------*/

enum fuota_agreement
fuota_coder_agreement(
    const struct fuota_codec *c, uint32_t foretold, uint32_t v, unsigned len)
{
	const uint32_t differ = foretold ^ v;

	if (fuota_coder_unit(c) == 1 || len == 1)
		return differ & 255 ? FUOTA_DIFFERS : FUOTA_AGREES;
	if ((differ & 0xffff) == 0 && (len == 2 || differ == 0))
		return FUOTA_AGREES;
	return differ & 0xff00 ? FUOTA_DIFFERS : FUOTA_AGREES_FIRST;
}

unsigned
fuota_coder_run_class(unsigned run)
{
	if (run < 3)
		return run > 0;
	return run < 24 ? 2 : 3;
}

/* The unit at pos as a literal; its length. */
static unsigned
peek_literal(struct fuota_coder *x, uint64_t *cost)
{
	struct fuota_codec *c = x->c;
	const size_t size = FUOTA_CODEC_STATE_SIZE(c->profile);
	const uint64_t total = x->total;

	memcpy(x->spare, c, size);
	x->peeking = true;
	c->expect = FROM_NEW;
	c->gap_left = c->image_len - c->pos;
	const unsigned n = code_literal(x);
	*cost = x->total - total;
	x->total = total;
	x->peeking = false;
	memcpy(c, x->spare, size);
	return n;
}

/* What is foretold of the next unit of a copy or gap. */
static uint32_t
foretold(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;
	struct source s = { .at = c->pos + c->shift,
		.from = c->copy_from,
		.to = c->pos + c->shift + c->copy_left };
	struct field f;
	uint32_t at, bytes = 0;

	if (c->gap_left == 0) {
		find_field(x, &s, c->copy_left, &f);
		predict_field(x, &f);
		return f.predicted;
	}
	if (c->match_left == 0)
		return expected_bytes(x, &at, &bytes)
		    ? bytes
		    : ~bytes_at(x, x->new, c->pos, 4);
	s = source_of(c, c->match);
	s.from = s.at - (c->pos - c->match_from);
	s.to = s.at + c->match_left;
	find_field(x, &s, c->match_left, &f);
	predict_field(x, &f);
	return f.predicted;
}

static void
set_cost(struct fuota_coder *x, uint32_t from, unsigned n, uint64_t cost)
{
	cost /= n;
	for (unsigned i = 0; i < 4 && i < x->new.len - from; i++)
		x->byte_cost[from + i] =
		    (uint16_t)(cost > UINT16_MAX ? UINT16_MAX : cost);
}

/* Of which nothing is foretold: it costs what it costs. */
static unsigned
strange_unit(struct fuota_coder *x)
{
	const uint32_t p = x->c->pos;

	x->c->expect = FROM_NEW;
	const unsigned n = code_unit(x);
	set_cost(x, p, n, x->total - x->began);
	return n;
}

/* In a copy that has been right for long, nobody will want literals. */
static bool
is_certain(const struct fuota_coder *x)
{
	const struct fuota_codec *c = x->c;

	return c->gap_left == 0 && c->run >= SURE && c->copy_left >= SURE;
}

static unsigned
priced_unit(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;
	const uint32_t p = c->pos;
	const bool asked = c->gap_left > 0 && c->match_left == 0 && p > 0 &&
	    !fuota_coder_is_odd(c, p);
	const unsigned after = c->after_match > 7 ? 7 : c->after_match;
	uint64_t alone;

	if (is_certain(x)) /* as the run before said */
		return code_unit(x);
	uint32_t guess = foretold(x);
	const unsigned unit = peek_literal(x, &alone);
	const unsigned n = code_unit(x);
	const uint64_t cost = x->total - x->began;
	if (x->now == TALLY_LITERAL)
		guess = next_of(c, guess, 4, n);
	const enum fuota_agreement agrees =
	    fuota_coder_agreement(c, guess, c->pending, n);
	if (asked)
		x->books.is_match[after][x->now != TALLY_LITERAL]++;
	if (x->now == TALLY_LITERAL) {
		pay(&x->books.literal[agrees], cost, alone);
		if (agrees == FUOTA_DIFFERS)
			alone = cost;
	} else if (x->now >= TALLY_MISS && x->now < TALLY_LITERAL && !asked)
		pay(&x->books.missed[x->now - TALLY_MISS][agrees], cost,
		    alone * n / unit);
	set_cost(x, p, unit, alone);
	return n;
}

static bool
write_data(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;
	const struct operation *next = x->plan->operations;
	uint32_t begun = 0;

	model_reset(c);
	x->match_at = 0;
	while (c->pos < c->image_len && c->status == FUOTA_OK) {
		if (c->gap_left == 0 && c->copy_left == 0) {
			struct operation o = *next++;
			if (o.gap > c->image_len - begun)
				o.gap = c->image_len - begun;
			begun += o.gap + o.len;
			c->gap_shift = c->shift;
			c->gap_left = o.gap;
			c->copy_left = o.len;
			c->shift = o.shift;
			begin_operation(c);
		}
		c->pos += x->byte_cost == NULL ? code_unit(x)
		    : x->strange               ? strange_unit(x)
					       : priced_unit(x);
	}
	return c->status == FUOTA_OK;
}

bool
fuota_coder_run(struct fuota_coder *x, const struct fuota_plan *plan)
{
	x->plan = plan;
	x->out_len = 0;
	x->low = 0;
	x->range = UINT32_MAX;
	x->total = x->began = 0;
	memset(&x->books, 0, sizeof(x->books));
	put(x,
	    (uint8_t)(x->c->profile | (unsigned)x->c->in_place << 2 |
		(unsigned)x->c->down << 3));
	if (!write_operations(x) || !write_data(x))
		return false;
	finish(x);
	return x->out_len <= x->out_size;
}

void
fuota_coder_predict(struct fuota_coder *x, const struct source *source,
    uint32_t pos, uint32_t left, struct field *f)
{
	x->c->pos = pos;
	x->c->kept = 0;
	find_field(x, source, left, f);
	predict_field(x, f);
}

/* --- what caches learn -------------------------------------------------------*/

void
fuota_replay_start(struct fuota_coder *x, struct fuota_replay *r,
    const struct fuota_plan *plan)
{
	*r = (struct fuota_replay){ .plan = plan, .literal = true };
	model_reset(x->c);
}

/* The next literals, match or copy. */
static void
replay_part(struct fuota_coder *x, struct fuota_replay *r)
{
	const struct operation *o = &r->plan->operations[r->operation];
	const uint32_t gap_end = r->copied + o->gap;
	const struct fuota_plan_match *m = &r->plan->matches[r->match];
	const bool has_match = r->match < r->plan->match_count;

	r->literal = r->pos < gap_end && !(has_match && m->pos <= r->pos);
	x->c->pos = r->pos;
	if (r->literal) {
		r->end = has_match && m->pos < gap_end ? m->pos : gap_end;
		return;
	}
	if (r->pos < gap_end) {
		r->end = r->pos + m->match.len;
		r->source = source_of(x->c, m->match.source);
		r->match++;
	} else {
		r->end = r->copied = gap_end + o->len;
		r->source = (struct source){ .at = r->pos + o->shift };
		r->operation++;
	}
	r->source.from = r->source.at;
	r->source.to = r->source.at + (r->end - r->pos);
}

void
fuota_replay_to(struct fuota_coder *x, struct fuota_replay *r, uint32_t to)
{
	struct field f;

	while (r->pos < to) {
		if (r->pos >= r->end)
			replay_part(x, r);
		if (r->literal) {
			r->pos = r->end;
			continue;
		}
		x->c->pos = r->pos;
		find_field(x, &r->source, r->end - r->pos, &f);
		predict_field(x, &f);
		learn(x->c, &f, bytes_at(x, x->new, r->pos, f.len));
		r->pos += f.len;
		r->source.at += f.len;
	}
}

bool
fuota_coder_target(const struct fuota_codec *c, const struct field *f,
    uint32_t v, uint32_t pos, uint32_t *target)
{
	const struct arch *a = arch_of(c);

	if (f->is_pair) {
		const bool tells = pair_became(c, f, v, target);
		*target -= c->load;
		return tells;
	}
	if (f->kind == K_POINTER)
		*target = f->key + v - f->raw;
	if (!is_address(f->kind))
		return f->kind == K_POINTER;
	const uint32_t place = place_in(c, true, pos, f->len);
	*target = form_base(f->form, place) + form_get(a, f->form, v);
	return form_aim(a, f->form, f->raw, place, *target) == v;
}

uint32_t
fuota_coder_unit(const struct fuota_codec *c)
{
	return arch_of(c)->unit;
}

uint32_t
fuota_coder_literal_len(
    const struct fuota_codec *c, uint32_t w, uint32_t pos, uint32_t left)
{
	if (fuota_coder_unit(c) == 1 || fuota_coder_is_odd(c, pos) || left < 2)
		return 1;
	return left >= 4 && may_be_call(c, next_of(c, w, 4, 2)) ? 4 : 2;
}

uint32_t
fuota_coder_kept(const struct fuota_codec *c, uint32_t pos)
{
	uint32_t end, kept = 0;

	if (c->in_place)
		find_page(c, pos, &end, &kept);
	return kept;
}

bool
fuota_coder_is_odd(const struct fuota_codec *c, uint32_t pos)
{
	return place_in(c, true, pos, 0) & (fuota_coder_unit(c) - 1);
}

uint32_t
fuota_coder_old_place(const struct fuota_codec *c, uint32_t at, uint32_t len)
{
	return place_in(c, false, at, len);
}

uint32_t
fuota_coder_place_shift(const struct fuota_codec *c, uint32_t shift)
{
	return c->down ? c->old_len - c->image_len - shift : shift;
}

uint32_t
fuota_coder_map_size(const struct fuota_codec *c)
{
	return layout_of(c)->map_max;
}

/* Bytes of the address at i that were made equal to others; 0: none. */
static uint32_t
normalise_word(
    const struct fuota_codec *c, uint32_t len, uint32_t w, uint8_t *to)
{
	if (w - c->load < len && w - c->load >= 16) {
		fuota_put_u32(to, 0xf4f3f2f1);
		return 4;
	}
	if (w >> 20 != c->ram)
		return 0;
	fuota_put_u16(to, 0xe2e1);
	return 4;
}

static uint32_t
normalise_form(const struct arch *a, uint32_t w, uint8_t *to)
{
	const struct form *form = form_of(a, w, 4);

	if (form->kind == K_PLAIN)
		return form->len;
	if (form->len == 4)
		fuota_put_u32(to, form_put(a, form, w, 0));
	else if (form->len == 3)
		fuota_put_u24(to, form_put(a, form, w, 0));
	else if (form->kind == K_LOAD)
		to[0] = 0;
	return form->len;
}

static void
normalise(const struct fuota_codec *c, struct fuota_in in, uint8_t *to)
{
	const struct arch *a = arch_of(c);

	if (c->arch == FUOTA_CODEC_NONE || in.len < 4)
		return;
	for (uint32_t i = 0; i <= in.len - 4;) {
		const uint32_t w = fuota_get_u32(in.data + i);
		uint32_t n = 0;
		if (!(i & 3) && a->has_words)
			n = normalise_word(c, (uint32_t)in.len, w, to + i);
		i += n > 0 ? n : normalise_form(a, w, to + i);
	}
}

bool
fuota_coder_normalise(
    const struct fuota_codec *c, struct fuota_in in, uint8_t *to)
{
	uint8_t *copy = malloc(in.len > 0 ? in.len : 1);

	if (copy == NULL)
		return false;
	memcpy(to, in.data, in.len);
	if (c->down)
		fuota_reverse(to, in.len);
	memcpy(copy, to, in.len);
	normalise(c, (struct fuota_in){ .data = copy, .len = in.len }, to);
	if (c->down)
		fuota_reverse(to, in.len);
	free(copy);
	return true;
}

void
fuota_reverse(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		const uint8_t byte = data[i];
		data[i] = data[len - 1 - i];
		data[len - 1 - i] = byte;
	}
}
