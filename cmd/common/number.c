/* SPDX-License-Identifier: BSD-2-Clause */
/* Option arguments: numbers, sizes, versions, fractions, bytes. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/version.h>

#include "cmd.h"

enum {
	ESCAPED_SIZE = 64
};

static _Noreturn void
not_a_number(const struct cmd *cmd, const char *option, const char *text,
    const char *wanted, uint32_t min, uint32_t max)
{
	char shown[ESCAPED_SIZE];

	cmd_usage(cmd, "--%s: '%s' is not %s from %u to %u", option,
	    cmd_escape(shown, sizeof(shown), text), wanted, min, max);
}

/* Unsigned digits and nothing else; *end is left behind them. */
static bool
parse_digits(const char *text, unsigned long long *value, const char **end)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *stop;

	if (!isdigit((unsigned char)text[0]) ||
	    (hex && !isxdigit((unsigned char)text[2])))
		return false;
	errno = 0;
	*value = strtoull(text, &stop, hex ? 16 : 10);
	*end = stop;
	return errno == 0;
}

uint32_t
cmd_u32(const struct cmd *cmd, const char *option, const char *text,
    uint32_t min, uint32_t max)
{
	unsigned long long value;
	const char *end;

	if (!parse_digits(text, &value, &end) || *end != '\0' || value < min ||
	    value > max)
		not_a_number(cmd, option, text, "a number", min, max);
	return (uint32_t)value;
}

uint8_t
cmd_u8(const struct cmd *cmd, const char *option, const char *text, uint8_t min,
    uint8_t max)
{
	return (uint8_t)cmd_u32(cmd, option, text, min, max);
}

uint32_t
cmd_size(const struct cmd *cmd, const char *option, const char *text,
    uint32_t min, uint32_t max)
{
	unsigned long long value, unit = 1;
	const char *end;

	if (!parse_digits(text, &value, &end))
		not_a_number(cmd, option, text, "a size", min, max);
	if (*end == 'k' || *end == 'M')
		unit = *end++ == 'k' ? 1024 : 1024 * 1024;
	if (*end != '\0' || value > max / unit || value * unit < min)
		not_a_number(cmd, option, text, "a size", min, max);
	return (uint32_t)(value * unit);
}

uint32_t
cmd_version(const struct cmd *cmd, const char *option, const char *text)
{
	struct fuota_error err;
	char shown[ESCAPED_SIZE];
	uint32_t version;

	if (fuota_version_parse(text, &version, &err) != FUOTA_OK)
		cmd_usage(cmd, "--%s: '%s' is %s", option,
		    cmd_escape(shown, sizeof(shown), text), err.message);
	return version;
}

double
cmd_fraction(const struct cmd *cmd, const char *option, const char *text,
    double min, double max)
{
	char *end, shown[ESCAPED_SIZE];
	double value = NAN;

	if (isdigit((unsigned char)text[0]) || text[0] == '.') {
		value = strtod(text, &end);
		if (*end == '%') {
			value /= 100;
			end++;
		}
		if (*end != '\0')
			value = NAN;
	}
	if (!(value >= min && value <= max))
		cmd_usage(cmd,
		    "--%s: '%s' is not a fraction from %g to %g, or that in %%",
		    option, cmd_escape(shown, sizeof(shown), text), min, max);
	return value;
}

void
cmd_hex(const struct cmd *cmd, const char *option, const char *text,
    uint8_t *bytes, size_t len)
{
	char shown[ESCAPED_SIZE];
	const char *end;
	size_t got;

	if (sodium_hex2bin(bytes, len, text, strlen(text), NULL, &got, &end) !=
		0 ||
	    got != len || *end != '\0')
		cmd_usage(cmd, "--%s: '%s' is not %zu bytes of hexadecimal",
		    option, cmd_escape(shown, sizeof(shown), text), len);
}

void
cmd_uuid(const struct cmd *cmd, const char *option, const char *text,
    uint8_t uuid[16])
{
	char shown[ESCAPED_SIZE];
	const char *end;
	size_t len;

	if (sodium_hex2bin(uuid, 16, text, strlen(text), "-", &len, &end) !=
		0 ||
	    len != 16 || *end != '\0')
		cmd_usage(cmd, "--%s: '%s' is not a UUID of 16 bytes", option,
		    cmd_escape(shown, sizeof(shown), text));
}
