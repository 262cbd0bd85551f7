/* SPDX-License-Identifier: BSD-2-Clause */
/* Versions: the library's own, and those of firmware (TS006 FWversion). */
#ifndef FUOTA_VERSION_H
#define FUOTA_VERSION_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/error.h>

#define FUOTA_LIBRARY_VERSION "0.1.0"

/* The version of the library that is linked, e.g. "0.1.0". */
FUOTA_API const char *
fuota_library_version(void);

#define FUOTA_VERSION_TEXT_SIZE 16 /* "255.255.255.255" and a terminator */

/*
 * Text to the 32-bit number that devices report as TS006 FWversion.
 * "X.Y.Z" and "X.Y.Z.B" map to X<<24 | Y<<16 | Z<<8 | B with each part
 * 0..255; a plain number, decimal or 0x hexadecimal, stands for itself.
 *
 * text     terminated string
 * version  untouched on error
 *
 * Errors: FUOTA_E_RANGE  not a version, or a part that does not fit
 */
FUOTA_API enum fuota_status
fuota_version_parse(
    const char *text, uint32_t *version, struct fuota_error *err);

/*
 * The number as text: "X.Y.Z", or "X.Y.Z.B" when B is not 0.
 *
 * text  FUOTA_VERSION_TEXT_SIZE bytes, always terminated
 */
FUOTA_API void
fuota_version_format(uint32_t version, char text[FUOTA_VERSION_TEXT_SIZE]);

#endif
