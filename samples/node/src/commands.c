/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm.h"
#include "clock.h"
#include "config.h"
#include "curve.h"
#include "mac.h"
#include "modem.h"
#include "node.h"
#include "payload.h"
#include "platform.h"
#include "ringlog.h"
#include "selftest.h"
#include "sensors.h"
#include "version.h"

struct command {
	const char *name;
	const char *arguments;
	const char *help;
	void (*run)(int count, char *words[]);
	int words_min;
};

static void
run_version(int count, char *words[])
{
	(void)count;
	(void)words;
	printf("sensor node %s (0x%08lx) for hardware 0x%08lx\n",
	    NODE_VERSION_TEXT, (unsigned long)identity.fw_version,
	    (unsigned long)identity.hw_id);
}

static double
scaled(double value, unsigned decimals)
{
	while (decimals-- > 0)
		value /= 10;
	return value;
}

static void
run_read(int count, char *words[])
{
	(void)count;
	(void)words;
	sensors_sample(clock_now());
	for (unsigned i = 0; i < SENSOR_COUNT; i++) {
		const struct sensor *sensor = &sensors[i];
		const struct reading reading =
		    sensors_latest((enum sensor_id)i);
		if (reading.valid)
			printf("%-12s %9.*f %s\n", sensor->name,
			    sensor->decimals,
			    scaled(reading.value, sensor->decimals),
			    sensor->unit);
		else
			printf(
			    "%-12s         - %s\n", sensor->name, sensor->unit);
	}
}

/* Magnus formula over water. */
static void
run_dewpoint(int count, char *words[])
{
	(void)count;
	(void)words;
	const struct reading t = sensors_latest(SENSOR_TEMPERATURE);
	const struct reading h = sensors_latest(SENSOR_HUMIDITY);

	if (!t.valid || !h.valid || h.value == 0) {
		puts("no reading yet");
		return;
	}
	const double degrees = t.value / 100.0;
	const double gamma =
	    log(h.value / 1000.0) + 17.62 * degrees / (243.12 + degrees);
	printf("dew point %.1f C\n", 243.12 * gamma / (17.62 - gamma));
}

static void
run_stats(int count, char *words[])
{
	(void)count;
	(void)words;
	puts("sensor         samples       min      mean       max  deviation"
	     "  failed");
	for (unsigned i = 0; i < SENSOR_COUNT; i++) {
		const struct sensor *sensor = &sensors[i];
		const struct summary *s = sensors_summary((enum sensor_id)i);
		const unsigned d = sensor->decimals;
		printf("%-12s %9lu %9.2f %9.2f %9.2f %10.3f %7lu\n",
		    sensor->name, (unsigned long)s->count, scaled(s->min, d),
		    scaled(s->mean, d), scaled(s->max, d),
		    scaled(summary_deviation(s), d),
		    (unsigned long)sensors_failures((enum sensor_id)i));
	}
}

static void
run_log(int count, char *words[])
{
	size_t wanted = count > 1 ? strtoul(words[1], NULL, 10) : 16;

	if (wanted > ringlog_count())
		wanted = ringlog_count();
	for (size_t i = ringlog_count() - wanted; i < ringlog_count(); i++)
		ringlog_print(ringlog_at(i));
}

static void
run_get(int count, char *words[])
{
	for (size_t i = 0; i < settings_count; i++) {
		const struct setting *s = &settings[i];
		if (count > 1 && strcmp(words[1], s->name) != 0)
			continue;
		printf("%-20s %8ld   %ld..%ld, %s\n", s->name,
		    (long)config_get(i), (long)s->min, (long)s->max, s->help);
	}
}

static void
run_set(int count, char *words[])
{
	(void)count;
	const size_t i = config_find(words[1]);
	char *end;
	const long value = strtol(words[2], &end, 0);

	if (i == settings_count)
		printf("no setting '%s'\n", words[1]);
	else if (*end != '\0' || !config_set(i, (int32_t)value))
		printf("%s is a number from %ld to %ld\n", words[1],
		    (long)settings[i].min, (long)settings[i].max);
}

static void
run_save(int count, char *words[])
{
	(void)count;
	(void)words;
	puts(config_save() ? "saved" : "the memory did not take it");
}

static void
run_payload(int count, char *words[])
{
	uint8_t data[MAC_PAYLOAD_MAX];
	const bool cbor = count > 1 && strcmp(words[1], "cbor") == 0;
	const size_t len = payload_encode(
	    cbor ? PAYLOAD_CBOR : PAYLOAD_LPP, data, sizeof(data));

	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	printf("  %u bytes\n", (unsigned)len);
}

static void
run_mac(int count, char *words[])
{
	(void)count;
	(void)words;
	const struct mac_status s = mac_status();

	printf("%s, address %08lx, data rate %u\n",
	    s.joined ? "joined" : "not joined", (unsigned long)s.address,
	    s.data_rate);
	printf("%lu join requests, %lu uplinks (%lu unanswered), "
	       "%lu downlinks, %lu.%03lu s on air\n",
	    (unsigned long)s.joins, (unsigned long)s.uplinks,
	    (unsigned long)s.unanswered, (unsigned long)s.downlinks,
	    (unsigned long)s.air_ms / 1000, (unsigned long)s.air_ms % 1000);
}

static void
run_modem(int count, char *words[])
{
	(void)count;
	char answer[160];

	puts(
	    modem_command(words[1], answer, sizeof(answer)) ? answer : "ERROR");
}

static void
run_downlink(int count, char *words[])
{
	(void)count;
	modem_queue_downlink(words[1]);
}

static void
run_curve(int count, char *words[])
{
	static const struct curve *const curves[] = { &curve_ntc, &curve_soil,
		&curve_light, &curve_battery, &curve_co2 };
	(void)count;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(curves[i]->name, words[1]) != 0)
			continue;
		for (uint32_t at = 0; at < 4096; at += 512)
			printf("%4lu %ld\n", (unsigned long)at,
			    (long)curve_at(curves[i], at));
		return;
	}
	printf("no curve '%s'\n", words[1]);
}

static void
run_alarms(int count, char *words[])
{
	(void)count;
	(void)words;
	for (unsigned i = 0; i < ALARM_COUNT; i++)
		printf("%-12s %s\n", alarm_name((enum alarm_id)i),
		    alarm_active((enum alarm_id)i) ? "ACTIVE" : "-");
}

static void
run_time(int count, char *words[])
{
	(void)count;
	(void)words;
	char text[24];

	clock_text(clock_now(), text, sizeof(text));
	printf("%s, up %lu ms\n", text, (unsigned long)tick_ms());
}

static void
run_run(int count, char *words[])
{
	(void)count;
	node_run((uint32_t)strtoul(words[1], NULL, 10) * 60);
	run_time(count, words);
}

static void
run_selftest(int count, char *words[])
{
	(void)count;
	(void)words;
	selftest_run(true);
}

static void
run_restart(int count, char *words[])
{
	(void)count;
	(void)words;
	node_init();
}

static void
run_help(int count, char *words[]);

static const struct command commands[] = {
	{ "alarms", "", "which alarms are active", run_alarms, 1 },
	{ "curve", "NAME", "a calibration curve, every 512 counts", run_curve,
	    2 },
	{ "dewpoint", "", "from temperature and humidity", run_dewpoint, 1 },
	{ "downlink", "PORT:HEX", "comes with the next uplink", run_downlink,
	    2 },
	{ "exit", "", "ends the program", NULL, 1 },
	{ "get", "[NAME]", "settings with their ranges", run_get, 1 },
	{ "help", "", "this list", run_help, 1 },
	{ "log", "[COUNT]", "the last events", run_log, 1 },
	{ "mac", "", "the state of the radio link", run_mac, 1 },
	{ "modem", "COMMAND", "an AT command and its answer", run_modem, 2 },
	{ "payload", "[lpp|cbor]", "the next uplink", run_payload, 1 },
	{ "read", "", "samples and shows every sensor", run_read, 1 },
	{ "restart", "", "starts over with the stored settings", run_restart,
	    1 },
	{ "run", "MINUTES", "lives on in simulated time", run_run, 2 },
	{ "save", "", "stores the settings", run_save, 1 },
	{ "selftest", "", "tests the parts and says which failed", run_selftest,
	    1 },
	{ "set", "NAME VALUE", "changes a setting until reset", run_set, 3 },
	{ "stats", "", "minimum, mean, maximum, deviation", run_stats, 1 },
	{ "time", "", "date and uptime", run_time, 1 },
	{ "version", "", "of firmware and hardware", run_version, 1 },
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
run_help(int count, char *words[])
{
	(void)count;
	(void)words;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("%-9s %-11s %s\n", commands[i].name,
		    commands[i].arguments, commands[i].help);
}

bool
command_run(int count, char *words[])
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &commands[i];
		if (strcmp(words[0], command->name) != 0)
			continue;
		if (command->run == NULL)
			return false;
		if (count < command->words_min)
			printf("usage: %s %s\n", command->name,
			    command->arguments);
		else
			command->run(count, words);
		return true;
	}
	printf("no command '%s'; help lists them\n", words[0]);
	return true;
}
