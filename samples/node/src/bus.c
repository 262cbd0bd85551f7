/* SPDX-License-Identifier: BSD-2-Clause */
#include "bus.h"

#include <string.h>

#include "crc.h"

/* A quarter of a sine, Q15. */
static const int16_t quarter[33] = { 0, 1608, 3212, 4808, 6393, 7962, 9512,
	11039, 12539, 14010, 15446, 16846, 18204, 19519, 20787, 22005, 23170,
	24279, 25329, 26319, 27245, 28105, 28898, 29621, 30273, 30852, 31356,
	31785, 32137, 32412, 32609, 32728, 32767 };

/* phase 0..127 of a full turn */
static int32_t
sine(uint32_t phase)
{
	const uint32_t i = phase % 64;
	const int32_t value = quarter[i <= 32 ? i : 64 - i];
	return phase % 128 < 64 ? value : -value;
}

/* The same reading at the same time, so that runs repeat. */
static uint32_t
noise(uint32_t now, uint32_t salt)
{
	uint32_t x = now * 2654435761u ^ salt * 40503u;
	x ^= x >> 15;
	x *= 2246822519u;
	x ^= x >> 13;
	x *= 3266489917u;
	return x ^ x >> 16;
}

/* Counts: base, swing over the day, hours by which noon is late, noise. */
struct course {
	int16_t base, swing, noise;
	uint8_t late_hours;
};

static const struct course courses[ADC_COUNT] = {
	[ADC_NTC] = { 2120, 260, 9, 3 },
	[ADC_SOIL] = { 2180, -35, 14, 5 },
	[ADC_LIGHT] = { 1900, 1850, 60, 0 },
	[ADC_BATTERY] = { 3310, 22, 5, 3 },
	[ADC_CO2] = { 620, -180, 25, 2 },
};

static int32_t
course_at(const struct course *course, uint32_t now, uint32_t salt)
{
	const uint32_t day_second = now % 86400u;
	/* Noon is a quarter turn after 06:00. */
	const uint32_t shifted =
	    day_second + 86400u * 2 - (6u + course->late_hours) * 3600u;
	const int32_t wave = sine(shifted % 86400u * 128u / 86400u);
	const int32_t grain =
	    (int32_t)(noise(now, salt) % (2u * (uint32_t)course->noise + 1)) -
	    course->noise;

	return course->base + course->swing * wave / 32768 + grain;
}

uint32_t
adc_read(enum adc_channel channel, uint32_t now)
{
	int32_t count = course_at(&courses[channel], now, channel);

	/* A switching converter next to the probe: one sample in 97. */
	if (noise(now, 1000u + channel) % 97u == 0)
		count += 700;
	if (count < 0)
		return 0;
	return count > 4095 ? 4095u : (uint32_t)count;
}

static uint8_t broken_address;
static unsigned broken_reads;

void
bus_break(uint8_t address, unsigned reads)
{
	broken_address = address;
	broken_reads = reads;
}

static void
put_word(uint8_t *at, uint32_t word)
{
	at[0] = (uint8_t)(word >> 8);
	at[1] = (uint8_t)word;
	at[2] = crc8(at, 2);
}

/* Temperature and relative humidity as two words with a CRC each. */
static void
humidity_answer(uint32_t now, uint8_t answer[6])
{
	static const struct course warm = { 25700, 4200, 30, 3 };
	static const struct course moist = { 30500, -9000, 80, 3 };

	put_word(answer, (uint32_t)course_at(&warm, now, 44));
	put_word(answer + 3, (uint32_t)course_at(&moist, now, 45));
}

bool
bus_read(uint8_t address, uint8_t reg, uint32_t now, uint8_t *data, size_t len)
{
	uint8_t answer[16] = { 0 };

	if (broken_reads > 0 && address == broken_address) {
		broken_reads--;
		return false;
	}
	if (len > sizeof(answer))
		return false;
	if (address == BUS_HUMIDITY && reg == 0xfd)
		humidity_answer(now, answer);
	else
		return false;
	memcpy(data, answer, len);
	return true;
}
