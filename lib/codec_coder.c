/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_coder.h"

#define coder fuota_coder

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
code_bit(struct fuota_coder *x, int range, uint32_t p1, bool want)
{
	const uint32_t bound = (x->range >> 16) * p1;
	const uint32_t cost = fuota_cost(want ? p1 : 65536 - p1);

	(void)range;
	x->books.cost[x->now] += cost;
	x->total += cost;
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

static uint32_t
bytes_at(struct fuota_in in, uint32_t off, uint32_t len)
{
	uint8_t b[4] = { 0 };

	if (off < in.len)
		memcpy(
		    b, in.data + off, len < in.len - off ? len : in.len - off);
	return fuota_get_u32(b);
}

static uint32_t
read_source(struct fuota_coder *x, bool from_new, uint32_t off, uint32_t len)
{
	return bytes_at(from_new ? x->new : x->old, off, len);
}

static uint32_t
wanted(struct fuota_coder *x, uint32_t off, uint32_t len)
{
	return bytes_at(x->new, off, len);
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
fail(struct fuota_coder *x, enum fuota_status status)
{
	if (x->c->status == FUOTA_OK)
		x->c->status = (uint8_t)status;
}

static void
tally(struct fuota_coder *x, int what)
{
	x->now = what;
	x->began = x->total;
}

static void
tally_hit(struct fuota_coder *x, enum kind kind, bool hit)
{
	struct fuota_books *b = &x->books;

	(hit ? b->hits : b->misses)[kind]++;
	(hit ? b->hit_cost : b->miss_cost)[kind] += x->total - x->began;
}

#include "device/codec_model.h"

static bool
write_operations(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;

	tally(x, TALLY_CONTROL);
	memset(c->symbols, 0, sizeof(c->symbols));
	c->random[CONTROL] = 0;
	c->status = FUOTA_OK;
	const struct fuota_codec want = *c;
	code_header(x, &want);
	control_reset(c);
	c->map_len = 0;
	for (uint32_t i = 0; c->op_pos < c->image_len; i++) {
		const struct operation o =
		    code_operation(x, &x->plan->operations[i]);
		if (o.in_map && !map_add(c, c->old_end - o.len, o.shift))
			return false;
	}
	return true;
}

static void
account(struct fuota_coder *x, uint32_t from, unsigned n, uint64_t before)
{
	const uint64_t cost = (x->total - before) / n;

	for (unsigned i = 0; x->byte_cost != NULL && i < n; i++)
		x->byte_cost[from + i] =
		    (uint16_t)(cost > UINT16_MAX ? UINT16_MAX : cost);
}

static bool
write_data(struct fuota_coder *x)
{
	struct fuota_codec *c = x->c;
	const struct operation *next = x->plan->operations;
	uint32_t value, begun = 0;

	model_reset(c);
	x->match_at = 0;
	while (c->pos < c->image_len && c->status == FUOTA_OK) {
		if (c->gap_left == 0 && c->copy_left == 0) {
			struct operation o = *next++;
			if (o.gap > c->image_len - begun)
				o.gap = c->image_len - begun;
			begun += o.gap + o.len;
			begin_operation(c, &o);
		}
		const uint64_t before = x->total;
		const unsigned n = code_unit(x, &value);
		account(x, c->pos, n, before);
		c->pos += n;
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
	x->total = 0;
	memset(&x->books, 0, sizeof(x->books));
	put(x, x->c->profile);
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
	predict(x, source, left, f);
}

/* The displacement in a halfword whose opcode is still that of f. */
static bool
half_target(const struct field *f, uint32_t v, uint32_t pos, uint32_t mask,
    unsigned log2, bool is_signed, uint32_t *target)
{
	const uint32_t align = log2 == 2 ? ~3u : ~0u;
	uint32_t d = v & mask;

	if (((v ^ f->raw) & ~mask & 0xffff) != 0)
		return false;
	if (is_signed && d > mask / 2)
		d -= mask + 1;
	*target = (pos & align) + 4 + (d << log2);
	return true;
}

bool
fuota_coder_target(
    const struct field *f, uint32_t v, uint32_t pos, uint32_t *target)
{
	switch (f->kind) {
	case K_POINTER:
		*target = f->key + v - f->raw;
		return true;
	case K_CALL:
	case K_JUMP:
		*target = pos + 4 + call_get(v);
		return branch_kind(v) == f->kind;
	case K_BRANCH:
		*target = pos + 4 + branch_get(v);
		return branch_kind(v) == f->kind;
	case K_LOAD:
	case K_ADR:
		return half_target(f, v, pos, 0xff, 2, false, target);
	case K_NEAR:
		return half_target(f, v, pos, 0xff, 1, true, target);
	case K_SHORT:
		return half_target(f, v, pos, 0x7ff, 1, true, target);
	case K_BYTE:
	case K_HALF:
	case K_RAM:
	case K_ZERO:
	case KIND_COUNT:
		break;
	}
	return false;
}

bool
fuota_coder_moved(
    const struct field *f, uint32_t pos, uint32_t shift, uint32_t v)
{
	uint32_t target;

	if (f->kind == K_RAM)
		return v == f->raw + shift;
	return f->has_target && fuota_coder_target(f, v, pos, &target) &&
	    target == f->key + shift;
}

uint32_t
fuota_coder_map_size(const struct fuota_codec *c)
{
	return layout_of(c)->map_max;
}

void
fuota_coder_normalise(
    const struct fuota_codec *c, struct fuota_in in, uint8_t *to)
{
	memcpy(to, in.data, in.len);
	if (c->arch != FUOTA_CODEC_THUMB || in.len < 4)
		return;
	for (uint32_t i = 0; i <= in.len - 4; i += 2) {
		const uint32_t w = fuota_get_u32(in.data + i);
		if (!(i & 3) && w - c->load < in.len && w - c->load >= 16) {
			fuota_put_u32(to + i, 0xf4f3f2f1);
			i += 2;
		} else if (!(i & 3) && w >> 20 == c->ram) {
			fuota_put_u16(to + i, 0xe2e1);
			i += 2;
		} else if (branch_kind(w) != K_BYTE) {
			fuota_put_u32(to + i, 0xf000 | (w & 0xf8000000));
			i += 2;
		} else if ((w & 0xf800) == 0x4800)
			to[i] = 0;
	}
}
