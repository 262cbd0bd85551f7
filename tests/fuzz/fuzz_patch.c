/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A delta stream gives the same verdict and bytes in one piece and in many,
 * never reads outside the base and never writes beyond the image.
 * Input: length of the base, length of the image, how to cut, the stream.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/patch.h>

#include "fuzz.h"

enum {
	HEAD_SIZE = 4,
};

static enum fuota_status
read_base(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct fuota_in *base = ctx;

	if (len == 0 || off > base->len || len > base->len - off)
		abort();
	memcpy(to, base->data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
decode(struct fuota_in base, struct fuota_in stream, uint32_t image_len,
    size_t piece, uint8_t *image, size_t *len)
{
	const struct fuota_base reader = { .read = read_base, .ctx = &base };
	struct fuota_patch p;

	*len = 0;
	enum fuota_status status =
	    fuota_patch_init(&p, (uint32_t)base.len, image_len);
	while (status == FUOTA_OK) {
		struct fuota_in in = { .data = stream.data,
			.len = piece < stream.len ? piece : stream.len };
		const size_t left = image_len - *len;
		struct fuota_out out = { .data = image + *len,
			.size = piece < left ? piece : left };
		const size_t given = in.len;
		status = fuota_patch_feed(&p, &reader, &in, &out);
		stream.data += given - in.len;
		stream.len -= given - in.len;
		*len += out.len;
		if (stream.len == 0 && out.len < piece)
			break;
		if (*len == image_len && given == in.len)
			break;
	}
	return status != FUOTA_OK ? status : fuota_patch_finish(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t base[256], whole[4096], cut[4096];
	size_t whole_len, cut_len;

	if (size < HEAD_SIZE)
		return 0;
	for (size_t i = 0; i < sizeof(base); i++)
		base[i] = (uint8_t)(i * 7);
	const struct fuota_in old = { .data = base, .len = data[0] + 1u };
	const uint32_t image_len =
	    (uint32_t)(data[1] | data[2] << 8) % sizeof(whole) + 1;
	const struct fuota_in stream = { .data = data + HEAD_SIZE,
		.len = size - HEAD_SIZE };
	const enum fuota_status a = decode(
	    old, stream, image_len, sizeof(whole) + size, whole, &whole_len);
	const enum fuota_status b =
	    decode(old, stream, image_len, data[3] % 16 + 1u, cut, &cut_len);
	if (a != b || whole_len != cut_len || memcmp(whole, cut, cut_len) != 0)
		abort();
	return 0;
}
