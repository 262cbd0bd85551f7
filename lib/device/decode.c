/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/decode.h>

/* A device that takes full or plain images only leaves the decoders out. */
#ifdef FUOTA_WITHOUT_DEFLATE
enum {
	HAS_DEFLATE = 0
};
#else
enum {
	HAS_DEFLATE = 1
};
#endif
#ifdef FUOTA_WITHOUT_DELTA
enum {
	HAS_DELTA = 0
};
#else
enum {
	HAS_DELTA = 1
};
#endif

static bool
is_deflated(const struct fuota_decode *d)
{
	return HAS_DEFLATE && d->compression == FUOTA_COMPRESSION_DEFLATE;
}

static bool
is_delta(const struct fuota_decode *d)
{
	return HAS_DELTA && d->delta != FUOTA_DELTA_NONE;
}

static bool
is_supported(const struct fuota_header *header)
{
	return header->compression <= (HAS_DEFLATE ? FUOTA_COMPRESSION_DEFLATE
						   : FUOTA_COMPRESSION_NONE) &&
	    header->delta <=
	    (HAS_DELTA ? FUOTA_DELTA_TWO_SLOT : FUOTA_DELTA_NONE);
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

enum fuota_status
fuota_decode_init(struct fuota_decode *d, const struct fuota_header *header,
    uint32_t base_len, void *arena, size_t arena_size)
{
	if (!is_supported(header))
		return FUOTA_E_UNSUPPORTED;
	memset(d, 0, sizeof(*d));
	d->compression = header->compression;
	d->delta = header->delta;
	d->image_left = header->image_len;
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

enum fuota_status
fuota_decode_feed(struct fuota_decode *d, const struct fuota_base *base,
    struct fuota_in *in, struct fuota_out *out)
{
	if (!is_deflated(d))
		return is_delta(d) ? fuota_patch_feed(&d->patch, base, in, out)
				   : copy(d, in, out);
	return is_delta(d) ? inflate_and_patch(d, base, in, out)
			   : fuota_inflate_feed(&d->inflate, in, out);
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

enum fuota_status
fuota_decode_finish(const struct fuota_decode *d)
{
	if (is_deflated(d) && fuota_inflate_finish(&d->inflate) != FUOTA_OK)
		return FUOTA_E_TRUNCATED;
	return is_delta(d) ? fuota_patch_finish(&d->patch) : finish_full(d);
}
