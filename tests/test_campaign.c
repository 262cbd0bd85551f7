/* SPDX-License-Identifier: BSD-2-Clause */
/* Campaign files, device lists, plans and scripts. */
#include <stdio.h>

#include <fuota/campaign.h>

#include "check.h"

static struct fuota_in
in_of(const char *text)
{
	return (struct fuota_in){ (const uint8_t *)text, strlen(text) };
}

/* --- time -----------------------------------------------------------------*/

static void
time_of_gps_1400000000(void **state)
{
	char text[FUOTA_TIME_TEXT_SIZE];
	uint64_t unix_s;

	/* reference: 2024-05-17 16:53:02 UTC, Unix 1715964782 */
	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_time_parse("2024-05-17T16:53:02Z", &unix_s));
	assert_int_equal(1715964782, unix_s);
	assert_int_equal(1400000000, fuota_time_gps(unix_s));
	assert_int_equal(FUOTA_OK, fuota_time_parse("gps:1400000000", &unix_s));
	assert_int_equal(1715964782, unix_s);
	fuota_time_format(unix_s * 1000 + 7, text);
	assert_string_equal("2024-05-17T16:53:02.007Z", text);
	fuota_time_format(unix_s * 1000, text);
	assert_string_equal("2024-05-17T16:53:02Z", text);
}

static void
times_that_are_none(void **state)
{
	static const char *const bad[] = { "", "2024-02-30T00:00:00Z",
		"2024-05-17 16:53:02Z", "2024-05-17T16:53:02",
		"2024-05-17T24:00:00Z", "2016-05-17T16:53:02Z",
		"2024-05-17T16:53:02+01:00", "gps:4294967296", "gps:1",
		"gps:1400000000x", "2024-13-01T00:00:00Z" };
	uint64_t unix_s;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(bad); i++)
		if (fuota_time_parse(bad[i], &unix_s) == FUOTA_OK)
			fail_msg("'%s' was taken", bad[i]);
}

/* --- devices --------------------------------------------------------------*/

#define KEY_1 "000102030405060708090a0b0c0d0e0f"
#define KEY_2 "ffeeddccbbaa99887766554433221100"

static const struct csv_row {
	const char *name, *text, *says;
} csv_rows[] = {
	{ "no_csv", "", "is empty" },
	{ "no_key_column", "dev_eui\n0102030405060708\n",
	    "needs dev_eui and one of root_key" },
	{ "two_key_columns", "dev_eui,app_key,gen_app_key\n",
	    "two columns of root keys" },
	{ "no_row", "dev_eui,root_key\n", "holds no device" },
	{ "dev_eui_of_7_bytes", "dev_eui,root_key\n01020304050607," KEY_1,
	    "line 2: DevEUI has 14 characters" },
	{ "dev_eui_of_9_bytes", "dev_eui,root_key\n010203040506070809," KEY_1,
	    "line 2: DevEUI has 18 characters" },
	{ "dev_eui_that_is_no_hex", "dev_eui,root_key\n01020304050607xx," KEY_1,
	    "not hex digits" },
	{ "dev_eui_twice",
	    "dev_eui,root_key\n0102030405060708," KEY_1
	    "\n0102030405060709," KEY_1 "\n0102030405060708," KEY_2,
	    "DevEUI 0102030405060708 is there twice, as devices 1 and 3" },
	{ "dev_eui_twice_in_other_case",
	    "dev_eui,root_key\nABCDEF0102030405," KEY_1
	    "\nabcdef0102030405," KEY_2,
	    "is there twice, as devices 1 and 2" },
	{ "key_of_15_bytes",
	    "dev_eui,root_key\n0102030405060708,"
	    "000102030405060708090a0b0c0d0e",
	    "line 2: root key has 30 characters" },
	{ "key_of_17_bytes", "dev_eui,root_key\n0102030405060708," KEY_1 "10",
	    "line 2: root key has 34 characters" },
	{ "cell_too_few", "dev_eui,root_key\n0102030405060708\n",
	    "fewer cells" },
	{ "cell_too_many", "dev_eui,root_key\n0102030405060708," KEY_1 ",x\n",
	    "more cells" },
	{ "lorawan_2", "dev_eui,root_key,lorawan\n0102030405060708," KEY_1 ",2",
	    "lorawan is not 1.0 or 1.1" },
	{ "name_with_a_slash",
	    "dev_eui,root_key,name\n0102030405060708," KEY_1 ",a/b",
	    "topics cannot carry" },
};

static void
csv_is_refused(void **state)
{
	const struct csv_row *row = *state;
	struct fuota_device_list devices = { 0 };
	struct fuota_error err;

	assert_int_not_equal(
	    FUOTA_OK, fuota_devices_parse(in_of(row->text), &devices, &err));
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	assert_null(strstr(err.message, "0a0b"));
	assert_null(devices.device);
}

static void
csv_is_read(void **state)
{
	struct fuota_device_list devices;

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_devices_parse(
		in_of("name, dev_eui ,site,app_key,lorawan\r\n"
		      "pump-1, 0102030405060708,x," KEY_1 ",\r\n"
		      "\r\n"
		      ",fffefdfcfbfaf9f8,y," KEY_2 ",1.0\r\n"),
		&devices, NULL));
	assert_int_equal(2, devices.count);
	assert_string_equal("pump-1", devices.device[0].name);
	assert_true(devices.device[0].has_root_kind);
	assert_int_equal(FUOTA_ROOT_APP_KEY, devices.device[0].root_kind);
	assert_int_equal(FUOTA_ROOT_GEN_APP_KEY, devices.device[1].root_kind);
	assert_int_equal(0xf8, devices.device[1].dev_eui[7]);
	assert_int_equal(0xff, devices.device[1].root_key.bytes[0]);
	fuota_devices_free(&devices);
}

/* --- campaign files -------------------------------------------------------*/

#define HEAD \
	"schema: fuota-campaign/1\nname: sensor-1.3\nregion: EU868\n" \
	"mc_addr: \"01020304\"\n"
#define TIMES "now: 2026-11-30T12:00:00Z\nstart: 2026-12-01T02:00:00Z\n"

static const struct yaml_row {
	const char *name, *text, *says;
} yaml_rows[] = {
	{ "nothing", "", "is empty" },
	{ "no_mapping", "- 1\n", "not a mapping" },
	{ "broken_yaml", "a: [\n", "line 2" },
	{ "two_documents", HEAD TIMES "data_rate: 0\n---\na: 1\n",
	    "more than one YAML document" },
	{ "key_twice", HEAD TIMES "data_rate: 0\ndata_rate: 1\n",
	    "line 8: 'data_rate' is given twice" },
	{ "unknown_key", HEAD "datarate: 0\n", "unknown key 'datarate'" },
	{ "list_as_value", HEAD "data_rate: [0]\n", "not a key and a plain" },
	{ "other_schema", "schema: fuota-campaign/2\n",
	    "schema is 'fuota-campaign/2', not fuota-campaign/1" },
	{ "no_data_rate", HEAD TIMES, "the key 'data_rate' is missing" },
	{ "unknown_region",
	    "schema: fuota-campaign/1\nname: x\nregion: EU999\n",
	    "region is 'EU999', not a region" },
	{ "frequency_not_a_multiple_of_100_hz",
	    HEAD TIMES "data_rate: 0\nfrequency: 869525050\n",
	    "line 8: frequency 869525050 Hz is not a multiple of 100 Hz" },
	{ "uplink_data_rate",
	    "schema: fuota-campaign/1\nname: x\nregion: US915\nmc_addr: "
	    "\"01020304\"\n" TIMES "data_rate: 3\n",
	    "line 7: " },
	{ "start_in_the_past",
	    HEAD "data_rate: 0\nnow: 2026-11-30T12:00:00Z\nstart: "
		 "2026-11-30T11:59:00Z\n",
	    "start is in the past, 60 s before now" },
	{ "class_b_start_off_the_beacon",
	    HEAD "data_rate: 3\nclass: B\nnow: gps:1479600000\nstart: "
		 "gps:1480000100\n",
	    "is 100 s too late (gps:1480000000 would do)" },
	{ "end_before_start",
	    HEAD TIMES "data_rate: 0\nend: "
		       "2026-12-01T01:00:00Z\n",
	    "end is not after start" },
	{ "address_of_7_digits", "mc_addr: \"1020304\"\n",
	    "mc_addr is '1020304', not 8 hex digits" },
	{ "group_four", HEAD "mc_group_id: 4\n", "not a number in range" },
	{ "duty_cycle_without_percent", HEAD "duty_cycle: 10\n",
	    "not a share like 10%" },
	{ "counters_backwards",
	    HEAD TIMES "data_rate: 0\nmin_mc_fcnt: 5\nmax_mc_fcnt: 5\n",
	    "min_mc_fcnt 5 is not below" },
	{ "frequency_zero_in_class_c",
	    HEAD TIMES "data_rate: 0\nfrequency: 0\n",
	    "frequency 0 has no meaning in class C" },
	{ "name_with_quotes", "name: 'a\"b'\n", "printable text" },
};

static void
campaign_is_refused(void **state)
{
	const struct yaml_row *row = *state;
	struct fuota_campaign campaign;
	struct fuota_error err;

	const enum fuota_status status =
	    fuota_campaign_parse(in_of(row->text), &campaign, &err);
	assert_in_range(status, FUOTA_E_FORMAT, FUOTA_E_TOO_LARGE);
	if (strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
}

/* --- plans and scripts ----------------------------------------------------*/

/* A script over a block of n fragments, of devices with keys 1, 2, ... */
struct fixture {
	struct fuota_campaign campaign;
	struct fuota_profile profile;
	struct fuota_device_list devices;
	struct fuota_frag_session session;
	struct fuota_out block, commands;
	struct fuota_script script;
};

static void
set_up(struct fixture *f, const char *yaml, const char *profile, size_t devices,
    uint16_t nb_frag, uint8_t frag_size)
{
	struct fuota_error err;

	memset(f, 0, sizeof(*f));
	if (fuota_campaign_parse(in_of(yaml), &f->campaign, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	f->profile = *fuota_profile_find(profile);
	f->devices.device = check_alloc(devices * sizeof(*f->devices.device));
	f->devices.count = devices;
	for (size_t i = 0; i < devices; i++) {
		f->devices.device[i].dev_eui[6] = (uint8_t)(i >> 8);
		f->devices.device[i].dev_eui[7] = (uint8_t)i;
		f->devices.device[i].root_key.bytes[0] = (uint8_t)(i + 1);
	}
	f->block =
	    check_sha256_counter("campaign", (size_t)nb_frag * frag_size - 1);
	f->session.edition = f->profile.ts004;
	f->session.frag_size = frag_size;
	f->session.redundancy = 4;
	f->session.mc_group_bit_mask = 1;
	f->session.block_ack_delay = 2;
	assert_int_equal(
	    FUOTA_OK, fuota_frag_split(check_in(&f->block), &f->session, NULL));
	const uint16_t count = (uint16_t)(nb_frag + 4);
	f->commands = check_out(fuota_frag_bound(&f->session, count));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(&f->session, check_in(&f->block), 1, count,
		&f->commands, NULL));
	f->script = (struct fuota_script){ .campaign = &f->campaign,
		.profile = &f->profile,
		.devices = &f->devices,
		.session = &f->session,
		.commands = check_in(&f->commands),
		.block = check_in(&f->block),
		.mc_key = { { 0x11 } },
		.session_cnt = 9 };
}

static void
tear_down(struct fixture *f)
{
	free(f->devices.device);
	free(f->block.data);
	free(f->commands.data);
}

#define SMALL HEAD TIMES "data_rate: 0\n"

static const struct plan_row {
	const char *name, *yaml, *profile;
	size_t devices;
	uint16_t nb_frag;
	uint8_t frag_size;
	enum fuota_status status;
	const char *says;
} plan_rows[] = {
	{ "fits", SMALL, "lbm-v2", 3, 100, 48, FUOTA_OK, NULL },
	{ "nb_frag_above_the_profile", SMALL, "lbm-v2", 3, 101, 48,
	    FUOTA_E_LIMIT, "profile lbm-v2 takes at most 100" },
	{ "frag_size_above_the_data_rate", SMALL, "lbm-v2", 3, 20, 49,
	    FUOTA_E_LIMIT, "data rate 0 of EU868 takes at most 48" },
	{ "frag_size_not_a_multiple", SMALL, "zephyr-lowmem", 3, 20, 47,
	    FUOTA_E_LIMIT, "needs a multiple of 8" },
	{ "set_up_does_not_fit", SMALL, "lbm-v2", 4000, 20, 48, FUOTA_E_LIMIT,
	    "does not fit its window: set-up of 4000 devices takes" },
	{ "class_c_session_is_too_long", SMALL, "fuota-device", 3, 1200, 48,
	    FUOTA_E_LIMIT,
	    "a class C session lasts at most 32768; 'sessions: 2' splits" },
	{ "two_sessions_are_enough", SMALL "sessions: 2\n", "fuota-device", 3,
	    1200, 48, FUOTA_OK, NULL },
	{ "two_sessions_are_too_few", SMALL "sessions: 2\n", "fuota-device", 3,
	    2400, 48, FUOTA_E_LIMIT, "'sessions: 3' splits" },
	{ "sessions_must_end_in_time",
	    SMALL "sessions: 2\nend: 2026-12-01T19:00:00Z\n", "fuota-device", 3,
	    1200, 48, FUOTA_E_LIMIT, "does not fit its window: the last" },
	{ "session_too_short_for_one_fragment",
	    SMALL "min_interval_ms: 3600000\nsession_margin: 32768\n", "lbm-v2",
	    3, 20, 48, FUOTA_E_LIMIT, "too short for one fragment" },
	{ "end_comes_too_early", SMALL "end: 2026-12-01T03:00:00Z\n", "lbm-v2",
	    3, 100, 48, FUOTA_E_LIMIT, "does not fit its window: the last" },
	{ "class_b_on_a_stack_without_it",
	    HEAD "data_rate: 3\nclass: B\nnow: gps:1479600000\nstart: "
		 "gps:1480000000\n",
	    "loramac-node", 3, 20, 48, FUOTA_E_LIMIT,
	    "do not run class B multicast" },
	{ "group_one_on_loramac_node", SMALL "mc_group_id: 1\n", "loramac-node",
	    3, 20, 48, FUOTA_E_LIMIT,
	    "devices of profile loramac-node need 0" },
	{ "frag_index_one_on_a_single_session", SMALL "frag_index: 1\n",
	    "loramac-node", 3, 20, 48, FUOTA_E_LIMIT,
	    "FragIndex 1: devices of profile loramac-node take 0 only" },
	{ "other_frag_index", SMALL "frag_index: 1\n", "lbm-v2", 3, 20, 48,
	    FUOTA_E_FORMAT, "fragment 1 has FragIndex 0, the campaign 1" },
	{ "frag_index_of_the_network_server", SMALL "network_server: aws\n",
	    "lbm-v2", 3, 20, 48, FUOTA_E_FORMAT,
	    "'fuota-frag --frag-index 1' makes such fragments" },
	{ "frag_index_in_spite_of_the_network_server",
	    SMALL "network_server: aws\nfrag_index: 0\n", "lbm-v2", 3, 20, 48,
	    FUOTA_OK, NULL },
	{ "network_server_without_a_frag_index", SMALL "network_server: tts\n",
	    "lbm-v2", 3, 20, 48, FUOTA_OK, NULL },
	{ "counters_too_few", SMALL "max_mc_fcnt: 10\n", "lbm-v2", 3, 20, 48,
	    FUOTA_E_LIMIT, "the group's counters 0 to 10 are fewer" },
};

static void
plan_is_made_or_refused(void **state)
{
	const struct plan_row *row = *state;
	struct fixture f;
	struct fuota_script_plan plan;
	struct fuota_error err = { 0 };

	set_up(&f, row->yaml, row->profile, row->devices, row->nb_frag,
	    row->frag_size);
	const enum fuota_status status =
	    fuota_script_plan(&f.script, &plan, &err);
	if (status != row->status)
		fail_msg("status %d: %s", status, err.message);
	if (row->says != NULL && strstr(err.message, row->says) == NULL)
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	tear_down(&f);
}

static void
other_edition_is_refused(void **state)
{
	struct fixture f;
	struct fuota_script_plan plan;
	struct fuota_error err;

	(void)state;
	set_up(&f, SMALL, "lbm-v2", 3, 20, 48);
	f.profile = *fuota_profile_find("lbm-v1");
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_script_plan(&f.script, &plan, &err));
	assert_non_null(strstr(err.message,
	    "fragments are TS004 2.0.0, profile lbm-v1 takes 1.0.0"));
	tear_down(&f);
}

static void
uncoded_after_coded_is_refused(void **state)
{
	struct fixture f;
	struct fuota_script_plan plan;
	struct fuota_error err;
	uint8_t first[51];

	(void)state;
	set_up(&f, SMALL, "lbm-v2", 3, 20, 48);
	memcpy(first, f.commands.data, sizeof(first));
	memmove(f.commands.data, f.commands.data + sizeof(first),
	    f.commands.len - sizeof(first));
	memcpy(f.commands.data + f.commands.len - sizeof(first), first,
	    sizeof(first));
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_script_plan(&f.script, &plan, &err));
	assert_non_null(strstr(err.message, "fragment 1 follows 24"));
	tear_down(&f);
}

/* --- servers that cut the block themselves --------------------------------*/

static const struct server_row {
	const char *name, *server, *yaml, *profile;
	enum fuota_ts004 edition;
	uint16_t nb_frag;
	const char *says; /* NULL: taken */
} server_rows[] = {
	{ "chirpstack", "chirpstack", SMALL, "lbm-v2", FUOTA_TS004_V2, 20,
	    NULL },
	{ "aws_uses_index_1", "aws", SMALL, "lbm-v2", FUOTA_TS004_V2, 20,
	    NULL },
	{ "aws_and_a_stack_with_one_session", "aws", SMALL, "loramac-node",
	    FUOTA_TS004_V1, 20,
	    "FragIndex 1 of AWS: devices of profile loramac-node take 0" },
	{ "aws_and_another_frag_index", "aws", SMALL "frag_index: 0\n",
	    "lbm-v2", FUOTA_TS004_V2, 20,
	    "AWS uses FragIndex 1, the campaign says 0" },
	{ "chirpstack_and_another_frag_index", "chirpstack",
	    SMALL "frag_index: 2\n", "lbm-v2", FUOTA_TS004_V2, 20,
	    "ChirpStack uses FragIndex 0, the campaign says 2" },
	{ "group_1", "thingpark", SMALL "mc_group_id: 1\n", "lbm-v2",
	    FUOTA_TS004_V2, 20, "ThingPark uses McGroupID 0" },
	{ "rows_by_absolute_number", "chirpstack", SMALL, "lbm-v2",
	    FUOTA_TS004_V2_ABSN, 20, "not of 2.0.0-absN" },
	{ "two_sessions", "chirpstack", SMALL "sessions: 2\n", "fuota-device",
	    FUOTA_TS004_V1, 1200,
	    "ChirpStack has one class session, the fragments take 2" },
};

static void
server_takes_or_refuses(void **state)
{
	const struct server_row *row = *state;
	struct fixture f;
	struct fuota_script_plan plan;
	struct fuota_error err = { 0 };

	set_up(&f, row->yaml, row->profile, 3, row->nb_frag, 48);
	f.profile.ts004 = f.session.edition = row->edition;
	f.script.server = fuota_network_server_find(row->server);
	assert_non_null(f.script.server);
	const enum fuota_status status =
	    fuota_script_plan(&f.script, &plan, &err);
	if (row->says == NULL) {
		assert_int_equal(FUOTA_OK, status);
		assert_int_equal(f.script.server->frag_index, plan.frag_index);
	} else if (status != FUOTA_E_LIMIT ||
	    strstr(err.message, row->says) == NULL) {
		fail_msg("'%s' does not say '%s'", err.message, row->says);
	}
	tear_down(&f);
}

/* The example of the regional reference: SF12, 64 bytes, 10 %, 27.9 s. */
static void
fragments_keep_the_duty_cycle(void **state)
{
	struct fixture f;
	struct fuota_script_plan plan;

	(void)state;
	set_up(&f, SMALL, "fuota-device", 1, 417, 48);
	assert_int_equal(FUOTA_OK, fuota_script_plan(&f.script, &plan, NULL));
	assert_int_equal(2793472, plan.fragment_airtime_us);
	assert_int_equal(27935000, plan.fragment_interval_us);
	assert_int_equal(421, plan.fragments);
	assert_int_equal(14, plan.time_out); /* 11761 s and the margin */
	/* BlockAckDelay 2: up to 64 s before the first status request */
	assert_int_equal(plan.fragments_end_ms + 64000, plan.status_start_ms);
	tear_down(&f);
}

/* --- several class sessions -----------------------------------------------*/

struct windows {
	const struct fixture *f;
	const struct fuota_script_plan *plan;
	size_t asked; /* devices, for the window that comes */
	uint32_t gps; /* of its start */
	uint64_t last_ms, answers_ms;
	uint64_t end_ms; /* of the last window */
	size_t windows, fragments;
};

/* Every device is asked, and can answer, before the first fragment. */
static void
open_window(struct windows *w, const struct fuota_script_line *line)
{
	const uint64_t start_ms = UINT64_C(1000) *
	    (w->gps + FUOTA_GPS_UNIX_OFFSET - FUOTA_LEAP_SECONDS);

	assert_int_equal(w->f->devices.count, w->asked);
	assert_int_equal(start_ms, line->at_ms);
	assert_true(w->answers_ms <= start_ms);
	w->asked = 0;
	w->windows++;
	w->end_ms = start_ms +
	    (UINT64_C(1000) << w->plan->time_out) *
		(w->f->campaign.device_class == FUOTA_CLASS_B ? 128 : 1);
}

static enum fuota_status
watch_windows(const struct fuota_script_line *line, void *ctx)
{
	struct windows *w = ctx;

	assert_true(line->at_ms >= w->last_ms);
	if (line->device == NULL) {
		if (w->asked > 0)
			open_window(w, line);
		assert_int_equal(++w->fragments, line->n);
		assert_true(
		    line->at_ms + w->plan->fragment_interval_us / 1000 <=
		    w->end_ms);
	} else if (fuota_command_get(line->command, "SessionTime", &w->gps)) {
		/* the window before is closed */
		assert_true(line->at_ms >= w->end_ms);
		w->asked++;
		w->answers_ms = line->expect_by_ms;
	}
	w->last_ms = line->at_ms;
	return FUOTA_OK;
}

static const struct split_row {
	const char *name, *yaml;
	uint16_t nb_frag;
	uint32_t sessions;
} split_rows[] = {
	{ "one", SMALL, 400, 1 },
	{ "two_in_class_c", SMALL "sessions: 9\n", 1500, 2 },
	{ "eleven_in_class_c",
	    SMALL "sessions: 16383\nmin_interval_ms: 3600000\n", 90, 11 },
	{ "one_fragment_in_each",
	    SMALL "sessions: 16383\nmin_interval_ms: 3600000\n"
		  "session_margin: 29000\n",
	    7, 11 },
	{ "two_in_class_b",
	    HEAD "data_rate: 3\nclass: B\nnow: gps:1479600000\nstart: "
		 "gps:1480000000\nsessions: 5\nmin_interval_ms: 3600000\n",
	    1500, 2 },
};

static void
fragments_keep_to_their_sessions(void **state)
{
	const struct split_row *row = *state;
	struct fixture f;
	struct fuota_script_plan plan;
	struct fuota_error err;

	set_up(&f, row->yaml, "fuota-device", 5, row->nb_frag, 48);
	if (fuota_script_plan(&f.script, &plan, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	struct windows w = { .f = &f, .plan = &plan };
	assert_int_equal(row->sessions, plan.sessions);
	assert_int_equal(FUOTA_OK,
	    fuota_script_write(&f.script, &plan, watch_windows, &w, &err));
	assert_int_equal(row->sessions, w.windows);
	assert_int_equal(plan.fragments, w.fragments);
	assert_true(w.last_ms < plan.status_end_ms);
	tear_down(&f);
}

struct seen {
	const struct fixture *f;
	size_t lines, fragments;
	uint64_t last_ms;
	char commands[32][32]; /* of the first device, in order */
	size_t commands_count;
	struct fuota_out setup; /* FragSessionSetupReq of the first device */
	struct fuota_out group;
};

static enum fuota_status
look(const struct fuota_script_line *line, void *ctx)
{
	struct seen *seen = ctx;

	seen->lines++;
	if (line->device == NULL) {
		assert_int_equal(201, line->fport);
		assert_int_equal(++seen->fragments, line->n);
		const bool last = seen->fragments ==
		    seen->f->session.nb_frag + seen->f->session.redundancy;
		assert_int_equal(
		    last && seen->f->profile.ts004 == FUOTA_TS004_V2,
		    line->expect != NULL);
		assert_true(line->at_ms >= seen->last_ms);
		seen->last_ms = line->at_ms;
		return FUOTA_OK;
	}
	assert_non_null(line->expect);
	assert_true(line->expect_by_ms > line->at_ms);
	assert_true(line->at_ms >= seen->last_ms);
	seen->last_ms = line->at_ms;
	if (line->device != &seen->f->devices.device[0])
		return FUOTA_OK;
	const char *name = line->command->spec->name;
	strcpy(seen->commands[seen->commands_count++], name);
	if (strcmp(name, "FragSessionSetupReq") == 0)
		memcpy(seen->setup.data, line->frame.data,
		    seen->setup.len = line->frame.len);
	if (strcmp(name, "McGroupSetupReq") == 0)
		memcpy(seen->group.data, line->frame.data,
		    seen->group.len = line->frame.len);
	return FUOTA_OK;
}

static void
run_script(struct fixture *f, struct seen *seen)
{
	struct fuota_script_plan plan;
	struct fuota_error err;

	seen->f = f;
	seen->setup = check_out(300);
	seen->group = check_out(300);
	if (fuota_script_plan(&f->script, &plan, &err) != FUOTA_OK ||
	    fuota_script_write(&f->script, &plan, look, seen, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	assert_int_equal(plan.fragments, seen->fragments);
	assert_int_equal(plan.fragments +
		(size_t)(plan.setup_steps + plan.status_steps) *
		    f->devices.count,
	    seen->lines);
	assert_true(seen->last_ms < plan.status_end_ms);
}

static void
assert_commands(const struct seen *seen, const char *const *names, size_t count)
{
	assert_int_equal(count, seen->commands_count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(names[i], seen->commands[i]);
}

/* LoRaMac-node: no group status, delete before set-up. */
static void
script_for_version_1_devices(void **state)
{
	static const char *const want[] = { "ForceDeviceResyncReq",
		"PackageVersionReq", "PackageVersionReq", "PackageVersionReq",
		"PackageVersionReq", "DevVersionReq", "McGroupSetupReq",
		"FragSessionDeleteReq", "FragSessionSetupReq",
		"McClassCSessionReq", "FragSessionStatusReq",
		"DevUpgradeImageReq", "DevVersionReq" };
	struct seen seen = { 0 };
	struct fixture f;

	(void)state;
	set_up(&f, SMALL, "loramac-node", 5, 20, 48);
	run_script(&f, &seen);
	assert_commands(&seen, want, CHECK_COUNT(want));
	assert_int_equal(11, seen.setup.len);
	free(seen.setup.data);
	free(seen.group.data);
	tear_down(&f);
}

static void
script_for_version_2_devices(void **state)
{
	static const char *const want[] = { "ForceDeviceResyncCmd",
		"MultiPackageDownlink", "DevVersionReq", "McGroupSetupReq",
		"FragSessionSetupReq", "McClassCSessionReq",
		"FragSessionStatusReq", "DevUpgradeImageReq",
		"DevRebootCountdownReq", "DevVersionReq" };
	struct seen seen = { 0 };
	struct fixture f;
	struct fuota_device_keys keys;
	struct fuota_aes_key mc_key;
	uint8_t mic[4];

	(void)state;
	set_up(&f, SMALL "reboot_countdown: 60\nreboot_spread: 600\n", "lbm-v2",
	    5, 20, 48);
	run_script(&f, &seen);
	assert_commands(&seen, want, CHECK_COUNT(want));

	/* what the device makes of it */
	assert_int_equal(17, seen.setup.len);
	assert_int_equal(9, seen.setup.data[11]);
	assert_int_equal(FUOTA_OK,
	    fuota_device_keys(&f.devices.device[0].root_key,
		FUOTA_ROOT_GEN_APP_KEY, &keys, NULL));
	struct fuota_block_mic header = { .session_cnt = 9 };
	memcpy(header.descriptor, seen.setup.data + 7, 4);
	assert_int_equal(FUOTA_OK,
	    fuota_block_mic(&keys.data_block_int_key, &header,
		check_in(&f.block), mic, NULL));
	assert_memory_equal(mic, seen.setup.data + 13, 4);
	assert_int_equal(FUOTA_OK,
	    fuota_mckey_unwrap(
		&keys.mc_ke_key, seen.group.data + 6, &mc_key, NULL));
	assert_memory_equal(&f.script.mc_key, &mc_key, sizeof(mc_key));
	free(seen.setup.data);
	free(seen.group.data);
	tear_down(&f);
}

static enum fuota_status
stop_at_ten(const struct fuota_script_line *line, void *ctx)
{
	size_t *lines = ctx;

	(void)line;
	return ++*lines == 10 ? FUOTA_E_IO : FUOTA_OK;
}

static void
callback_ends_the_script(void **state)
{
	struct fixture f;
	struct fuota_script_plan plan;
	size_t lines = 0;

	(void)state;
	set_up(&f, SMALL, "lbm-v2", 5, 20, 48);
	assert_int_equal(FUOTA_OK, fuota_script_plan(&f.script, &plan, NULL));
	assert_int_equal(FUOTA_E_IO,
	    fuota_script_write(&f.script, &plan, stop_at_ten, &lines, NULL));
	assert_int_equal(10, lines);
	tear_down(&f);
}

/* python3: hashlib.sha256(b"fuota-descriptor-1\0" + facts).digest()[:4] */
static void
descriptor_is_the_documented_hash(void **state)
{
	uint8_t descriptor[4];
	struct fuota_out want = check_hex("7d027198");

	(void)state;
	fuota_campaign_descriptor(in_of("any other data"), descriptor);
	assert_memory_equal(want.data, descriptor, 4);
	free(want.data);
	const struct fuota_in image =
	    check_file("tests/golden/good/in-place.fuota");
	want = check_hex("408116f9");
	fuota_campaign_descriptor(image, descriptor);
	assert_memory_equal(want.data, descriptor, 4);
	free(want.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_of_gps_1400000000),
		cmocka_unit_test(times_that_are_none),
		cmocka_unit_test(csv_is_read),
		cmocka_unit_test(other_edition_is_refused),
		cmocka_unit_test(uncoded_after_coded_is_refused),
		cmocka_unit_test(fragments_keep_the_duty_cycle),
		cmocka_unit_test(script_for_version_1_devices),
		cmocka_unit_test(script_for_version_2_devices),
		cmocka_unit_test(callback_ends_the_script),
		cmocka_unit_test(descriptor_is_the_documented_hash),
	};

	int failed = CHECK_ROWS(csv_rows, csv_is_refused);
	failed += CHECK_ROWS(yaml_rows, campaign_is_refused);
	failed += CHECK_ROWS(plan_rows, plan_is_made_or_refused);
	failed += CHECK_ROWS(server_rows, server_takes_or_refuses);
	failed += CHECK_ROWS(split_rows, fragments_keep_to_their_sessions);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
