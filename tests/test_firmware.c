/* SPDX-License-Identifier: BSD-2-Clause */
#include <elf.h>
#include <stdio.h>

#include <fuota/firmware.h>

#include "check.h"

static const struct fuota_firmware_params automatic = { .fill = 0xff };

static enum fuota_status
read_text(const char *text, struct fuota_out *out,
    struct fuota_firmware_info *info, struct fuota_error *err)
{
	const struct fuota_firmware_params params = { .fill = 0xff,
		.format = FUOTA_FIRMWARE_HEX };
	union {
		const char *text;
		const uint8_t *bytes;
	} given = { .text = text };

	return fuota_firmware_read(&params,
	    (struct fuota_in){ .data = given.bytes, .len = strlen(text) }, out,
	    info, err);
}

#define END "\n:00000001FF\n"

static const struct hex_row {
	const char *name;
	const char *text;
	enum fuota_status want;
	const char *bytes; /* hexadecimal */
	uint32_t base;
	uint32_t fill_len;
	const char *says; /* a part of the message */
} hex_rows[] = {
	/* the record of Intel's specification and of every tutorial */
	{ "hex_of_the_specification",
	    ":10010000214601360121470136007EFE09D2190140" END, FUOTA_OK,
	    "214601360121470136007efe09d21901", 0x100, 0, NULL },
	{ "hex_lower_case", ":0100000aab4a" END, FUOTA_E_FORMAT, NULL, 0, 0,
	    "record type 0a" },
	{ "hex_lower_case_digits", ":01000000ab54" END, FUOTA_OK, "ab", 0, 0,
	    NULL },
	{ "hex_crlf_and_blank_lines",
	    ":01000000AB54\r\n\r\n \t\r\n:00000001FF\r\n\r\n", FUOTA_OK, "ab",
	    0, 0, NULL },
	{ "hex_without_a_last_newline", ":01000000AB54\n:00000001FF", FUOTA_OK,
	    "ab", 0, 0, NULL },
	{ "hex_gap_is_filled", ":01000000AB54\n:01000300CD2F" END, FUOTA_OK,
	    "abffffcd", 0, 2, NULL },
	{ "hex_out_of_order", ":01000300CD2F\n:01000000AB54" END, FUOTA_OK,
	    "abffffcd", 0, 2, NULL },
	{ "hex_linear_base", ":020000040800F2\n:01000000AB54" END, FUOTA_OK,
	    "ab", 0x08000000, 0, NULL },
	{ "hex_linear_runs_over_64_kb", ":020000040001F9\n:02FFFF00AABB9B" END,
	    FUOTA_OK, "aabb", 0x1ffff, 0, NULL },
	{ "hex_segment_base", ":020000021200EA\n:01000000AB54" END, FUOTA_OK,
	    "ab", 0x12000, 0, NULL },
	{ "hex_segment_does_not_wrap", ":020000021200EA\n:02FFFF00AABB9B" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "line 2: 2 bytes at 0xffff cross" },
	{ "hex_start_records_are_no_bytes",
	    ":0400000508004009A6\n:0400000300003800C1\n:01000000AB54" END,
	    FUOTA_OK, "ab", 0, 0, NULL },
	{ "hex_record_without_data", ":0001000000FF\n:01000000AB54" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "says 0 data bytes and has 1" },
	{ "hex_empty_data_record", ":00010000FF\n:01000000AB54" END, FUOTA_OK,
	    "ab", 0, 0, NULL },
	{ "hex_bad_checksum_refused", ":01000000AB55" END, FUOTA_E_FORMAT, NULL,
	    0, 0, "line 1 has checksum 0x55 instead of 0x54" },
	{ "hex_overlap_refused", ":02000000ABCD86\n:01000100CD31" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "address 0x00000001 is given twice" },
	{ "hex_same_bytes_twice_refused", ":01000000AB54\n:01000000AB54" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "0x00000000 is given twice" },
	{ "hex_no_end_record_refused", ":01000000AB54\n", FUOTA_E_TRUNCATED,
	    NULL, 0, 0, "no end record after 1 lines" },
	{ "hex_data_after_the_end_refused",
	    ":01000000AB54" END ":01000100AB53\n", FUOTA_E_TRAILING, NULL, 0, 0,
	    "line 3 is behind the end record" },
	{ "hex_second_end_refused", ":01000000AB54" END END, FUOTA_E_TRAILING,
	    NULL, 0, 0, "line 4" },
	{ "hex_unknown_type_refused", ":00000006FA\n:01000000AB54" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "unknown record type 06" },
	{ "hex_no_bytes_refused", ":00000001FF\n", FUOTA_E_EMPTY, NULL, 0, 0,
	    "no byte of firmware" },
	{ "hex_no_colon_refused", ":01000000AB54\nx" END, FUOTA_E_FORMAT, NULL,
	    0, 0, "line 2 starts with 0x78" },
	{ "hex_byte_order_mark_refused", "\xef\xbb\xbf:01000000AB54" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "line 1 starts with 0xef" },
	{ "hex_odd_digits_refused", ":01000000AB5" END, FUOTA_E_FORMAT, NULL, 0,
	    0, "has 11 digits" },
	{ "hex_short_record_refused", ":000000" END, FUOTA_E_FORMAT, NULL, 0, 0,
	    "has 6 digits" },
	{ "hex_lone_colon_refused", ":" END, FUOTA_E_FORMAT, NULL, 0, 0,
	    "has 0 digits" },
	{ "hex_bad_digit_refused", ":0100000GAB54" END, FUOTA_E_FORMAT, NULL, 0,
	    0, "line 1 column 9 is not hexadecimal" },
	{ "hex_length_too_big_refused", ":02000000AB53" END, FUOTA_E_FORMAT,
	    NULL, 0, 0, "says 2 data bytes and has 1" },
	{ "hex_short_base_refused", ":0100000408F3\n:01000000AB54" END,
	    FUOTA_E_FORMAT, NULL, 0, 0, "type 04 cannot have 1" },
	{ "hex_end_with_data_refused", ":01000001AB53\n", FUOTA_E_FORMAT, NULL,
	    0, 0, "type 01 cannot have 1" },
	{ "hex_span_of_16_mib_and_1_refused",
	    ":020000040800F2\n:01000000AB54\n:020000040900F1\n:01000000AB54" END,
	    FUOTA_E_TOO_LARGE, NULL, 0, 0,
	    "spans 0x08000000..0x09000000, 16777217 bytes" },
	{ "hex_last_address", ":02000004FFFFFC\n:01FFFF00AB56" END, FUOTA_OK,
	    "ab", 0xffffffff, 0, NULL },
	{ "hex_past_the_last_address_refused",
	    ":02000004FFFFFC\n:02FFFF00AABB9B" END, FUOTA_E_FORMAT, NULL, 0, 0,
	    "beyond the 32-bit address space" },
};

static void
hex_is_read_or_refused(void **state)
{
	const struct hex_row *row = *state;
	struct fuota_out out = check_out(64);
	struct fuota_firmware_info info = { 0 };
	struct fuota_error err = { 0 };

	assert_int_equal(row->want, read_text(row->text, &out, &info, &err));
	if (row->want != FUOTA_OK) {
		assert_int_equal(row->want, err.status);
		assert_non_null(strstr(err.message, row->says));
		assert_int_equal(0, out.len);
	} else {
		struct fuota_out want = check_hex(row->bytes);
		assert_int_equal(want.len, out.len);
		assert_memory_equal(want.data, out.data, want.len);
		assert_int_equal(FUOTA_FIRMWARE_HEX, info.format);
		assert_true(info.has_base_address);
		assert_int_equal(row->base, info.base_address);
		assert_int_equal(row->fill_len, info.fill_len);
		free(want.data);
	}
	free(out.data);
}

/* --- files of another tool ----------------------------------------------*/

static const struct file_row {
	const char *name;
	const char *path;
	enum fuota_firmware_format format;
	const char *bin; /* what objcopy makes of it */
	uint32_t base, entry, parts, fill_len;
} file_rows[] = {
	{ "elf_with_a_gap_and_bss", "two.elf", FUOTA_FIRMWARE_ELF, "two.bin",
	    0x08004000, 0x08004009, 2, 0x1c8 },
	{ "hex_of_objcopy", "two.hex", FUOTA_FIRMWARE_HEX, "two.bin",
	    0x08004000, 0x08004009, 2, 0x1c8 },
	{ "elf_whose_headers_are_mapped", "mapped.elf", FUOTA_FIRMWARE_ELF,
	    "mapped.bin", 0x08004080, 0x08004089, 1, 0 },
	{ "bin_as_it_is", "two.bin", FUOTA_FIRMWARE_BIN, "two.bin", 0, 0, 1,
	    0 },
};

static struct fuota_in
golden(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "tests/golden/firmware/%s", name);
	return check_file(path);
}

static void
file_becomes_what_objcopy_makes(void **state)
{
	const struct file_row *row = *state;
	const struct fuota_in in = golden(row->path), want = golden(row->bin);
	struct fuota_out out = check_out(fuota_firmware_bound(&automatic, in));
	struct fuota_firmware_info info;

	assert_int_equal(want.len, out.size);
	assert_int_equal(
	    FUOTA_OK, fuota_firmware_read(&automatic, in, &out, &info, NULL));
	assert_int_equal(want.len, out.len);
	assert_memory_equal(want.data, out.data, want.len);
	assert_int_equal(row->format, info.format);
	assert_int_equal(row->parts, info.part_count);
	assert_int_equal(row->fill_len, info.fill_len);
	assert_int_equal(row->format != FUOTA_FIRMWARE_BIN, info.has_entry);
	assert_int_equal(
	    row->format != FUOTA_FIRMWARE_BIN, info.has_base_address);
	assert_int_equal(row->base, info.base_address);
	assert_int_equal(row->entry, info.entry);

	out.size--;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_firmware_read(&automatic, in, &out, NULL, NULL));
	free(out.data);
	check_free(in);
	check_free(want);
}

static void
forced_format_takes_anything_as_bin(void **state)
{
	(void)state;
	const struct fuota_firmware_params bin = { .format =
						       FUOTA_FIRMWARE_BIN };
	const struct fuota_in in = golden("two.elf");
	struct fuota_out out = check_out(in.len);

	assert_int_equal(
	    FUOTA_OK, fuota_firmware_read(&bin, in, &out, NULL, NULL));
	assert_memory_equal(in.data, out.data, in.len);
	free(out.data);
	check_free(in);
}

static void
forced_format_must_be_it(void **state)
{
	(void)state;
	struct fuota_firmware_params params = { .format = FUOTA_FIRMWARE_ELF };
	const struct fuota_in hex = golden("two.hex"), elf = golden("two.elf");
	struct fuota_out out = check_out(1024);

	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_firmware_read(&params, hex, &out, NULL, NULL));
	params.format = FUOTA_FIRMWARE_HEX;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_firmware_read(&params, elf, &out, NULL, NULL));
	free(out.data);
	check_free(hex);
	check_free(elf);
}

static void
fill_byte_is_the_callers(void **state)
{
	(void)state;
	const struct fuota_firmware_params params = { .fill = 0x5a };
	const struct fuota_in in = golden("two.hex");
	struct fuota_out out = check_out(1024);

	assert_int_equal(
	    FUOTA_OK, fuota_firmware_read(&params, in, &out, NULL, NULL));
	assert_int_equal(0x5a, out.data[0x38]);
	assert_int_equal(0x5a, out.data[0x1ff]);
	free(out.data);
	check_free(in);
}

static const struct slip_row {
	const char *name;
	const char *head;
	const char *says;
} slip_rows[] = {
	{ "s_records_refused", "S00B000074776F2E73726563BF\n", "S-record" },
	{ "fuota_image_refused", "FU\x01\x09", "is a FUOTA image" },
	{ "fragment_file_refused", "{\"schema\":\"fuota-frags/1\",",
	    "is a fragment file" },
	{ "patch_refused", "BSDIFF40", "is a BSDIFF40 patch" },
	{ "secret_key_refused", "-----BEGIN PRIVATE KEY-----\n",
	    "is a secret key" },
	{ "public_key_refused", "ssh-ed25519 AAAA", "is a public key" },
};

static void
what_is_no_firmware_is_named(void **state)
{
	const struct slip_row *row = *state;
	union {
		const char *text;
		const uint8_t *bytes;
	} given = { .text = row->head };
	const struct fuota_in in = { .data = given.bytes,
		.len = strlen(row->head) };
	struct fuota_out out = check_out(64);
	struct fuota_error err;

	assert_int_equal(FUOTA_E_UNSUPPORTED,
	    fuota_firmware_read(&automatic, in, &out, NULL, &err));
	assert_non_null(strstr(err.message, row->says));
	assert_int_equal(0, fuota_firmware_bound(&automatic, in));
	free(out.data);
}

/* --- hostile ELF -----------------------------------------------------------*/

struct small_elf {
	Elf32_Ehdr eh;
	Elf32_Phdr ph[2];
	uint8_t data[16];
};

static void
init_elf(struct small_elf *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->eh.e_ident, ELFMAG, SELFMAG);
	f->eh.e_ident[EI_CLASS] = ELFCLASS32;
	f->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f->eh.e_ident[EI_VERSION] = EV_CURRENT;
	f->eh.e_type = ET_EXEC;
	f->eh.e_machine = EM_ARM;
	f->eh.e_version = EV_CURRENT;
	f->eh.e_phoff = offsetof(struct small_elf, ph);
	f->eh.e_ehsize = sizeof(f->eh);
	f->eh.e_phentsize = sizeof(f->ph[0]);
	f->eh.e_phnum = 2;
	for (unsigned i = 0; i < 2; i++)
		f->ph[i] = (Elf32_Phdr){ .p_type = PT_LOAD,
			.p_offset = offsetof(struct small_elf, data) + 8 * i,
			.p_vaddr = 0x20000000,
			.p_paddr = 0x1000 + 8 * i,
			.p_filesz = 8,
			.p_memsz = 8 };
}

static void
as_sound(struct small_elf *f)
{
	(void)f;
}

static void
as_64_bit(struct small_elf *f)
{
	f->eh.e_ident[EI_CLASS] = ELFCLASS64;
}

static void
as_big_endian(struct small_elf *f)
{
	f->eh.e_ident[EI_DATA] = ELFDATA2MSB;
}

static void
as_object_file(struct small_elf *f)
{
	f->eh.e_type = ET_REL;
}

static void
with_overlap(struct small_elf *f)
{
	f->ph[1].p_paddr = 0x1007;
}

static void
with_end_past_file(struct small_elf *f)
{
	f->ph[1].p_filesz = 9;
}

static void
with_start_past_file(struct small_elf *f)
{
	f->ph[1].p_offset = 0xffffffff;
}

static void
with_wrapping_address(struct small_elf *f)
{
	f->ph[1].p_paddr = 0xfffffff9;
}

static void
with_wide_span(struct small_elf *f)
{
	f->ph[1].p_paddr = 0x1000 + FUOTA_FIRMWARE_MAX - 7;
}

static void
with_widest_span(struct small_elf *f)
{
	f->ph[1].p_paddr = 0x1000 + FUOTA_FIRMWARE_MAX - 8;
}

static void
with_only_bss(struct small_elf *f)
{
	f->ph[0].p_filesz = f->ph[1].p_filesz = 0;
}

static void
with_notes_only(struct small_elf *f)
{
	f->ph[0].p_type = f->ph[1].p_type = PT_NOTE;
}

static void
with_headers_past_file(struct small_elf *f)
{
	f->eh.e_phoff = 0xfffffff0;
}

static void
with_many_headers(struct small_elf *f)
{
	f->eh.e_phnum = 0xfffe;
}

static const struct elf_row {
	const char *name;
	void (*spoil)(struct small_elf *);
	enum fuota_status want;
} elf_rows[] = {
	{ "elf_sound", as_sound, FUOTA_OK },
	{ "elf_64_bit_refused", as_64_bit, FUOTA_E_UNSUPPORTED },
	{ "elf_big_endian_refused", as_big_endian, FUOTA_E_UNSUPPORTED },
	{ "elf_object_file_refused", as_object_file, FUOTA_E_UNSUPPORTED },
	{ "elf_overlap_refused", with_overlap, FUOTA_E_FORMAT },
	{ "elf_segment_end_past_file", with_end_past_file, FUOTA_E_TRUNCATED },
	{ "elf_segment_past_file", with_start_past_file, FUOTA_E_TRUNCATED },
	{ "elf_wrapping_address", with_wrapping_address, FUOTA_E_FORMAT },
	{ "elf_span_of_16_mib_and_1", with_wide_span, FUOTA_E_TOO_LARGE },
	{ "elf_span_of_16_mib", with_widest_span, FUOTA_OK },
	{ "elf_only_bss_is_empty", with_only_bss, FUOTA_E_EMPTY },
	{ "elf_only_notes_is_empty", with_notes_only, FUOTA_E_EMPTY },
	{ "elf_headers_past_file", with_headers_past_file, FUOTA_E_FORMAT },
	{ "elf_headers_cut_off", with_many_headers, FUOTA_E_FORMAT },
};

static void
elf_is_read_or_refused(void **state)
{
	const struct elf_row *row = *state;
	struct small_elf f;
	struct fuota_out out = check_out(FUOTA_FIRMWARE_MAX);
	struct fuota_error err = { .status = FUOTA_OK };

	init_elf(&f);
	row->spoil(&f);
	uint8_t *exact = check_alloc(sizeof(f));
	memcpy(exact, &f, sizeof(f));
	assert_int_equal(row->want,
	    fuota_firmware_read(&automatic,
		(struct fuota_in){ .data = exact, .len = sizeof(f) }, &out,
		NULL, &err));
	assert_int_equal(row->want, err.status);
	free(exact);
	free(out.data);
}

/* --- every truncation ------------------------------------------------------*/

static void
no_truncation_of_hex_is_taken(void **state)
{
	(void)state;
	const struct fuota_firmware_params params = { .format =
							  FUOTA_FIRMWARE_HEX };
	const struct fuota_in in = golden("two.hex");
	struct fuota_out out = check_out(1024);

	/* the last bytes are CR LF: the file is whole without them */
	for (size_t len = 0; len < in.len - 2; len++) {
		uint8_t *cut = check_alloc(len);
		memcpy(cut, in.data, len);
		assert_int_not_equal(FUOTA_OK,
		    fuota_firmware_read(&params,
			(struct fuota_in){ .data = cut, .len = len }, &out,
			NULL, NULL));
		free(cut);
	}
	free(out.data);
	check_free(in);
}

static void
no_flipped_bit_of_hex_crashes(void **state)
{
	(void)state;
	const struct fuota_firmware_params params = { .format =
							  FUOTA_FIRMWARE_HEX };
	const struct fuota_in in = golden("two.hex");
	struct fuota_out out = check_out(FUOTA_FIRMWARE_MAX);
	uint8_t *copy = check_alloc(in.len);
	unsigned taken = 0;

	memcpy(copy, in.data, in.len);
	for (size_t bit = 0; bit < in.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (fuota_firmware_read(&params,
			(struct fuota_in){ .data = copy, .len = in.len }, &out,
			NULL, NULL) == FUOTA_OK)
			taken++;
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* letters in lower case and a CR become a tab or space: same bytes */
	assert_true(taken < in.len);
	free(copy);
	free(out.data);
	check_free(in);
}

static void
elf_cut_anywhere_does_not_crash(void **state)
{
	(void)state;
	const struct fuota_in in = golden("mapped.elf");
	struct fuota_out out = check_out(1024);

	for (size_t len = 0; len < in.len; len++) {
		uint8_t *cut = check_alloc(len);
		memcpy(cut, in.data, len);
		fuota_firmware_read(
		    &(struct fuota_firmware_params){
			.format = FUOTA_FIRMWARE_ELF },
		    (struct fuota_in){ .data = cut, .len = len }, &out, NULL,
		    NULL);
		free(cut);
	}
	free(out.data);
	check_free(in);
}

static void
limits_of_a_raw_binary(void **state)
{
	(void)state;
	const size_t size = (size_t)FUOTA_FIRMWARE_MAX + 1;
	uint8_t *data = check_alloc(size);
	struct fuota_out out = check_out(FUOTA_FIRMWARE_MAX);

	struct fuota_in in = { .data = data, .len = size };
	assert_int_equal(FUOTA_E_TOO_LARGE,
	    fuota_firmware_read(&automatic, in, &out, NULL, NULL));
	in.len--;
	assert_int_equal(
	    FUOTA_OK, fuota_firmware_read(&automatic, in, &out, NULL, NULL));
	assert_int_equal(FUOTA_FIRMWARE_MAX, out.len);
	in.len = 0;
	assert_int_equal(FUOTA_E_EMPTY,
	    fuota_firmware_read(&automatic, in, &out, NULL, NULL));
	free(data);
	free(out.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forced_format_takes_anything_as_bin),
		cmocka_unit_test(forced_format_must_be_it),
		cmocka_unit_test(fill_byte_is_the_callers),
		cmocka_unit_test(no_truncation_of_hex_is_taken),
		cmocka_unit_test(no_flipped_bit_of_hex_crashes),
		cmocka_unit_test(elf_cut_anywhere_does_not_crash),
		cmocka_unit_test(limits_of_a_raw_binary),
	};
	int failed = CHECK_ROWS(hex_rows, hex_is_read_or_refused);

	failed += CHECK_ROWS(file_rows, file_becomes_what_objcopy_makes);
	failed += CHECK_ROWS(slip_rows, what_is_no_firmware_is_named);
	failed += CHECK_ROWS(elf_rows, elf_is_read_or_refused);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
