/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of bytes, of an ELF file and of a map that GNU ld wrote. */
#include <fuota/symbols.h>

#include "check.h"

enum {
	IMAGE_LEN = 0x64
};

static struct fuota_in
golden(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "firmware/%s", name);
	return check_golden(path);
}

/* Ranges as "offset+length name section" lines. */
static char *
text_of(const struct fuota_symbols *s)
{
	char *text = check_alloc(64 * (s->count + 1) + 4096);
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < s->count; i++)
		len +=
		    (size_t)sprintf(text + len, "%x+%x %s %s\n", s->list[i].off,
			s->list[i].len, s->list[i].name, s->list[i].section);
	return text;
}

#define LONG "with_a_name_that_is_far_too_long_for_one_line"

static const struct whole_row {
	const char *name, *file, *want;
} whole_rows[] = {
	{ "symbols_of_an_elf_file", "symbols.elf",
	    "0+14 _start .text\n14+1c twice .text\n30+14 " LONG
	    " .text\n44+c  \n50+c greeting .after\n5c+4  \n"
	    "60+4 counter .data\n" },
	{ "symbols_of_a_map", "symbols.map",
	    "0+14 _start .text\n14+1c twice .text\n30+14 " LONG
	    " .text\n44+c  \n50+c greeting .after\n5c+4  \n"
	    "60+4 counter .data\n" },
	{ "an_elf_file_without_symbols_has_sections", "two.elf", "0+64 (any)" },
};

static void
names_every_byte(void **state)
{
	const struct whole_row *row = *state;
	struct fuota_symbols s;
	struct fuota_error err;
	uint32_t at = 0;

	assert_int_equal(FUOTA_OK,
	    fuota_symbols_read(golden(row->file), IMAGE_LEN, &s, &err));
	for (size_t i = 0; i < s.count; i++) {
		assert_int_equal(at, s.list[i].off);
		assert_true(s.list[i].len > 0);
		at += s.list[i].len;
	}
	assert_int_equal(IMAGE_LEN, at);
	if (strstr(row->want, "(any)") == NULL)
		assert_string_equal(row->want, text_of(&s));
	fuota_symbols_free(&s);
	assert_null(s.list);
}

#define MAP  "Linker script and memory map\n"
#define TEXT MAP ".text 0x100 0x20\n"

static const struct map_row {
	const char *name, *map;
	enum fuota_status want;
	const char *list; /* of 32 bytes */
} map_rows[] = {
	{ "nothing_is_no_map", "", FUOTA_E_FORMAT, NULL },
	{ "text_is_no_map", "hello\n .text 0x100 0x20\n", FUOTA_E_FORMAT,
	    NULL },
	{ "a_map_without_sections", MAP "\n", FUOTA_E_FORMAT, NULL },
	{ "a_section_is_enough", TEXT, FUOTA_OK, "0+20  .text\n" },
	{ "windows_line_ends",
	    MAP ".text 0x100 0x20\r\n .text.f 0x100 0x8 f.o\r\n", FUOTA_OK,
	    "0+8 f .text\n8+18  .text\n" },
	{ "a_file_names_what_has_no_name",
	    TEXT " .text 0x104 0x8 lib/a/main.o\n", FUOTA_OK,
	    "0+4  .text\n4+8 main.o .text\nc+14  .text\n" },
	{ "strings_are_their_files",
	    TEXT " .rodata.str1.1 0x104 0x8 lib/a/main.o\n", FUOTA_OK,
	    "0+4  .text\n4+8 main.o .text\nc+14  .text\n" },
	{ "functions_of_one_section",
	    TEXT " .text 0x100 0x20 a.o\n                0x108   f\n"
		 "                0x110   g\n",
	    FUOTA_OK, "0+8 a.o .text\n8+8 f .text\n10+10 g .text\n" },
	{ "assignments_are_no_functions",
	    TEXT " .text 0x100 0x20 a.o\n                0x108   end = .\n"
		 "                0x110   PROVIDE (g = .)\n *fill* 0x110 0x4\n",
	    FUOTA_OK, "0+20 a.o .text\n" },
	{ "an_input_beyond_its_section",
	    TEXT " .text.f 0x118 0x10 a.o\n .text.g 0x90 0x8 a.o\n", FUOTA_OK,
	    "0+20  .text\n" },
	{ "overlaps_are_the_first_ones",
	    TEXT " .text.f 0x100 0x10 a.o\n .text.g 0x108 0x10 a.o\n", FUOTA_OK,
	    "0+10 f .text\n10+8 g .text\n18+8  .text\n" },
	{ "a_load_address_counts",
	    TEXT
	    ".data 0x9000 0x8 load address 0x120\n .data.x 0x9004 0x4 a.o\n",
	    FUOTA_OK, "0+20  .text\n" },
	{ "an_image_may_be_longer_than_its_code",
	    MAP ".text 0x100 0x10\n.data 0x9000 0x8 load address 0x110\n"
		" .data.x 0x9004 0x4 a.o\n",
	    FUOTA_OK, "0+10  .text\n10+4  .data\n14+4 x .data\n18+8  \n" },
	{ "sections_of_debuggers_do_not",
	    TEXT ".debug_info 0x0 0x99\n .debug_info 0x0 0x99 a.o\n"
		 ".comment 0x0 0x20\n.bss 0x0 0x10\n",
	    FUOTA_OK, "0+20  .text\n" },
	{ "a_number_of_17_digits", MAP ".text 0x11111111111111111 0x20\n",
	    FUOTA_E_FORMAT, NULL },
	{ "a_section_to_the_end_of_memory", MAP ".text 0xfffffff0 0xffffffff\n",
	    FUOTA_OK, "0+20  .text\n" },
	{ "a_load_address_that_is_none",
	    MAP ".text 0x100 0x20 load address 0xzz\n", FUOTA_E_FORMAT, NULL },
	{ "escapes_in_names", TEXT " .text.\033[2J\377 0x100 0x20 a.o\n",
	    FUOTA_OK, "0+20 ?[2J? .text\n" },
};

static void
map_reads_as(void **state)
{
	const struct map_row *row = *state;
	const union {
		const char *text;
		const uint8_t *bytes;
	} map = { .text = row->map };
	const struct fuota_in in = { .data = map.bytes,
		.len = strlen(row->map) };
	struct fuota_symbols s = { 0 };
	struct fuota_error err;

	assert_int_equal(row->want, fuota_symbols_read(in, 32, &s, &err));
	if (row->want == FUOTA_OK)
		assert_string_equal(row->list, text_of(&s));
	fuota_symbols_free(&s);
}

/* Every length and every flipped byte: refused, or some list that covers. */
static void
damaged_files_do_no_harm(void **state)
{
	static const char *const files[] = { "symbols.elf", "symbols.map" };

	(void)state;
	for (size_t f = 0; f < CHECK_COUNT(files); f++) {
		const struct fuota_in in = golden(files[f]);
		for (size_t i = 0; i < 2 * in.len; i += check_stride(7)) {
			struct fuota_out copy = check_out(in.len);
			struct fuota_symbols s = { 0 };
			memcpy(copy.data, in.data, in.len);
			copy.len = i < in.len ? i : in.len;
			if (i >= in.len)
				copy.data[i - in.len] ^= 0xff;
			(void)fuota_symbols_read(
			    check_in(&copy), IMAGE_LEN, &s, NULL);
			fuota_symbols_free(&s);
			check_free(check_in(&copy));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_files_do_no_harm),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	return failed | CHECK_ROWS(whole_rows, names_every_byte) |
	    CHECK_ROWS(map_rows, map_reads_as);
}
