/* SPDX-License-Identifier: BSD-2-Clause */
/* A log of the last events in a fixed ring; text is made when it is read. */
#ifndef NODE_RINGLOG_H
#define NODE_RINGLOG_H

#include <stddef.h>
#include <stdint.h>

enum log_event {
	LOG_BOOT,
	LOG_JOINED,
	LOG_JOIN_FAILED,
	LOG_UPLINK,
	LOG_DOWNLINK,
	LOG_DUTY_WAIT,
	LOG_RATE,
	LOG_SENSOR_FAILED,
	LOG_ALARM,
	LOG_CONFIG,
	LOG_COUNT,
};

#define RINGLOG_SIZE 64u /* entries */

struct log_entry {
	uint32_t time; /* GPS seconds */
	uint16_t event; /* enum log_event */
	uint16_t a;
	int32_t b;
};

void
ringlog_clear(void);
void
ringlog_add(enum log_event event, uint32_t a, int32_t b);
size_t
ringlog_count(void);
/* i = 0 is the oldest entry that is left. */
const struct log_entry *
ringlog_at(size_t i);
void
ringlog_print(const struct log_entry *entry);

#endif
