/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "transform.h"

/* Compressed payload or, when that is no smaller, the firmware itself. */
static enum fuota_status
encode_smaller(const struct fuota_method *method, struct fuota_in firmware,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *payload, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	const struct fuota_in nothing = { 0 };

	report->method = method->name;
	enum fuota_status status = method->encode(
	    nothing, firmware, params, header, payload, report, err);
	if (status == FUOTA_E_SPACE) {
		const struct fuota_transform plain = { 0 };
		method = fuota_method_of(FUOTA_COMPRESSION_NONE);
		*report =
		    (struct fuota_transform_report){ .method = method->name };
		payload->size = firmware.len;
		status = method->encode(
		    nothing, firmware, &plain, header, payload, report, err);
	}
	report->image_len = (uint32_t)firmware.len;
	report->payload_len = (uint32_t)payload->len;
	return status;
}

/*
 * The most that a payload may have to make the whole image smaller: the
 * digest that a transformed one carries counts.
 */
static size_t
worth_having(const struct fuota_header *header)
{
	const size_t tlv = header->target_digest_len == 0 ? 20 : 0;

	return header->image_len > tlv + 1 ? header->image_len - tlv - 1 : 0;
}

static enum fuota_status
compress_firmware(const struct fuota_image *image, struct fuota_in firmware,
    const struct fuota_transform *params, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	const struct fuota_in nothing = { 0 };
	const struct fuota_method *method;
	struct fuota_header header = image->header;
	struct fuota_out payload = { .data = malloc(firmware.len),
		.size = worth_having(&header) };

	if (payload.data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the payload, %zu bytes", firmware.len);
	enum fuota_status status = fuota_transform_method(params, &method, err);
	if (status == FUOTA_OK)
		status = encode_smaller(
		    method, firmware, params, &header, &payload, report, err);
	if (status == FUOTA_OK) {
		const struct fuota_in in = { .data = payload.data,
			.len = payload.len };
		status = fuota_transform_finish(
		    image, &header, in, nothing, firmware, out, err);
	}
	free(payload.data);
	return status;
}

enum fuota_status
fuota_compress(const struct fuota_image *image,
    const struct fuota_transform *params, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	struct fuota_transform_report made = { 0 };
	struct fuota_out firmware;

	enum fuota_status status =
	    fuota_transform_firmware(image, &firmware, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_in in = { .data = firmware.data,
		.len = firmware.len };
	status = compress_firmware(image, in, params, out, &made, err);
	free(firmware.data);
	if (status == FUOTA_OK && report != NULL)
		*report = made;
	return status;
}
