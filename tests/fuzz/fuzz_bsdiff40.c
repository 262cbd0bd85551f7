/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A BSDIFF40 container: what is refused is refused with a reason and without
 * output, what is taken has the length its header says, twice the same.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/bsdiff40.h>

#include "fuzz.h"

enum {
	TARGET_MAX = 65536,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t base[] =
	    "The quick brown fox jumps over the lazy dog. 0123456789";
	const struct fuota_in patch = { .data = data, .len = size };
	const struct fuota_in old = { .data = base, .len = sizeof(base) };
	struct fuota_error err = { .status = FUOTA_OK };
	size_t len;

	if (fuota_bsdiff40_target_len(patch, &len, NULL) != FUOTA_OK ||
	    len > TARGET_MAX)
		return 0;
	struct fuota_out out = { .data = malloc(len), .size = len };
	struct fuota_out again = { .data = malloc(len), .size = len };
	const enum fuota_status status =
	    fuota_bsdiff40_decode(patch, old, &out, &err);
	if (status != err.status || (status == FUOTA_OK) != (out.len == len))
		abort();
	if (status != FUOTA_OK && err.message[0] == '\0')
		abort();
	if (fuota_bsdiff40_decode(patch, old, &again, NULL) != status ||
	    memcmp(out.data, again.data, out.len) != 0)
		abort();
	free(out.data);
	free(again.data);
	return 0;
}
