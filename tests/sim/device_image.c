/* SPDX-License-Identifier: BSD-2-Clause */
#include "device_image.h"

#include <fuota/delta.h>
#include <fuota/device/crc32.h>

static struct fuota_out
full_image(const struct device_update *u)
{
	const struct fuota_header header = { .hw_id = DEVICE_HW_ID,
		.fw_version = u->version,
		.base_fw_version = u->base_version,
		.security_counter = u->counter,
		.image_len = (uint32_t)u->new.len,
		.image_crc32 =
		    fuota_crc32(FUOTA_CRC32_INIT, u->new.data, u->new.len) };
	struct fuota_out out =
	    check_out(fuota_image_bound((uint32_t)u->new.len));

	assert_int_equal(
	    FUOTA_OK, fuota_image_encode(&header, NULL, 0, u->new, &out, NULL));
	return out;
}

struct fuota_out
device_image(const struct device_update *u)
{
	const struct fuota_flash_plan plan = {
		.pages = { .size = { u->page_size }, .runs = 1 },
		.ring = u->ring
	};
	const struct fuota_delta params = {
		.transform = { .method = u->method,
		    .ram = u->ram,
		    .effort = 1,
		    .in_place = u->page_size > 0 ? &plan : NULL }
	};
	struct fuota_out full = full_image(u);
	struct fuota_image image;

	if (u->method == NULL)
		return full;
	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(check_in(&full), &image, NULL));
	struct fuota_out out = check_out(fuota_transform_bound(&image));
	if (u->delta)
		assert_int_equal(FUOTA_OK,
		    fuota_delta(&image, u->old, &params, &out, NULL, NULL));
	else
		assert_int_equal(FUOTA_OK,
		    fuota_compress(
			&image, &params.transform, &out, NULL, NULL));
	free(full.data);
	/* not smaller by this method would be another image than wanted */
	assert_int_equal(
	    FUOTA_OK, fuota_image_parse(check_in(&out), &image, NULL));
	assert_int_equal(strcmp(u->method, "codec") == 0
		? FUOTA_COMPRESSION_CODEC
		: FUOTA_COMPRESSION_DEFLATE,
	    image.header.compression);
	return out;
}
