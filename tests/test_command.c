/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of TS003 to TS007 against vectors made by other stacks. */
#include <stdio.h>

#include <fuota/command.h>

#include "check.h"
#include "command_table.h"

static json_t *vectors;

/* Rows of one array of the vectors, named by the caller. */
struct row {
	const char *name;
	const json_t *vector;
};

static struct row *
rows_of(const char *array, const char *name_member, size_t *count)
{
	const json_t *list = json_object_get(vectors, array);

	*count = json_array_size(list);
	struct row *rows = check_alloc(*count * sizeof(*rows));
	for (size_t i = 0; i < *count; i++) {
		rows[i].vector = json_array_get(list, i);
		rows[i].name = check_string(rows[i].vector, name_member);
	}
	return rows;
}

static int
run_rows(const char *array, const char *name_member, CMUnitTestFunction test)
{
	size_t count;
	struct row *rows = rows_of(array, name_member, &count);

	assert_true(count > 0);
	const int failed = check_rows(rows, count, sizeof(*rows), test);
	free(rows);
	return failed;
}

static struct fuota_command_context
codec_of(const json_t *vector)
{
	struct fuota_command_context codec = { 0 };

	assert_int_equal(FUOTA_OK,
	    fuota_package_find(
		check_string(vector, "package"), &codec.package));
	codec.direction = strcmp(check_string(vector, "direction"), "up") == 0
	    ? FUOTA_UP
	    : FUOTA_DOWN;
	codec.versions[codec.package] =
	    (uint8_t)check_integer(vector, "version");
	return codec;
}

/* --- vectors --------------------------------------------------------------*/

static void
vector_encodes(void **state)
{
	const struct row *row = *state;
	struct fuota_command command;
	struct fuota_error err = { 0 };
	struct fuota_out bytes = check_out(512), frame = check_out(512);
	char *text = json_dumps(row->vector, 0);

	const enum fuota_status status = fuota_command_parse_json(
	    (struct fuota_in){ (const uint8_t *)text, strlen(text) }, NULL,
	    &command, &bytes, &err);
	if (status != FUOTA_OK)
		fail_msg("%s", err.message);
	if (fuota_command_encode(&command, &frame, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	struct fuota_out want = check_hex(check_string(row->vector, "hex"));
	assert_int_equal(want.len, frame.len);
	assert_memory_equal(want.data, frame.data, want.len);
	free(want.data);
	free(text);
	free(bytes.data);
	free(frame.data);
}

static json_t *
json_of(const struct fuota_command *command,
    const struct fuota_command_context *codec)
{
	struct fuota_out out = check_out(FUOTA_COMMAND_JSON_MAX);

	assert_int_equal(
	    FUOTA_OK, fuota_command_json(command, codec, &out, NULL));
	json_t *root = json_loadb((const char *)out.data, out.len, 0, NULL);
	assert_non_null(root);
	free(out.data);
	return root;
}

static void
vector_decodes(void **state)
{
	const struct row *row = *state;
	const struct fuota_command_context codec = codec_of(row->vector);
	struct fuota_command command;
	struct fuota_error err;
	struct fuota_out hex = check_hex(check_string(row->vector, "hex"));
	size_t offset = 0;

	if (fuota_command_decode(
		&codec, check_in(&hex), &offset, &command, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_int_equal(hex.len, offset);
	assert_int_equal(0, command.breaches);
	json_t *got = json_of(&command, &codec);
	static const char *const members[] = { "package", "version",
		"direction", "command", "fields" };
	for (size_t i = 0; i < CHECK_COUNT(members); i++)
		if (!json_equal(json_object_get(got, members[i]),
			json_object_get(row->vector, members[i])))
			fail_msg("%s is %s", members[i],
			    json_dumps(got, JSON_COMPACT));
	json_decref(got);
	free(hex.data);
}

/* Every proper prefix of a command's bytes is refused or is shorter. */
static void
vector_truncated_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_command_context codec = codec_of(row->vector);
	struct fuota_out hex = check_hex(check_string(row->vector, "hex"));
	struct fuota_command whole, cut;
	struct fuota_error err;
	size_t offset = 0;

	fuota_command_decode(&codec, check_in(&hex), &offset, &whole, NULL);
	const bool open_ended = codec.package == FUOTA_PACKAGE_MULTIPACKAGE ||
	    fuota_command_field(whole.spec, "Data") >= 0;
	for (size_t len = 0; len < hex.len; len++) {
		uint8_t *exact = check_alloc(len);
		memcpy(exact, hex.data, len);
		offset = 0;
		const enum fuota_status status = fuota_command_decode(&codec,
		    (struct fuota_in){ exact, len }, &offset, &cut, &err);
		if (status == FUOTA_OK)
			assert_true(open_ended ||
			    (cut.breaches & 1u << FUOTA_BREACH_BARE) != 0);
		else
			assert_true(err.offset <= len);
		free(exact);
	}
	free(hex.data);
}

/* --- frames of several commands -------------------------------------------*/

static void
frame_divides_and_joins(void **state)
{
	const struct row *row = *state;
	const struct fuota_command_context codec = codec_of(row->vector);
	const json_t *parts = json_object_get(row->vector, "commands");
	struct fuota_out hex = check_hex(check_string(row->vector, "hex"));
	struct fuota_out again = check_out(hex.len);
	struct fuota_command command;
	size_t offset = 0, count = 0;

	while (offset < hex.len) {
		const size_t start = offset;
		assert_int_equal(FUOTA_OK,
		    fuota_command_decode(
			&codec, check_in(&hex), &offset, &command, NULL));
		struct fuota_out want = check_hex(
		    json_string_value(json_array_get(parts, count++)));
		assert_int_equal(want.len, offset - start);
		assert_memory_equal(want.data, hex.data + start, want.len);
		assert_int_equal(
		    FUOTA_OK, fuota_command_encode(&command, &again, NULL));
		free(want.data);
	}
	assert_int_equal(json_array_size(parts), count);
	assert_int_equal(hex.len, again.len);
	assert_memory_equal(hex.data, again.data, hex.len);
	free(hex.data);
	free(again.data);
}

/* --- invalid input --------------------------------------------------------*/

static void
invalid_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_command_context codec = codec_of(row->vector);
	struct fuota_out hex = check_hex(check_string(row->vector, "hex"));
	struct fuota_command command;
	struct fuota_error err = { .offset = FUOTA_NO_OFFSET };
	size_t offset = 0;
	enum fuota_status status;

	do
		status = fuota_command_decode(
		    &codec, check_in(&hex), &offset, &command, &err);
	while (status == FUOTA_OK && offset < hex.len);
	assert_int_not_equal(FUOTA_OK, status);
	assert_in_range(status, FUOTA_E_FORMAT, FUOTA_E_TOO_LARGE);
	assert_true(err.offset <= hex.len);
	assert_true(err.message[0] != '\0');
	free(hex.data);
}

/* --- what devices answered ------------------------------------------------*/

static struct fuota_command_context
codec_of_exchange(const json_t *exchange, const char *device, bool up)
{
	struct fuota_command_context codec = { .direction =
						   up ? FUOTA_UP : FUOTA_DOWN };
	const bool v1 = strstr(device, "package set v1") != NULL;

	assert_int_equal(FUOTA_OK,
	    fuota_package_of_fport(
		(uint8_t)check_integer(exchange, "fport"), &codec.package));
	if (v1)
		memset(codec.versions, 1, sizeof(codec.versions));
	return codec;
}

/*
 * Breaches of every command of a frame as bits; asserts that it is readable,
 * and that without a breach it encodes to itself.
 */
static uint16_t
breaches_of(const struct fuota_command_context *codec, const char *text,
    struct fuota_command *command)
{
	struct fuota_out hex = check_hex(text), again = check_out(512);
	struct fuota_error err;
	uint16_t breaches = 0;
	size_t offset = 0;

	while (offset < hex.len) {
		if (fuota_command_decode(codec, check_in(&hex), &offset,
			command, &err) != FUOTA_OK)
			fail_msg("%s: %s", text, err.message);
		breaches |= command->breaches;
		assert_int_equal(
		    FUOTA_OK, fuota_command_encode(command, &again, NULL));
	}
	if (breaches == 0) {
		assert_int_equal(hex.len, again.len);
		assert_memory_equal(hex.data, again.data, hex.len);
	}
	/* left allocated: the command points into it */
	free(again.data);
	return breaches;
}

/* The exchanges whose notes say that a device breaks the specification. */
static const struct known_breach {
	const char *down, *up;
	bool v1;
	enum fuota_breach breach;
} known_breaches[] = {
	{ "02080c", "02080202c80301", false, FUOTA_BREACH_SHORT_ANSWER },
	{ "0400ff4d72530cd2ad8400", "0420", true, FUOTA_BREACH_EXTRA },
	{ "0101", "0106000000", false, FUOTA_BREACH_LONG_FORM },
};

static uint16_t
expected_breaches(const char *device, const char *down, const char *up)
{
	const bool v1 = strstr(device, "package set v1") != NULL;

	for (size_t i = 0; i < CHECK_COUNT(known_breaches); i++)
		if (strcmp(known_breaches[i].down, down) == 0 &&
		    strcmp(known_breaches[i].up, up) == 0 &&
		    known_breaches[i].v1 == v1)
			return (uint16_t)(1u << known_breaches[i].breach);
	return 0;
}

static void
exchange_is_read(const char *device, const json_t *exchange)
{
	const char *down = check_string(exchange, "down");
	const json_t *ups = json_object_get(exchange, "up");
	struct fuota_command_context codec =
	    codec_of_exchange(exchange, device, false);
	struct fuota_command request, answer;

	if (strcmp(down, "850003") == 0)
		return; /* see unknown_package_is_named */
	breaches_of(&codec, down, &request);
	codec.direction = FUOTA_UP;
	for (size_t i = 0; i < json_array_size(ups); i++) {
		const char *up = json_string_value(json_array_get(ups, i));
		breaches_of(&codec, up, &answer);
		const uint16_t got =
		    fuota_command_check_answer(&request, &answer);
		const uint16_t want = expected_breaches(device, down, up);
		if (got != want)
			fail_msg("%s answered %s: breaches %x, expected %x",
			    down, up, got, want);
	}
}

static void
transcript_is_read(void **state)
{
	const struct row *row = *state;
	const json_t *exchanges = json_object_get(row->vector, "exchanges");
	const char *device = check_string(row->vector, "device");

	assert_true(json_array_size(exchanges) > 0);
	for (size_t i = 0; i < json_array_size(exchanges); i++)
		exchange_is_read(device, json_array_get(exchanges, i));
}

/* --- single frames by name ------------------------------------------------*/

static const struct frame_row {
	const char *name;
	enum fuota_package package;
	uint8_t version;
	enum fuota_direction direction;
	const char *hex;
	enum fuota_status status;
	size_t offset; /* of the error, else where the first command ends */
	uint16_t breaches;
} frame_rows[] = {
	{ "draft_cid_05_is_reported", FUOTA_PACKAGE_FRAGMENTATION, 1, FUOTA_UP,
	    "0578563412", FUOTA_OK, 5, 1u << FUOTA_BREACH_DRAFT },
	{ "draft_cid_05_of_ten_bytes", FUOTA_PACKAGE_FRAGMENTATION, 2, FUOTA_UP,
	    "05000102030405060708", FUOTA_OK, 10, 1u << FUOTA_BREACH_DRAFT },
	{ "class_c_answer_without_status", FUOTA_PACKAGE_MULTICASTSETUP, 1,
	    FUOTA_UP, "04", FUOTA_OK, 1, 1u << FUOTA_BREACH_BARE },
	{ "start_missed_in_v1", FUOTA_PACKAGE_MULTICASTSETUP, 1, FUOTA_UP,
	    "0520", FUOTA_OK, 2, 1u << FUOTA_BREACH_EXTRA },
	{ "status_of_no_session_then_version", FUOTA_PACKAGE_FRAGMENTATION, 2,
	    FUOTA_UP, "0104000302", FUOTA_OK, 2, 0 },
	{ "status_of_no_session_long_form", FUOTA_PACKAGE_FRAGMENTATION, 2,
	    FUOTA_UP, "0104000000", FUOTA_OK, 5, 1u << FUOTA_BREACH_LONG_FORM },
	{ "odd_periodicity_stays_out_of_time_out", FUOTA_PACKAGE_MULTICASTSETUP,
	    1, FUOTA_DOWN, "0500008000001800000000", FUOTA_OK, 11, 0 },
	{ "reserved_bits", FUOTA_PACKAGE_CLOCKSYNC, 1, FUOTA_DOWN, "03ff",
	    FUOTA_OK, 2, 1u << FUOTA_BREACH_RFU },
	{ "version_answer_of_other_package", FUOTA_PACKAGE_CLOCKSYNC, 1,
	    FUOTA_UP, "000301", FUOTA_OK, 3, 1u << FUOTA_BREACH_PACKAGE },
	{ "groups_against_the_mask", FUOTA_PACKAGE_MULTICASTSETUP, 1, FUOTA_UP,
	    "01110201020304", FUOTA_OK, 7, 1u << FUOTA_BREACH_ITEMS },
	{ "fragment_zero", FUOTA_PACKAGE_FRAGMENTATION, 1, FUOTA_DOWN,
	    "08000001", FUOTA_OK, 4, 1u << FUOTA_BREACH_N_ZERO },
	{ "firmware_version_three_has_no_codec",
	    FUOTA_PACKAGE_FIRMWAREMANAGEMENT, 3, FUOTA_DOWN, "00",
	    FUOTA_E_UNSUPPORTED, 0, 0 },
	{ "unknown_package_is_named", FUOTA_PACKAGE_MULTIPACKAGE, 1, FUOTA_DOWN,
	    "850003", FUOTA_E_UNSUPPORTED, 0, 0 },
	{ "package_id_without_command", FUOTA_PACKAGE_MULTIPACKAGE, 1,
	    FUOTA_DOWN, "8101", FUOTA_E_TRUNCATED, 1, 0 },
	{ "token_alone", FUOTA_PACKAGE_MULTIPACKAGE, 1, FUOTA_DOWN, "01",
	    FUOTA_E_TRUNCATED, 1, 0 },
	{ "buffer_request_with_token", FUOTA_PACKAGE_MULTIPACKAGE, 1,
	    FUOTA_DOWN, "02000a01", FUOTA_E_FORMAT, 3, 0 },
	{ "buffer_request_backwards", FUOTA_PACKAGE_MULTIPACKAGE, 1, FUOTA_DOWN,
	    "020c08", FUOTA_OK, 3, 1u << FUOTA_BREACH_EMPTY_RANGE },
	{ "fragment_in_a_message", FUOTA_PACKAGE_MULTIPACKAGE, 1, FUOTA_DOWN,
	    "8308010000aa01", FUOTA_E_FORMAT, 1, 0 },
	{ "unknown_cid_in_a_message", FUOTA_PACKAGE_MULTIPACKAGE, 1, FUOTA_DOWN,
	    "8100840701", FUOTA_E_UNSUPPORTED, 3, 0 },
	{ "base_byte_beyond_the_buffer", FUOTA_PACKAGE_MULTIPACKAGE, 1,
	    FUOTA_UP, "02800001", FUOTA_E_FORMAT, 1, 0 },
};

static void
frame_is_read_as_told(void **state)
{
	const struct frame_row *row = *state;
	struct fuota_command_context codec = { row->package, row->direction,
		{ 0 } };
	struct fuota_out hex = check_hex(row->hex);
	struct fuota_command command;
	struct fuota_error err;
	size_t offset = 0;

	codec.versions[row->package] = row->version;
	assert_int_equal(row->status,
	    fuota_command_decode(
		&codec, check_in(&hex), &offset, &command, &err));
	if (row->status == FUOTA_OK) {
		assert_int_equal(row->offset, offset);
		assert_int_equal(row->breaches, command.breaches);
	} else {
		assert_int_equal(row->offset, err.offset);
	}
	free(hex.data);
}

/* --- fields that must not be encoded --------------------------------------*/

static const struct json_row {
	const char *name, *text, *says;
} json_rows[] = {
	{ "text_that_is_no_json", "{", "not a JSON object" },
	{ "duplicate_member",
	    "{\"package\":\"clocksync\",\"package\":\"clocksync\"}",
	    "not a JSON object" },
	{ "unknown_package", "{\"package\":\"clock\"}", "'package'" },
	{ "no_direction", "{\"package\":\"clocksync\"}", "'direction'" },
	{ "no_command", "{\"package\":\"clocksync\",\"direction\":\"up\"}",
	    "'command'" },
	{ "command_of_the_other_direction",
	    "{\"package\":\"clocksync\",\"direction\":\"down\","
	    "\"command\":\"AppTimeReq\"}",
	    "no such downlink" },
	{ "command_of_another_version",
	    "{\"package\":\"fragmentation\",\"version\":1,\"direction\":"
	    "\"up\",\"command\":\"FragDataBlockReceivedReq\"}",
	    "version 1 has no such uplink" },
	{ "unknown_field",
	    "{\"package\":\"clocksync\",\"direction\":\"down\",\"command\":"
	    "\"ForceDeviceResyncCmd\",\"fields\":{\"Nb\":1}}",
	    "no such field" },
	{ "field_too_large",
	    "{\"package\":\"clocksync\",\"direction\":\"down\",\"command\":"
	    "\"ForceDeviceResyncCmd\",\"fields\":{\"NbTransmissions\":8}}",
	    "NbTransmissions is 8, at most 7 fits" },
	{ "field_missing",
	    "{\"package\":\"clocksync\",\"direction\":\"down\",\"command\":"
	    "\"ForceDeviceResyncCmd\",\"fields\":{}}",
	    "NbTransmissions is missing" },
	{ "frequency_not_a_multiple_of_100_hz",
	    "{\"package\":\"multicastsetup\",\"direction\":\"down\","
	    "\"command\":\"McClassCSessionReq\",\"fields\":{\"DLFreqHz\":"
	    "869525050}}",
	    "869525050 Hz is not a multiple of 100 Hz" },
	{ "frequency_between_the_units",
	    "{\"package\":\"multicastsetup\",\"direction\":\"down\","
	    "\"command\":\"McClassCSessionReq\",\"fields\":{\"DLFreqHz\":"
	    "1300000000}}",
	    "is not a multiple" },
	{ "key_of_15_bytes",
	    "{\"package\":\"multicastsetup\",\"direction\":\"down\","
	    "\"command\":\"McGroupSetupReq\",\"fields\":{\"McKeyEncrypted\":"
	    "\"000102030405060708090a0b0c0d0e\"}}",
	    "has 15 bytes, it needs 16" },
	{ "key_of_17_bytes",
	    "{\"package\":\"multicastsetup\",\"direction\":\"down\","
	    "\"command\":\"McGroupSetupReq\",\"fields\":{\"McKeyEncrypted\":"
	    "\"000102030405060708090a0b0c0d0e0f10\"}}",
	    "has 17 bytes, it needs 16" },
	{ "odd_hexadecimal",
	    "{\"package\":\"fragmentation\",\"direction\":\"down\","
	    "\"command\":\"DataFragment\",\"fields\":{\"Data\":\"012\"}}",
	    "not hexadecimal" },
	{ "fragment_number_zero",
	    "{\"package\":\"fragmentation\",\"direction\":\"down\","
	    "\"command\":\"DataFragment\",\"fields\":{\"FragIndex\":0,"
	    "\"N\":0,\"Data\":\"01\"}}",
	    "N counts from 1" },
	{ "time_to_start_with_an_error",
	    "{\"package\":\"multicastsetup\",\"direction\":\"up\",\"command\":"
	    "\"McClassCSessionAns\",\"fields\":{\"McGroupID\":0,\"DRError\":1,"
	    "\"FreqError\":0,\"McGroupUndefined\":0,\"StartMissed\":0,"
	    "\"TimeToStart\":1}}",
	    "TimeToStart is not sent with this status" },
	{ "items_against_the_mask",
	    "{\"package\":\"multicastsetup\",\"direction\":\"up\",\"command\":"
	    "\"McGroupStatusAns\",\"fields\":{\"NbTotalGroups\":1,"
	    "\"AnsGroupMask\":3,\"Items\":[{\"McGroupID\":0,\"McAddr\":"
	    "\"01020304\"}]}}",
	    "1 Items, its first byte says 2" },
	{ "address_of_7_digits",
	    "{\"package\":\"multicastsetup\",\"direction\":\"down\","
	    "\"command\":\"McGroupSetupReq\",\"fields\":{\"McAddr\":"
	    "\"1020304\"}}",
	    "McAddr is not 8 hex digits" },
	{ "correction_beyond_32_bits",
	    "{\"package\":\"clocksync\",\"direction\":\"down\",\"command\":"
	    "\"AppTimeAns\",\"fields\":{\"TimeCorrection\":2147483648}}",
	    "TimeCorrection is not a number" },
	{ "message_that_reads_otherwise",
	    "{\"package\":\"multipackage\",\"direction\":\"down\",\"command\":"
	    "\"MultiPackageDownlink\",\"fields\":{\"Parts\":[{\"PackageID\":1,"
	    "\"Command\":\"0002\"}],\"Token\":1}}",
	    "a reader would not find these commands" },
};

static void
json_is_refused(void **state)
{
	const struct json_row *row = *state;
	struct fuota_out bytes = check_out(512), frame = check_out(512);
	struct fuota_command command;
	struct fuota_error err = { 0 };

	enum fuota_status status = fuota_command_parse_json(
	    (struct fuota_in){ (const uint8_t *)row->text, strlen(row->text) },
	    NULL, &command, &bytes, &err);
	if (status == FUOTA_OK)
		status = fuota_command_encode(&command, &frame, &err);
	assert_in_range(status, FUOTA_E_FORMAT, FUOTA_E_UNSUPPORTED);
	assert_int_equal(0, frame.len);
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	free(bytes.data);
	free(frame.data);
}

/* --- defaults -------------------------------------------------------------*/

static const struct default_row {
	const char *name, *text;
	struct fuota_command_defaults defaults;
	const char *command; /* NULL: refused */
	uint8_t version;
	enum fuota_direction direction;
} default_rows[] = {
	{ "package_direction_and_version",
	    "{\"command\":\"FragSessionSetupAns\"}",
	    { "fragmentation", "up", { [FUOTA_PACKAGE_FRAGMENTATION] = 1 } },
	    "FragSessionSetupAns", 1, FUOTA_UP },
	{ "members_of_the_text_win",
	    "{\"package\":\"clocksync\",\"version\":2,\"direction\":"
	    "\"down\",\"command\":\"ForceDeviceResyncCmd\"}",
	    { "fragmentation", "up", { [FUOTA_PACKAGE_CLOCKSYNC] = 1 } },
	    "ForceDeviceResyncCmd", 2, FUOTA_DOWN },
	{ "version_of_the_package_that_the_text_names",
	    "{\"package\":\"clocksync\",\"command\":"
	    "\"ForceDeviceResyncReq\"}",
	    { "fragmentation", "down", { [FUOTA_PACKAGE_CLOCKSYNC] = 1 } },
	    "ForceDeviceResyncReq", 1, FUOTA_DOWN },
	{ "newest_version_without_a_default",
	    "{\"command\":\"FragDataBlockReceivedReq\"}",
	    { "fragmentation", "up", { 0 } }, "FragDataBlockReceivedReq", 2,
	    FUOTA_UP },
	{ "no_direction_without_a_default",
	    "{\"command\":\"FragSessionSetupAns\"}",
	    { "fragmentation", NULL, { 0 } }, NULL, 0, FUOTA_UP },
	{ "null_is_no_absent_member",
	    "{\"package\":null,\"command\":\"FragSessionSetupAns\"}",
	    { "fragmentation", "up", { 0 } }, NULL, 0, FUOTA_UP },
};

static void
defaults_stand_for_absent_members(void **state)
{
	const struct default_row *row = *state;
	struct fuota_out bytes = check_out(512);
	struct fuota_command command;

	const enum fuota_status status = fuota_command_parse_json(
	    (struct fuota_in){ (const uint8_t *)row->text, strlen(row->text) },
	    &row->defaults, &command, &bytes, NULL);
	assert_int_equal(
	    row->command != NULL ? FUOTA_OK : FUOTA_E_FORMAT, status);
	if (row->command != NULL) {
		assert_string_equal(row->command, command.spec->name);
		assert_int_equal(row->version, command.version);
		assert_int_equal(row->direction, command.spec->direction);
	}
	free(bytes.data);
}

/* Byte fields go through the same calls that a caller without JSON has. */
static void
bytes_are_set_and_got_by_name(void **state)
{
	static const uint8_t key[16] = { 1, 2, 3 };
	struct fuota_command c;
	struct fuota_in got = { NULL, 0 };

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_command_init(&c, FUOTA_PACKAGE_MULTICASTSETUP, 1, FUOTA_DOWN,
		"McGroupSetupReq", NULL));
	assert_false(fuota_command_get_bytes(&c, "McKeyEncrypted", &got));
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_command_set_bytes(
		&c, "McKeyEncrypted", (struct fuota_in){ key, 15 }, NULL));
	assert_int_equal(FUOTA_E_FORMAT,
	    fuota_command_set_bytes(
		&c, "McAddr", (struct fuota_in){ key, 4 }, NULL));
	assert_int_equal(FUOTA_OK,
	    fuota_command_set_bytes(
		&c, "McKeyEncrypted", (struct fuota_in){ key, 16 }, NULL));
	assert_true(fuota_command_get_bytes(&c, "McKeyEncrypted", &got));
	assert_ptr_equal(key, got.data);
	assert_int_equal(16, got.len);
	assert_false(fuota_command_get_bytes(&c, "McAddr", &got));
}

/* --- properties -----------------------------------------------------------*/

static uint32_t
random_number(struct check_random *r, const struct fuota_field *f)
{
	if (f->kind == FUOTA_FIELD_FREQUENCY)
		return fuota_frequency_of_wire(check_random(r) & 0xffffff);
	if (f->kind == FUOTA_FIELD_PREFIX)
		return check_random(r) & 1;
	const uint32_t max = f->width < 32 ? (1u << f->width) - 1 : UINT32_MAX;
	const uint32_t edge[] = { 0, 1, max, max - 1 };
	const uint32_t pick = check_random_below(r, 8);
	return pick < 4 ? edge[pick] & max : check_random(r) & max;
}

static void
random_fields(struct check_random *r, struct fuota_command *c, uint8_t *bytes)
{
	for (int i = 0; i < c->spec->field_count; i++) {
		const struct fuota_field *f = &c->spec->fields[i];
		if (f->kind == FUOTA_FIELD_BYTES ||
		    f->kind == FUOTA_FIELD_REST) {
			const size_t len = f->kind == FUOTA_FIELD_BYTES
			    ? f->size
			    : check_random_below(r, 240);
			c->bytes[i] = (struct fuota_in){ bytes, len };
		} else {
			c->number[i] = random_number(r, f);
		}
		if (f->extra && c->number[i] == 0)
			continue;
		c->present = (uint16_t)(c->present | 1u << i);
	}
}

/* Takes away what has no place in this form, adds what its counts say. */
static void
make_consistent(struct check_random *r, struct fuota_command *c)
{
	const struct fuota_command_spec *spec = c->spec;
	uint8_t first = 0;
	uint32_t n;

	for (int i = 0; i < spec->field_count; i++)
		if (spec->fields[i].offset == 0 && spec->fields[i].size == 1)
			first = (uint8_t)(first |
			    c->number[i] << spec->fields[i].shift);
	const bool optional =
	    spec->optional_size != 0 && (first & spec->mask) == spec->value;
	for (int i = 0; i < spec->field_count; i++)
		if (spec->optional_size != 0 && !optional &&
		    spec->fields[i].offset >= spec->fixed_size)
			c->present = (uint16_t)(c->present & ~(1u << i));
	if (spec->cid == 0 && fuota_command_get(c, "PackageIdentifier", &n))
		assert_int_equal(FUOTA_OK,
		    fuota_command_set(
			c, "PackageIdentifier", (uint32_t)spec->package, NULL));
	if (fuota_command_get(c, "N", &n) && n == 0)
		assert_int_equal(FUOTA_OK, fuota_command_set(c, "N", 1, NULL));
	c->item_count = first & spec->item_number;
	for (uint32_t bit = 0; bit < 8; bit++)
		if ((first & spec->item_bits) >> bit & 1)
			c->items[c->item_count++].number[0] = bit;
	for (size_t k = 0; k < c->item_count; k++)
		for (int i = spec->item_bits != 0; i < spec->items_field_count;
		     i++)
			c->items[k].number[i] =
			    random_number(r, &spec->items[i]);
}

static void
assert_same_command(
    const struct fuota_command *a, const struct fuota_command *b)
{
	assert_ptr_equal(a->spec, b->spec);
	assert_int_equal(a->present, b->present);
	assert_int_equal(a->item_count, b->item_count);
	for (int i = 0; i < a->spec->field_count; i++) {
		if ((a->present >> i & 1) == 0)
			continue;
		assert_int_equal(a->number[i], b->number[i]);
		assert_int_equal(a->bytes[i].len, b->bytes[i].len);
		if (a->bytes[i].len > 0)
			assert_memory_equal(a->bytes[i].data, b->bytes[i].data,
			    a->bytes[i].len);
	}
	for (size_t k = 0; k < a->item_count; k++)
		assert_memory_equal(a->items[k].number, b->items[k].number,
		    sizeof(a->items[k].number));
}

static void
round_trip(struct check_random *r, const struct fuota_command_spec *spec,
    uint8_t version)
{
	struct fuota_command_context codec = { spec->package, spec->direction,
		{ 0 } };
	struct fuota_command c = { .spec = spec, .version = version }, back;
	struct fuota_error err;
	uint8_t bytes[256], frame[FUOTA_COMMAND_SIZE_MAX];
	struct fuota_out out = { frame, sizeof(frame), 0 };
	size_t offset = 0;

	codec.versions[spec->package] = version;
	check_random_bytes(r, bytes, sizeof(bytes));
	random_fields(r, &c, bytes);
	make_consistent(r, &c);
	if (fuota_command_encode(&c, &out, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	const enum fuota_status status =
	    spec->package == FUOTA_PACKAGE_MULTIPACKAGE
	    ? fuota_command_decode_one(
		  &codec, check_in(&out), &offset, &back, &err)
	    : fuota_command_decode(
		  &codec, check_in(&out), &offset, &back, &err);
	if (status != FUOTA_OK)
		fail_msg("%s: %s", spec->name, err.message);
	assert_int_equal(out.len, offset);
	assert_same_command(&c, &back);

	/* through JSON as well */
	struct fuota_out text = check_out(FUOTA_COMMAND_JSON_MAX),
			 storage = check_out(512);
	assert_int_equal(FUOTA_OK, fuota_command_json(&c, &codec, &text, &err));
	if (fuota_command_parse_json(
		check_in(&text), NULL, &back, &storage, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_same_command(&c, &back);
	free(text.data);
	free(storage.data);
}

static void
random_fields_survive_every_command(void **state)
{
	struct check_random r = { 20261123 };
	size_t count;
	const struct fuota_command_spec *specs = fuota_command_specs(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (uint8_t version = 1; version <= 2; version++)
			for (int k = 0; k < 200; k++)
				if ((specs[i].flags & FUOTA_COMMAND_MESSAGE) ==
					0 &&
				    (specs[i].versions >> version & 1) != 0)
					round_trip(&r, &specs[i], version);
}

/* A random command that may travel inside a message, as bytes. */
static void
random_part(struct check_random *r, struct fuota_command_item *item,
    uint32_t *package, enum fuota_direction direction, struct fuota_out *out)
{
	size_t count;
	const struct fuota_command_spec *specs = fuota_command_specs(&count);
	const struct fuota_command_spec *spec;
	uint8_t bytes[64];

	do
		spec = &specs[check_random_below(r, (uint32_t)count)];
	while ((spec->flags & (FUOTA_COMMAND_MESSAGE | FUOTA_COMMAND_DRAFT)) !=
		0 ||
	    spec->direction != direction ||
	    (spec->versions >> fuota_package_newest(spec->package) & 1) == 0 ||
	    fuota_command_field(spec, "Data") >= 0);
	struct fuota_command c = { .spec = spec,
		.version = fuota_package_newest(spec->package) };
	check_random_bytes(r, bytes, sizeof(bytes));
	random_fields(r, &c, bytes);
	make_consistent(r, &c);
	const size_t start = out->len;
	assert_int_equal(FUOTA_OK, fuota_command_encode(&c, out, NULL));
	item->bytes = (struct fuota_in){ out->data + start, out->len - start };
	const bool same = *package == (uint32_t)spec->package;
	item->number[0] = same && check_random_below(r, 2) == 0
	    ? FUOTA_PART_NO_PACKAGE
	    : (uint32_t)spec->package;
	*package = (uint32_t)spec->package;
}

static void
random_messages_survive(void **state)
{
	struct check_random r = { 225 };

	(void)state;
	for (int k = 0; k < 2000; k++) {
		const enum fuota_direction direction =
		    k % 2 ? FUOTA_UP : FUOTA_DOWN;
		struct fuota_command_context codec = {
			FUOTA_PACKAGE_MULTIPACKAGE, direction, { 0 }
		};
		struct fuota_command c, back;
		struct fuota_out parts = check_out(8192),
				 frame = check_out(8192);
		uint32_t package = 0;
		size_t offset = 0;
		assert_int_equal(FUOTA_OK,
		    fuota_command_init(&c, FUOTA_PACKAGE_MULTIPACKAGE, 1,
			direction,
			direction == FUOTA_UP ? "MultiPackageUplink"
					      : "MultiPackageDownlink",
			NULL));
		c.item_count = 1 + check_random_below(&r, 8);
		for (size_t i = 0; i < c.item_count; i++)
			random_part(
			    &r, &c.items[i], &package, direction, &parts);
		assert_int_equal(FUOTA_OK,
		    fuota_command_set(
			&c, "Token", check_random_below(&r, 4), NULL));
		assert_int_equal(
		    FUOTA_OK, fuota_command_encode(&c, &frame, NULL));
		assert_int_equal(FUOTA_OK,
		    fuota_command_decode(
			&codec, check_in(&frame), &offset, &back, NULL));
		assert_same_command(&c, &back);
		free(parts.data);
		free(frame.data);
	}
}

static void
no_room_is_no_output(void **state)
{
	struct fuota_command c;
	uint8_t bytes[2];
	struct fuota_out out = { bytes, 1, 0 };
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_command_init(&c, FUOTA_PACKAGE_FRAGMENTATION, 1, FUOTA_DOWN,
		"FragSessionDeleteReq", NULL));
	assert_int_equal(FUOTA_OK, fuota_command_set(&c, "FragIndex", 3, NULL));
	assert_int_equal(FUOTA_E_SPACE, fuota_command_encode(&c, &out, &err));
	assert_int_equal(0, out.len);
	assert_string_equal(
	    "FragSessionDeleteReq needs 2 bytes, 1 are left", err.message);
}

/* Rows of the table must fit the arrays of struct fuota_command. */
static void
table_is_sound(void **state)
{
	size_t count;
	const struct fuota_command_spec *specs = fuota_command_specs(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_true(specs[i].field_count <= FUOTA_COMMAND_FIELDS_MAX);
		assert_true(specs[i].items_field_count <= 3);
		for (int k = 0; k < specs[i].field_count; k++) {
			const struct fuota_field *f = &specs[i].fields[k];
			assert_true(f->shift + f->width <= f->size * 8 ||
			    f->kind == FUOTA_FIELD_BYTES ||
			    f->kind == FUOTA_FIELD_REST ||
			    f->kind == FUOTA_FIELD_PREFIX);
			assert_true(f->offset + f->size <=
				specs[i].fixed_size + specs[i].optional_size ||
			    (specs[i].flags & FUOTA_COMMAND_MESSAGE) != 0);
		}
	}
}

/* fuota-commands(5) lists every command and field. */
static void
page_lists_the_table(void **state)
{
	const struct fuota_in page = check_file("man/fuota-commands.5");
	char *text = check_alloc(page.len + 1), want[80];
	size_t count;
	const struct fuota_command_spec *specs = fuota_command_specs(&count);

	(void)state;
	memcpy(text, page.data, page.len);
	for (size_t i = 0; i < count; i++) {
		snprintf(want, sizeof(want), ".It Li %s ", specs[i].name);
		if (strstr(text, want) == NULL)
			fail_msg("%s is not told", specs[i].name);
		const char *entry = strstr(text, want);
		for (int k = 0; k < specs[i].field_count; k++) {
			snprintf(want, sizeof(want), ".Li %s\n",
			    specs[i].fields[k].name);
			if (strstr(entry, want) == NULL)
				fail_msg("%s: %s is not told", specs[i].name,
				    specs[i].fields[k].name);
		}
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_fields_survive_every_command),
		cmocka_unit_test(random_messages_survive),
		cmocka_unit_test(bytes_are_set_and_got_by_name),
		cmocka_unit_test(no_room_is_no_output),
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(page_lists_the_table),
	};

	vectors = check_vectors("ts00x-commands.json");
	int failed = run_rows("vectors", "id", vector_encodes);
	failed += run_rows("vectors", "id", vector_decodes);
	failed += run_rows("vectors", "id", vector_truncated_is_refused);
	failed += run_rows("frames", "hex", frame_divides_and_joins);
	failed += run_rows("invalid", "why", invalid_is_refused);
	failed += run_rows("device_transcripts", "name", transcript_is_read);
	failed += CHECK_ROWS(frame_rows, frame_is_read_as_told);
	failed += CHECK_ROWS(json_rows, json_is_refused);
	failed += CHECK_ROWS(default_rows, defaults_stand_for_absent_members);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return failed;
}
