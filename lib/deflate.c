/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include <fuota/device/decode.h>

#include "deflate.h"
#include "fail.h"
#include "stream.h"

/* zlib's; chain_len: how many places are looked at for a match. */
struct effort {
	int level, mem_level, chain_len;
};

/* Level 9 with half its chain: 0.5 % more bytes, and bsdiff's time. */
static const struct effort best = { 9, 9, 2048 };
static const struct effort quick = { 1, 5, 4 };

enum {
	LONGEST = 258, /* bytes, of a match */
	QUICK_LOSS = 2, /* quick makes no more than so many times of best */
	QUICK_MORE = 1024, /* and so many bytes */
};

/* --- encoding ------------------------------------------------------------*/

/* What is to be sent before it is deflated; *made is to be freed. */
static enum fuota_status
make_plain(struct fuota_in base, struct fuota_in target,
    struct fuota_header *header, struct fuota_in *plain, uint8_t **made,
    struct fuota_transform_report *report, struct fuota_error *err)
{
	struct fuota_out stream;

	*made = NULL;
	*plain = target;
	header->delta = base.len > 0 ? FUOTA_DELTA_TWO_SLOT : FUOTA_DELTA_NONE;
	if (base.len == 0)
		return FUOTA_OK;
	const enum fuota_status status =
	    fuota_stream_make(base, target, &stream, report, err);
	if (status != FUOTA_OK)
		return status;
	*made = stream.data;
	*plain = (struct fuota_in){ .data = stream.data, .len = stream.len };
	return FUOTA_OK;
}

enum fuota_status
fuota_plain_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	struct fuota_in plain;
	uint8_t *made;

	if (params->window_log2 != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "method none has no window");
	enum fuota_status status =
	    make_plain(base, target, header, &plain, &made, report, err);
	if (status != FUOTA_OK)
		return status;
	header->compression = FUOTA_COMPRESSION_NONE;
	header->window_log2 = 0;
	report->decoder_ram = FUOTA_DECODE_STATE_SIZE;
	status = plain.len > out->size ? FUOTA_E_SPACE : FUOTA_OK;
	if (status == FUOTA_OK) {
		memcpy(out->data, plain.data, plain.len);
		out->len = plain.len;
	}
	free(made);
	return status;
}

static enum fuota_status
deflate_with(struct effort effort, struct fuota_in in, uint8_t window_log2,
    struct fuota_out *out, struct fuota_error *err)
{
	z_stream z = { 0 };
	union {
		const uint8_t *given;
		Bytef *zlib; /* which does not write there */
	} next = { .given = in.data };

	if (deflateInit2(&z, effort.level, Z_DEFLATED, -(int)window_log2,
		effort.mem_level, Z_DEFAULT_STRATEGY) != Z_OK)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for deflate");
	if (effort.level == best.level)
		deflateTune(
		    &z, LONGEST / 8, LONGEST, LONGEST, effort.chain_len);
	z.next_in = next.zlib;
	z.avail_in = (uInt)in.len;
	z.next_out = out->data;
	z.avail_out = (uInt)out->size;
	const int code = deflate(&z, Z_FINISH);
	const size_t len = out->size - z.avail_out;
	deflateEnd(&z);
	if (code != Z_STREAM_END)
		return FUOTA_E_SPACE;
	out->len = len;
	return FUOTA_OK;
}

/*
 * Whether it is plain that in will not fit into size bytes: asked when that
 * is little, for the best effort would only tell after most of its work.
 */
static bool
hopeless(struct fuota_in in, uint8_t window_log2, size_t size)
{
	struct fuota_out out = { .size = size * QUICK_LOSS + QUICK_MORE };

	if (size > in.len / QUICK_LOSS / 2)
		return false;
	out.data = malloc(out.size);
	if (out.data == NULL)
		return false;
	const enum fuota_status status =
	    deflate_with(quick, in, window_log2, &out, NULL);
	free(out.data);
	return status == FUOTA_E_SPACE;
}

static enum fuota_status
deflate_all(struct fuota_in in, uint8_t window_log2, struct fuota_out *out,
    struct fuota_error *err)
{
	if (hopeless(in, window_log2, out->size))
		return FUOTA_E_SPACE;
	return deflate_with(best, in, window_log2, out, err);
}

static enum fuota_status
choose_window(const struct fuota_transform *params, uint8_t *window_log2,
    struct fuota_error *err)
{
	uint8_t w = params->window_log2;

	if (w != 0 &&
	    (w < FUOTA_INFLATE_WINDOW_LOG2_MIN ||
		w > FUOTA_INFLATE_WINDOW_LOG2_MAX))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "window of 2^%u bytes is outside 2^%u to 2^%u", w,
		    FUOTA_INFLATE_WINDOW_LOG2_MIN,
		    FUOTA_INFLATE_WINDOW_LOG2_MAX);
	if (w == 0 && params->ram == 0)
		w = FUOTA_WINDOW_LOG2_DEFAULT;
	if (w == 0) {
		w = FUOTA_INFLATE_WINDOW_LOG2_MAX;
		while (w > FUOTA_INFLATE_WINDOW_LOG2_MIN &&
		    FUOTA_DECODE_RAM(w) > params->ram)
			w--;
	}
	*window_log2 = w;
	if (params->ram == 0 || FUOTA_DECODE_RAM(w) <= params->ram)
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
	    "inflate with a window of %u bytes needs %zu bytes of RAM, the device has %u",
	    1u << w, FUOTA_DECODE_RAM(w), params->ram);
}

enum fuota_status
fuota_deflate_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	struct fuota_in plain;
	uint8_t *made;

	enum fuota_status status =
	    choose_window(params, &header->window_log2, err);
	if (status != FUOTA_OK)
		return status;
	status = make_plain(base, target, header, &plain, &made, report, err);
	if (status != FUOTA_OK)
		return status;
	header->compression = FUOTA_COMPRESSION_DEFLATE;
	report->window_log2 = header->window_log2;
	report->decoder_ram = (uint32_t)FUOTA_DECODE_RAM(header->window_log2);
	status = deflate_all(plain, header->window_log2, out, err);
	free(made);
	return status;
}
