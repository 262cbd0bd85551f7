/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include <stdio.h>

#define LEAP_SECONDS 18u

static uint32_t now;

void
clock_set(uint32_t gps_seconds)
{
	now = gps_seconds;
}

uint32_t
clock_now(void)
{
	return now;
}

void
clock_sleep(uint32_t seconds)
{
	now += seconds;
}

/* Days from 0000-03-01, so that the leap day ends a year; then 400 years,
 * years, and months of 153 days in five. */
static struct date
date_of_days(uint32_t days)
{
	const uint32_t era = days / 146097, day_of_era = days % 146097;
	const uint32_t year = (day_of_era - day_of_era / 1460 +
				  day_of_era / 36524 - day_of_era / 146096) /
	    365;
	const uint32_t day = day_of_era - (365 * year + year / 4 - year / 100);
	const uint32_t shifted = (5 * day + 2) / 153;
	const uint32_t month = shifted < 10 ? shifted + 3 : shifted - 9;

	return (struct date){
		.year = (uint16_t)(era * 400 + year + (month <= 2)),
		.month = (uint8_t)month,
		.day = (uint8_t)(day - (153 * shifted + 2) / 5 + 1),
	};
}

struct date
clock_date(uint32_t gps_seconds)
{
	const uint32_t utc = gps_seconds - LEAP_SECONDS;
	/* 1980-01-06 is day 723125 after 0000-03-01. */
	struct date date = date_of_days(utc / 86400 + 723125);

	date.hour = (uint8_t)(utc / 3600 % 24);
	date.minute = (uint8_t)(utc / 60 % 60);
	date.second = (uint8_t)(utc % 60);
	return date;
}

void
clock_text(uint32_t gps_seconds, char *text, size_t size)
{
	const struct date d = clock_date(gps_seconds);

	snprintf(text, size, "%04u-%02u-%02uT%02u:%02u:%02uZ", d.year, d.month,
	    d.day, d.hour, d.minute, d.second);
}
