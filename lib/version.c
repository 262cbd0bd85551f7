/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/version.h>

#include "fail.h"

const char *
fuota_library_version(void)
{
	return FUOTA_LIBRARY_VERSION;
}

/* Digits only: no sign, no space, no other base than the one given. */
static bool
parse_digits(const char *text, size_t len, int base, unsigned long max,
    unsigned long *value)
{
	const char *digits = "0123456789abcdefABCDEF";
	char copy[16];

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strspn(copy, base == 16 ? digits : "0123456789") != len)
		return false;
	*value = strtoul(copy, NULL, base);
	return *value <= max;
}

static bool
parse_plain(const char *text, uint32_t *version)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	unsigned long value;

	if (!parse_digits(
		digits, strlen(digits), hex ? 16 : 10, UINT32_MAX, &value))
		return false;
	*version = (uint32_t)value;
	return true;
}

static bool
parse_dotted(const char *text, uint32_t *version)
{
	uint32_t parsed = 0;
	unsigned parts = 0;

	for (;; text++) {
		const size_t len = strcspn(text, ".");
		unsigned long part;
		if (parts == 4 || !parse_digits(text, len, 10, 255, &part))
			return false;
		parsed |= (uint32_t)part << (24 - 8 * parts++);
		text += len;
		if (*text == '\0')
			break;
	}
	if (parts < 3)
		return false;
	*version = parsed;
	return true;
}

enum fuota_status
fuota_version_parse(
    const char *text, uint32_t *version, struct fuota_error *err)
{
	if (strchr(text, '.') ? parse_dotted(text, version)
			      : parse_plain(text, version))
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
	    "not a version: X.Y.Z or X.Y.Z.B with parts 0..255, or a number up to 4294967295");
}

void
fuota_version_format(uint32_t version, char text[FUOTA_VERSION_TEXT_SIZE])
{
	const unsigned x = version >> 24, y = version >> 16 & 255,
		       z = version >> 8 & 255, b = version & 255;

	if (b == 0)
		snprintf(text, FUOTA_VERSION_TEXT_SIZE, "%u.%u.%u", x, y, z);
	else
		snprintf(
		    text, FUOTA_VERSION_TEXT_SIZE, "%u.%u.%u.%u", x, y, z, b);
}
