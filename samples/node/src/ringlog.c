/* SPDX-License-Identifier: BSD-2-Clause */
#include "ringlog.h"

#include <stdio.h>

#include "clock.h"

static struct log_entry ring[RINGLOG_SIZE];
static uint32_t written;

/* a and b go into these, in this order */
static const char *const formats[LOG_COUNT] = {
	[LOG_BOOT] = "boot, reset cause %u, configuration %ld",
	[LOG_JOINED] = "joined after %u requests, address %08lx",
	[LOG_JOIN_FAILED] = "join request %u unanswered, next in %ld s",
	[LOG_UPLINK] = "uplink on port %u, %ld bytes",
	[LOG_DOWNLINK] = "downlink on port %u, %ld bytes",
	[LOG_DUTY_WAIT] = "data rate %u: duty cycle, wait %ld s",
	[LOG_RATE] = "data rate %u after %ld unanswered uplinks",
	[LOG_SENSOR_FAILED] = "sensor %u gave no value, %ld in all",
	[LOG_ALARM] = "alarm %u at %ld",
	[LOG_CONFIG] = "setting %u is now %ld",
};

void
ringlog_clear(void)
{
	written = 0;
}

void
ringlog_add(enum log_event event, uint32_t a, int32_t b)
{
	ring[written++ % RINGLOG_SIZE] = (struct log_entry){
		.time = clock_now(),
		.event = (uint16_t)event,
		.a = (uint16_t)a,
		.b = b,
	};
}

size_t
ringlog_count(void)
{
	return written < RINGLOG_SIZE ? written : RINGLOG_SIZE;
}

const struct log_entry *
ringlog_at(size_t i)
{
	return &ring[(written - ringlog_count() + i) % RINGLOG_SIZE];
}

void
ringlog_print(const struct log_entry *entry)
{
	char text[24];

	clock_text(entry->time, text, sizeof(text));
	printf("%s ", text);
	printf(formats[entry->event], (unsigned)entry->a, (long)entry->b);
	putchar('\n');
}
