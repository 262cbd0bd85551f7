/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/apply.h>
#include <fuota/base.h>
#include <fuota/firmware.h>
#include <fuota/image.h>
#include <fuota/object.h>

#include "fail.h"

static const struct fuota_firmware_params firmware = { .fill = 0xff };

static bool
is_image(struct fuota_in in)
{
	return fuota_object_recognise(in) == FUOTA_OBJECT_IMAGE;
}

static enum fuota_status
parse_full(
    struct fuota_in in, struct fuota_image *image, struct fuota_error *err)
{
	const enum fuota_status status = fuota_image_parse(in, image, err);

	if (status != FUOTA_OK)
		return status;
	if (image->header.delta != FUOTA_DELTA_NONE)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 4,
		    "base image is a delta itself; give the firmware it makes");
	return FUOTA_OK;
}

size_t
fuota_base_bound(struct fuota_in in)
{
	struct fuota_image image;

	if (!is_image(in))
		return fuota_firmware_bound(&firmware, in);
	return parse_full(in, &image, NULL) == FUOTA_OK ? image.header.image_len
							: 0;
}

enum fuota_status
fuota_base_read(struct fuota_in in, struct fuota_out *out,
    struct fuota_base_info *info, struct fuota_error *err)
{
	struct fuota_base_info found = { .is_image = is_image(in) };
	struct fuota_image image;
	enum fuota_status status;

	if (!found.is_image) {
		status = fuota_firmware_read(&firmware, in, out, NULL, err);
	} else {
		status = parse_full(in, &image, err);
		if (status != FUOTA_OK)
			return status;
		status = fuota_apply(&image, (struct fuota_in){ 0 }, out, err);
		found.fw_version = image.header.fw_version;
	}
	if (status == FUOTA_OK && info != NULL)
		*info = found;
	return status;
}
