/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/fragfile.h>
#include <fuota/profile.h>

#include "check.h"

static struct fuota_in
text_in(const char *text)
{
	return (struct fuota_in){ .data = (const uint8_t *)text,
		.len = strlen(text) };
}

/* Limits of the decoders as deployed. */
static const struct limits {
	const char *name;
	uint16_t nb_frag_max;
	uint8_t frag_size_max;
	uint16_t lost_max;
	enum fuota_ts004 ts004;
	uint8_t multiple;
} limits[] = {
	{ "loramac-node", 21, 50, 5, FUOTA_TS004_V1, 1 },
	{ "lbm-v1", 100, 242, 100, FUOTA_TS004_V1, 1 },
	{ "lbm-v2", 100, 242, 100, FUOTA_TS004_V2, 1 },
	{ "zephyr-lowmem", 106496 / 48 + 1, 232, 443, FUOTA_TS004_V1, 8 },
	{ "zephyr-semtech", 106496 / 48 + 1, 232, 443, FUOTA_TS004_V1, 8 },
	{ "fuota-device", 16383, 255, 256, FUOTA_TS004_V1, 1 },
};

static void
built_in_has_the_deployed_limits(void **state)
{
	const struct limits *row = *state;
	const struct fuota_profile *profile = fuota_profile_find(row->name);

	assert_non_null(profile);
	assert_int_equal(row->nb_frag_max, profile->nb_frag_max);
	assert_int_equal(row->frag_size_max, profile->frag_size_max);
	assert_int_equal(row->lost_max, profile->lost_max);
	assert_int_equal(row->ts004, profile->ts004);
	assert_int_equal(row->multiple, profile->frag_size_multiple);
}

static const struct bad_file {
	const char *name;
	const char *text;
	enum fuota_status status;
	const char *message;
} bad_files[] = {
	{ "empty", "", FUOTA_E_EMPTY, "is empty" },
	{ "comment_only", "# nothing\n", FUOTA_E_EMPTY, "holds no profile" },
	{ "a_list", "- profile\n", FUOTA_E_FORMAT,
	    "line 1: not a mapping of keys to values" },
	{ "no_name", "max_lost: 3\n", FUOTA_E_FORMAT,
	    "the key 'profile', its name, is missing" },
	{ "unknown_key", "profile: a\nmax_los: 3\n", FUOTA_E_FORMAT,
	    "line 2: unknown key 'max_los'" },
	{ "key_twice", "profile: a\nmax_lost: 3\nmax_lost: 4\n", FUOTA_E_FORMAT,
	    "line 3: 'max_lost' is given twice" },
	{ "name_twice", "profile: a\nprofile: b\n", FUOTA_E_FORMAT,
	    "line 2: 'profile' is given twice" },
	{ "number_too_large", "profile: a\nmax_nb_frag: 16384\n",
	    FUOTA_E_FORMAT,
	    "line 2: max_nb_frag must be a number from 1 to 16383" },
	{ "number_zero", "profile: a\nmax_lost: 0\n", FUOTA_E_FORMAT,
	    "line 2: max_lost must be a number from 1 to 16383" },
	{ "negative", "profile: a\nmax_lost: -1\n", FUOTA_E_FORMAT,
	    "line 2: '-1' is no value of max_lost" },
	{ "unit_overflows", "profile: a\nslot_size: 4194304M\n", FUOTA_E_FORMAT,
	    "line 2: slot_size must be a number from 1 to 16778224" },
	{ "unknown_edition", "profile: a\nts004: 3.0.0\n", FUOTA_E_FORMAT,
	    "line 2: '3.0.0' is no value of ts004" },
	{ "unknown_quirk", "profile: a\nquirks: [increasing-n, odd]\n",
	    FUOTA_E_FORMAT, "line 2: 'odd' is no value of quirks" },
	{ "quirks_not_a_list", "profile: a\nquirks: increasing-n\n",
	    FUOTA_E_FORMAT, "line 2: 'increasing-n' is no value of quirks" },
	{ "unknown_base", "base: mine\nprofile: a\n", FUOTA_E_FORMAT,
	    "line 1: 'mine' is no value of base" },
	{ "name_with_a_slash", "profile: ../a\n", FUOTA_E_FORMAT,
	    "line 1: '../a' is no value of profile" },
	{ "name_too_long", "profile: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
	    FUOTA_E_FORMAT,
	    "line 1: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "
	    "is no value of profile" },
	{ "two_documents", "profile: a\n---\nprofile: b\n", FUOTA_E_UNSUPPORTED,
	    "more than one YAML document" },
	{ "a_list_as_key", "profile: a\n? [x]\n: 3\n", FUOTA_E_FORMAT,
	    "line 2: unknown key 'a list or mapping'" },
};

static void
bad_file_is_refused(void **state)
{
	const struct bad_file *row = *state;
	struct fuota_profile profile = { .name = "untouched" };
	struct fuota_error err = { 0 };

	assert_int_equal(row->status,
	    fuota_profile_parse(text_in(row->text), &profile, &err));
	assert_string_equal(row->message, err.message);
	assert_string_equal("untouched", profile.name);
}

static void
broken_yaml_names_its_line(void **state)
{
	struct fuota_profile profile;
	struct fuota_error err = { 0 };

	(void)state;
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_profile_parse(
		text_in("profile: a\nquirks: [x\n"), &profile, &err));
	assert_non_null(strstr(err.message, "line 3"));
}

static void
file_changes_what_it_names(void **state)
{
	struct fuota_profile p;
	const struct fuota_profile *base = fuota_profile_find("lbm-v2");

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_profile_parse(
		text_in(
		    "profile: door-sensor\nbase: lbm-v2\nts004: 2.0.0-absN\n"
		    "max_nb_frag: 0x200\nslot_size: 96k\n"
		    "quirks: [increasing-n, needs-coded]\n"
		    "transforms: [codec, two-slot]\nroot_key: app-key\n"
		    "decoder: zephyr-lowmem\n"),
		&p, NULL));
	assert_string_equal("door-sensor", p.name);
	assert_int_equal(FUOTA_TS004_V2_ABSN, p.ts004);
	assert_int_equal(512, p.nb_frag_max);
	assert_int_equal(98304, p.slot_size);
	assert_int_equal(
	    FUOTA_QUIRK_INCREASING_N | FUOTA_QUIRK_NEEDS_CODED, p.quirks);
	assert_int_equal(
	    FUOTA_TRANSFORM_CODEC | FUOTA_TRANSFORM_TWO_SLOT, p.transforms);
	assert_int_equal(FUOTA_ROOT_APP_KEY, p.root_key);
	assert_int_equal(FUOTA_DECODER_ZEPHYR_LOWMEM, p.decoder);
	assert_int_equal(base->lost_max, p.lost_max);
	assert_int_equal(base->frag_size_max, p.frag_size_max);
}

static void
truncated_file_never_crashes(void **state)
{
	static const char text[] =
	    "profile: a\nbase: lbm-v1\nquirks: [increasing-n]\nmax_lost: 5\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct fuota_in in = text_in(text);
		struct fuota_profile profile;
		struct fuota_error err;
		in.len = len;
		const enum fuota_status status =
		    fuota_profile_parse(in, &profile, &err);
		assert_true(status == FUOTA_OK || err.status == status);
	}
}

static const struct session {
	const char *name;
	const char *profile;
	uint32_t nb_frag, frag_size, block_len;
	enum fuota_status status;
	const char *message;
} sessions[] = {
	{ "loramac_node_at_its_limits", "loramac-node", 21, 50, 1050, FUOTA_OK,
	    NULL },
	{ "loramac_node_22_fragments", "loramac-node", 22, 50, 1100,
	    FUOTA_E_LIMIT,
	    "22 fragments of 50 bytes, profile loramac-node takes at most 21 "
	    "fragments" },
	{ "loramac_node_frag_size_51", "loramac-node", 21, 51, 1050,
	    FUOTA_E_LIMIT,
	    "FragSize 51, profile loramac-node takes at most 50 bytes" },
	{ "lbm_101_fragments", "lbm-v1", 101, 200, 20200, FUOTA_E_LIMIT,
	    "101 fragments of 200 bytes, profile lbm-v1 takes at most 100 "
	    "fragments" },
	{ "zephyr_frag_size_not_a_multiple", "zephyr-lowmem", 100, 100, 10000,
	    FUOTA_E_LIMIT,
	    "FragSize 100, profile zephyr-lowmem needs a multiple of 8 "
	    "bytes" },
	{ "zephyr_slot", "zephyr-semtech", 1000, 112, 106497, FUOTA_E_SLOT,
	    "block of 106497 bytes exceeds the slot of 106496 bytes of "
	    "profile zephyr-semtech" },
};

static void
session_is_judged(void **state)
{
	const struct session *row = *state;
	struct fuota_error err = { 0 };

	assert_int_equal(row->status,
	    fuota_profile_check_session(fuota_profile_find(row->profile),
		row->nb_frag, row->frag_size, row->block_len, &err));
	if (row->message != NULL)
		assert_string_equal(row->message, err.message);
}

static void
image_is_judged(void **state)
{
	const struct fuota_profile *zephyr =
	    fuota_profile_find("zephyr-lowmem");
	struct fuota_header header = {
		.size = 36, .payload_len = 106496 - 106, .image_len = 106496
	};
	struct fuota_error err;

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_profile_check_image(zephyr, &header, &err));
	header.payload_len++;
	assert_int_equal(
	    FUOTA_E_SLOT, fuota_profile_check_image(zephyr, &header, &err));
	header.payload_len = 100;
	header.image_len++;
	assert_int_equal(
	    FUOTA_E_SLOT, fuota_profile_check_image(zephyr, &header, &err));
	header.image_len = 100;
	header.delta = FUOTA_DELTA_TWO_SLOT;
	assert_int_equal(
	    FUOTA_E_LIMIT, fuota_profile_check_image(zephyr, &header, &err));
	assert_string_equal(
	    "devices of profile zephyr-lowmem cannot install a delta",
	    err.message);
	assert_int_equal(FUOTA_OK,
	    fuota_profile_check_image(
		fuota_profile_find("lbm-v2"), &header, &err));
}

static void
ts004_names_go_both_ways(void **state)
{
	(void)state;
	for (int i = FUOTA_TS004_V1; i <= FUOTA_TS004_V2_ABSN; i++)
		assert_int_equal(i,
		    fuota_ts004_parse(fuota_ts004_name((enum fuota_ts004)i)));
	assert_int_equal(FUOTA_TS004_V1, fuota_ts004_parse("1"));
	assert_int_equal(FUOTA_TS004_V2, fuota_ts004_parse("2"));
	assert_int_equal(FUOTA_TS004_V2_ABSN, fuota_ts004_parse("2-absn"));
	assert_int_equal(0, fuota_ts004_parse("3"));
	assert_int_equal(0, fuota_ts004_parse(""));
}

/* Memory as the decoders' authors state it; LBM's as measured. */
static void
memory_of_a_session_limits_the_losses(void **state)
{
	const struct fuota_profile *lbm = fuota_profile_find("lbm-v1");
	struct fuota_profile own = *fuota_profile_find("zephyr-lowmem");

	(void)state;
	assert_in_range(
	    fuota_profile_session_ram(lbm, 100, 242, 100), 1536, 1544);
	assert_int_equal(100, fuota_profile_lost_max(lbm, 100, 242));
	assert_int_equal(20, fuota_profile_lost_max(lbm, 20, 242));
	assert_int_equal(443, fuota_profile_lost_max(&own, 2000, 48));
	own.lost_max = 0;
	assert_int_equal(2000, fuota_profile_lost_max(&own, 2000, 48));
	own.session_ram = 8192;
	const uint16_t most = fuota_profile_lost_max(&own, 2000, 48);
	assert_in_range(most, 330, 360);
	assert_true(fuota_profile_session_ram(&own, 2000, 48, most) <= 8192);
	assert_true(
	    fuota_profile_session_ram(&own, 2000, 48, most + 1u) > 8192);
	own.session_ram = 300;
	assert_int_equal(0, fuota_profile_lost_max(&own, 2000, 48));
	assert_int_equal(FUOTA_E_LIMIT,
	    fuota_profile_check_session(&own, 2000, 48, 96000, NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_yaml_names_its_line),
		cmocka_unit_test(file_changes_what_it_names),
		cmocka_unit_test(truncated_file_never_crashes),
		cmocka_unit_test(image_is_judged),
		cmocka_unit_test(memory_of_a_session_limits_the_losses),
		cmocka_unit_test(ts004_names_go_both_ways),
	};

	return CHECK_ROWS(limits, built_in_has_the_deployed_limits) +
	    CHECK_ROWS(bad_files, bad_file_is_refused) +
	    CHECK_ROWS(sessions, session_is_judged) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
