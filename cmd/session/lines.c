/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "session.h"

bool
session_next_line(struct session_lines *lines)
{
	const size_t left = lines->in.len - lines->offset;
	const uint8_t *start = lines->in.data + lines->offset;

	if (left == 0)
		return false;
	const uint8_t *end = memchr(start, '\n', left);
	size_t len = end != NULL ? (size_t)(end - start) : left;
	lines->offset += len + (end != NULL);
	lines->number++;
	if (len > 0 && start[len - 1] == '\r')
		len--;
	lines->line = (struct fuota_in){ start, len };
	return true;
}
