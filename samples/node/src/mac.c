/* SPDX-License-Identifier: BSD-2-Clause */
#include "mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "config.h"
#include "modem.h"
#include "remote.h"
#include "ringlog.h"

#define DUTY_PERCENT   1u
#define FRAME_OVERHEAD 13u /* bytes around a payload */
#define ADR_LIMIT      4u /* unanswered uplinks before a slower rate */
#define BACKOFF_MAX    3600u

/*
 * Measured with the modem: milliseconds for an empty frame, and for 16
 * bytes more. Longest payload of each rate.
 */
static const struct rate {
	uint16_t base_ms, step_ms;
	uint8_t payload_max;
} rates[6] = {
	{ 1155, 519, 51 },
	{ 578, 259, 51 },
	{ 289, 117, 51 },
	{ 145, 66, 115 },
	{ 72, 36, 222 },
	{ 41, 21, 222 },
};

static struct mac_status status;
static uint32_t next_allowed; /* GPS seconds */
static uint32_t backoff;
static uint32_t unanswered_in_row;

void
mac_init(void)
{
	memset(&status, 0, sizeof(status));
	status.data_rate = (uint8_t)config.data_rate;
	next_allowed = clock_now();
	backoff = 15;
	unanswered_in_row = 0;
}

uint32_t
mac_air_ms(uint8_t data_rate, size_t payload_len)
{
	const struct rate *rate = &rates[data_rate];
	return rate->base_ms + rate->step_ms * (uint32_t)payload_len / 16;
}

size_t
mac_payload_max(void)
{
	const size_t max = rates[status.data_rate].payload_max;
	return max < MAC_PAYLOAD_MAX ? max : MAC_PAYLOAD_MAX;
}

/* Books air time: the band is ours again after 99 times as long. */
static void
spend(uint32_t air_ms)
{
	status.air_ms += air_ms;
	next_allowed =
	    clock_now() + (air_ms * (100 / DUTY_PERCENT) + 999) / 1000;
}

static void
wait_for_band(void)
{
	const uint32_t now = clock_now();

	if (now >= next_allowed)
		return;
	ringlog_add(
	    LOG_DUTY_WAIT, status.data_rate, (int32_t)(next_allowed - now));
	clock_sleep(next_allowed - now);
}

bool
mac_join(void)
{
	char answer[40];

	if (status.joined)
		return true;
	wait_for_band();
	spend(mac_air_ms(status.data_rate, 23 - FRAME_OVERHEAD));
	status.joins++;
	if (modem_command("AT+JOIN", answer, sizeof(answer)) &&
	    strncmp(answer, "+JOIN: OK ", 10) == 0) {
		status.joined = true;
		status.address = (uint32_t)strtoul(answer + 10, NULL, 16);
		ringlog_add(LOG_JOINED, status.joins, (int32_t)status.address);
		return true;
	}
	ringlog_add(LOG_JOIN_FAILED, status.joins, (int32_t)backoff);
	clock_sleep(backoff);
	backoff = backoff < BACKOFF_MAX / 2 ? backoff * 2 : BACKOFF_MAX;
	return false;
}

/* The network may have lost us: shout slower. */
static void
count_unanswered(void)
{
	status.unanswered++;
	if (++unanswered_in_row < ADR_LIMIT || status.data_rate == 0)
		return;
	status.data_rate--;
	ringlog_add(LOG_RATE, status.data_rate, (int32_t)unanswered_in_row);
	unanswered_in_row = 0;
}

/* "port:hex" */
static void
take_downlink(const char *text)
{
	char *end;
	uint8_t data[MAC_PAYLOAD_MAX];
	size_t len = 0;
	const unsigned long port = strtoul(text, &end, 10);

	if (port == 0 || port > 223 || *end != ':')
		return;
	for (end++; end[0] != '\0' && end[1] != '\0' && len < sizeof(data);
	     end += 2) {
		const char digits[3] = { end[0], end[1], '\0' };
		data[len++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	status.downlinks++;
	ringlog_add(LOG_DOWNLINK, (uint32_t)port, (int32_t)len);
	remote_downlink((uint8_t)port, data, len);
}

bool
mac_send(uint8_t port, const uint8_t *data, size_t len)
{
	char command[24 + 2 * MAC_PAYLOAD_MAX];
	char answer[160];

	if (!status.joined || len > mac_payload_max())
		return false;
	wait_for_band();
	int at = snprintf(
	    command, sizeof(command), "AT+SEND=%u:%u:", status.data_rate, port);
	for (size_t i = 0; i < len; i++)
		at += snprintf(command + at, sizeof(command) - (size_t)at,
		    "%02x", data[i]);
	spend(mac_air_ms(status.data_rate, len));
	status.uplinks++;
	ringlog_add(LOG_UPLINK, port, (int32_t)len);

	if (!modem_command(command, answer, sizeof(answer)) ||
	    strncmp(answer, "+SEND: OK", 9) != 0) {
		count_unanswered();
		return false;
	}
	unanswered_in_row = 0;
	if (strncmp(answer + 9, " RX ", 4) == 0)
		take_downlink(answer + 13);
	return true;
}

struct mac_status
mac_status(void)
{
	return status;
}
