/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "codec_price.h"

static void
set_choice(struct fuota_choice *c)
{
	const uint64_t zeros = c->count[0] * 5u + 2;
	const uint64_t ones = c->count[1] * 5u + 2;

	for (unsigned bit = 0; bit < 2; bit++)
		c->price[bit] = fuota_cost(
		    (uint32_t)(65536 * (bit ? ones : zeros) / (zeros + ones)));
}

static unsigned
log2_of(uint32_t v)
{
	const unsigned bits = 31 - (unsigned)__builtin_clz(v | 1);

	return bits < NUMBER_MAX - 1 ? bits : NUMBER_MAX - 1;
}

static uint32_t
number_price(const struct fuota_number *n, uint32_t v)
{
	const unsigned bits = log2_of(v);
	uint32_t sum = n->bits[bits];

	if (bits == 0)
		return sum;
	sum += n->top[bits].price[v >> (bits - 1) & 1];
	for (unsigned i = 0; i + 1 < bits && i < 4; i++)
		sum += n->low[i].price[v >> i & 1];
	return sum + (bits > 5 ? (bits - 5) * FUOTA_COST_BIT : 0);
}

static void
set_number(struct fuota_number *n)
{
	uint32_t more = 0;

	for (unsigned i = 0; i < NUMBER_MAX; i++) {
		set_choice(&n->more[i]);
		set_choice(&n->top[i]);
		const bool last = i == NUMBER_MAX - 1;
		n->bits[i] = more + (last ? 0 : n->more[i].price[0]);
		more += n->more[i].price[1];
	}
	for (unsigned i = 0; i < 4; i++)
		set_choice(&n->low[i]);
	for (uint32_t v = 0; v < NUMBER_SMALL; v++)
		n->small[v] = number_price(n, v);
}

void
fuota_prices_set(struct fuota_prices *p)
{
	for (unsigned i = 0; i < CHOICE_COUNT; i++)
		set_choice(&p->choices[i]);
	for (unsigned i = 0; i < NUMBER_COUNT; i++)
		set_number(&p->numbers[i]);
	p->counting = false;
}

void
fuota_prices_count(struct fuota_prices *p)
{
	memset(p, 0, sizeof(*p));
	p->counting = true;
}

static void
expect_number(struct fuota_number *n, unsigned bits)
{
	for (unsigned i = 0; i < NUMBER_MAX; i++) {
		n->more[i].count[0] = i < bits ? 1 : 2;
		n->more[i].count[1] = i < bits ? 5 : 2;
	}
}

void
fuota_prices_init(struct fuota_prices *p)
{
	memset(p, 0, sizeof(*p));
	expect_number(&p->numbers[N_GAP], 3);
	expect_number(&p->numbers[N_LEN], 5);
	expect_number(&p->numbers[N_LEN_NEAR], 4);
	expect_number(&p->numbers[N_SHIFT], 8);
	expect_number(&p->numbers[N_MATCH_LEN], 1);
	expect_number(&p->numbers[N_DISTANCE], 11);
	expect_number(&p->numbers[N_MATCH_SHIFT], 8);
	for (unsigned i = 0; i < 8; i++)
		p->choices[C_IS_MATCH + i].count[0] = 8;
	fuota_prices_set(p);
}

static uint32_t
price(const struct fuota_prices *p, struct fuota_choice *c, bool bit)
{
	if (p->counting)
		c->count[bit]++;
	return c->price[bit];
}

uint32_t
fuota_price_choice(struct fuota_prices *p, unsigned choice, bool bit)
{
	return price(p, &p->choices[choice], bit);
}

static void
count_number(struct fuota_number *n, uint32_t v)
{
	const unsigned bits = log2_of(v);

	for (unsigned i = 0; i < bits; i++)
		n->more[i].count[1]++;
	n->more[bits].count[0]++;
	if (bits > 0)
		n->top[bits].count[v >> (bits - 1) & 1]++;
	for (unsigned i = 0; i + 1 < bits && i < 4; i++)
		n->low[i].count[v >> i & 1]++;
}

uint32_t
fuota_price_number(struct fuota_prices *p, enum number_of what, uint32_t v)
{
	struct fuota_number *n = &p->numbers[what];

	if (p->counting)
		count_number(n, v);
	return v < NUMBER_SMALL ? n->small[v] : number_price(n, v);
}

static uint32_t
price_signed(
    struct fuota_prices *p, enum number_of what, unsigned minus, uint32_t v)
{
	const uint32_t sign = fuota_price_choice(p, minus, v >> 31);

	return sign + fuota_price_number(p, what, v >> 31 ? 0u - v : v);
}

/* --- copies --------------------------------------------------------------*/

void
fuota_way_init(struct fuota_way *way)
{
	memset(way, 0, sizeof(*way));
	way->match = FROM_NEW | 1;
	way->after = 1;
}

/* As the model's: 0..3 recent shifts, 4 another, 5 where the last ended. */
static unsigned
shift_kind(const struct fuota_way *way, uint32_t pos, uint32_t shift)
{
	if (shift == way->rep[0])
		return 0;
	if (shift == way->old_end - pos)
		return 5;
	for (unsigned i = 1; i < 4; i++)
		if (shift == way->rep[i])
			return i;
	return 4;
}

static uint32_t
price_kind(struct fuota_prices *p, const struct fuota_way *way, bool gap,
    unsigned kind)
{
	uint32_t sum = 0;

	if (gap || !way->begun) {
		sum += fuota_price_choice(p, C_SAME + gap, kind == 0);
		if (kind == 0)
			return sum;
	}
	if (gap) {
		sum += fuota_price_choice(p, C_CONTINUES, kind == 5);
		if (kind == 5)
			return sum;
	}
	sum += fuota_price_choice(p, C_FAR + gap, kind == 4);
	if (kind == 4)
		return sum;
	sum += fuota_price_choice(p, C_RECENT, kind == 1);
	if (kind == 1)
		return sum;
	return sum + fuota_price_choice(p, C_RECENT + 1, kind == 2);
}

uint32_t
fuota_price_copy(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t pos, uint32_t shift)
{
	const uint32_t gap = pos - way->copied;
	const unsigned kind = shift_kind(way, pos, shift);
	uint32_t sum = fuota_price_choice(p, C_HAS_GAP + way->begun, gap != 0);

	if (gap != 0)
		sum += fuota_price_number(p, N_GAP, gap);
	sum += price_kind(p, way, gap != 0, kind);
	if (kind == 4)
		sum += price_signed(p, N_SHIFT, C_MINUS, shift - way->rep[0]);
	return sum;
}

uint32_t
fuota_price_copy_len(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t pos, uint32_t shift, uint32_t len)
{
	return fuota_price_number(
	    p, shift_kind(way, pos, shift) == 4 ? N_LEN : N_LEN_NEAR, len);
}

void
fuota_way_copy(
    struct fuota_way *way, uint32_t pos, uint32_t shift, uint32_t len)
{
	const unsigned kind = shift_kind(way, pos, shift);

	for (unsigned i = kind < 4 ? kind : 3; i > 0; i--)
		way->rep[i] = way->rep[i - 1];
	way->rep[0] = shift;
	way->copied = pos + len;
	way->old_end = pos + len + shift;
	way->expect = shift & ~FROM_NEW;
	way->after = 1;
	way->begun = true;
}

/* --- matches -------------------------------------------------------------*/

uint32_t
fuota_price_match(struct fuota_prices *p, const struct fuota_way *way,
    uint32_t source, bool has_old)
{
	uint32_t sum = fuota_price_choice(p, C_IS_MATCH + way->after, true);

	sum += fuota_price_choice(p, C_MATCH_SAME, source == way->match);
	if (source == way->match)
		return sum;
	const bool old = !(source & FROM_NEW);
	if (has_old)
		sum += fuota_price_choice(p, C_MATCH_OLD, old);
	if (!old)
		return sum +
		    fuota_price_number(p, N_DISTANCE, source & ~FROM_NEW);
	uint32_t d = (source | (source & 0x40000000u) << 1) - way->rep[0];
	if (!(d >> 31))
		d++; /* 0 is a positive one */
	return sum + price_signed(p, N_MATCH_SHIFT, C_MATCH_MINUS, d);
}

void
fuota_way_match(struct fuota_way *way, uint32_t source)
{
	way->match = source;
	way->expect = source & FROM_NEW ? FROM_NEW : source;
	way->after = 0;
}
