/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that hold an address: what is aimed is read back. */
#include <stdlib.h>

#include <fuota/delta.h>
#include <fuota/device/bytes.h>
#include <fuota/device/codec.h>

#include "check.h"
#include "codec.h"
#include "codec_detect.h"
#include "device/codec_arch.h"
#include "device/codec_pair_half.h"

/* As objdump prints them, little-endian. */
static const struct vector {
	const char *name;
	enum codec_arch arch;
	uint32_t word;
	unsigned len;
	uint32_t at, target;
	enum kind kind;
} vectors[] = {
	{ "thumb_bl_forward", FUOTA_CODEC_THUMB, 0xf812f000, 4, 0x100, 0x128,
	    K_CALL },
	{ "thumb_bl_to_itself", FUOTA_CODEC_THUMB, 0xfffef7ff, 4, 0x100, 0x100,
	    K_CALL },
	{ "thumb_b_w", FUOTA_CODEC_THUMB, 0xb800f000, 4, 0x100, 0x104, K_JUMP },
	{ "thumb_beq_w", FUOTA_CODEC_THUMB, 0x8000f000, 4, 0x100, 0x104,
	    K_BRANCH },
	{ "thumb_beq_back", FUOTA_CODEC_THUMB, 0xd0fe, 2, 0x100, 0x100,
	    K_NEAR },
	{ "thumb_b", FUOTA_CODEC_THUMB, 0xe7fe, 2, 0x100, 0x100, K_SHORT },
	{ "thumb_ldr_at_odd_halfword", FUOTA_CODEC_THUMB, 0x4b01, 2, 0x102,
	    0x108, K_LOAD },
	{ "thumb_adr", FUOTA_CODEC_THUMB, 0xa002, 2, 0x100, 0x10c, K_ADR },
	{ "thumb_cbz", FUOTA_CODEC_THUMB, 0xb110, 2, 0x100, 0x108, K_ZERO },
	{ "thumb_svc_is_plain", FUOTA_CODEC_THUMB, 0xdf00, 2, 0, 0, K_PLAIN },
	{ "thumb2_bl_forward", FUOTA_CODEC_THUMB2, 0xf812f000, 4, 0x100, 0x128,
	    K_CALL },
	{ "thumb2_movw_is_plain", FUOTA_CODEC_THUMB2, 0x2234f241, 4, 0, 0,
	    K_PLAIN },
	{ "thumb2_movt_is_plain", FUOTA_CODEC_THUMB2, 0x0200f6c0, 4, 0, 0,
	    K_PLAIN },
	{ "thumb2_beq_back", FUOTA_CODEC_THUMB2, 0xd0fe, 2, 0x100, 0x100,
	    K_NEAR },
	{ "arm_bl_to_itself", FUOTA_CODEC_ARM, 0xebfffffe, 4, 0x100, 0x100,
	    K_CALL },
	{ "arm_b", FUOTA_CODEC_ARM, 0xea000001, 4, 0x100, 0x10c, K_JUMP },
	{ "arm_bne_back", FUOTA_CODEC_ARM, 0x1afffffd, 4, 0x100, 0xfc,
	    K_BRANCH },
	{ "arm_ldr_pc", FUOTA_CODEC_ARM, 0xe59f3010, 4, 0x100, 0x118, K_LOAD },
	{ "riscv_jal_ra", FUOTA_CODEC_RISCV, 0x008000ef, 4, 0x100, 0x108,
	    K_CALL },
	{ "riscv_j_to_itself", FUOTA_CODEC_RISCV, 0x0000006f, 4, 0x100, 0x100,
	    K_JUMP },
	{ "riscv_j_back", FUOTA_CODEC_RISCV, 0xffdff06f, 4, 0x100, 0xfc,
	    K_JUMP },
	{ "riscv_beq", FUOTA_CODEC_RISCV, 0x00b50463, 4, 0x100, 0x108,
	    K_BRANCH },
	{ "riscv_c_j_back", FUOTA_CODEC_RISCV, 0xbffd, 2, 0x100, 0xfe,
	    K_SHORT },
	{ "riscv_c_jal", FUOTA_CODEC_RISCV, 0x2011, 2, 0x100, 0x104, K_SHORT },
	{ "riscv_c_beqz", FUOTA_CODEC_RISCV, 0xc111, 2, 0x100, 0x104, K_NEAR },
	{ "riscv_lw_is_plain", FUOTA_CODEC_RISCV, 0x0047a783, 4, 0, 0,
	    K_PLAIN },
	{ "xtensa_call0", FUOTA_CODEC_XTENSA, 0x000045, 3, 0x101, 0x108,
	    K_CALL },
	{ "xtensa_call8_back", FUOTA_CODEC_XTENSA, 0xffffe5, 3, 0x100, 0x100,
	    K_CALL },
	{ "xtensa_j_back", FUOTA_CODEC_XTENSA, 0xffff06, 3, 0x100, 0x100,
	    K_JUMP },
	{ "xtensa_l32r", FUOTA_CODEC_XTENSA, 0xffff21, 3, 0x101, 0x100,
	    K_LOAD },
	{ "xtensa_beqz", FUOTA_CODEC_XTENSA, 0x004216, 3, 0x100, 0x108,
	    K_BRANCH },
	{ "xtensa_beqz_n", FUOTA_CODEC_XTENSA, 0x228c, 2, 0x100, 0x106,
	    K_ZERO },
	{ "avr_call", FUOTA_CODEC_AVR, 0x1234940e, 4, 0x100, 0x2468, K_CALL },
	{ "avr_jmp_far", FUOTA_CODEC_AVR, 0x0000940d, 4, 0x100, 0x20000,
	    K_CALL },
	{ "avr_rjmp_to_itself", FUOTA_CODEC_AVR, 0xcfff, 2, 0x100, 0x100,
	    K_SHORT },
	{ "avr_rcall", FUOTA_CODEC_AVR, 0xd000, 2, 0x100, 0x102, K_SHORT },
	{ "avr_brne_back", FUOTA_CODEC_AVR, 0xf7f1, 2, 0x100, 0xfe, K_NEAR },
	{ "avr_lds_is_ram", FUOTA_CODEC_AVR, 0x02009180, 4, 0x100, 0x200,
	    K_RAM },
	{ "avr_ldi_pair_is_ram", FUOTA_CODEC_AVR, 0xe091e283, 4, 0x100, 0x0123,
	    K_RAM },
};

static void
form_points_where_objdump_says(void **state)
{
	const struct vector *v = *state;
	const struct arch *a = arch_numbered(v->arch);
	const struct form *form = form_of(a, v->word, 4);

	assert_int_equal(v->kind, form->kind);
	assert_int_equal(v->len, form->len);
	if (v->kind == K_PLAIN)
		return;
	assert_int_equal(
	    v->target, form_base(form, v->at) + form_get(a, form, v->word));
	assert_int_equal(v->word, form_aim(a, form, v->word, v->at, v->target));
}

/* Every distance that fits is read back, with the opcode as it was. */
static void
aimed_forms_are_read_back(void **state)
{
	struct check_random r = { 5 };

	(void)state;
	for (unsigned arch = 1; arch < FUOTA_CODEC_ARCH_COUNT; arch++) {
		const struct arch *a = arch_numbered(arch);
		for (unsigned i = 0; i < 200000; i++) {
			const uint32_t w = check_random(&r);
			const struct form *form = form_of(a, w, 4);
			if (form->kind == K_PLAIN)
				continue;
			const uint32_t d = form_get(a, form, check_random(&r));
			const uint32_t v = form_put(a, form, w, d);
			if (form->kind == K_CALL)
				assert_ptr_equal(form, form_of(a, v, 4));
			assert_int_equal(d, form_get(a, form, v));
			assert_int_equal(
			    w, form_put(a, form, v, form_get(a, form, w)));
		}
	}
}

static void
targets_out_of_reach_leave_the_instruction(void **state)
{
	const struct vector *v = vectors;

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++, v++) {
		const struct arch *a = arch_numbered(v->arch);
		const struct form *form = form_of(a, v->word, 4);
		if (v->kind == K_PLAIN)
			continue;
		assert_int_equal(v->word,
		    form_aim(a, form, v->word, v->at, v->at + 0x60000001));
	}
}

static void
noise_and_text_are_no_architecture(void **state)
{
	struct fuota_out out = check_out(100000);
	struct check_random r = { 6 };

	(void)state;
	check_random_bytes(&r, out.data, out.size);
	out.len = out.size;
	assert_int_equal(FUOTA_CODEC_NONE, fuota_codec_detect(check_in(&out)));
	for (size_t i = 0; i < out.len; i++)
		out.data[i] = (uint8_t)('a' + out.data[i] % 16);
	assert_int_equal(FUOTA_CODEC_NONE, fuota_codec_detect(check_in(&out)));
	free(out.data);
}

/* Calls of 40 functions from all over. */
static void
calls_tell_the_architecture(void **state)
{
	static const uint32_t calls[FUOTA_CODEC_THUMB2] = { 0, 0xf800f000,
		0xeb000000, 0x000000ef, 0x000005, 0x0000940e };

	(void)state;
	/* the last one is told by its pairs */
	for (unsigned arch = 1; arch < FUOTA_CODEC_THUMB2; arch++) {
		const struct arch *a = arch_numbered(arch);
		const struct form *form = form_of(a, calls[arch], 4);
		struct fuota_out out = check_out(20000);
		struct check_random r = { arch };
		check_random_bytes(&r, out.data, out.size);
		out.len = out.size;
		for (uint32_t at = 0; at + 4 <= out.len; at += 40)
			fuota_put_u32(out.data + at,
			    form_aim(a, form, calls[arch], at,
				check_random_below(&r, 40) * 400));
		assert_int_equal(arch, fuota_codec_detect(check_in(&out)));
		free(out.data);
	}
}

/* --- there and back ------------------------------------------------------------*/

enum {
	ITEMS = 3000, /* instructions */
	MORE = 300, /* bytes put in */
	CODE_MAX = ITEMS * 4 + MORE,
	STATE = 8192,
};

/* Instructions of an architecture, and which other one each points to. */
struct program {
	const struct arch *arch;
	struct item {
		uint32_t word, len, target;
	} items[ITEMS];
};

static struct program *
make_program(unsigned arch)
{
	struct program *p = check_alloc(sizeof(*p));
	struct check_random r = { arch };
	uint32_t first = 0, count = 0;

	p->arch = arch_numbered(arch);
	while (vectors[first].arch != arch)
		first++;
	while (first + count < CHECK_COUNT(vectors) &&
	    vectors[first + count].arch == arch)
		count++;
	for (uint32_t i = 0; i < ITEMS; i++) {
		const struct vector *v =
		    &vectors[first + check_random_below(&r, count)];
		const bool is_far = v->kind == K_CALL || v->kind == K_JUMP;
		const uint32_t reach = is_far ? ITEMS : 12;
		const uint32_t from = i < reach ? 0 : i - reach;
		p->items[i] = (struct item){ v->word, v->len,
			(from + check_random_below(&r, 2 * reach)) % ITEMS };
	}
	return p;
}

/* As a linker does, with so many bytes in front of one of the instructions. */
static struct fuota_in
link_program(const struct program *p, uint32_t before, uint32_t more)
{
	struct fuota_out out = check_out(CODE_MAX + 4);
	struct check_random r = { 9 };
	uint32_t at[ITEMS];

	for (uint32_t i = 0, pos = 0; i < ITEMS; i++) {
		pos += i == before ? more : 0;
		at[i] = pos;
		pos += p->items[i].len;
	}
	check_random_bytes(&r, out.data, out.size);
	for (uint32_t i = 0; i < ITEMS; i++) {
		const struct item *item = &p->items[i];
		const struct form *form = form_of(p->arch, item->word, 4);
		const uint32_t w = form->kind < K_CALL
		    ? item->word
		    : form_aim(
			  p->arch, form, item->word, at[i], at[item->target]);
		/* the next one overwrites what is too much */
		fuota_put_u32(out.data + at[i], w);
		out.len = at[i] + item->len;
	}
	return check_in(&out);
}

static struct fuota_in
encode(const struct fuota_transform *params, struct fuota_in old,
    struct fuota_in new)
{
	struct fuota_out out = check_out(new.len + new.len / 32 + 1024);
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	struct fuota_error err;

	assert_int_equal(FUOTA_OK,
	    fuota_codec_encode(old, new, params, &header, &out, &report, &err));
	return check_in(&out);
}

struct sources {
	struct fuota_in old, payload;
	uint8_t new[CODE_MAX];
};

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct sources *s = ctx;
	struct fuota_in in = s->old;

	if (source == FUOTA_CODEC_PAYLOAD)
		in = s->payload;
	if (source == FUOTA_CODEC_NEW)
		in = (struct fuota_in){ s->new, sizeof(s->new) };
	assert_true(off <= in.len && len <= in.len - off);
	memcpy(to, in.data + off, len);
	return FUOTA_OK;
}

/* The new firmware must come out, byte by byte; says in which order. */
static bool
comes_back(struct fuota_in old, struct fuota_in new, struct fuota_in payload,
    bool in_place)
{
	struct fuota_codec *c = check_alloc(STATE);
	struct sources *s = check_alloc(sizeof(*s));
	const struct fuota_codec_io io = { .read = read_source, .ctx = s };
	const uint32_t len = (uint32_t) new.len;

	s->old = old;
	s->payload = payload;
	assert_int_equal(FUOTA_OK,
	    (in_place ? fuota_codec_init_in_place : fuota_codec_init)(
		c, STATE, &io, (uint32_t)old.len, len, (uint32_t)payload.len));
	for (uint32_t i = 0; i < len; i++) {
		uint8_t byte;
		struct fuota_out out = { .data = &byte, .size = 1 };
		assert_int_equal(FUOTA_OK, fuota_codec_run(c, &io, &out));
		s->new[c->down ? len - 1 - i : i] = byte;
	}
	assert_int_equal(FUOTA_OK, fuota_codec_finish(c));
	assert_memory_equal(new.data, s->new, len);
	const bool down = c->down;
	free(c);
	free(s);
	return down;
}

static const struct arch_row {
	const char *name, *arch;
	enum codec_arch number;
} arch_rows[] = {
	{ "thumb_pays_up_and_down", "thumb", FUOTA_CODEC_THUMB },
	{ "arm_pays_up_and_down", "arm", FUOTA_CODEC_ARM },
	{ "riscv_pays_up_and_down", "riscv", FUOTA_CODEC_RISCV },
	{ "xtensa_pays_up_and_down", "xtensa", FUOTA_CODEC_XTENSA },
	{ "avr_pays_up_and_down", "avr", FUOTA_CODEC_AVR },
	{ "thumb2_pays_up_and_down", "thumb2", FUOTA_CODEC_THUMB2 },
};

/* Firmware that grows is made from its end on, of 2, 3 and 4 bytes at a time. */
static void
arch_pays_up_and_down(void **state)
{
	static const struct fuota_flash_plan plan = {
		.pages = { { 256 }, { 0 }, 1 },
		.ring = MORE / 256,
	};
	const struct arch_row *row = *state;
	struct program *p = make_program(row->number);
	const struct fuota_in less = link_program(p, ITEMS / 2, 0);
	const struct fuota_in more = link_program(p, ITEMS / 2, MORE);
	struct fuota_transform params = { .arch = row->arch,
		.has_load_address = true,
		.load_address = 0x08000000,
		.ram = STATE,
		.effort = 1 };
	const struct fuota_transform none = {
		.arch = "none", .ram = STATE, .effort = 1
	};

	const struct fuota_in two_slot = encode(&params, less, more);
	comes_back(less, more, two_slot, false);
	const struct fuota_in without = encode(&none, less, more);
	assert_true(two_slot.len < without.len / 2);
	params.in_place = &plan;
	const struct fuota_in down = encode(&params, less, more);
	assert_true(comes_back(less, more, down, true));
	assert_true(down.len < without.len);
	comes_back(more, less, encode(&params, more, less), true);
	free(p);
}

enum {
	PAIRS = 400,
	TEXTS = 3000, /* bytes */
};

/* How a pair makes an address. */
enum pair_style {
	FROM_LUI,
	FROM_AUIPC,
	FROM_MOVW
};

/* With another instruction between. */
static void
put_pair(uint8_t *to, enum pair_style style, bool stores, uint32_t v)
{
	static const uint32_t upper[] = { 0x537, 0x517 };

	if (style == FROM_MOVW) {
		fuota_put_u32(to, pair_put(HALF_MOVW, 0x0300f240, v));
		fuota_put_u16(to + 4, 0x2100); /* MOVS r1, #0 */
		fuota_put_u32(to + 6, pair_put(HALF_MOVT, 0x0300f2c0, v));
		return;
	}
	fuota_put_u32(to, pair_put(HALF_UPPER, upper[style], v));
	fuota_put_u16(to + 4, 0x4581); /* c.li a1, 0 */
	fuota_put_u32(to + 6,
	    pair_put(stores ? HALF_STORE : HALF_LOWER,
		stores ? 0x00b52023 : 0x00050513, v));
}

/* Pairs; what they point to follows. */
static struct fuota_in
link_pairs(enum pair_style style, uint32_t gap)
{
	enum {
		LOAD = 0x42000000
	};
	struct fuota_out out = check_out(PAIRS * 10 + MORE + TEXTS);
	struct check_random r = { 3 };
	const uint32_t texts = PAIRS * 10 + gap;

	check_random_bytes(&r, out.data + PAIRS * 10, MORE + TEXTS);
	for (uint32_t i = 0; i < PAIRS; i++) {
		const uint32_t at = i * 10;
		uint32_t v = texts + check_random_below(&r, TEXTS);
		v = style == FROM_AUIPC ? v - at : v + LOAD;
		put_pair(out.data + at, style, i % 4 == 3, v);
	}
	memmove(out.data + texts, out.data + PAIRS * 10, TEXTS);
	memset(out.data + PAIRS * 10, 0, gap);
	out.len = texts + TEXTS;
	return check_in(&out);
}

static void
pairs_follow_what_they_point_to(void **state)
{
	static const struct fuota_flash_plan plan = {
		.pages = { { 256 }, { 0 }, 1 },
		.ring = 1,
	};
	struct fuota_transform params = { .has_load_address = true,
		.load_address = 0x42000000,
		.ram = STATE };
	const struct fuota_transform none = {
		.arch = "none", .ram = STATE, .effort = 1
	};

	(void)state;
	for (enum pair_style s = FROM_LUI; s <= FROM_MOVW; s++) {
		const struct fuota_in old = link_pairs(s, 0);
		const struct fuota_in new = link_pairs(s, 52);
		params.arch = s == FROM_MOVW ? "thumb2" : "riscv";
		params.in_place = NULL;
		const struct fuota_in payload = encode(&params, old, new);
		comes_back(old, new, payload, false);
		assert_true(payload.len < 60);
		assert_true(encode(&none, old, new).len > 400);
		params.in_place = &plan;
		comes_back(old, new, encode(&params, old, new), true);
		comes_back(new, old, encode(&params, new, old), true);
	}
}

/* As objdump prints them: movw r2, #0x1234 and movt r2, #0x0800. */
static void
moved_halves_are_read_and_written(void **state)
{
	const uint32_t movw = 0x2234f241, movt = 0x0200f6c0;

	(void)state;
	assert_int_equal(HALF_MOVW, pair_half(FUOTA_CODEC_THUMB2, movw));
	assert_int_equal(HALF_MOVT, pair_half(FUOTA_CODEC_THUMB2, movt));
	assert_int_equal(2, pair_register(HALF_MOVW, movw));
	assert_int_equal(2, pair_register(HALF_MOVT, movt));
	assert_int_equal(0x1234, pair_get(HALF_MOVW, movw));
	assert_int_equal(0x08000000, pair_get(HALF_MOVT, movt));
	for (uint32_t v = 0; v < 0x10000; v++) {
		const uint32_t w = pair_put(HALF_MOVW, movw, v);
		const uint32_t t = pair_put(HALF_MOVT, movt, v << 16);
		assert_int_equal(v, pair_get(HALF_MOVW, w));
		assert_int_equal(v << 16, pair_get(HALF_MOVT, t));
		assert_int_equal(HALF_MOVW, pair_half(FUOTA_CODEC_THUMB2, w));
		assert_int_equal(2, pair_register(HALF_MOVT, t));
	}
}

/* Calls, and what compilers without literal pools make of addresses. */
static void
pairs_tell_thumb2(void **state)
{
	const uint32_t bl = 0xf800f000;
	const struct arch *a = arch_numbered(FUOTA_CODEC_THUMB);
	struct fuota_out out = check_out(20000 + PAIRS * 10);
	struct check_random r = { 7 };

	(void)state;
	check_random_bytes(&r, out.data, out.size);
	for (uint32_t at = 0; at < 20000; at += 40)
		fuota_put_u32(out.data + at,
		    form_aim(a, form_of(a, bl, 4), bl, at,
			check_random_below(&r, 40) * 400));
	out.len = out.size;
	assert_int_equal(FUOTA_CODEC_THUMB, fuota_codec_detect(check_in(&out)));
	for (uint32_t i = 0; i < PAIRS; i++)
		put_pair(out.data + 20000 + (size_t)i * 10, FROM_MOVW, false,
		    0x08000000 + i * 20);
	assert_int_equal(
	    FUOTA_CODEC_THUMB2, fuota_codec_detect(check_in(&out)));
	free(out.data);
}

/* --- what a header may say -----------------------------------------------------*/

/* Nothing but what a decoder needs to know the architecture. */
static enum fuota_status
init_with(unsigned number, struct fuota_codec *c)
{
	/* profile of 8 kB; bits, inverted: old and new as long, number, rest */
	const uint8_t payload[12] = { 1, (uint8_t)(0x88 | (7 - number) << 4), 0,
		0, 0, 0 };
	static uint8_t old[100];
	struct sources s = { .old = { old, sizeof(old) },
		.payload = { payload, sizeof(payload) } };
	const struct fuota_codec_io io = { .read = read_source, .ctx = &s };

	return fuota_codec_init(
	    c, STATE, &io, sizeof(old), sizeof(old), sizeof(payload));
}

static void
unknown_architectures_are_refused(void **state)
{
	struct fuota_codec *c = check_alloc(STATE);

	(void)state;
	for (unsigned number = 0; number < 8; number++) {
		const enum fuota_status status = init_with(number, c);
		assert_int_equal(number, c->arch);
		if (number < FUOTA_CODEC_ARCH_COUNT)
			assert_int_not_equal(FUOTA_E_UNSUPPORTED, status);
		else
			assert_int_equal(FUOTA_E_UNSUPPORTED, status);
	}
	free(c);
}

static void
any_load_address_comes_back(void **state)
{
	static const uint32_t loads[] = { 0, 0xfff, 0x80000000, 0xffffffff };

	(void)state;
	for (unsigned arch = 1; arch < FUOTA_CODEC_ARCH_COUNT; arch++) {
		struct program *p = make_program(arch);
		const struct fuota_in old = link_program(p, ITEMS / 2, 0);
		const struct fuota_in new = link_program(p, ITEMS / 3, 20);
		for (size_t i = 0; i < CHECK_COUNT(loads); i++) {
			const struct fuota_transform params = {
				.arch = arch_rows[arch - 1].arch,
				.has_load_address = true,
				.load_address = loads[i],
				.effort = 1,
				.ram = STATE
			};
			comes_back(old, new, encode(&params, old, new), false);
		}
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aimed_forms_are_read_back),
		cmocka_unit_test(targets_out_of_reach_leave_the_instruction),
		cmocka_unit_test(noise_and_text_are_no_architecture),
		cmocka_unit_test(calls_tell_the_architecture),
		cmocka_unit_test(pairs_follow_what_they_point_to),
		cmocka_unit_test(moved_halves_are_read_and_written),
		cmocka_unit_test(pairs_tell_thumb2),
		cmocka_unit_test(unknown_architectures_are_refused),
		cmocka_unit_test(any_load_address_comes_back),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return failed | CHECK_ROWS(vectors, form_points_where_objdump_says) |
	    CHECK_ROWS(arch_rows, arch_pays_up_and_down);
}
