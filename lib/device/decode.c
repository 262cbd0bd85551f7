/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/decode.h>

#include "built_in.h"

enum {
	PIECE_SIZE = 32 /* bytes of payload read at once */
};

static bool
is_deflated(const struct fuota_decode *d)
{
	return HAS_DEFLATE && d->compression == FUOTA_COMPRESSION_DEFLATE;
}

static bool
is_codec(const struct fuota_decode *d)
{
	return HAS_CODEC && d->compression == FUOTA_COMPRESSION_CODEC;
}

/* A delta stream of fuota-delta(5); the codec has its own way. */
static bool
is_delta(const struct fuota_decode *d)
{
	return HAS_DELTA && d->delta != FUOTA_DELTA_NONE;
}

static bool
is_supported(const struct fuota_header *header)
{
	if (header->delta == FUOTA_DELTA_IN_PLACE)
		return false;
	switch ((enum fuota_compression)header->compression) {
	case FUOTA_COMPRESSION_CODEC:
		return HAS_CODEC;
	case FUOTA_COMPRESSION_DEFLATE:
		if (!HAS_DEFLATE)
			return false;
		break;
	case FUOTA_COMPRESSION_NONE:
		break;
	}
	return HAS_DELTA || header->delta == FUOTA_DELTA_NONE;
}

static enum fuota_status
init_inflate(struct fuota_decode *d, const struct fuota_header *header,
    void *arena, size_t arena_size)
{
	const uint32_t most = header->delta == FUOTA_DELTA_NONE
	    ? header->image_len
	    : FUOTA_PATCH_STREAM_MAX(header->image_len);

	return fuota_inflate_init(
	    &d->inflate, header->window_log2, most, arena, arena_size);
}

static enum fuota_status
init_codec(struct fuota_decode *d, const struct fuota_header *header,
    const struct fuota_codec_io *io, uint32_t base_len, void *arena,
    size_t arena_size)
{
	d->codec = arena;
	return fuota_codec_init(d->codec, arena_size, io,
	    header->delta == FUOTA_DELTA_NONE ? 0 : base_len, header->image_len,
	    header->payload_len);
}

enum fuota_status
fuota_decode_init(struct fuota_decode *d, const struct fuota_header *header,
    const struct fuota_codec_io *io, uint32_t base_len, void *arena,
    size_t arena_size)
{
	if (!is_supported(header))
		return FUOTA_E_UNSUPPORTED;
	memset(d, 0, sizeof(*d));
	d->compression = header->compression;
	d->delta = header->delta;
	d->payload_len = header->payload_len;
	d->image_left = header->image_len;
	if (is_codec(d))
		return init_codec(d, header, io, base_len, arena, arena_size);
	if (is_delta(d)) {
		const enum fuota_status status =
		    fuota_patch_init(&d->patch, base_len, header->image_len);
		if (status != FUOTA_OK)
			return status;
	}
	if (is_deflated(d))
		return init_inflate(d, header, arena, arena_size);
	return FUOTA_OK;
}

static enum fuota_status
copy(struct fuota_decode *d, struct fuota_in *in, struct fuota_out *out)
{
	const size_t room = out->size - out->len;
	size_t len = in->len < room ? in->len : room;

	if (len > d->image_left)
		len = d->image_left;
	if (len > 0)
		memcpy(out->data + out->len, in->data, len);
	in->data += len;
	in->len -= len;
	out->len += len;
	d->image_left -= (uint32_t)len;
	return d->image_left == 0 && in->len > 0 ? FUOTA_E_TRAILING : FUOTA_OK;
}

/*
 * The next bytes of the delta stream, if there are. What inflate objects to
 * waits until the patch has seen the bytes before it, so that the verdict is
 * the same for every way of cutting.
 */
static void
fill_chunk(struct fuota_decode *d, struct fuota_in *in)
{
	struct fuota_out chunk = { .data = d->chunk, .size = sizeof(d->chunk) };

	d->inflated = (uint8_t)fuota_inflate_feed(&d->inflate, in, &chunk);
	d->chunk_off = 0;
	d->chunk_len = (uint8_t)chunk.len;
}

static enum fuota_status
drain_chunk(struct fuota_decode *d, const struct fuota_base *base,
    struct fuota_out *out)
{
	struct fuota_in chunk = { .data = d->chunk + d->chunk_off,
		.len = (size_t)(d->chunk_len - d->chunk_off) };

	const enum fuota_status status =
	    fuota_patch_feed(&d->patch, base, &chunk, out);
	d->chunk_off = (uint8_t)(d->chunk_len - chunk.len);
	return status;
}

static enum fuota_status
inflate_and_patch(struct fuota_decode *d, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out)
{
	for (;;) {
		const enum fuota_status status = drain_chunk(d, base, out);
		if (status != FUOTA_OK || d->chunk_off < d->chunk_len)
			return status;
		if (d->inflated != FUOTA_OK)
			return (enum fuota_status)d->inflated;
		fill_chunk(d, in);
		if (d->chunk_len == 0)
			return (enum fuota_status)d->inflated;
	}
}

/* Old firmware for the patch. */
static enum fuota_status
read_old(void *ctx, uint32_t off, uint8_t *to, size_t len)
{
	const struct fuota_codec_io *const *io = ctx;

	return (*io)->read((*io)->ctx, FUOTA_CODEC_OLD, off, to, len);
}

/* Until in is used up or out is full. */
static enum fuota_status
feed(struct fuota_decode *d, const struct fuota_codec_io *io,
    struct fuota_in *in, struct fuota_out *out)
{
	const struct fuota_base base = { .read = read_old, .ctx = &io };

	if (!is_deflated(d))
		return is_delta(d) ? fuota_patch_feed(&d->patch, &base, in, out)
				   : copy(d, in, out);
	return is_delta(d) ? inflate_and_patch(d, &base, in, out)
			   : fuota_inflate_feed(&d->inflate, in, out);
}

/* One piece of payload; *went_on tells whether anything came of it. */
static enum fuota_status
take_piece(struct fuota_decode *d, const struct fuota_codec_io *io,
    struct fuota_out *out, bool *went_on)
{
	const uint32_t left = d->payload_len - d->payload_off;
	const uint32_t n = left < PIECE_SIZE ? left : PIECE_SIZE;
	const size_t made = out->len;
	uint8_t piece[PIECE_SIZE];
	struct fuota_in in = { .data = piece, .len = n };

	enum fuota_status status = FUOTA_OK;
	if (n > 0)
		status = io->read(
		    io->ctx, FUOTA_CODEC_PAYLOAD, d->payload_off, piece, n);
	if (status == FUOTA_OK)
		status = feed(d, io, &in, out);
	d->payload_off += n - (uint32_t)in.len;
	*went_on = in.len < n || out->len > made;
	return status;
}

enum fuota_status
fuota_decode_run(struct fuota_decode *d, const struct fuota_codec_io *io,
    struct fuota_out *out)
{
	enum fuota_status status = FUOTA_OK;
	bool went_on = true;

	if (is_codec(d))
		return fuota_codec_run(d->codec, io, out);
	while (status == FUOTA_OK && went_on)
		status = take_piece(d, io, out, &went_on);
	return status;
}

/* Whether a full image came out whole; a delta's end is the patch's. */
static enum fuota_status
finish_full(const struct fuota_decode *d)
{
	const uint32_t left = is_deflated(d)
	    ? d->inflate.out_max - d->inflate.out_len
	    : d->image_left;

	return left > 0 ? FUOTA_E_TRUNCATED : FUOTA_OK;
}

static enum fuota_status
finish_codec(const struct fuota_decode *d)
{
	const enum fuota_status status = fuota_codec_finish(d->codec);

	return status == FUOTA_E_SEQUENCE ? FUOTA_E_TRUNCATED : status;
}

enum fuota_status
fuota_decode_finish(const struct fuota_decode *d)
{
	if (is_codec(d))
		return finish_codec(d);
	if (is_deflated(d) && fuota_inflate_finish(&d->inflate) != FUOTA_OK)
		return FUOTA_E_TRUNCATED;
	return is_delta(d) ? fuota_patch_finish(&d->patch) : finish_full(d);
}
