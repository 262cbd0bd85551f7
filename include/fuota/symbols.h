/* SPDX-License-Identifier: BSD-2-Clause */
/* Which function or object each byte of firmware belongs to. */
#ifndef FUOTA_SYMBOLS_H
#define FUOTA_SYMBOLS_H

#include <stdbool.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

#define FUOTA_SYMBOLS_FILE_MAX 134217728u /* bytes of an ELF or map file */
#define FUOTA_SYMBOL_NAME_MAX  255u /* bytes; longer names are cut */

/* A range of firmware. Names are printable ASCII, other bytes become '?'. */
struct fuota_symbol {
	uint32_t off, len; /* in the firmware, bytes */
	const char *name; /* empty: between the symbols of the section */
	const char *section; /* empty: in none */
};

struct fuota_symbols {
	struct fuota_symbol *list; /* ascending, without gap or overlap */
	size_t count;
	char *names; /* what the list points into */
};

/*
 * The symbols of an ELF file (ELF32, little-endian) or of GNU ld's map file,
 * as ranges of the firmware that was linked: from its first byte, at its
 * lowest load address, to image_len. Sections without content (bss) and
 * those of debuggers are not in it. Where symbols overlap the first one has
 * the bytes, and of those that begin together the longest.
 *
 * symbols  freed by fuota_symbols_free(); untouched on error
 *
 * Errors: FUOTA_E_FORMAT       malformed, or neither of both
 *         FUOTA_E_UNSUPPORTED  another class, byte order or type of ELF file
 *         FUOTA_E_TOO_LARGE    over FUOTA_SYMBOLS_FILE_MAX
 *         FUOTA_E_EMPTY        no section with content
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_symbols_read(struct fuota_in in, uint32_t image_len,
    struct fuota_symbols *symbols, struct fuota_error *err);

FUOTA_API void
fuota_symbols_free(struct fuota_symbols *symbols);

#endif
