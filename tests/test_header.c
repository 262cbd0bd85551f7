/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's own view of a header; the files of tests/golden are in
 * test_image.c, which reads them with the same code. */
#include <fuota/device/bytes.h>
#include <fuota/device/header.h>

#include "check.h"

static void
plain(uint8_t h[FUOTA_HEADER_MAX])
{
	memset(h, 0, FUOTA_HEADER_MAX);
	memcpy(h, "FU\x01\x09", 4);
	h[7] = 9;
	fuota_put_u32(h + 8, 0x11223344);
	fuota_put_u32(h + 12, 0x01020304);
	fuota_put_u32(h + 16, 0x01020300);
	fuota_put_u32(h + 20, 0xffffffff);
	fuota_put_u32(h + 24, FUOTA_FIRMWARE_MAX);
	fuota_put_u32(h + 28, FUOTA_FIRMWARE_MAX);
	fuota_put_u32(h + 32, 0xcafef00d);
}

static void
fields_are_read(void **state)
{
	(void)state;
	uint8_t bytes[FUOTA_HEADER_MAX];
	struct fuota_header h;

	plain(bytes);
	assert_int_equal(FUOTA_OK, fuota_header_decode(bytes, 36, &h));
	assert_int_equal(36, h.size);
	assert_int_equal(9, h.component);
	assert_int_equal(0x11223344, h.hw_id);
	assert_int_equal(0x01020304, h.fw_version);
	assert_int_equal(0x01020300, h.base_fw_version);
	assert_int_equal(0xffffffff, h.security_counter);
	assert_int_equal(FUOTA_FIRMWARE_MAX, h.payload_len);
	assert_int_equal(FUOTA_FIRMWARE_MAX, h.image_len);
	assert_int_equal(0xcafef00d, h.image_crc32);
	assert_int_equal(0, h.base_id_len);
	assert_false(h.has_dependency);
	assert_false(h.has_load_address);
}

static void
peek_takes_9_to_112_words(void **state)
{
	(void)state;
	for (unsigned words = 0; words < 256; words++) {
		const uint8_t first[4] = { 'F', 'U', 1, (uint8_t)words };
		uint16_t size = 7;
		const enum fuota_status status =
		    fuota_header_peek(first, &size);
		if (words < 9 || words > 112) {
			assert_int_equal(FUOTA_E_FORMAT, status);
			assert_int_equal(7, size);
		} else {
			assert_int_equal(FUOTA_OK, status);
			assert_int_equal(words * 4, size);
		}
	}
}

static void
peek_takes_version_1_alone(void **state)
{
	(void)state;
	for (unsigned version = 0; version < 256; version++) {
		const uint8_t first[4] = { 'F', 'U', (uint8_t)version, 9 };
		uint16_t size;
		assert_int_equal(version == 1 ? FUOTA_OK : FUOTA_E_UNSUPPORTED,
		    fuota_header_peek(first, &size));
	}
}

/* All 65536 pairs of transform and parameter against the table of section 3. */
static bool
transform_allowed(unsigned transform, unsigned parameter)
{
	const unsigned compression = transform & 15, delta = transform >> 4;

	if (compression > 2 || delta > 2 || (delta == 2 && compression != 2))
		return false;
	return compression == 1 ? parameter >= 9 && parameter <= 15
				: parameter == 0;
}

static void
every_transform_and_parameter(void **state)
{
	(void)state;
	uint8_t bytes[FUOTA_HEADER_MAX];
	struct fuota_header h;

	plain(bytes);
	bytes[3] = 12; /* room for a base id */
	bytes[36] = FUOTA_TLV_BASE_ID;
	bytes[37] = 8;
	for (unsigned transform = 0; transform < 256; transform++) {
		for (unsigned parameter = 0; parameter < 256; parameter++) {
			bytes[4] = (uint8_t)transform;
			bytes[5] = (uint8_t)parameter;
			assert_int_equal(
			    transform_allowed(transform, parameter),
			    fuota_header_decode(bytes, 48, &h) == FUOTA_OK);
		}
	}
}

static void
every_truncation_says_so_and_touches_nothing(void **state)
{
	(void)state;
	uint8_t bytes[FUOTA_HEADER_MAX];

	plain(bytes);
	bytes[3] = FUOTA_HEADER_WORDS_MAX;
	bytes[36] = 0x60;
	bytes[37] = 255;
	bytes[293] = 0x61;
	bytes[294] = 153;
	for (size_t len = 0; len < FUOTA_HEADER_MAX; len++) {
		uint8_t *cut = check_alloc(len);
		struct fuota_header h, before;
		uint16_t fault = 1;
		memcpy(cut, bytes, len);
		memset(&h, 0xa5, sizeof(h));
		memcpy(&before, &h, sizeof(h));
		assert_int_equal(FUOTA_E_TRUNCATED,
		    fuota_header_decode_at(cut, len, &h, &fault));
		assert_int_equal(len, fault);
		assert_memory_equal(&before, &h, sizeof(h));
		free(cut);
	}
	struct fuota_header h;
	assert_int_equal(
	    FUOTA_OK, fuota_header_decode(bytes, FUOTA_HEADER_MAX, &h));
}

/* Any TLV bytes at all: accepted ones have ascending types and lengths that
 * end with the header. ASan watches the exact allocation. */
static void
random_tlvs_stay_inside(void **state)
{
	(void)state;
	struct check_random r = { 5 };
	unsigned taken = 0;

	for (unsigned i = 0; i < 200000; i++) {
		uint8_t bytes[FUOTA_HEADER_MAX];
		struct fuota_header h;
		const size_t words = 9 + check_random_below(&r, 6);
		plain(bytes);
		bytes[3] = (uint8_t)words;
		for (size_t at = 36; at < words * 4; at++)
			bytes[at] = (uint8_t)(check_random(&r) &
			    (at % 2 ? 0x0f : 0x8f));
		uint8_t *exact = check_alloc(words * 4);
		memcpy(exact, bytes, words * 4);
		if (fuota_header_decode(exact, words * 4, &h) == FUOTA_OK)
			taken++;
		free(exact);
	}
	assert_in_range(taken, 1, 199999);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read),
		cmocka_unit_test(peek_takes_9_to_112_words),
		cmocka_unit_test(peek_takes_version_1_alone),
		cmocka_unit_test(every_transform_and_parameter),
		cmocka_unit_test(every_truncation_says_so_and_touches_nothing),
		cmocka_unit_test(random_tlvs_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
