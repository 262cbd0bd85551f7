/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any payload of the codec: never a byte read that is not there or written
 * behind the end, work bounded by the firmware and the payload, the same
 * verdict in one piece and in many. Input: what the device has, length of the
 * firmware and of the old one, how to cut, the payload.
 */
#include <string.h>

#include <fuota/device/codec.h>

#include "fuzz.h"

enum {
	HEAD_SIZE = 6,
	IMAGE_MAX = 4096,
	READS_PER_BYTE = 64, /* of firmware made */
};

struct sources {
	uint32_t old_len;
	struct fuota_in payload;
	const uint8_t *image;
	size_t made;
	size_t reads;
};

static enum fuota_status
read_source(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	struct sources *s = ctx;
	const size_t end = source == FUOTA_CODEC_OLD ? s->old_len
	    : source == FUOTA_CODEC_NEW              ? s->made
						     : s->payload.len;

	check(len > 0 && off <= end && len <= end - off);
	s->reads++;
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)((off + i) * 7 >> ((off + i) / 64 % 8));
	if (source == FUOTA_CODEC_NEW)
		memcpy(to, s->image + off, len);
	if (source == FUOTA_CODEC_PAYLOAD)
		memcpy(to, s->payload.data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
decode(struct sources *s, unsigned profile, uint32_t image_len, size_t piece,
    uint8_t *image)
{
	const size_t size = FUOTA_CODEC_STATE_SIZE(profile);
	const struct fuota_codec_io io = { .read = read_source, .ctx = s };
	struct fuota_codec *c = malloc(size);
	struct fuota_out out;

	s->image = image;
	enum fuota_status status = fuota_codec_init(
	    c, size, &io, s->old_len, image_len, (uint32_t)s->payload.len);
	if (status == FUOTA_OK)
		do {
			const size_t left = image_len - s->made;
			out = (struct fuota_out){ .data = image + s->made,
				.size = piece < left ? piece : left };
			status = fuota_codec_run(c, &io, &out);
			s->made += out.len;
		} while (status == FUOTA_OK && out.len > 0);
	if (status == FUOTA_OK)
		status = fuota_codec_finish(c);
	free(c);
	check(s->reads <=
	    (size_t)image_len * READS_PER_BYTE + s->payload.len * 3 + 64);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEAD_SIZE)
		return 0;
	const unsigned profile = data[0] % FUOTA_CODEC_PROFILE_COUNT;
	const uint32_t len = (uint32_t)(data[1] | data[2] << 8) % IMAGE_MAX + 1;
	struct sources whole = { .old_len = (uint32_t)(data[3] | data[4] << 8),
		.payload = { data + HEAD_SIZE, size - HEAD_SIZE } };
	struct sources cut = whole;
	uint8_t *a = calloc(2, len), *b = a + len;

	const enum fuota_status one = decode(&whole, profile, len, len, a);
	const enum fuota_status many =
	    decode(&cut, profile, len, data[5] % 64 + 1u, b);
	check(one == many);
	check(one != FUOTA_OK || memcmp(a, b, len) == 0);
	free(a);
	return 0;
}
