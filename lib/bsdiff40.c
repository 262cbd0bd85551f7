/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>

#include <fuota/bsdiff40.h>
#include <fuota/device/bytes.h>

#include "fail.h"
#include "match.h"

enum {
	HEADER_SIZE = 32,
	TRIPLE_SIZE = 24,
	BLOCK_COUNT = 3,
	BZIP2_LEVEL = 9,
};

static const char magic[8] = { 'B', 'S', 'D', 'I', 'F', 'F', '4', '0' };
static const char *const block_names[BLOCK_COUNT] = { "control", "diff",
	"extra" };

enum block {
	BLOCK_CONTROL,
	BLOCK_DIFF,
	BLOCK_EXTRA,
};

/* --- numbers -------------------------------------------------------------*/

static void
put_number(uint8_t *p, int64_t value)
{
	const uint64_t size = value < 0 ? (uint64_t)-value : (uint64_t)value;

	fuota_put_u32(p, (uint32_t)size);
	fuota_put_u32(p + 4,
	    (uint32_t)(size >> 32) | (value < 0 ? UINT32_C(1) << 31 : 0u));
}

/* Sign and magnitude; false when it is beyond all that can be meant. */
static bool
get_number(const uint8_t *p, int64_t *value)
{
	const uint32_t low = fuota_get_u32(p), high = fuota_get_u32(p + 4);

	if ((high & 0x7fffffff) != 0 || low > INT32_MAX)
		return false;
	*value = high != 0 ? -(int64_t)low : (int64_t)low;
	return true;
}

/* --- reading -------------------------------------------------------------*/

/* What the header says, checked. */
struct layout {
	size_t block_len[BLOCK_COUNT]; /* bytes */
	size_t target_len; /* bytes */
};

static enum fuota_status
parse_header(
    struct fuota_in patch, struct layout *layout, struct fuota_error *err)
{
	int64_t number[BLOCK_COUNT];

	if (patch.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, 0, "patch is empty");
	if (patch.len < HEADER_SIZE)
		return fuota_fail(err, FUOTA_E_TRUNCATED, patch.len,
		    "patch has %zu bytes, its header 32", patch.len);
	if (memcmp(patch.data, magic, sizeof(magic)) != 0)
		return fuota_fail(
		    err, FUOTA_E_FORMAT, 0, "not a BSDIFF40 patch");
	for (size_t i = 0; i < BLOCK_COUNT; i++)
		if (!get_number(patch.data + 8 + 8 * i, &number[i]) ||
		    number[i] < 0)
			return fuota_fail(err, FUOTA_E_FORMAT, 8 + 8 * i,
			    "length in the header is negative or over 2^31");
	size_t left = patch.len - HEADER_SIZE;
	for (size_t i = 0; i < BLOCK_EXTRA; i++) {
		layout->block_len[i] = (size_t)number[i];
		if (layout->block_len[i] > left)
			return fuota_fail(err, FUOTA_E_TRUNCATED, patch.len,
			    "%s block of %zu bytes, %zu are left",
			    block_names[i], layout->block_len[i], left);
		left -= layout->block_len[i];
	}
	layout->block_len[BLOCK_EXTRA] = left;
	layout->target_len = (size_t)number[2];
	if (layout->target_len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, 24, "new file would be empty");
	if (layout->target_len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, 24,
		    "new file of %zu bytes exceeds %u", layout->target_len,
		    FUOTA_FIRMWARE_MAX);
	return FUOTA_OK;
}

enum fuota_status
fuota_bsdiff40_target_len(
    struct fuota_in patch, size_t *len, struct fuota_error *err)
{
	struct layout layout;

	const enum fuota_status status = parse_header(patch, &layout, err);
	if (status == FUOTA_OK)
		*len = layout.target_len;
	return status;
}

struct reader {
	bz_stream bz[BLOCK_COUNT];
	bool open[BLOCK_COUNT];
	bool ended[BLOCK_COUNT];
};

static void
reader_close(struct reader *r)
{
	for (int i = 0; i < BLOCK_COUNT; i++)
		if (r->open[i])
			BZ2_bzDecompressEnd(&r->bz[i]);
}

static enum fuota_status
reader_open(struct reader *r, struct fuota_in patch,
    const struct layout *layout, struct fuota_error *err)
{
	union {
		const uint8_t *given;
		char *bzip2; /* which does not write there */
	} at = { .given = patch.data + HEADER_SIZE };

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < BLOCK_COUNT; i++) {
		if (BZ2_bzDecompressInit(&r->bz[i], 0, 0) != BZ_OK) {
			reader_close(r);
			return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
			    "out of memory for bzip2");
		}
		r->open[i] = true;
		r->bz[i].next_in = at.bzip2;
		r->bz[i].avail_in = (unsigned)layout->block_len[i];
		at.given += layout->block_len[i];
	}
	return FUOTA_OK;
}

/* Up to len bytes of a block; *got is less at its end only. */
static enum fuota_status
read_some(struct reader *r, enum block block, uint8_t *to, size_t len,
    size_t *got, struct fuota_error *err)
{
	bz_stream *bz = &r->bz[block];

	bz->next_out = (char *)to;
	bz->avail_out = (unsigned)len;
	while (bz->avail_out > 0 && !r->ended[block]) {
		const unsigned in = bz->avail_in, out = bz->avail_out;
		const int code = BZ2_bzDecompress(bz);
		r->ended[block] = code == BZ_STREAM_END;
		if (code == BZ_MEM_ERROR)
			return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
			    "out of memory for bzip2");
		if (code != BZ_OK && code != BZ_STREAM_END)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "%s block is not bzip2 or damaged",
			    block_names[block]);
		if (code == BZ_OK && in == bz->avail_in && out == bz->avail_out)
			break; /* the input is used up */
	}
	*got = len - bz->avail_out;
	return FUOTA_OK;
}

static enum fuota_status
read_exactly(struct reader *r, enum block block, uint8_t *to, size_t len,
    struct fuota_error *err)
{
	size_t got;

	const enum fuota_status status =
	    read_some(r, block, to, len, &got, err);
	if (status != FUOTA_OK || got == len)
		return status;
	return fuota_fail(err, FUOTA_E_TRUNCATED, FUOTA_NO_OFFSET,
	    "%s block ends too early, %zu of %zu bytes", block_names[block],
	    got, len);
}

static enum fuota_status
expect_end(struct reader *r, struct fuota_error *err)
{
	for (int i = 0; i < BLOCK_COUNT; i++) {
		uint8_t beyond;
		size_t got;
		const enum fuota_status status =
		    read_some(r, (enum block)i, &beyond, 1, &got, err);
		if (status != FUOTA_OK)
			return status;
		if (got > 0 || r->bz[i].avail_in > 0)
			return fuota_fail(err, FUOTA_E_TRAILING,
			    FUOTA_NO_OFFSET, "%s block goes on after its end",
			    block_names[i]);
		if (!r->ended[i])
			return fuota_fail(err, FUOTA_E_TRUNCATED,
			    FUOTA_NO_OFFSET, "%s block is cut off",
			    block_names[i]);
	}
	return FUOTA_OK;
}

/* Where the decoder is, and the triple it works on. */
struct place {
	size_t new_off;
	int64_t base_off; /* may be outside the base between triples */
	int64_t diff_len, extra_len, seek;
};

static enum fuota_status
read_triple(struct reader *r, struct place *at, struct fuota_in base,
    size_t target_len, struct fuota_error *err)
{
	const int64_t left = (int64_t)(target_len - at->new_off);
	const int64_t base_len = (int64_t)base.len;
	uint8_t triple[TRIPLE_SIZE];

	const enum fuota_status status =
	    read_exactly(r, BLOCK_CONTROL, triple, sizeof(triple), err);
	if (status != FUOTA_OK)
		return status;
	if (!get_number(triple, &at->diff_len) ||
	    !get_number(triple + 8, &at->extra_len) ||
	    !get_number(triple + 16, &at->seek))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "control value over 2^31 at new byte %zu", at->new_off);
	if (at->diff_len < 0 || at->extra_len < 0 || at->diff_len > left ||
	    at->extra_len > left - at->diff_len)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "diff of %lld and extra of %lld bytes, %lld are left",
		    (long long)at->diff_len, (long long)at->extra_len,
		    (long long)left);
	if (at->diff_len > 0 &&
	    (at->base_off < 0 || at->base_off > base_len ||
		at->diff_len > base_len - at->base_off))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "diff of %lld bytes at old byte %lld leaves the base of %zu",
		    (long long)at->diff_len, (long long)at->base_off, base.len);
	return FUOTA_OK;
}

static enum fuota_status
apply_triple(struct reader *r, struct place *at, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err)
{
	const size_t diff_len = (size_t)at->diff_len;
	const size_t extra_len = (size_t)at->extra_len;
	uint8_t *to = out->data + at->new_off;

	enum fuota_status status =
	    read_exactly(r, BLOCK_DIFF, to, diff_len, err);
	if (status != FUOTA_OK)
		return status;
	for (size_t i = 0; i < diff_len; i++)
		to[i] = (uint8_t)(to[i] + base.data[(size_t)at->base_off + i]);
	status = read_exactly(r, BLOCK_EXTRA, to + diff_len, extra_len, err);
	at->new_off += diff_len + extra_len;
	at->base_off += at->diff_len + at->seek;
	return status;
}

static enum fuota_status
apply_triples(struct reader *r, size_t target_len, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err)
{
	struct place at = { 0 };

	/* Empty triples occur, but never more than there are new bytes. */
	for (size_t i = 0; at.new_off < target_len; i++) {
		if (i > target_len)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "more control triples than new bytes, %zu", i);
		enum fuota_status status =
		    read_triple(r, &at, base, target_len, err);
		if (status == FUOTA_OK)
			status = apply_triple(r, &at, base, out, err);
		if (status != FUOTA_OK)
			return status;
	}
	return expect_end(r, err);
}

enum fuota_status
fuota_bsdiff40_decode(struct fuota_in patch, struct fuota_in base,
    struct fuota_out *out, struct fuota_error *err)
{
	struct layout layout;
	struct reader reader;

	enum fuota_status status = parse_header(patch, &layout, err);
	if (status != FUOTA_OK)
		return status;
	if (out->size < layout.target_len)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "new file needs %zu bytes, buffer has %zu",
		    layout.target_len, out->size);
	status = reader_open(&reader, patch, &layout, err);
	if (status != FUOTA_OK)
		return status;
	status = apply_triples(&reader, layout.target_len, base, out, err);
	reader_close(&reader);
	if (status == FUOTA_OK)
		out->len = layout.target_len;
	return status;
}

/* --- writing -------------------------------------------------------------*/

size_t
fuota_bsdiff40_bound(size_t target_len)
{
	/* A triple for 9 new bytes at most; bzip2 adds 1 % and 600 bytes. */
	return HEADER_SIZE + 4 * target_len + 4096;
}

static void
make_triples(const struct fuota_records *records, uint8_t *to, size_t *len)
{
	int64_t base_off = 0;

	*len = 0;
	/* One in front of the first, which only seeks. */
	for (size_t i = 0; i <= records->count; i++) {
		const struct fuota_record *r =
		    i > 0 ? &records->at[i - 1] : NULL;
		const int64_t next =
		    i < records->count && records->at[i].diff_len > 0
		    ? (int64_t)records->at[i].base_off
		    : base_off + (r != NULL ? (int64_t)r->diff_len : 0);
		const int64_t end =
		    base_off + (r != NULL ? (int64_t)r->diff_len : 0);
		if (r == NULL && next == 0)
			continue;
		put_number(to + *len, r != NULL ? r->diff_len : 0);
		put_number(to + *len + 8, r != NULL ? r->extra_len : 0);
		put_number(to + *len + 16, next - end);
		*len += TRIPLE_SIZE;
		base_off = next;
	}
}

static void
make_bytes(struct fuota_in base, struct fuota_in target,
    const struct fuota_records *records, uint8_t *diff, size_t *diff_len,
    uint8_t *extra, size_t *extra_len)
{
	const uint8_t *from = target.data;

	*diff_len = *extra_len = 0;
	for (size_t i = 0; i < records->count; i++) {
		const struct fuota_record *r = &records->at[i];
		const uint8_t *old = base.data + r->base_off;
		for (uint32_t k = 0; k < r->diff_len; k++)
			diff[(*diff_len)++] = (uint8_t)(*from++ - old[k]);
		memcpy(extra + *extra_len, from, r->extra_len);
		from += r->extra_len;
		*extra_len += r->extra_len;
	}
}

/* Adds a bzip2 stream of in to out. */
static enum fuota_status
put_block(uint8_t *in, size_t len, struct fuota_out *out, size_t *block_len,
    struct fuota_error *err)
{
	const size_t room = out->size - out->len;
	unsigned made = room < UINT32_MAX ? (unsigned)room : UINT32_MAX;

	const int code = BZ2_bzBuffToBuffCompress((char *)out->data + out->len,
	    &made, (char *)in, (unsigned)len, BZIP2_LEVEL, 0, 0);
	if (code == BZ_OUTBUFF_FULL)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "patch needs more than %zu bytes", out->size);
	if (code != BZ_OK)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for bzip2");
	out->len += made;
	*block_len = made;
	return FUOTA_OK;
}

static enum fuota_status
put_blocks(struct fuota_in base, struct fuota_in target,
    const struct fuota_records *records, uint8_t *scratch,
    struct fuota_out *out, struct fuota_error *err)
{
	uint8_t *diff = scratch, *extra = scratch + target.len;
	uint8_t *triples = extra + target.len;
	size_t len[BLOCK_COUNT], packed[BLOCK_COUNT];

	make_triples(records, triples, &len[BLOCK_CONTROL]);
	make_bytes(base, target, records, diff, &len[BLOCK_DIFF], extra,
	    &len[BLOCK_EXTRA]);
	uint8_t *const from[BLOCK_COUNT] = { triples, diff, extra };
	out->len = HEADER_SIZE;
	for (int i = 0; i < BLOCK_COUNT; i++) {
		const enum fuota_status status =
		    put_block(from[i], len[i], out, &packed[i], err);
		if (status != FUOTA_OK)
			return status;
	}
	memcpy(out->data, magic, sizeof(magic));
	put_number(out->data + 8, (int64_t)packed[BLOCK_CONTROL]);
	put_number(out->data + 16, (int64_t)packed[BLOCK_DIFF]);
	put_number(out->data + 24, (int64_t)target.len);
	return FUOTA_OK;
}

static enum fuota_status
make_patch(struct fuota_in base, struct fuota_in target, struct fuota_out *out,
    struct fuota_error *err)
{
	struct fuota_records records;

	enum fuota_status status = fuota_match(base, target, &records, err);
	if (status != FUOTA_OK)
		return status;
	const size_t size = 2 * target.len + (records.count + 1) * TRIPLE_SIZE;
	uint8_t *scratch = malloc(size);
	if (scratch == NULL)
		status = fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for a patch, %zu bytes", size);
	else
		status = put_blocks(base, target, &records, scratch, out, err);
	free(scratch);
	free(records.at);
	return status;
}

static enum fuota_status
check_patch(struct fuota_in patch, struct fuota_in base, struct fuota_in target,
    struct fuota_error *err)
{
	struct fuota_out result = { .data = malloc(target.len),
		.size = target.len };

	if (result.data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory to check the patch, %zu bytes", target.len);
	enum fuota_status status =
	    fuota_bsdiff40_decode(patch, base, &result, err);
	if (status == FUOTA_OK &&
	    memcmp(result.data, target.data, target.len) != 0)
		status = fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "the patch does not make the new file: a defect");
	free(result.data);
	return status;
}

enum fuota_status
fuota_bsdiff40_encode(struct fuota_in base, struct fuota_in target,
    struct fuota_out *out, struct fuota_error *err)
{
	struct fuota_out made = { .data = out->data, .size = out->size };

	if (base.len == 0 || target.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET,
		    "%s file is empty", base.len == 0 ? "old" : "new");
	if (base.len > FUOTA_FIRMWARE_MAX || target.len > FUOTA_FIRMWARE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "files of %zu and %zu bytes, the limit is %u", base.len,
		    target.len, FUOTA_FIRMWARE_MAX);
	if (out->size < HEADER_SIZE)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "patch needs more than %zu bytes", out->size);
	enum fuota_status status = make_patch(base, target, &made, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_in patch = { .data = made.data, .len = made.len };
	status = check_patch(patch, base, target, err);
	if (status == FUOTA_OK)
		out->len = made.len;
	return status;
}
