/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that hold an address: what is aimed is read back. */
#include <stdlib.h>

#include <fuota/device/bytes.h>

#include "check.h"
#include "codec_detect.h"
#include "device/codec_arch.h"

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
	    K_JUMP },
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
	static const uint32_t calls[FUOTA_CODEC_ARCH_COUNT] = { 0, 0xf800f000,
		0xeb000000, 0x000000ef, 0x000005, 0x0000940e };

	(void)state;
	for (unsigned arch = 1; arch < FUOTA_CODEC_ARCH_COUNT; arch++) {
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aimed_forms_are_read_back),
		cmocka_unit_test(targets_out_of_reach_leave_the_instruction),
		cmocka_unit_test(noise_and_text_are_no_architecture),
		cmocka_unit_test(calls_tell_the_architecture),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return failed | CHECK_ROWS(vectors, form_points_where_objdump_says);
}
