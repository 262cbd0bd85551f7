/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware as linkers and tools emit it, to the raw bytes that are sent. */
#ifndef FUOTA_FIRMWARE_H
#define FUOTA_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/limits.h>

/*
 * The largest firmware file, in bytes: Intel HEX needs up to 45 MiB for
 * 16 MiB of firmware, and an ELF file carries its debug information.
 */
#define FUOTA_FIRMWARE_FILE_MAX 67108864u

enum fuota_firmware_format {
	FUOTA_FIRMWARE_AUTO = 0, /* what the content says */
	FUOTA_FIRMWARE_BIN = 1, /* raw binary */
	FUOTA_FIRMWARE_HEX = 2, /* Intel HEX, I8HEX, I16HEX and I32HEX */
	FUOTA_FIRMWARE_ELF = 3, /* ELF32 little-endian, linked */
};

/* How to read; all zero is a good default but for fill, which is then 0. */
struct fuota_firmware_params {
	enum fuota_firmware_format format;
	uint8_t fill; /* between parts; erased flash is 0xff */
};

/* What was read. */
struct fuota_firmware_info {
	enum fuota_firmware_format format; /* never AUTO */
	bool has_base_address; /* false for a raw binary */
	uint32_t base_address; /* of the first byte */
	bool has_entry; /* a start-address record, or the ELF entry */
	uint32_t entry; /* CS:IP of a record 03 as CS << 16 | IP */
	uint32_t part_count; /* runs of given bytes, 1 or more */
	uint32_t fill_len; /* bytes of fill between them */
};

/*
 * "bin", "hex", "elf" for a format, "auto" for AUTO; NULL for what is none.
 */
FUOTA_API const char *
fuota_firmware_format_name(enum fuota_firmware_format format);

/*
 * Bytes of room that fuota_firmware_read() needs for this input: exactly
 * what it will write. 0 when the input cannot be read at all.
 */
FUOTA_API size_t
fuota_firmware_bound(
    const struct fuota_firmware_params *params, struct fuota_in in);

/*
 * The firmware as the bytes from its lowest address to its highest, gaps
 * filled with params->fill. ELF: the file contents of every PT_LOAD segment
 * at its physical address; bss is no part of it.
 *
 * info  may be NULL; untouched on error
 *
 * Errors: FUOTA_E_EMPTY        no input, or no byte of firmware in it
 *         FUOTA_E_FORMAT       checksum, syntax, overlap, address overflow
 *         FUOTA_E_TRUNCATED    ends too early; no end record in Intel HEX
 *         FUOTA_E_TRAILING     something behind the end record
 *         FUOTA_E_UNSUPPORTED  an ELF file of another class, byte order or
 *                              type; with AUTO also what is plainly no
 *                              firmware: a FUOTA image, S-records, text of
 *                              a fragment file
 *         FUOTA_E_TOO_LARGE    more than 16 MiB from first to last byte
 *         FUOTA_E_SPACE        out->size is below fuota_firmware_bound()
 *         FUOTA_E_MEMORY       out of memory
 */
FUOTA_API enum fuota_status
fuota_firmware_read(const struct fuota_firmware_params *params,
    struct fuota_in in, struct fuota_out *out, struct fuota_firmware_info *info,
    struct fuota_error *err);

#endif
