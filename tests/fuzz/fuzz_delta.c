/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any two files as base and firmware: a delta and a patch are made, and make
 * the firmware again. Input: method and window, where to cut, both files.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/apply.h>
#include <fuota/bsdiff40.h>
#include <fuota/delta.h>
#include <fuota/device/crc32.h>

#include "fuzz.h"

static void
must(enum fuota_status status)
{
	if (status != FUOTA_OK)
		abort();
}

static void
must_be(const struct fuota_out *out, struct fuota_in firmware)
{
	if (out->len != firmware.len ||
	    memcmp(out->data, firmware.data, firmware.len) != 0)
		abort();
}

static void
by_image(struct fuota_in base, struct fuota_in firmware,
    const struct fuota_delta *params)
{
	const struct fuota_header header = { .image_len =
						 (uint32_t)firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, firmware.data, firmware.len) };
	const size_t size = fuota_image_bound(firmware.len);
	struct fuota_out plain = { .data = malloc(size), .size = size };
	struct fuota_image image;

	must(fuota_image_encode(&header, NULL, 0, firmware, &plain, NULL));
	must(fuota_image_parse(
	    (struct fuota_in){ plain.data, plain.len }, &image, NULL));
	const size_t bound = fuota_transform_bound(&image);
	struct fuota_out made = { .data = malloc(bound), .size = bound };
	const enum fuota_status status =
	    fuota_delta(&image, base, params, &made, NULL, NULL);
	if (status != FUOTA_E_LIMIT)
		must(status);
	if (status == FUOTA_OK) {
		struct fuota_out back = { .data = malloc(firmware.len),
			.size = firmware.len };
		must(fuota_image_parse(
		    (struct fuota_in){ made.data, made.len }, &image, NULL));
		must(fuota_apply(&image, base, &back, NULL));
		must_be(&back, firmware);
		free(back.data);
	}
	free(made.data);
	free(plain.data);
}

static void
by_bsdiff40(struct fuota_in base, struct fuota_in firmware)
{
	const size_t bound = fuota_bsdiff40_bound(firmware.len);
	struct fuota_out patch = { .data = malloc(bound), .size = bound };
	struct fuota_out back = { .data = malloc(firmware.len),
		.size = firmware.len };

	must(fuota_bsdiff40_encode(base, firmware, &patch, NULL));
	must(fuota_bsdiff40_decode(
	    (struct fuota_in){ patch.data, patch.len }, base, &back, NULL));
	must_be(&back, firmware);
	free(patch.data);
	free(back.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 5)
		return 0;
	const struct fuota_delta params = {
		.transform = { .method =
				   (data[0] & 0x80) != 0 ? "none" : "deflate",
		    .window_log2 = (data[0] & 0x80) != 0
			? 0
			: (uint8_t)(9 + data[0] % 7) },
	};
	const size_t cut = 1 + (size_t)(data[1] | data[2] << 8) % (size - 4);
	const struct fuota_in base = { .data = data + 3, .len = cut };
	const struct fuota_in firmware = { .data = data + 3 + cut,
		.len = size - 3 - cut };
	if (firmware.len == 0)
		return 0;
	by_image(base, firmware, &params);
	by_bsdiff40(base, firmware);
	return 0;
}
