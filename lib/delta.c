/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/delta.h>
#include <fuota/device/sha256.h>

#include "deflate.h"
#include "fail.h"
#include "parallel.h"
#include "transform.h"

static enum fuota_status
check_params(struct fuota_in base, const struct fuota_delta *params,
    struct fuota_error *err)
{
	const uint8_t len = params->base_id_len;

	if (base.len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "base is empty");
	if (base.len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "base of %zu bytes exceeds %u", base.len,
		    FUOTA_FIRMWARE_MAX);
	if (len != 0 &&
	    (len < FUOTA_BASE_ID_LEN_MIN || len > FUOTA_BASE_ID_LEN_MAX))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "base id of %u bytes is outside %u to %u", len,
		    FUOTA_BASE_ID_LEN_MIN, FUOTA_BASE_ID_LEN_MAX);
	return FUOTA_OK;
}

static void
set_base(struct fuota_header *header, struct fuota_in base,
    const struct fuota_delta *params)
{
	struct fuota_sha256 sha;

	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, base.data, base.len);
	fuota_sha256_finish(&sha, header->base_id);
	header->base_id_len = params->base_id_len != 0
	    ? params->base_id_len
	    : FUOTA_BASE_ID_LEN_DEFAULT;
	header->base_fw_version = params->base_fw_version;
}

/*
 * The codec needs three quarters of what deflate does, and far more time to
 * say so: when deflate is out of reach it is not asked.
 */
static bool
may_be_smaller(struct fuota_in firmware, size_t delta_len)
{
	const struct fuota_in nothing = { 0 };
	const struct fuota_transform params = { 0 };
	const size_t size = 2 * delta_len + 256;
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };

	if (size >= firmware.len)
		return true;
	struct fuota_out out = { .data = malloc(size), .size = size };
	const bool fits = out.data != NULL &&
	    fuota_deflate_encode(nothing, firmware, &params, &header, &out,
		&report, NULL) == FUOTA_OK;
	free(out.data);
	return fits;
}

/*
 * The length of the full image's payload by the same method, or 0 when it is
 * larger than the delta: encoding stops as soon as that is clear.
 */
static uint32_t
full_len(const struct fuota_method *method, struct fuota_in firmware,
    const struct fuota_transform *params, size_t delta_len)
{
	const struct fuota_in nothing = { 0 };
	struct fuota_transform whole = *params;
	const size_t size = delta_len < firmware.len ? delta_len : firmware.len;
	struct fuota_transform_report report = { 0 };
	struct fuota_header header = { 0 };
	uint32_t len = 0;

	if (method->compression == FUOTA_COMPRESSION_CODEC &&
	    !may_be_smaller(firmware, delta_len))
		return 0;
	struct fuota_out out = { .data = malloc(size), .size = size };
	if (out.data == NULL)
		return 0; /* a remark less */
	whole.in_place = NULL;
	if (method->encode(nothing, firmware, &whole, &header, &out, &report,
		NULL) == FUOTA_OK)
		len = (uint32_t)out.len;
	else if (delta_len >= firmware.len)
		len = (uint32_t)firmware.len;
	free(out.data);
	return len;
}

static enum fuota_status
encode(const struct fuota_image *image, struct fuota_in base,
    struct fuota_in firmware, const struct fuota_delta *params,
    struct fuota_header *header, struct fuota_out *payload,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	const struct fuota_method *method;

	enum fuota_status status =
	    fuota_transform_method(&params->transform, &method, err);
	if (status != FUOTA_OK)
		return status;
	*header = image->header;
	set_base(header, base, params);
	status = method->encode(
	    base, firmware, &params->transform, header, payload, report, err);
	if (status == FUOTA_E_SPACE || payload->len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "delta exceeds the firmware of %zu bytes; send the full image",
		    firmware.len);
	if (status != FUOTA_OK)
		return status;
	report->method = method->name;
	report->base_len = (uint32_t)base.len;
	report->image_len = (uint32_t)firmware.len;
	report->payload_len = (uint32_t)payload->len;
	report->full_len =
	    full_len(method, firmware, &params->transform, payload->len);
	return FUOTA_OK;
}

static enum fuota_status
make_delta(const struct fuota_image *image, struct fuota_in base,
    struct fuota_in firmware, const struct fuota_delta *params,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	const size_t size = fuota_transform_bound(image);
	struct fuota_out payload = { .data = malloc(size), .size = size };
	struct fuota_header header;

	if (payload.data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the delta, %zu bytes", size);
	enum fuota_status status = encode(
	    image, base, firmware, params, &header, &payload, report, err);
	if (status == FUOTA_OK) {
		const struct fuota_in in = { .data = payload.data,
			.len = payload.len };
		status = fuota_transform_finish(
		    image, &header, in, base, firmware, out, err);
	}
	free(payload.data);
	return status;
}

enum fuota_status
fuota_delta(const struct fuota_image *image, struct fuota_in base,
    const struct fuota_delta *params, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	struct fuota_transform_report made = { 0 };
	struct fuota_out firmware;

	enum fuota_status status = check_params(base, params, err);
	if (status != FUOTA_OK)
		return status;
	status = fuota_transform_firmware(image, &firmware, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_in in = { .data = firmware.data,
		.len = firmware.len };
	status = make_delta(image, base, in, params, out, &made, err);
	free(firmware.data);
	if (status == FUOTA_OK && report != NULL)
		*report = made;
	return status;
}

/* --- several at a time -----------------------------------------------------*/

static enum fuota_status
do_job(void *context, unsigned thread, uint32_t unit)
{
	struct fuota_delta_job *job = (struct fuota_delta_job *)context + unit;

	(void)thread;
	job->status = job->base.len > 0
	    ? fuota_delta(job->image, job->base, &job->params, &job->out,
		  &job->report, &job->err)
	    : fuota_compress(job->image, &job->params.transform, &job->out,
		  &job->report, &job->err);
	return FUOTA_OK;
}

void
fuota_delta_jobs(struct fuota_delta_job *jobs, size_t count, unsigned threads)
{
	(void)fuota_parallel(
	    threads > 0 ? threads : 1, (uint32_t)count, do_job, jobs);
}
