/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload decoder, deflate or codec, image or delta: the same verdict and
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

/* What the decoder may read: each time, no more than is there. */
struct sources {
	uint32_t old_len;
	struct fuota_in payload;
	const uint8_t *image;
	size_t made;
};

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct sources *s = ctx;
	const size_t end = source == FUOTA_CODEC_OLD ? s->old_len
	    : source == FUOTA_CODEC_NEW              ? s->made
						     : s->payload.len;

	if (len == 0 || off > end || len > end - off)
		abort();
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)((off + i) * 7);
	if (source == FUOTA_CODEC_NEW)
		memcpy(to, s->image + off, len);
	if (source == FUOTA_CODEC_PAYLOAD)
		memcpy(to, s->payload.data + off, len);
	return FUOTA_OK;
}

static size_t
arena_size(const struct fuota_header *header)
{
	return header->compression == FUOTA_COMPRESSION_CODEC
	    ? FUOTA_CODEC_STATE_SIZE(1)
	    : FUOTA_INFLATE_ARENA_SIZE(header->window_log2);
}

static enum fuota_status
decode(const struct fuota_header *header, struct fuota_in payload, size_t piece,
    uint8_t *image, size_t *len)
{
	struct sources sources = {
		.old_len = 300, .payload = payload, .image = image
	};
	const struct fuota_codec_io io = { .read = read_source,
		.ctx = &sources };
	void *arena = malloc(arena_size(header));
	struct fuota_out out;
	struct fuota_decode d;

	enum fuota_status status = fuota_decode_init(
	    &d, header, &io, sources.old_len, arena, arena_size(header));
	if (status == FUOTA_OK)
		do {
			const size_t left = header->image_len - sources.made;
			out = (struct fuota_out){ .data = image + sources.made,
				.size = piece < left ? piece : left };
			status = fuota_decode_run(&d, &io, &out);
			sources.made += out.len;
		} while (status == FUOTA_OK && out.len > 0);
	if (status == FUOTA_OK)
		status = fuota_decode_finish(&d);
	free(arena);
	*len = sources.made;
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
		.compression = data[0] >> 5 & 1 ? FUOTA_COMPRESSION_CODEC
						: FUOTA_COMPRESSION_DEFLATE,
		.delta = data[0] >> 4 & 1,
		.window_log2 = (uint8_t)(9 + data[0] % 7),
		.payload_len = (uint32_t)(size - HEAD_SIZE),
		.image_len = (uint32_t)(data[1] | data[2] << 8) % IMAGE_MAX + 1,
	};
	const struct fuota_in payload = { .data = data + HEAD_SIZE,
		.len = size - HEAD_SIZE };
	const enum fuota_status a =
	    decode(&header, payload, IMAGE_MAX, whole, &whole_len);
	const enum fuota_status b =
	    decode(&header, payload, data[3] % 64 + 1u, cut, &cut_len);
	if (a != b)
		abort();
	if (a == FUOTA_OK &&
	    (whole_len != cut_len || memcmp(whole, cut, cut_len) != 0))
		abort();
	return 0;
}
