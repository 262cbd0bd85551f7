/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include <fuota/status.h>

#include "fail.h"

const char *
fuota_status_text(enum fuota_status status)
{
	switch (status) {
	case FUOTA_OK:
		return "done";
	case FUOTA_E_SIGNATURE:
		return "signature does not hold";
	case FUOTA_E_DIGEST:
		return "SHA-256 differs";
	case FUOTA_E_CRC:
		return "CRC-32 differs";
	case FUOTA_E_LOSSES:
		return "too few fragments";
	case FUOTA_E_RANGE:
		return "value out of range";
	case FUOTA_E_SPACE:
		return "buffer too small";
	case FUOTA_E_SEQUENCE:
		return "call out of order";
	case FUOTA_E_FORMAT:
		return "malformed";
	case FUOTA_E_TRUNCATED:
		return "truncated";
	case FUOTA_E_TRAILING:
		return "trailing bytes";
	case FUOTA_E_UNSUPPORTED:
		return "unsupported";
	case FUOTA_E_EMPTY:
		return "empty";
	case FUOTA_E_TOO_LARGE:
		return "too large";
	case FUOTA_E_MEMORY:
		return "out of memory";
	case FUOTA_E_IO:
		return "input or output failed";
	case FUOTA_E_KEY:
		return "unusable key";
	case FUOTA_E_FLASH:
		return "flash access failed";
	case FUOTA_E_HARDWARE:
		return "for other hardware";
	case FUOTA_E_COMPONENT:
		return "for a component the device lacks";
	case FUOTA_E_BASE:
		return "for another base firmware";
	case FUOTA_E_COUNTER:
		return "security counter too low";
	case FUOTA_E_SLOT:
		return "larger than the slot";
	case FUOTA_E_LIMIT:
		return "over a limit of the device";
	case FUOTA_E_DEVELOPMENT:
		return "development image";
	case FUOTA_E_DEPENDENCY:
		return "another component is too old";
	}
	return "unknown status";
}

enum fuota_status
fuota_fail(struct fuota_error *err, enum fuota_status status, size_t offset,
    const char *format, ...)
{
	if (err == NULL)
		return status;
	err->status = status;
	err->offset = offset;
	va_list args;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return status;
}

enum fuota_status
fuota_fail_status(
    struct fuota_error *err, enum fuota_status status, size_t offset)
{
	return fuota_fail(err, status, offset, "%s", fuota_status_text(status));
}
