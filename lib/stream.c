/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/patch.h>

#include "fail.h"
#include "stream.h"

static void
put_varint(struct fuota_out *out, uint32_t value)
{
	for (; value >= 0x80; value >>= 7)
		out->data[out->len++] = (uint8_t)(value | 0x80);
	out->data[out->len++] = (uint8_t)value;
}

/* 0, -1, 1, -2, ... to 0, 1, 2, 3, ... */
static uint32_t
zigzag(uint32_t from, uint32_t to)
{
	return to < from ? (from - to) * 2 - 1 : (to - from) * 2;
}

/* The differences, byte by byte and modulo 256. Returns how many are not 0. */
static uint32_t
put_diff(struct fuota_out *out, const uint8_t *base, const uint8_t *target,
    uint32_t len)
{
	uint8_t *to = out->data + out->len;
	uint32_t changed = 0;

	for (uint32_t i = 0; i < len; i++) {
		to[i] = (uint8_t)(target[i] - base[i]);
		changed += to[i] != 0;
	}
	out->len += len;
	return changed;
}

static void
put_records(struct fuota_in base, struct fuota_in target,
    const struct fuota_records *records, struct fuota_out *out,
    struct fuota_transform_report *report)
{
	const uint8_t *from = target.data;
	uint32_t base_off = 0;

	for (size_t i = 0; i < records->count; i++) {
		const struct fuota_record *r = &records->at[i];
		const uint32_t to = r->diff_len > 0 ? r->base_off : base_off;
		put_varint(out, r->diff_len);
		put_varint(out, r->extra_len);
		put_varint(out, zigzag(base_off, to));
		report->changed_len +=
		    put_diff(out, base.data + to, from, r->diff_len);
		from += r->diff_len;
		memcpy(out->data + out->len, from, r->extra_len);
		out->len += r->extra_len;
		from += r->extra_len;
		base_off = to + r->diff_len;
		report->diff_len += r->diff_len;
		report->extra_len += r->extra_len;
	}
}

enum fuota_status
fuota_stream_write(struct fuota_in base, struct fuota_in target,
    const struct fuota_records *records, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	const size_t size =
	    target.len + records->count * (size_t)(3 * FUOTA_PATCH_VARINT_MAX);

	*out = (struct fuota_out){ .data = malloc(size), .size = size };
	if (out->data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for a delta of %zu bytes", size);
	report->changed_len = report->diff_len = report->extra_len = 0;
	put_records(base, target, records, out, report);
	report->record_count = (uint32_t)records->count;
	report->stream_len = (uint32_t)out->len;
	return FUOTA_OK;
}

enum fuota_status
fuota_stream_make(struct fuota_in base, struct fuota_in target,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	struct fuota_records records;

	enum fuota_status status = fuota_match(base, target, &records, err);
	if (status != FUOTA_OK)
		return status;
	status = fuota_stream_write(base, target, &records, out, report, err);
	free(records.at);
	return status;
}
