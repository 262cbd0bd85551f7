/* SPDX-License-Identifier: BSD-2-Clause */
#include <zlib.h>

#include <fuota/device/crc32.h>

#include "check.h"

static const struct row {
	const char *name;
	const char *text;
	uint32_t crc;
} rows[] = {
	/* the check value of every catalogue of CRCs for "CRC-32/ISO-HDLC" */
	{ "check_value", "123456789", 0xcbf43926 },
	{ "nothing", "", 0 },
	{ "one_letter", "a", 0xe8b7be43 },
	{ "pangram", "The quick brown fox jumps over the lazy dog",
	    0x414fa339 },
};

static void
crc_is_the_published_one(void **state)
{
	const struct row *row = *state;
	union {
		const char *text;
		const uint8_t *bytes;
	} data = { .text = row->text };

	assert_int_equal(row->crc,
	    fuota_crc32(FUOTA_CRC32_INIT, data.bytes, strlen(row->text)));
}

static void
every_split_gives_what_zlib_gives(void **state)
{
	(void)state;
	struct check_random r = { 1 };
	uint8_t data[300];

	check_random_bytes(&r, data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len++) {
		const uint32_t want = (uint32_t)crc32(0, data, (uInt)len);
		const size_t cut = check_random_below(&r, (uint32_t)len + 1);
		uint32_t crc = fuota_crc32(FUOTA_CRC32_INIT, data, cut);
		crc = fuota_crc32(crc, data + cut, len - cut);
		assert_int_equal(want, crc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
	    every_split_gives_what_zlib_gives) };
	const int failed = CHECK_ROWS(rows, crc_is_the_published_one);

	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
