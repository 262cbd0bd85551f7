/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload.h"

#include "cbor.h"
#include "clock.h"
#include "sensors.h"

/* Cayenne LPP: type, bytes of the value, decimals of the value. */
static const struct lpp_type {
	uint8_t type, bytes, decimals;
} lpp_types[] = {
	{ 2, 2, 2 }, /* analog input, 0.01 */
	{ 101, 2, 0 }, /* illuminance, lux */
	{ 103, 2, 1 }, /* temperature, 0.1 degree C */
	{ 104, 1, 1 }, /* humidity, 0.5 %, see below */
	{ 115, 2, 1 }, /* barometer, 0.1 hPa */
	{ 125, 2, 0 }, /* concentration, ppm */
};

static const struct lpp_type *
lpp_find(uint8_t type)
{
	for (size_t i = 0; i < sizeof(lpp_types) / sizeof(lpp_types[0]); i++)
		if (lpp_types[i].type == type)
			return &lpp_types[i];
	return NULL;
}

static int32_t
rescale(int32_t value, unsigned from, unsigned to)
{
	for (; from < to; from++)
		value *= 10;
	for (; from > to; from--)
		value = (value + (value < 0 ? -5 : 5)) / 10;
	return value;
}

size_t
lpp_item(uint8_t channel, uint8_t type, int32_t value, unsigned decimals,
    uint8_t *data, size_t size)
{
	const struct lpp_type *lpp = lpp_find(type);

	if (lpp == NULL || size < 2u + lpp->bytes)
		return 0;
	value = rescale(value, decimals, lpp->decimals);
	if (type == 104)
		value /= 5;
	data[0] = channel;
	data[1] = type;
	for (unsigned i = 0; i < lpp->bytes; i++)
		data[2 + i] = (uint8_t)(value >> 8 * (lpp->bytes - 1 - i));
	return 2u + lpp->bytes;
}

static size_t
encode_lpp(uint8_t *data, size_t size)
{
	size_t len = 0;

	for (unsigned i = 0; i < SENSOR_COUNT; i++) {
		const struct reading reading =
		    sensors_latest((enum sensor_id)i);
		if (reading.valid)
			len += lpp_item((uint8_t)(i + 1), sensors[i].lpp_type,
			    reading.value, sensors[i].decimals, data + len,
			    size - len);
	}
	return len;
}

/* {0: time, sensor + 1: value, ...}; a reading without value is null. */
static size_t
encode_cbor(uint8_t *data, size_t size)
{
	for (unsigned count = SENSOR_COUNT; count > 0; count--) {
		struct cbor cbor = { .data = data, .size = size };
		cbor_map(&cbor, count + 1);
		cbor_uint(&cbor, 0);
		cbor_uint(&cbor, clock_now());
		for (unsigned i = 0; i < count; i++) {
			const struct reading reading =
			    sensors_latest((enum sensor_id)i);
			cbor_uint(&cbor, i + 1);
			if (reading.valid)
				cbor_decimal(
				    &cbor, reading.value, sensors[i].decimals);
			else
				cbor_null(&cbor);
		}
		if (cbor.len <= size)
			return cbor.len;
	}
	return 0;
}

size_t
payload_encode(enum payload_format format, uint8_t *data, size_t size)
{
	switch (format) {
	case PAYLOAD_LPP:
		return encode_lpp(data, size);
	case PAYLOAD_CBOR:
		return encode_cbor(data, size);
	}
	return 0;
}
