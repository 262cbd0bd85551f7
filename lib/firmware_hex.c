/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel HEX. Source: Intel Hexadecimal Object File Format, revision A. */
#include <stdbool.h>

#include "fail.h"
#include "firmware_map.h"

enum record_type {
	RECORD_DATA = 0,
	RECORD_END = 1,
	RECORD_SEGMENT = 2, /* bits 4..19 of the base */
	RECORD_START_SEGMENT = 3, /* CS:IP */
	RECORD_LINEAR = 4, /* bits 16..31 of the base */
	RECORD_START_LINEAR = 5, /* EIP */
};

enum {
	RECORD_OVERHEAD = 5, /* length, address, type, checksum; bytes */
	RECORD_SIZE = 255 + RECORD_OVERHEAD,
};

struct hex_walk {
	struct fuota_in in;
	size_t off; /* of the next line */
	size_t line; /* its number, from 1 */
	size_t record_off; /* of the record in hand */
	uint32_t base; /* added to every address */
	bool segmented; /* base is of a record 02: addresses wrap in 64 kB */
	bool ended; /* the end record was seen */
	struct firmware_map *map;
	struct fuota_firmware_info *info;
};

static int
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without its end and its trailing blanks. */
static struct fuota_in
next_line(struct hex_walk *w)
{
	const uint8_t *p = w->in.data + w->off;
	const size_t left = w->in.len - w->off;
	size_t len = 0;

	w->record_off = w->off;
	w->line++;
	while (len < left && p[len] != '\n')
		len++;
	w->off += len < left ? len + 1 : len;
	while (len > 0 && is_blank(p[len - 1]))
		len--;
	return (struct fuota_in){ .data = p, .len = len };
}

/* Text of a record to its bytes, with every check that needs no context. */
static enum fuota_status
decode_record(const struct hex_walk *w, struct fuota_in line,
    uint8_t record[RECORD_SIZE], struct fuota_error *err)
{
	const size_t len = (line.len - 1) / 2;
	uint8_t sum = 0;

	if (line.data[0] != ':')
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu starts with 0x%02x instead of ':'", w->line,
		    line.data[0]);
	if (line.len % 2 == 0 || len < RECORD_OVERHEAD || len > RECORD_SIZE)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu has %zu digits, a record has 10 to 520, in pairs",
		    w->line, line.len - 1);
	for (size_t i = 0; i < len; i++) {
		const int high = digit(line.data[1 + 2 * i]),
			  low = digit(line.data[2 + 2 * i]);
		if (high < 0 || low < 0)
			return fuota_fail(err, FUOTA_E_FORMAT,
			    w->record_off + 1 + 2 * i,
			    "line %zu column %zu is not hexadecimal", w->line,
			    2 * i + (high < 0 ? 2 : 3));
		record[i] = (uint8_t)(high << 4 | low);
		sum = (uint8_t)(sum + record[i]);
	}
	if (len != record[0] + (size_t)RECORD_OVERHEAD)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu says %u data bytes and has %zu", w->line,
		    record[0], len - RECORD_OVERHEAD);
	if (sum != 0)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu has checksum 0x%02x instead of 0x%02x", w->line,
		    record[len - 1], (uint8_t)(record[len - 1] - sum));
	return FUOTA_OK;
}

static enum fuota_status
put_data(struct hex_walk *w, uint16_t address, struct fuota_in data,
    struct fuota_error *err)
{
	/* A segment's address wraps: nobody means that, so it is refused. */
	if (w->segmented && data.len > 0x10000u - address)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu: %zu bytes at 0x%04x cross the end of their segment",
		    w->line, data.len, address);
	if (w->base > UINT32_MAX - address)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu is beyond the 32-bit address space", w->line);
	return firmware_map_put(
	    w->map, w->base + address, data, w->record_off, err);
}

static uint32_t
big_endian(const uint8_t *p, size_t len)
{
	uint32_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | p[i];
	return value;
}

static void
set_base(struct hex_walk *w, uint32_t base, bool segmented)
{
	w->base = base;
	w->segmented = segmented;
}

/* Every type but data has one length. */
static bool
length_fits(uint8_t type, uint8_t len)
{
	static const uint8_t lengths[] = { 0, 0, 2, 4, 2, 4 };

	return type == RECORD_DATA || len == lengths[type];
}

static enum fuota_status
take_record(struct hex_walk *w, const uint8_t *record, struct fuota_error *err)
{
	const uint8_t len = record[0], type = record[3];
	const uint8_t *data = record + 4;

	if (type > RECORD_START_LINEAR)
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu has unknown record type %02x", w->line, type);
	if (!length_fits(type, len))
		return fuota_fail(err, FUOTA_E_FORMAT, w->record_off,
		    "line %zu: record type %02x cannot have %u data bytes",
		    w->line, type, len);
	switch ((enum record_type)type) {
	case RECORD_DATA:
		return put_data(w, (uint16_t)big_endian(record + 1, 2),
		    (struct fuota_in){ .data = data, .len = len }, err);
	case RECORD_END:
		w->ended = true;
		break;
	case RECORD_SEGMENT:
		set_base(w, big_endian(data, 2) << 4, true);
		break;
	case RECORD_LINEAR:
		set_base(w, big_endian(data, 2) << 16, false);
		break;
	case RECORD_START_SEGMENT:
	case RECORD_START_LINEAR:
		w->info->has_entry = true;
		w->info->entry = big_endian(data, 4);
		break;
	}
	return FUOTA_OK;
}

enum fuota_status
firmware_hex_walk(struct fuota_in in, struct firmware_map *map,
    struct fuota_firmware_info *info, struct fuota_error *err)
{
	struct hex_walk w = { .in = in, .map = map, .info = info };
	uint8_t record[RECORD_SIZE];

	while (w.off < in.len) {
		const struct fuota_in line = next_line(&w);
		if (line.len == 0)
			continue;
		if (w.ended)
			return fuota_fail(err, FUOTA_E_TRAILING, w.record_off,
			    "line %zu is behind the end record", w.line);
		enum fuota_status status = decode_record(&w, line, record, err);
		if (status == FUOTA_OK)
			status = take_record(&w, record, err);
		if (status != FUOTA_OK)
			return status;
	}
	if (!w.ended)
		return fuota_fail(err, FUOTA_E_TRUNCATED, in.len,
		    "no end record after %zu lines", w.line);
	return FUOTA_OK;
}
