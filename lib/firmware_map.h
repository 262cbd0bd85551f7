/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes at addresses, put together to one run without overlaps. */
#ifndef FUOTA_LIB_FIRMWARE_MAP_H
#define FUOTA_LIB_FIRMWARE_MAP_H

#include <stdint.h>

#include <fuota/firmware.h>

/*
 * A reader of a format walks its input twice with the same code: at first
 * data is NULL and only the addresses count, then the bytes are placed.
 */
struct firmware_map {
	uint64_t low, high; /* first address, and the one behind the last */
	uint64_t given; /* bytes, all of them */
	uint8_t *data; /* high - low bytes, or NULL */
	uint8_t *seen; /* a bit for each of them */
};

/* offset: where in the input the bytes stand, for errors */
enum fuota_status
firmware_map_put(struct firmware_map *map, uint32_t address, struct fuota_in in,
    size_t offset, struct fuota_error *err);

/* The two walkers; they set the entry in info. */
enum fuota_status
firmware_hex_walk(struct fuota_in in, struct firmware_map *map,
    struct fuota_firmware_info *info, struct fuota_error *err);
enum fuota_status
firmware_elf_walk(struct fuota_in in, struct firmware_map *map,
    struct fuota_firmware_info *info, struct fuota_error *err);

#endif
