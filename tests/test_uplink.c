/* SPDX-License-Identifier: BSD-2-Clause */
/* Uplinks in the shapes of three sources, and the lines of a script. */
#include <stdio.h>

#include <fuota/uplink.h>

#include "check.h"

static struct fuota_in
text_in(const char *text)
{
	return (struct fuota_in){ (const uint8_t *)text, strlen(text) };
}

/* --- uplinks --------------------------------------------------------------*/

#define EUI "\"70b3d57ed0000001\""

static const struct uplink_row {
	const char *name, *text;
	uint8_t fport;
	const char *hex;
	uint64_t time;
} uplink_rows[] = {
	{ "plain_hex", "{\"dev_eui\":" EUI ",\"fport\":201,\"hex\":\"0200\"}",
	    201, "0200", 0 },
	{ "plain_base64", "{\"dev_eui\":" EUI ",\"fport\":1,\"data\":\"AgA=\"}",
	    1, "0200", 0 },
	{ "capital_dev_eui",
	    "{\"dev_eui\":\"70B3D57ED0000001\",\"fport\":255,\"hex\":\"\"}",
	    255, "", 0 },
	{ "time_without_a_fraction",
	    "{\"dev_eui\":" EUI ",\"fport\":201,\"hex\":\"00\","
	    "\"time\":\"2026-12-01T11:00:00Z\"}",
	    201, "00", 1796122800 },
	{ "local_time_is_no_time",
	    "{\"dev_eui\":" EUI ",\"fport\":201,\"hex\":\"00\","
	    "\"time\":\"2026-12-01T11:00:00+01:00\"}",
	    201, "00", 0 },
	{ "chirpstack_event",
	    "{\"deviceInfo\":{\"devEui\":" EUI "},\"fPort\":200,"
	    "\"data\":\"BAA8DgA=\","
	    "\"time\":\"2026-12-01T11:00:00.123456+00:00\"}",
	    200, "04003c0e00", 1796122800 },
	{ "chirpstack_event_without_a_frame",
	    "{\"deviceInfo\":{\"devEui\":" EUI "},\"fPort\":null}", 0, "", 0 },
	{ "tts_message",
	    "{\"end_device_ids\":{\"dev_eui\":" EUI "},"
	    "\"received_at\":\"2026-12-01T11:00:00.123456789Z\","
	    "\"uplink_message\":{\"f_port\":200,\"frm_payload\":\"BCA=\"}}",
	    200, "0420", 1796122800 },
	{ "tts_join_is_no_uplink",
	    "{\"end_device_ids\":{\"dev_eui\":" EUI "},\"join_accept\":{}}", 0,
	    "", 0 },
};

static void
uplink_is_read(void **state)
{
	const struct uplink_row *row = *state;
	static const uint8_t eui[] = { 0x70, 0xb3, 0xd5, 0x7e, 0xd0, 0, 0, 1 };
	struct fuota_uplink u;
	struct fuota_error err;

	if (fuota_uplink_parse(text_in(row->text), &u, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_int_equal(row->fport, u.fport);
	if (row->fport == 0)
		return;
	struct fuota_out want = check_hex(row->hex);
	assert_memory_equal(eui, u.dev_eui, sizeof(eui));
	assert_int_equal(want.len, u.len);
	if (want.len > 0)
		assert_memory_equal(want.data, u.bytes, want.len);
	assert_int_equal(row->time, u.time);
	free(want.data);
}

static const struct bad_row {
	const char *name, *text, *says;
} bad_uplinks[] = {
	{ "no_json", "nothing", "not a JSON object" },
	{ "a_list", "[]", "not a JSON object" },
	{ "nothing_at_all", "", "not a JSON object" },
	{ "member_twice",
	    "{\"dev_eui\":" EUI ",\"fport\":1,\"fport\":2,\"hex\":\"00\"}",
	    "not a JSON object" },
	{ "dev_eui_of_15_digits",
	    "{\"dev_eui\":\"70b3d57ed000001\",\"fport\":1,\"hex\":\"00\"}",
	    "DevEUI is missing or not 16 hex digits" },
	{ "dev_eui_of_17_digits",
	    "{\"dev_eui\":\"70b3d57ed00000011\",\"fport\":1,\"hex\":\"00\"}",
	    "DevEUI is missing" },
	{ "dev_eui_that_is_a_number",
	    "{\"dev_eui\":1,\"fport\":1,\"hex\":\"00\"}", "DevEUI" },
	{ "port_0", "{\"dev_eui\":" EUI ",\"fport\":0,\"hex\":\"00\"}",
	    "port is missing or not 1 to 255" },
	{ "port_256", "{\"dev_eui\":" EUI ",\"fport\":256,\"hex\":\"00\"}",
	    "port is missing" },
	{ "port_as_text",
	    "{\"dev_eui\":" EUI ",\"fport\":\"1\",\"hex\":\"00\"}",
	    "port is missing" },
	{ "half_a_byte", "{\"dev_eui\":" EUI ",\"fport\":1,\"hex\":\"020\"}",
	    "not hexadecimal" },
	{ "no_payload", "{\"dev_eui\":" EUI ",\"fport\":1}",
	    "payload is missing, too long or not base64" },
	{ "bad_base64", "{\"dev_eui\":" EUI ",\"fport\":1,\"data\":\"AgA\"}",
	    "not base64" },
};

static void
uplink_is_refused(void **state)
{
	const struct bad_row *row = *state;
	struct fuota_uplink u = { .fport = 77 };
	struct fuota_error err;

	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_uplink_parse(text_in(row->text), &u, &err));
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	assert_int_equal(77, u.fport);
}

static void
payload_has_at_most_256_bytes(void **state)
{
	char text[1024], hex[2 * FUOTA_UPLINK_SIZE_MAX + 3];
	struct fuota_uplink u;

	(void)state;
	for (size_t len = FUOTA_UPLINK_SIZE_MAX;
	     len <= FUOTA_UPLINK_SIZE_MAX + 1; len++) {
		memset(hex, 'a', 2 * len);
		hex[2 * len] = '\0';
		snprintf(text, sizeof(text),
		    "{\"dev_eui\":" EUI ",\"fport\":1,\"hex\":\"%s\"}", hex);
		assert_int_equal(
		    len == FUOTA_UPLINK_SIZE_MAX ? FUOTA_OK : FUOTA_E_FORMAT,
		    fuota_uplink_parse(text_in(text), &u, NULL));
	}
}

static void
cut_line_is_refused(void **state)
{
	static const char text[] =
	    "{\"deviceInfo\":{\"devEui\":" EUI "},\"fPort\":200,"
	    "\"data\":\"BAA8DgA=\",\"time\":\"2026-12-01T11:00:00Z\"}";
	struct fuota_uplink u;

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		uint8_t *exact = check_alloc(len);
		memcpy(exact, text, len);
		assert_int_equal(FUOTA_E_FORMAT,
		    fuota_uplink_parse(
			(struct fuota_in){ exact, len }, &u, NULL));
		free(exact);
	}
}

/* --- lines of a script ----------------------------------------------------*/

#define SETUP(eui, package, version, hex, expect, by) \
	"{\"seq\":1,\"at\":\"2026-11-30T15:00:00.500Z\",\"dev_eui\":" eui \
	",\"fport\":201,\"package\":\"" package "\",\"version\":" version \
	",\"hex\":\"" hex "\",\"expect\":{\"command\":\"" expect \
	"\",\"by\":\"" by "\"}}"
#define BY "2026-11-30T17:00:00Z"

static void
request_is_read(void **state)
{
	struct fuota_sent sent;
	struct fuota_command command;
	struct fuota_error err;
	uint32_t index;

	(void)state;
	if (fuota_sent_parse(text_in(SETUP(EUI, "fragmentation", "1", "0302",
				 "FragSessionDeleteAns", BY)),
		&sent, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_int_equal(FUOTA_SENT_REQUEST, sent.kind);
	assert_int_equal(FUOTA_PACKAGE_FRAGMENTATION, sent.request.package);
	assert_int_equal(1, sent.request.version);
	assert_string_equal("FragSessionDeleteAns", sent.request.expect);
	assert_int_equal(1796050800, sent.request.at);
	assert_int_equal(1796058000, sent.request.expect_by);
	assert_int_equal(
	    FUOTA_OK, fuota_request_decode(&sent.request, &command, NULL));
	assert_true(fuota_command_get(&command, "FragIndex", &index));
	assert_int_equal(2, index);
}

static const struct sent_row {
	const char *name, *text;
	enum fuota_sent_kind kind;
} sent_rows[] = {
	{ "plan",
	    "{\"schema\":\"fuota-script/1\",\"profile\":\"lbm-v2\","
	    "\"ts004\":\"2.0.0\",\"start\":\"2026-12-01T12:00:00Z\"}",
	    FUOTA_SENT_PLAN },
	{ "fragment", "{\"mc_addr\":\"01020304\",\"n\":16383}",
	    FUOTA_SENT_FRAGMENT },
	{ "downlink_without_an_answer", "{\"dev_eui\":" EUI ",\"hex\":\"00\"}",
	    FUOTA_SENT_OTHER },
};

static void
sent_line_is_told_apart(void **state)
{
	const struct sent_row *row = *state;
	struct fuota_sent sent;
	struct fuota_error err;

	if (fuota_sent_parse(text_in(row->text), &sent, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_int_equal(row->kind, sent.kind);
	if (row->kind == FUOTA_SENT_FRAGMENT)
		assert_int_equal(16383, sent.n);
	if (row->kind != FUOTA_SENT_PLAN)
		return;
	assert_string_equal("lbm-v2", sent.profile);
	assert_int_equal(FUOTA_TS004_V2, sent.edition);
	assert_int_equal(1796126400, sent.start);
}

static const struct bad_row bad_sent[] = {
	{ "another_schema", "{\"schema\":\"fuota-script/2\"}",
	    "not a script of schema fuota-script/1" },
	{ "plan_without_a_variant",
	    "{\"schema\":\"fuota-script/1\",\"profile\":\"x\"}", "'ts004'" },
	{ "plan_without_a_start",
	    "{\"schema\":\"fuota-script/1\",\"profile\":\"x\","
	    "\"ts004\":\"1.0.0\"}",
	    "'start'" },
	{ "fragment_0", "{\"n\":0}", "'n' is not 1 to 16383" },
	{ "fragment_16384", "{\"n\":16384}", "'n'" },
	{ "short_dev_eui",
	    SETUP("\"70b3\"", "fragmentation", "1", "0302", "x", BY),
	    "DevEUI" },
	{ "unknown_package", SETUP(EUI, "frag", "1", "0302", "x", BY),
	    "'package'" },
	{ "version_0", SETUP(EUI, "fragmentation", "0", "0302", "x", BY),
	    "'version'" },
	{ "version_3", SETUP(EUI, "fragmentation", "3", "0302", "x", BY),
	    "'version'" },
	{ "odd_hexadecimal", SETUP(EUI, "fragmentation", "1", "030", "x", BY),
	    "'hex'" },
	{ "cut_request", SETUP(EUI, "fragmentation", "1", "02", "x", BY),
	    "FragSessionSetupReq has 0 of 10 bytes" },
	{ "unknown_request", SETUP(EUI, "fragmentation", "1", "99", "x", BY),
	    "unknown CID 99" },
	{ "answer_of_another_package",
	    SETUP(EUI, "fragmentation", "1", "0302", "McGroupSetupAns", BY),
	    "'expect'" },
	{ "downlink_as_an_answer",
	    SETUP(
		EUI, "fragmentation", "1", "0302", "FragSessionDeleteReq", BY),
	    "'expect'" },
	{ "no_deadline",
	    SETUP(EUI, "fragmentation", "1", "0302", "FragSessionDeleteAns",
		"soon"),
	    "'by' is not a time" },
};

static void
sent_line_is_refused(void **state)
{
	const struct bad_row *row = *state;
	struct fuota_sent sent = { .n = 77 };
	struct fuota_error err;

	const enum fuota_status status =
	    fuota_sent_parse(text_in(row->text), &sent, &err);
	assert_in_range(status, FUOTA_E_FORMAT, FUOTA_E_TOO_LARGE);
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	assert_int_equal(77, sent.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payload_has_at_most_256_bytes),
		cmocka_unit_test(cut_line_is_refused),
		cmocka_unit_test(request_is_read),
	};

	int failed = CHECK_ROWS(uplink_rows, uplink_is_read);
	failed += CHECK_ROWS(bad_uplinks, uplink_is_refused);
	failed += CHECK_ROWS(sent_rows, sent_line_is_told_apart);
	failed += CHECK_ROWS(bad_sent, sent_line_is_refused);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
