/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 3339, Unix and GPS time; no clock is read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fuota/campaign.h>

enum {
	YEAR_MIN = 2017, /* the last leap second so far */
	YEAR_MAX = 2099
};

void
fuota_time_format(uint64_t unix_ms, char text[FUOTA_TIME_TEXT_SIZE])
{
	const time_t seconds = (time_t)(unix_ms / 1000);
	const unsigned ms = (unsigned)(unix_ms % 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	const size_t len =
	    strftime(text, FUOTA_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	if (ms == 0)
		snprintf(text + len, FUOTA_TIME_TEXT_SIZE - len, "Z");
	else
		snprintf(text + len, FUOTA_TIME_TEXT_SIZE - len, ".%03uZ", ms);
}

static bool
same_day(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon &&
	    a->tm_mday == b->tm_mday;
}

enum fuota_status
fuota_time_parse(const char *text, uint64_t *unix_s)
{
	struct tm tm = { 0 }, back;
	uint64_t gps;
	char end;

	if (sscanf(text, "gps:%10" SCNu64 "%c", &gps, &end) == 1) {
		*unix_s = gps + FUOTA_GPS_UNIX_OFFSET - FUOTA_LEAP_SECONDS;
		gmtime_r(&(time_t){ (time_t)*unix_s }, &back);
		return gps <= UINT32_MAX && back.tm_year + 1900 >= YEAR_MIN
		    ? FUOTA_OK
		    : FUOTA_E_RANGE;
	}
	if (strlen(text) != sizeof("2026-12-01T02:00:00Z") - 1 ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%c", &tm.tm_year, &tm.tm_mon,
		&tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 7 ||
	    end != 'Z' || tm.tm_year < YEAR_MIN || tm.tm_year > YEAR_MAX ||
	    tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 59)
		return FUOTA_E_RANGE;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	struct tm given = tm;
	const time_t seconds = timegm(&tm);
	if (!same_day(&given, &tm)) /* 31 February */
		return FUOTA_E_RANGE;
	*unix_s = (uint64_t)seconds;
	return FUOTA_OK;
}

uint32_t
fuota_time_gps(uint64_t unix_s)
{
	return (uint32_t)(unix_s - FUOTA_GPS_UNIX_OFFSET + FUOTA_LEAP_SECONDS);
}
