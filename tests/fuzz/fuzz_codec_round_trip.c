/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any two files as old and new firmware: what the codec's encoder makes of
 * them, its decoder makes new again. Input: profile, how much is old, both.
 */
#include <string.h>

#include <fuota/apply.h>
#include <fuota/delta.h>
#include <fuota/device/crc32.h>

#include "fuzz.h"

static struct fuota_out
room(size_t size)
{
	return (struct fuota_out){ .data = malloc(size), .size = size };
}

/* A full image, into plain. */
static struct fuota_image
wrap(struct fuota_in firmware, struct fuota_out *plain)
{
	const struct fuota_header header = { .image_len =
						 (uint32_t)firmware.len,
		.image_crc32 = fuota_crc32(
		    FUOTA_CRC32_INIT, firmware.data, firmware.len) };
	struct fuota_image image;

	check(fuota_image_encode(&header, NULL, 0, firmware, plain, NULL) ==
	    FUOTA_OK);
	check(fuota_image_parse((struct fuota_in){ plain->data, plain->len },
		  &image, NULL) == FUOTA_OK);
	return image;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	const size_t old_len = (size_t)(size - 3) * data[1] / 256;
	const struct fuota_in old = { data + 2, old_len };
	const struct fuota_in new = { data + 2 + old_len, size - 2 - old_len };
	struct fuota_delta params = { 0 };
	struct fuota_out plain = room(fuota_image_bound(new.len));
	struct fuota_image image = wrap(new, &plain);
	struct fuota_out made = room(fuota_transform_bound(&image));
	struct fuota_out back = room(new.len);

	params.transform.method = "codec";
	params.transform.ram = 4096u << data[0] % 4;
	params.transform.effort = (uint8_t)(1 + (data[0] >> 2) % 3);
	const enum fuota_status status = old.len == 0
	    ? fuota_compress(&image, &params.transform, &made, NULL, NULL)
	    : fuota_delta(&image, old, &params, &made, NULL, NULL);
	if (status != FUOTA_E_LIMIT) {
		check(status == FUOTA_OK);
		check(
		    fuota_image_parse((struct fuota_in){ made.data, made.len },
			&image, NULL) == FUOTA_OK);
		check(fuota_apply(&image, old, &back, NULL) == FUOTA_OK);
		check(back.len ==
		    new.len &&memcmp(back.data, new.data, new.len) == 0);
	}
	free(plain.data);
	free(made.data);
	free(back.data);
	return 0;
}
