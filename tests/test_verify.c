/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host adds to the device's checks: test_check.c has the verdicts. */

#include <fuota/verify.h>

#include "check.h"

static struct fuota_public_key keys[FUOTA_CHECK_KEYS_MAX + 1];

static void
key_count_has_limits(void **state)
{
	(void)state;
	const struct fuota_in in = check_golden("good/signed.fuota");
	struct fuota_verify_params params = { .keys = keys };

	assert_int_equal(FUOTA_E_RANGE, fuota_verify(&params, in, NULL, NULL));
	params.key_count = FUOTA_CHECK_KEYS_MAX + 1;
	assert_int_equal(FUOTA_E_RANGE, fuota_verify(&params, in, NULL, NULL));
	params.key_count = 2;
	assert_int_equal(FUOTA_OK, fuota_verify(&params, in, NULL, NULL));
	check_free(in);
}

static void
report_names_each_signature(void **state)
{
	(void)state;
	const struct fuota_in in = check_golden("good/signed-twice.fuota");
	const struct fuota_verify_params params = { .keys = keys,
		.key_count = 1 };
	struct fuota_verify_report report;
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	assert_int_equal(FUOTA_OK, fuota_verify(&params, in, &report, NULL));
	assert_int_equal(2, report.signature_count);
	fuota_public_key_hint(&keys[0], hint);
	assert_memory_equal(hint, report.signatures[0].key_hint, sizeof(hint));
	assert_true(report.signatures[0].trusted && report.signatures[0].holds);
	fuota_public_key_hint(&keys[1], hint);
	assert_memory_equal(hint, report.signatures[1].key_hint, sizeof(hint));
	assert_false(
	    report.signatures[1].trusted || report.signatures[1].holds);
	assert_ptr_equal(in.data + 36, report.image.payload.data);
	check_free(in);
}

static const struct unknown_row {
	const char *name;
	const char *file;
	bool told; /* whether every fact is given */
	unsigned want;
} unknown_rows[] = {
	{ "nothing_told", "good/signed.fuota", false,
	    FUOTA_UNKNOWN_HARDWARE | FUOTA_UNKNOWN_COMPONENT |
		FUOTA_UNKNOWN_SLOT },
	{ "nothing_told_of_a_compressed_one", "good/deflate.fuota", false,
	    FUOTA_UNKNOWN_HARDWARE | FUOTA_UNKNOWN_COMPONENT |
		FUOTA_UNKNOWN_SLOT | FUOTA_UNKNOWN_DECODER_RAM },
	{ "nothing_told_of_a_base_version", "good/base-version.fuota", false,
	    FUOTA_UNKNOWN_HARDWARE | FUOTA_UNKNOWN_COMPONENT |
		FUOTA_UNKNOWN_SLOT | FUOTA_UNKNOWN_BASE_VERSION },
	{ "nothing_told_of_a_dependency", "good/every-tlv.fuota", false,
	    FUOTA_UNKNOWN_HARDWARE | FUOTA_UNKNOWN_COMPONENT |
		FUOTA_UNKNOWN_SLOT | FUOTA_UNKNOWN_DEPENDENCY },
	{ "all_told", "good/signed.fuota", true, 0 },
	{ "all_told_of_a_compressed_one", "good/deflate.fuota", true, 0 },
	{ "all_told_of_a_base_version", "good/base-version.fuota", true, 0 },
	{ "all_told_of_a_dependency", "good/every-tlv.fuota", true, 0 },
};

static void
what_is_not_told_is_reported(void **state)
{
	const struct unknown_row *row = *state;
	const struct fuota_in in = check_golden(row->file);
	const struct fuota_in base = check_golden("base.bin");
	const struct fuota_verify_component components[] = {
		{ .id = 0, .has_version = true, .version = 0x01020000 },
		{ .id = 5, .has_version = true, .version = 0x02000000 }
	};
	const struct fuota_verify_params told = { .keys = keys,
		.key_count = 1,
		.has_hw_id = true,
		.hw_id = 0x0102,
		.components = components,
		.component_count = 2,
		.base = base,
		.slot_size = 96,
		.decoder_ram = 65536 };
	const struct fuota_verify_params bare = {
		.keys = keys, .key_count = 1, .base = base
	};
	struct fuota_verify_report report;

	assert_int_equal(FUOTA_OK,
	    fuota_verify(row->told ? &told : &bare, in, &report, NULL));
	assert_int_equal(row->want, report.unknown);
	check_free(in);
	check_free(base);
}

/* Signed and sound, but the payload does not decode to what the header says:
 * nothing but the decoding can tell. */
static void
payload_is_decoded(void **state)
{
	(void)state;
	const struct fuota_in in =
	    check_golden("unauthentic/deflate-crc-wrong.fuota");
	const struct fuota_verify_params params = { .keys = keys,
		.key_count = 1 };
	struct fuota_error err;

	assert_int_equal(FUOTA_E_CRC, fuota_verify(&params, in, NULL, &err));
	check_free(in);
}

static const struct bomb_row {
	const char *name;
	const char *file;
	enum fuota_status want;
} bomb_rows[] = {
	{ "deflate_bomb", "unauthentic/deflate-bomb.fuota", FUOTA_E_TOO_LARGE },
	{ "deflate_cut", "unauthentic/deflate-cut.fuota", FUOTA_E_TRUNCATED },
	{ "deflate_goes_on", "unauthentic/deflate-trailing.fuota",
	    FUOTA_E_TRAILING },
	{ "deflate_too_short", "unauthentic/deflate-short.fuota",
	    FUOTA_E_TRUNCATED },
};

static void
signed_nonsense_is_refused(void **state)
{
	const struct bomb_row *row = *state;
	const struct fuota_in in = check_golden(row->file);
	const struct fuota_verify_params params = { .keys = keys,
		.key_count = 1 };
	struct fuota_error err;

	assert_int_equal(row->want, fuota_verify(&params, in, NULL, &err));
	assert_int_equal(row->want, err.status);
	check_free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_count_has_limits),
		cmocka_unit_test(report_names_each_signature),
		cmocka_unit_test(payload_is_decoded),
	};
	int failed = 0;

	for (unsigned i = 0; i < CHECK_COUNT(keys); i++) {
		const struct fuota_in text =
		    check_golden(i == 0 ? "key1.pub" : "key2.pub");
		failed +=
		    fuota_public_key_parse(text, &keys[i], NULL) != FUOTA_OK;
		check_free(text);
	}
	failed += CHECK_ROWS(unknown_rows, what_is_not_told_is_reported);
	failed += CHECK_ROWS(bomb_rows, signed_nonsense_is_refused);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
