/* SPDX-License-Identifier: BSD-2-Clause */
#include "cbor.h"

#include <string.h>

static void
put(struct cbor *cbor, unsigned byte)
{
	if (cbor->len < cbor->size)
		cbor->data[cbor->len] = (uint8_t)byte;
	cbor->len++;
}

/* Major type and argument, RFC 8949 section 3. */
static void
head(struct cbor *cbor, unsigned major, uint32_t argument)
{
	unsigned bytes = 0, code = argument;

	if (argument > 0xffff) {
		code = 26;
		bytes = 4;
	} else if (argument > 0xff) {
		code = 25;
		bytes = 2;
	} else if (argument > 23) {
		code = 24;
		bytes = 1;
	}
	put(cbor, major << 5 | code);
	while (bytes-- > 0)
		put(cbor, argument >> 8 * bytes & 0xff);
}

void
cbor_uint(struct cbor *cbor, uint32_t value)
{
	head(cbor, 0, value);
}

void
cbor_int(struct cbor *cbor, int32_t value)
{
	if (value < 0)
		head(cbor, 1, ~(uint32_t)value);
	else
		head(cbor, 0, (uint32_t)value);
}

static void
string(struct cbor *cbor, unsigned major, const uint8_t *bytes, size_t len)
{
	head(cbor, major, len);
	for (size_t i = 0; i < len; i++)
		put(cbor, bytes[i]);
}

void
cbor_text(struct cbor *cbor, const char *text)
{
	string(cbor, 3, (const uint8_t *)text, strlen(text));
}

void
cbor_bytes(struct cbor *cbor, const uint8_t *bytes, size_t len)
{
	string(cbor, 2, bytes, len);
}

void
cbor_array(struct cbor *cbor, uint32_t count)
{
	head(cbor, 4, count);
}

void
cbor_map(struct cbor *cbor, uint32_t count)
{
	head(cbor, 5, count);
}

void
cbor_bool(struct cbor *cbor, bool value)
{
	put(cbor, value ? 0xf5 : 0xf4);
}

void
cbor_null(struct cbor *cbor)
{
	put(cbor, 0xf6);
}

void
cbor_decimal(struct cbor *cbor, int32_t value, unsigned decimals)
{
	if (decimals == 0) {
		cbor_int(cbor, value);
		return;
	}
	head(cbor, 6, 4);
	cbor_array(cbor, 2);
	cbor_int(cbor, -(int32_t)decimals);
	cbor_int(cbor, value);
}
