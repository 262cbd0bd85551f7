/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: GPS seconds as LoRaWAN counts them, and the calendar. */
#ifndef NODE_CLOCK_H
#define NODE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct date {
	uint16_t year;
	uint8_t month, day; /* from 1 */
	uint8_t hour, minute, second;
};

/* GPS seconds; they run on from the start given here. */
void
clock_set(uint32_t gps_seconds);
uint32_t
clock_now(void);
/* Sleeps: simulated, time just moves on. */
void
clock_sleep(uint32_t seconds);
/* Without the leap seconds, 18 since 2017. */
struct date
clock_date(uint32_t gps_seconds);
/* "2026-03-01T06:00:00Z"; 21 bytes. */
void
clock_text(uint32_t gps_seconds, char *text, size_t size);

#endif
