/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/apply.h>
#include <fuota/device/sha256.h>

#include "decode.h"
#include "fail.h"
#include "transform.h"

enum {
	TARGET_DIGEST_LEN = 16, /* bytes, of one that is added */
};

size_t
fuota_transform_bound(const struct fuota_image *image)
{
	const size_t len = image->header.image_len;

	/* Deflate's worst case is far below a 64th and 1 kB. */
	return fuota_image_bound(len + len / 64 + 1024);
}

enum fuota_status
fuota_transform_method(const struct fuota_transform *params,
    const struct fuota_method **method, struct fuota_error *err)
{
	const char *name = params->method;

	if (name == NULL) /* a window is deflate's */
		name = params->window_log2 != 0 ? "deflate" : "codec";
	*method = fuota_method_named(name);
	if (*method == NULL)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "no such method");
	return params->in_place == NULL || strcmp(name, "codec") == 0
	    ? FUOTA_OK
	    : fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		  "method %s makes no delta in place; codec does", name);
}

enum fuota_status
fuota_transform_firmware(const struct fuota_image *image,
    struct fuota_out *firmware, struct fuota_error *err)
{
	const struct fuota_in nothing = { 0 };
	const size_t size = image->header.image_len;

	if (image->header.delta != FUOTA_DELTA_NONE)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 4,
		    "image is a delta already; give the full image");
	*firmware = (struct fuota_out){ .data = malloc(size), .size = size };
	if (firmware->data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the firmware, %zu bytes", size);
	const enum fuota_status status =
	    fuota_apply(image, nothing, firmware, err);
	if (status != FUOTA_OK)
		free(firmware->data);
	return status;
}

static void
add_digest(struct fuota_header *header, struct fuota_in firmware)
{
	struct fuota_sha256 sha;

	if (header->target_digest_len != 0)
		return;
	if (header->compression == FUOTA_COMPRESSION_NONE &&
	    header->delta == FUOTA_DELTA_NONE)
		return;
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, firmware.data, firmware.len);
	fuota_sha256_finish(&sha, header->target_digest);
	header->target_digest_len = TARGET_DIGEST_LEN;
}

/*
 * What was made, through the device's decoder. Every byte is compared, so
 * CRC-32 and digests, which are of the same bytes, need not be.
 */
static enum fuota_status
rebuild(struct fuota_in made, struct fuota_in base, struct fuota_in firmware,
    struct fuota_error *err)
{
	struct fuota_image image;
	struct fuota_out result = { .data = malloc(firmware.len),
		.size = firmware.len };

	if (result.data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory to check the result, %zu bytes",
		    firmware.len);
	enum fuota_status status = fuota_image_parse(made, &image, err);
	if (status == FUOTA_OK)
		status = fuota_decode_image(&image, base, 0, &result, err);
	if (status == FUOTA_OK &&
	    (result.len != firmware.len ||
		memcmp(result.data, firmware.data, firmware.len) != 0))
		status = fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "the result does not decode to the firmware: a defect");
	free(result.data);
	return status;
}

enum fuota_status
fuota_transform_finish(const struct fuota_image *image,
    struct fuota_header *header, struct fuota_in payload, struct fuota_in base,
    struct fuota_in firmware, struct fuota_out *out, struct fuota_error *err)
{
	struct fuota_out made = { .data = out->data, .size = out->size };

	add_digest(header, firmware);
	enum fuota_status status =
	    fuota_image_rewrite(image, header, payload, &made, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_in bytes = { .data = made.data, .len = made.len };
	status = rebuild(bytes, base, firmware, err);
	if (status == FUOTA_OK)
		out->len = made.len;
	return status;
}
