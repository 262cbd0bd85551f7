/* SPDX-License-Identifier: BSD-2-Clause */
#define Z_SOLO /* no gz*(), no malloc(): the same struct z_stream_s */
#include <zlib.h>

#include <string.h>

#include <fuota/device/inflate.h>

enum {
	ALIGNMENT = 2 * sizeof(void *),
};

/* The next aligned bytes of the arena; nothing is ever given back. */
static void *
arena_take(struct fuota_inflate *z, size_t size)
{
	const uintptr_t at = (uintptr_t)(z->arena + z->arena_used);
	const size_t skip = (ALIGNMENT - at % ALIGNMENT) % ALIGNMENT;
	const size_t left = z->arena_size - z->arena_used;

	if (skip > left || size > left - skip)
		return NULL;
	z->arena_used += skip + size;
	return z->arena + (z->arena_used - size);
}

static voidpf
take(voidpf opaque, uInt count, uInt size)
{
	if (size != 0 && count > UINT32_MAX / size)
		return NULL;
	return arena_take(opaque, (size_t)count * size);
}

static void
give_back(voidpf opaque, voidpf address)
{
	(void)opaque;
	(void)address;
}

enum fuota_status
fuota_inflate_init(struct fuota_inflate *z, uint8_t window_log2,
    uint32_t out_max, void *arena, size_t arena_size)
{
	if (window_log2 < FUOTA_INFLATE_WINDOW_LOG2_MIN ||
	    window_log2 > FUOTA_INFLATE_WINDOW_LOG2_MAX)
		return FUOTA_E_RANGE;
	if (arena_size < FUOTA_INFLATE_ARENA_SIZE(window_log2))
		return FUOTA_E_SPACE;

	memset(z, 0, sizeof(*z));
	z->arena = arena;
	z->arena_size = arena_size;
	z->out_max = out_max;
	z->window_log2 = window_log2;
	z_stream *stream = arena_take(z, sizeof(*stream));
	if (stream == NULL)
		return FUOTA_E_SPACE;
	memset(stream, 0, sizeof(*stream));
	stream->zalloc = take;
	stream->zfree = give_back;
	stream->opaque = z;
	z->stream = stream;
	return inflateInit2(stream, -(int)window_log2) == Z_OK ? FUOTA_OK
							       : FUOTA_E_SPACE;
}

/*
 * How many bytes zlib may decode in one call. It checks distances against
 * window and output of that call together, so where a distance can exceed
 * the window at all it gets one byte at a time: else the verdict would
 * depend on how the output is cut. The first window has no such distance.
 */
static size_t
step_size(const struct fuota_inflate *z, size_t room)
{
	const uint32_t window = (uint32_t)1 << z->window_log2;
	size_t most = UINT32_MAX / 2;

	if (z->window_log2 < FUOTA_INFLATE_WINDOW_LOG2_MAX)
		most = z->out_len < window ? window - z->out_len : 1;
	if (most > z->out_max - z->out_len)
		most = z->out_max - z->out_len;
	return room < most ? room : most;
}

static enum fuota_status
status_of(int code)
{
	switch (code) {
	case Z_OK:
	case Z_STREAM_END:
	case Z_BUF_ERROR: /* wants more input or more room */
		return FUOTA_OK;
	case Z_MEM_ERROR:
		return FUOTA_E_SPACE;
	default:
		return FUOTA_E_FORMAT;
	}
}

/* One call of zlib's, into to[0..size). */
static enum fuota_status
step(struct fuota_inflate *z, struct fuota_in *in, uint8_t *to, size_t size,
    size_t *produced)
{
	z_stream *stream = z->stream;
	union {
		const uint8_t *given;
		Bytef *zlib; /* which does not write there */
	} next = { .given = in->data };
	const uInt avail =
	    in->len < UINT32_MAX / 2 ? (uInt)in->len : (uInt)UINT32_MAX / 2;

	stream->next_in = next.zlib;
	stream->avail_in = avail;
	stream->next_out = to;
	stream->avail_out = (uInt)size;
	const int code = inflate(stream, Z_NO_FLUSH);
	in->data += avail - stream->avail_in;
	in->len -= avail - stream->avail_in;
	*produced = size - stream->avail_out;
	z->ended = code == Z_STREAM_END;
	return status_of(code);
}

enum fuota_status
fuota_inflate_feed(
    struct fuota_inflate *z, struct fuota_in *in, struct fuota_out *out)
{
	while (!z->ended) {
		const bool full = z->out_len == z->out_max;
		uint8_t beyond; /* what the cap must keep empty */
		const size_t size =
		    full ? 1 : step_size(z, out->size - out->len);
		const size_t given = in->len;
		size_t produced;
		if (size == 0)
			return FUOTA_OK;
		const enum fuota_status status = step(z, in,
		    full ? &beyond : out->data + out->len, size, &produced);
		if (full && produced > 0)
			return FUOTA_E_TOO_LARGE;
		out->len += produced; /* also what came before an error */
		z->out_len += (uint32_t)produced;
		if (status != FUOTA_OK)
			return status;
		if (produced == 0 && in->len == given)
			return FUOTA_OK;
	}
	return z->ended && in->len > 0 ? FUOTA_E_TRAILING : FUOTA_OK;
}

enum fuota_status
fuota_inflate_finish(const struct fuota_inflate *z)
{
	return z->ended ? FUOTA_OK : FUOTA_E_TRUNCATED;
}
