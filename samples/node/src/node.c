/* SPDX-License-Identifier: BSD-2-Clause */
#include "node.h"

#include "alarm.h"
#include "clock.h"
#include "config.h"
#include "mac.h"
#include "payload.h"
#include "remote.h"
#include "ringlog.h"
#include "sensors.h"

/* 2026-03-01T06:00:00Z in GPS seconds */
#define START_TIME 1456380018u

#define SAMPLE_PERIOD 60u /* seconds */

static uint32_t next_uplink;

void
node_init(void)
{
	clock_set(START_TIME);
	ringlog_clear();
	const bool stored = config_load();
	ringlog_add(LOG_BOOT, 0, stored);
	sensors_init();
	alarm_init();
	mac_init();
	next_uplink = clock_now() + SAMPLE_PERIOD;
}

static void
send_readings(void)
{
	uint8_t data[MAC_PAYLOAD_MAX];
	const enum payload_format format =
	    (enum payload_format)config.payload_format;
	const size_t len = payload_encode(format, data, mac_payload_max());

	mac_send(format == PAYLOAD_LPP ? PAYLOAD_PORT_LPP : PAYLOAD_PORT_CBOR,
	    data, len);
}

static void
send_answer(void)
{
	uint8_t data[MAC_PAYLOAD_MAX], port;
	const size_t len = remote_answer(&port, data, mac_payload_max());

	if (len > 0)
		mac_send(port, data, len);
}

static void
step(void)
{
	sensors_sample(clock_now());
	const bool urgent = alarm_check();

	if (!mac_join())
		return;
	if (!urgent && clock_now() < next_uplink)
		return;
	next_uplink = clock_now() + config.interval;
	send_readings();
	send_answer();
}

void
node_run(uint32_t seconds)
{
	const uint32_t end = clock_now() + seconds;

	while (clock_now() < end) {
		step();
		clock_sleep(SAMPLE_PERIOD);
	}
}
