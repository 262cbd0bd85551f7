/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload decoder, deflated image or deflated delta: the same verdict and
 * bytes in one piece and in many, never a byte beyond the cap.
 * Input: window and kind, length of the image, how to cut, the payload.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/decode.h>

#include "fuzz.h"

enum {
	HEAD_SIZE = 4,
	IMAGE_MAX = 4096,
};

static enum fuota_status
read_base(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const uint32_t *base_len = ctx;

	if (len == 0 || off > *base_len || len > *base_len - off)
		abort();
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)((off + i) * 7);
	return FUOTA_OK;
}

static enum fuota_status
decode(const struct fuota_header *header, struct fuota_in payload, size_t piece,
    uint8_t *image, size_t *len)
{
	uint32_t base_len = 300;
	const struct fuota_base reader = { .read = read_base,
		.ctx = &base_len };
	const size_t arena_size = FUOTA_INFLATE_ARENA_SIZE(header->window_log2);
	void *arena = malloc(arena_size);
	struct fuota_decode d;

	*len = 0;
	enum fuota_status status =
	    fuota_decode_init(&d, header, base_len, arena, arena_size);
	while (status == FUOTA_OK) {
		struct fuota_in in = { .data = payload.data,
			.len = piece < payload.len ? piece : payload.len };
		const size_t left = header->image_len - *len;
		struct fuota_out out = { .data = image + *len,
			.size = piece < left ? piece : left };
		const size_t given = in.len;
		status = fuota_decode_feed(&d, &reader, &in, &out);
		payload.data += given - in.len;
		payload.len -= given - in.len;
		*len += out.len;
		if (payload.len == 0 && out.len < piece)
			break;
		if (out.len == 0 && given == in.len)
			break;
	}
	if (status == FUOTA_OK)
		status = fuota_decode_finish(&d);
	free(arena);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t whole[IMAGE_MAX], cut[IMAGE_MAX];
	size_t whole_len, cut_len;

	if (size < HEAD_SIZE)
		return 0;
	const struct fuota_header header = {
		.compression = FUOTA_COMPRESSION_DEFLATE,
		.delta = data[0] >> 4 & 1,
		.window_log2 = (uint8_t)(9 + data[0] % 7),
		.image_len = (uint32_t)(data[1] | data[2] << 8) % IMAGE_MAX + 1,
	};
	const struct fuota_in payload = { .data = data + HEAD_SIZE,
		.len = size - HEAD_SIZE };
	const enum fuota_status a =
	    decode(&header, payload, IMAGE_MAX + size, whole, &whole_len);
	const enum fuota_status b =
	    decode(&header, payload, data[3] % 64 + 1u, cut, &cut_len);
	if (a != b)
		abort();
	if (a == FUOTA_OK &&
	    (whole_len != cut_len || memcmp(whole, cut, cut_len) != 0))
		abort();
	return 0;
}
