/* SPDX-License-Identifier: BSD-2-Clause */
/* What host calls read and fill: whole buffers, owned by the caller. */
#ifndef FUOTA_BUFFER_H
#define FUOTA_BUFFER_H

#include <stddef.h>
#include <stdint.h>

/* Bytes to read; never kept after the call. data may be NULL when len is 0. */
struct fuota_in {
	const uint8_t *data;
	size_t len; /* bytes */
};

/*
 * Room to write. The caller sets data and size (a fuota_*_bound() says how
 * much is always enough); the call sets len. On error nothing is promised of
 * the bytes in data and len keeps its value.
 */
struct fuota_out {
	uint8_t *data;
	size_t size; /* bytes of room */
	size_t len; /* bytes written */
};

#endif
