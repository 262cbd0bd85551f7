/* SPDX-License-Identifier: BSD-2-Clause */
#include "sensors.h"

#include <string.h>

#include "bus.h"
#include "config.h"
#include "crc.h"
#include "curve.h"
#include "ringlog.h"

static bool
read_curve(const struct curve *curve, enum adc_channel channel, uint32_t now,
    int32_t *value)
{
	*value = curve_at(curve, adc_read(channel, now));
	return true;
}

static bool
read_ground(uint32_t now, int32_t *value)
{
	return read_curve(&curve_ntc, ADC_NTC, now, value);
}

static bool
read_soil(uint32_t now, int32_t *value)
{
	return read_curve(&curve_soil, ADC_SOIL, now, value);
}

static bool
read_light(uint32_t now, int32_t *value)
{
	read_curve(&curve_light, ADC_LIGHT, now, value);
	*value *= 10;
	return true;
}

static bool
read_co2(uint32_t now, int32_t *value)
{
	return read_curve(&curve_co2, ADC_CO2, now, value);
}

static bool
read_battery(uint32_t now, int32_t *value)
{
	return read_curve(&curve_battery, ADC_BATTERY, now, value);
}

/* Both words of the humidity part; each has its CRC. */
static bool
read_words(uint32_t now, uint32_t words[2])
{
	uint8_t data[6];

	if (!bus_read(BUS_HUMIDITY, 0xfd, now, data, sizeof(data)))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *at = data + 3 * i;
		if (crc8(at, 2) != at[2])
			return false;
		words[i] = (uint32_t)at[0] << 8 | at[1];
	}
	return true;
}

/* Data sheet: T = -45 + 175 * S / 65535, in 0.01 degree here. */
static bool
read_temperature(uint32_t now, int32_t *value)
{
	uint32_t words[2];

	if (!read_words(now, words))
		return false;
	*value = -4500 + (int32_t)((uint64_t)17500 * words[0] / 65535) +
	    config.temperature_offset;
	return true;
}

/* Data sheet: RH = -6 + 125 * S / 65535, in 0.1 % here. */
static bool
read_humidity(uint32_t now, int32_t *value)
{
	uint32_t words[2];

	if (!read_words(now, words))
		return false;
	const int32_t tenths = -60 + (int32_t)(1250 * words[1] / 65535);
	*value = tenths < 0 ? 0 : tenths > 1000 ? 1000 : tenths;
	return true;
}

const struct sensor sensors[SENSOR_COUNT] = {
	[SENSOR_TEMPERATURE] = { "temperature", "C", 2, 103, read_temperature,
	    -4000, 8500 },
	[SENSOR_HUMIDITY] = { "humidity", "%", 1, 104, read_humidity, 0, 1000 },
	[SENSOR_GROUND] = { "ground", "C", 2, 103, read_ground, -4000, 8500 },
	[SENSOR_SOIL] = { "soil", "%", 1, 2, read_soil, 0, 600 },
	[SENSOR_LIGHT] = { "light", "lux", 0, 101, read_light, 0, 65000 },
	[SENSOR_CO2] = { "co2", "ppm", 0, 125, read_co2, 300, 5000 },
	[SENSOR_BATTERY] = { "battery", "%", 1, 2, read_battery, 0, 1000 },
};

static struct channel {
	struct median median;
	struct lowpass lowpass;
	struct summary summary;
	struct reading latest;
	uint32_t failures;
} channels[SENSOR_COUNT];

void
sensors_init(void)
{
	memset(channels, 0, sizeof(channels));
	for (unsigned i = 0; i < SENSOR_COUNT; i++)
		channels[i].lowpass.shift = (uint8_t)config.filter_shift;
}

static void
sample_one(enum sensor_id id, uint32_t now)
{
	const struct sensor *sensor = &sensors[id];
	struct channel *channel = &channels[id];
	int32_t value;

	channel->latest.valid = false;
	if (!sensor->read(now, &value) || value < sensor->min ||
	    value > sensor->max) {
		channel->failures++;
		ringlog_add(LOG_SENSOR_FAILED, id, (int32_t)channel->failures);
		return;
	}
	value = median_feed(&channel->median, value);
	value = lowpass_feed(&channel->lowpass, value);
	channel->latest = (struct reading){ value, true };
	summary_feed(&channel->summary, value);
}

void
sensors_sample(uint32_t now)
{
	for (unsigned i = 0; i < SENSOR_COUNT; i++)
		sample_one((enum sensor_id)i, now);
}

struct reading
sensors_latest(enum sensor_id id)
{
	return channels[id].latest;
}

const struct summary *
sensors_summary(enum sensor_id id)
{
	return &channels[id].summary;
}

uint32_t
sensors_failures(enum sensor_id id)
{
	return channels[id].failures;
}
