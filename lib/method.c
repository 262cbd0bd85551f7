/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>

#include "codec.h"
#include "deflate.h"
#include "method.h"

/* "none" makes a delta stream that is not compressed, or plain firmware. */
static const struct fuota_method fuota_methods[] = {
	{ "none", FUOTA_COMPRESSION_NONE, fuota_plain_encode },
	{ "codec", FUOTA_COMPRESSION_CODEC, fuota_codec_encode },
	{ "deflate", FUOTA_COMPRESSION_DEFLATE, fuota_deflate_encode },
};

enum {
	METHOD_COUNT = sizeof(fuota_methods) / sizeof(fuota_methods[0])
};

const struct fuota_method *
fuota_method_named(const char *name)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (strcmp(fuota_methods[i].name, name) == 0)
			return &fuota_methods[i];
	return NULL;
}

const struct fuota_method *
fuota_method_of(uint8_t compression)
{
	for (size_t i = 0; i < METHOD_COUNT; i++)
		if (fuota_methods[i].compression == compression)
			return &fuota_methods[i];
	return NULL;
}
