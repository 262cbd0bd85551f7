/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/version.h>

#include "check.h"

static const struct row {
	const char *name;
	const char *text;
	enum fuota_status want;
	uint32_t version;
	const char *printed;
} rows[] = {
	{ "three_parts", "1.3.0", FUOTA_OK, 0x01030000, "1.3.0" },
	{ "four_parts", "1.3.0.7", FUOTA_OK, 0x01030007, "1.3.0.7" },
	{ "largest", "255.255.255.255", FUOTA_OK, 0xffffffff,
	    "255.255.255.255" },
	{ "plain_number", "16909060", FUOTA_OK, 0x01020304, "1.2.3.4" },
	{ "plain_hexadecimal", "0xA0b0C0", FUOTA_OK, 0x00a0b0c0,
	    "0.160.176.192" },
	{ "leading_zeros_are_decimal", "01.010.000", FUOTA_OK, 0x010a0000,
	    "1.10.0" },
	{ "part_of_256_refused", "1.256.0", FUOTA_E_RANGE, 0, NULL },
	{ "two_parts_refused", "1.3", FUOTA_E_RANGE, 0, NULL },
	{ "five_parts_refused", "1.2.3.4.5", FUOTA_E_RANGE, 0, NULL },
	{ "empty_part_refused", "1..3", FUOTA_E_RANGE, 0, NULL },
	{ "last_part_missing_refused", "1.2.", FUOTA_E_RANGE, 0, NULL },
	{ "sign_refused", "-1", FUOTA_E_RANGE, 0, NULL },
	{ "space_refused", " 1.2.3", FUOTA_E_RANGE, 0, NULL },
	{ "letter_refused", "1.2.x", FUOTA_E_RANGE, 0, NULL },
	{ "hexadecimal_in_a_part_refused", "1.0x2.3", FUOTA_E_RANGE, 0, NULL },
	{ "2_to_the_32_refused", "4294967296", FUOTA_E_RANGE, 0, NULL },
	{ "bare_0x_refused", "0x", FUOTA_E_RANGE, 0, NULL },
	{ "empty_refused", "", FUOTA_E_RANGE, 0, NULL },
};

static void
version_text_maps_as_stated(void **state)
{
	const struct row *row = *state;
	char text[FUOTA_VERSION_TEXT_SIZE];
	uint32_t version = 77;
	struct fuota_error err;

	assert_int_equal(
	    row->want, fuota_version_parse(row->text, &version, &err));
	if (row->want != FUOTA_OK) {
		assert_int_equal(77, version);
		return;
	}
	assert_int_equal(row->version, version);
	fuota_version_format(version, text);
	assert_string_equal(row->printed, text);
}

int
main(void)
{
	return CHECK_ROWS(rows, version_text_maps_as_stated);
}
