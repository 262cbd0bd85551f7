/* SPDX-License-Identifier: BSD-2-Clause */
/* A CBOR writer (RFC 8949), shortest forms only. */
#ifndef NODE_CBOR_H
#define NODE_CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbor {
	uint8_t *data;
	size_t size, len; /* len > size: it did not fit */
};

void
cbor_uint(struct cbor *cbor, uint32_t value);
void
cbor_int(struct cbor *cbor, int32_t value);
void
cbor_text(struct cbor *cbor, const char *text);
void
cbor_bytes(struct cbor *cbor, const uint8_t *bytes, size_t len);
void
cbor_array(struct cbor *cbor, uint32_t count);
void
cbor_map(struct cbor *cbor, uint32_t count);
void
cbor_bool(struct cbor *cbor, bool value);
void
cbor_null(struct cbor *cbor);
/* A decimal fraction, tag 4: value * 10^-decimals. */
void
cbor_decimal(struct cbor *cbor, int32_t value, unsigned decimals);

#endif
