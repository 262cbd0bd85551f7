/* SPDX-License-Identifier: BSD-2-Clause */
#include "selftest.h"

#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "cbor.h"
#include "clock.h"
#include "config.h"
#include "console.h"
#include "crc.h"
#include "curve.h"
#include "filter.h"
#include "mac.h"
#include "payload.h"
#include "platform.h"
#include "remote.h"
#include "ringlog.h"
#include "sensors.h"

static bool
crc_check_values(void)
{
	static const uint8_t word[2] = { 0xbe, 0xef };

	return crc32("123456789", 9) == 0xcbf43926u && crc8(word, 2) == 0x92;
}

/* Patterns and addresses over a block of RAM. */
static bool
ram_march(void)
{
	static volatile uint32_t block[64];

	for (unsigned i = 0; i < 64; i++)
		block[i] = 0x55555555u ^ i;
	for (unsigned i = 0; i < 64; i++) {
		if (block[i] != (0x55555555u ^ i))
			return false;
		block[i] = ~(0x55555555u ^ i);
	}
	for (unsigned i = 64; i-- > 0;)
		if (block[i] != ~(0x55555555u ^ i))
			return false;
	return true;
}

static bool
rises(const struct curve *curve)
{
	for (unsigned i = 1; i < CURVE_POINTS; i++)
		if (curve->y[i] < curve->y[i - 1])
			return false;
	return true;
}

static bool
curves_rise(void)
{
	return rises(&curve_ntc) && rises(&curve_light) &&
	    rises(&curve_battery) && rises(&curve_co2);
}

static bool
curve_between_points(void)
{
	static const struct curve ramp = { "ramp", { 0, 640, 1280 } };

	return curve_at(&ramp, 0) == 0 && curve_at(&ramp, 32) == 320 &&
	    curve_at(&ramp, 65) == 650;
}

static bool
median_drops_outlier(void)
{
	struct median median = { 0 };

	for (unsigned i = 0; i < MEDIAN_TAPS; i++)
		median_feed(&median, 100);
	return median_feed(&median, 9000) == 100;
}

static bool
lowpass_settles(void)
{
	struct lowpass lowpass = { .shift = 2 };
	int32_t y = lowpass_feed(&lowpass, 0);

	for (unsigned i = 0; i < 60; i++)
		y = lowpass_feed(&lowpass, -1000);
	return y <= -998 && y >= -1000;
}

/* Butterworth, a tenth of the sampling rate; gain 1 at zero. */
static bool
biquad_keeps_level(void)
{
	struct biquad f = { 1105, 2210, 1105, -18727, 6763, 0, 0, 0, 0 };
	int32_t y = 0;

	for (unsigned i = 0; i < 100; i++)
		y = biquad_feed(&f, 10000);
	return y > 9900 && y < 10100;
}

static bool
summary_of_known_set(void)
{
	static const int32_t set[] = { 2, 4, 4, 4, 5, 5, 7, 9 };
	struct summary s = { 0 };

	for (unsigned i = 0; i < 8; i++)
		summary_feed(&s, set[i]);
	const double deviation = summary_deviation(&s);
	return s.mean > 4.999 && s.mean < 5.001 && deviation > 2.13 &&
	    deviation < 2.15 && s.min == 2 && s.max == 9;
}

/* RFC 8949 appendix A. */
static bool
cbor_appendix_a(void)
{
	static const uint8_t want[] = { 0x18, 0x64, 0x19, 0x03, 0xe8, 0x1a,
		0x00, 0x0f, 0x42, 0x40, 0x39, 0x03, 0xe7, 0xf5, 0x64, 'I', 'E',
		'T', 'F', 0x83, 0xa2, 0x44, 1, 2, 3, 4 };
	static const uint8_t four[] = { 1, 2, 3, 4 };
	uint8_t data[40];
	struct cbor cbor = { .data = data, .size = sizeof(data) };

	cbor_uint(&cbor, 100);
	cbor_uint(&cbor, 1000);
	cbor_uint(&cbor, 1000000);
	cbor_int(&cbor, -1000);
	cbor_bool(&cbor, true);
	cbor_text(&cbor, "IETF");
	cbor_array(&cbor, 3);
	cbor_map(&cbor, 2);
	cbor_bytes(&cbor, four, sizeof(four));
	return cbor.len == sizeof(want) && memcmp(data, want, cbor.len) == 0;
}

/* Cayenne's example: 27.2 and 25.5 degrees. */
static bool
lpp_example(void)
{
	static const uint8_t want[] = { 3, 0x67, 0x01, 0x10, 5, 0x67, 0, 0xff };
	uint8_t data[8];

	return lpp_item(3, 103, 2720, 2, data, 4) == 4 &&
	    lpp_item(5, 103, 255, 1, data + 4, 4) == 4 &&
	    lpp_item(5, 103, 255, 1, data, 3) == 0 &&
	    memcmp(data, want, sizeof(want)) == 0;
}

static bool
calendar_leap_day(void)
{
	char text[24];

	/* GPS 1261872018 = 2020-01-01; 59 days on is the leap day. */
	clock_text(1261872018u + 59u * 86400u, text, sizeof(text));
	return strcmp(text, "2020-02-29T00:00:00Z") == 0;
}

/* A torn newest record must bring back the one before. */
static bool
config_survives_torn_record(void)
{
	const struct config before = config;
	static const uint8_t zeros[8];

	config.interval = 1234;
	if (!config_save())
		return false;
	config.interval = 4321;
	if (!config_save())
		return false;
	const unsigned newest =
	    memcmp(nvm_page(0) + 12, &config.interval, 4) == 0 ? 0 : 1;
	if (!nvm_program(newest, 16, zeros, sizeof(zeros)))
		return false;
	const bool found = config_load() && config.interval == 1234;
	nvm_erase(0);
	nvm_erase(1);
	config = before;
	return found && config_save();
}

static bool
setting_out_of_range_refused(void)
{
	const size_t i = config_find("interval");

	return i < settings_count && !config_set(i, 59) &&
	    !config_set(i, 86401) && config_find("nothing") == settings_count;
}

static bool
log_keeps_the_newest(void)
{
	ringlog_clear();
	for (uint32_t i = 0; i < RINGLOG_SIZE + 5; i++)
		ringlog_add(LOG_BOOT, i, 0);
	const bool kept = ringlog_count() == RINGLOG_SIZE &&
	    ringlog_at(0)->a == 5 &&
	    ringlog_at(RINGLOG_SIZE - 1)->a == RINGLOG_SIZE + 4;
	ringlog_clear();
	return kept;
}

static bool
broken_bus_is_noticed(void)
{
	const uint32_t before = sensors_failures(SENSOR_HUMIDITY);

	bus_break(BUS_HUMIDITY, 2);
	sensors_sample(clock_now());
	const bool noticed = !sensors_latest(SENSOR_HUMIDITY).valid &&
	    sensors_failures(SENSOR_HUMIDITY) == before + 1;
	sensors_sample(clock_now());
	return noticed && sensors_latest(SENSOR_HUMIDITY).valid;
}

static bool
slower_rates_need_longer(void)
{
	for (uint8_t rate = 1; rate < 6; rate++)
		if (mac_air_ms(rate, 20) >= mac_air_ms(rate - 1, 20))
			return false;
	return true;
}

static bool
line_is_split(void)
{
	char line[] = " modem  \"AT+VER? \" x";
	char *words[CONSOLE_WORDS_MAX];

	return console_split(line, words) == 3 &&
	    strcmp(words[1], "AT+VER? ") == 0 && strcmp(words[2], "x") == 0;
}

/* TS006: DevVersionReq is answered with both versions. */
static bool
version_is_reported(void)
{
	static const uint8_t request[] = { 0x01 };
	uint8_t data[16], port;

	remote_downlink(REMOTE_PORT_TS006, request, sizeof(request));
	return remote_answer(&port, data, sizeof(data)) == 9 &&
	    port == REMOTE_PORT_TS006 && data[0] == 1 &&
	    memcmp(data + 1, &identity.fw_version, 4) == 0 &&
	    memcmp(data + 5, &identity.hw_id, 4) == 0;
}

static const struct test {
	const char *name;
	bool (*passes)(void);
} tests[] = {
	{ "check values of both CRCs", crc_check_values },
	{ "RAM march", ram_march },
	{ "calibration curves rise", curves_rise },
	{ "curve between two points", curve_between_points },
	{ "median drops an outlier", median_drops_outlier },
	{ "low-pass settles", lowpass_settles },
	{ "biquad keeps a level", biquad_keeps_level },
	{ "summary of a known set", summary_of_known_set },
	{ "CBOR of RFC 8949 appendix A", cbor_appendix_a },
	{ "LPP example", lpp_example },
	{ "leap day", calendar_leap_day },
	{ "torn configuration record", config_survives_torn_record },
	{ "setting out of range", setting_out_of_range_refused },
	{ "log keeps the newest", log_keeps_the_newest },
	{ "broken bus is noticed", broken_bus_is_noticed },
	{ "slower rates need longer", slower_rates_need_longer },
	{ "console line is split", line_is_split },
	{ "TS006 version report", version_is_reported },
};
#define TEST_COUNT (sizeof(tests) / sizeof(tests[0]))

unsigned
selftest_run(bool verbose)
{
	unsigned failed = 0;

	for (size_t i = 0; i < TEST_COUNT; i++) {
		const bool passed = tests[i].passes();
		if (!passed)
			failed++;
		if (verbose || !passed)
			printf("%-32s %s\n", tests[i].name,
			    passed ? "ok" : "FAILED");
	}
	printf("self test: %u of %u passed\n", (unsigned)(TEST_COUNT - failed),
	    (unsigned)TEST_COUNT);
	return failed;
}
