/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/firmware.h>
#include <fuota/object.h>

#include "fail.h"
#include "firmware_map.h"

static const uint64_t address_space = (uint64_t)1 << 32;

const char *
fuota_firmware_format_name(enum fuota_firmware_format format)
{
	switch (format) {
	case FUOTA_FIRMWARE_AUTO:
		return "auto";
	case FUOTA_FIRMWARE_BIN:
		return "bin";
	case FUOTA_FIRMWARE_HEX:
		return "hex";
	case FUOTA_FIRMWARE_ELF:
		return "elf";
	}
	return NULL;
}

/* --- the map ------------------------------------------------------------ */

static bool
is_seen(const struct firmware_map *map, size_t i)
{
	return (map->seen[i / 8] >> i % 8 & 1) != 0;
}

static enum fuota_status
place(struct firmware_map *map, uint32_t address, struct fuota_in in,
    size_t offset, struct fuota_error *err)
{
	const size_t at = (size_t)(address - map->low);

	for (size_t i = 0; i < in.len; i++) {
		if (is_seen(map, at + i))
			return fuota_fail(err, FUOTA_E_FORMAT, offset,
			    "address 0x%08zx is given twice",
			    (size_t)address + i);
		map->seen[(at + i) / 8] |= (uint8_t)(1 << (at + i) % 8);
	}
	memcpy(map->data + at, in.data, in.len);
	return FUOTA_OK;
}

enum fuota_status
firmware_map_put(struct firmware_map *map, uint32_t address, struct fuota_in in,
    size_t offset, struct fuota_error *err)
{
	if (in.len == 0)
		return FUOTA_OK;
	if (in.len > address_space - address)
		return fuota_fail(err, FUOTA_E_FORMAT, offset,
		    "%zu bytes at 0x%08x go beyond the 32-bit address space",
		    in.len, address);
	if (map->data != NULL)
		return place(map, address, in, offset, err);
	if (map->given == 0 || address < map->low)
		map->low = address;
	if (map->given == 0 || (uint64_t)address + in.len > map->high)
		map->high = (uint64_t)address + in.len;
	map->given += in.len;
	return FUOTA_OK;
}

static uint32_t
count_parts(const struct firmware_map *map)
{
	const size_t len = (size_t)(map->high - map->low);
	uint32_t parts = 0;

	for (size_t i = 0; i < len; i++)
		if (is_seen(map, i) && (i == 0 || !is_seen(map, i - 1)))
			parts++;
	return parts;
}

/* --- which format --------------------------------------------------------*/

/* AUTO refuses what would become firmware only by a slip of the hand. */
static enum fuota_status
detect(struct fuota_in in, enum fuota_firmware_format *format,
    struct fuota_error *err)
{
	const enum fuota_object object = fuota_object_recognise(in);

	switch (object) {
	case FUOTA_OBJECT_HEX:
		*format = FUOTA_FIRMWARE_HEX;
		return FUOTA_OK;
	case FUOTA_OBJECT_ELF:
		*format = FUOTA_FIRMWARE_ELF;
		return FUOTA_OK;
	case FUOTA_OBJECT_BINARY:
	case FUOTA_OBJECT_MCUBOOT: /* travels as firmware of its bootloader */
		*format = FUOTA_FIRMWARE_BIN;
		return FUOTA_OK;
	case FUOTA_OBJECT_SREC:
	case FUOTA_OBJECT_IMAGE:
	case FUOTA_OBJECT_FRAGMENTS:
	case FUOTA_OBJECT_BSDIFF40:
	case FUOTA_OBJECT_PUBLIC_KEY:
	case FUOTA_OBJECT_SECRET_KEY:
		break;
	}
	return fuota_fail(err, FUOTA_E_UNSUPPORTED, 0,
	    "is a %s, not firmware; format bin takes it as it is",
	    fuota_object_name(object));
}

static enum fuota_status
choose(const struct fuota_firmware_params *params, struct fuota_in in,
    enum fuota_firmware_format *format, struct fuota_error *err)
{
	if (in.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, 0, "firmware is empty");
	*format = params->format;
	if (*format == FUOTA_FIRMWARE_AUTO)
		return detect(in, format, err);
	if (fuota_firmware_format_name(*format) == NULL)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "firmware format %d does not exist", (int)*format);
	return FUOTA_OK;
}

static enum fuota_status
walk(enum fuota_firmware_format format, struct fuota_in in,
    struct firmware_map *map, struct fuota_firmware_info *info,
    struct fuota_error *err)
{
	return format == FUOTA_FIRMWARE_HEX
	    ? firmware_hex_walk(in, map, info, err)
	    : firmware_elf_walk(in, map, info, err);
}

/* --- how long ------------------------------------------------------------*/

static enum fuota_status
check_size(uint64_t len, uint64_t low, uint64_t high, struct fuota_error *err)
{
	if (len <= FUOTA_FIRMWARE_MAX)
		return FUOTA_OK;
	if (high == 0)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_FIRMWARE_MAX,
		    "firmware of %llu bytes exceeds %u",
		    (unsigned long long)len, FUOTA_FIRMWARE_MAX);
	return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
	    "firmware spans 0x%08llx..0x%08llx, %llu bytes, more than %u",
	    (unsigned long long)low, (unsigned long long)high - 1,
	    (unsigned long long)len, FUOTA_FIRMWARE_MAX);
}

/* The first walk: from where to where. */
static enum fuota_status
measure(enum fuota_firmware_format format, struct fuota_in in,
    struct firmware_map *map, struct fuota_firmware_info *info,
    struct fuota_error *err)
{
	const enum fuota_status status = walk(format, in, map, info, err);

	if (status != FUOTA_OK)
		return status;
	if (map->given == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET,
		    "no byte of firmware in it");
	return check_size(map->high - map->low, map->low, map->high, err);
}

size_t
fuota_firmware_bound(
    const struct fuota_firmware_params *params, struct fuota_in in)
{
	struct firmware_map map = { 0 };
	struct fuota_firmware_info info = { 0 };
	enum fuota_firmware_format format;

	if (choose(params, in, &format, NULL) != FUOTA_OK)
		return 0;
	if (format == FUOTA_FIRMWARE_BIN)
		return in.len <= FUOTA_FIRMWARE_MAX ? in.len : 0;
	if (measure(format, in, &map, &info, NULL) != FUOTA_OK)
		return 0;
	return (size_t)(map.high - map.low);
}

/* --- reading -------------------------------------------------------------*/

static enum fuota_status
check_room(const struct fuota_out *out, size_t len, struct fuota_error *err)
{
	if (len <= out->size)
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
	    "firmware needs %zu bytes, buffer has %zu", len, out->size);
}

static enum fuota_status
read_bin(struct fuota_in in, struct fuota_out *out,
    struct fuota_firmware_info *info, struct fuota_error *err)
{
	enum fuota_status status = check_size(in.len, 0, 0, err);

	if (status == FUOTA_OK)
		status = check_room(out, in.len, err);
	if (status != FUOTA_OK)
		return status;
	memcpy(out->data, in.data, in.len);
	out->len = in.len;
	info->part_count = 1;
	return FUOTA_OK;
}

static enum fuota_status
read_mapped(struct fuota_in in, uint8_t fill, struct fuota_out *out,
    struct fuota_firmware_info *info, struct fuota_error *err)
{
	struct firmware_map map = { 0 };

	enum fuota_status status = measure(info->format, in, &map, info, err);
	if (status != FUOTA_OK)
		return status;
	const size_t len = (size_t)(map.high - map.low);
	status = check_room(out, len, err);
	if (status != FUOTA_OK)
		return status;
	map.seen = calloc(1, len / 8 + 1);
	if (map.seen == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory, %zu bytes wanted", len / 8 + 1);
	map.data = out->data;
	memset(out->data, fill, len);
	status = walk(info->format, in, &map, info, err);
	if (status == FUOTA_OK) {
		out->len = len;
		info->has_base_address = true;
		info->base_address = (uint32_t)map.low;
		info->part_count = count_parts(&map);
		info->fill_len = (uint32_t)(len - map.given);
	}
	free(map.seen);
	return status;
}

enum fuota_status
fuota_firmware_read(const struct fuota_firmware_params *params,
    struct fuota_in in, struct fuota_out *out, struct fuota_firmware_info *info,
    struct fuota_error *err)
{
	struct fuota_firmware_info found = { 0 };

	enum fuota_status status = choose(params, in, &found.format, err);
	if (status != FUOTA_OK)
		return status;
	status = found.format == FUOTA_FIRMWARE_BIN
	    ? read_bin(in, out, &found, err)
	    : read_mapped(in, params->fill, out, &found, err);
	if (status == FUOTA_OK && info != NULL)
		*info = found;
	return status;
}
