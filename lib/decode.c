/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/decode.h>

#include "decode.h"
#include "fail.h"
#include "in_place.h"

struct sources {
	struct fuota_in old, payload;
	const struct fuota_out *new;
};

static enum fuota_status
read_memory(void *ctx, enum fuota_codec_source source, uint32_t off,
    uint8_t *to, size_t len)
{
	const struct sources *s = ctx;
	struct fuota_in in = s->old;

	if (source == FUOTA_CODEC_PAYLOAD)
		in = s->payload;
	else if (source == FUOTA_CODEC_NEW)
		in = (struct fuota_in){ .data = s->new->data,
			.len = s->new->len };
	if (off > in.len || len > in.len - off)
		return FUOTA_E_FLASH;
	memcpy(to, in.data + off, len);
	return FUOTA_OK;
}

static size_t
arena_size(const struct fuota_header *header, uint32_t ram)
{
	const size_t most =
	    FUOTA_CODEC_STATE_SIZE(FUOTA_CODEC_PROFILE_COUNT - 1);

	switch ((enum fuota_compression)header->compression) {
	case FUOTA_COMPRESSION_NONE:
		break;
	case FUOTA_COMPRESSION_DEFLATE:
		return FUOTA_INFLATE_ARENA_SIZE(header->window_log2);
	case FUOTA_COMPRESSION_CODEC:
		return ram == 0 || ram > most ? most : ram;
	}
	return 0;
}

static const char *
reason(enum fuota_status status)
{
	if (status == FUOTA_E_TRUNCATED)
		return "ends too early";
	if (status == FUOTA_E_TRAILING)
		return "goes on after its end";
	if (status == FUOTA_E_TOO_LARGE)
		return "decodes to more than the header says";
	return fuota_status_text(status);
}

static enum fuota_status
fail(const struct fuota_image *image, enum fuota_status status,
    uint32_t payload_off, size_t made, size_t size, struct fuota_error *err)
{
	const struct fuota_header *h = &image->header;

	if (h->compression != FUOTA_COMPRESSION_CODEC)
		return fuota_fail(err, status, h->size + payload_off,
		    "payload %s, at byte %u of %zu of it and %zu of %u of the firmware",
		    reason(status), payload_off, image->payload.len, made,
		    h->image_len);
	if (status == FUOTA_E_FORMAT)
		return fuota_fail(err, status, h->size,
		    "payload copies from outside the firmware, after %zu of %u bytes of firmware",
		    made, h->image_len);
	if (status == FUOTA_E_LIMIT)
		return fuota_fail(err, status, h->size,
		    "payload needs more than the device's %zu bytes of decoder RAM",
		    size);
	return fuota_fail(err, status, h->size,
	    "payload %s, after %zu of %u bytes of firmware", reason(status),
	    made, h->image_len);
}

static enum fuota_status
decode_with(const struct fuota_image *image, struct fuota_in base, void *arena,
    size_t size, struct fuota_out *out, struct fuota_error *err)
{
	struct sources sources = {
		.old = base, .payload = image->payload, .new = out
	};
	const struct fuota_codec_io io = { .read = read_memory,
		.ctx = &sources };
	struct fuota_decode decode = { 0 };

	enum fuota_status status = fuota_decode_init(
	    &decode, &image->header, &io, (uint32_t)base.len, arena, size);
	if (status == FUOTA_OK)
		status = fuota_decode_run(&decode, &io, out);
	if (status == FUOTA_OK)
		status = fuota_decode_finish(&decode);
	if (status == FUOTA_OK)
		return FUOTA_OK;
	return fail(image, status, decode.payload_off, out->len, size, err);
}

enum fuota_status
fuota_decode_image(const struct fuota_image *image, struct fuota_in base,
    uint32_t ram, struct fuota_out *out, struct fuota_error *err)
{
	const size_t size = arena_size(&image->header, ram);

	if (image->header.delta == FUOTA_DELTA_IN_PLACE)
		return fuota_in_place_decode(image, base, ram, out, err);
	void *arena = malloc(size > 0 ? size : 1);

	if (arena == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for a decoder, %zu bytes", size);
	const enum fuota_status status =
	    decode_with(image, base, arena, size, out, err);
	free(arena);
	return status;
}
