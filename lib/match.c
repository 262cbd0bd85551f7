/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bsdiff walks the target and asks at each byte for the longest match in the
 * base; a match that beats the current alignment by more than MARGIN bytes
 * starts a new one. What lies between two alignments goes to the one, the
 * other, or neither, so that most bytes agree.
 *
 * Two guards against its bad cases, where long matches that never win are
 * searched again at every byte:
 * - a match of more than CARRY_MIN bytes is carried on to the next byte
 *   instead of searched again, so that comparing costs O(CARRY_MIN) a byte
 *   for each step of a search whatever the input;
 * - the first two or three bytes are looked up in a table.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <divsufsort.h>

#include "fail.h"
#include "match.h"

enum {
	MARGIN = 8, /* bytes, bsdiff's */
	CARRY_MIN = 64, /* bytes */
	LARGE_BASE = 1024 * 1024, /* bytes; worth a table of 3 bytes */
};

/* --- the longest match ---------------------------------------------------*/

struct index {
	struct fuota_in base;
	int32_t *suffixes; /* sorted offsets */
	uint32_t *first; /* of each prefix, where its suffixes start */
	unsigned prefix_len; /* bytes */
};

struct match {
	size_t off, len; /* in the base; bytes */
};

/* The first bytes at off as a number; zeros behind the end. */
static uint32_t
prefix_at(struct fuota_in in, size_t off, unsigned prefix_len)
{
	uint32_t prefix = 0;

	for (unsigned i = 0; i < prefix_len; i++)
		prefix =
		    prefix << 8 | (i < in.len - off ? in.data[off + i] : 0u);
	return prefix;
}

/* A suffix shorter than the prefix sorts first among its equals: it fits. */
static void
count_prefixes(struct index *index)
{
	const uint32_t count = (uint32_t)1 << 8 * index->prefix_len;
	uint32_t sum = 0;

	for (size_t i = 0; i < index->base.len; i++)
		index->first[prefix_at(index->base, i, index->prefix_len)]++;
	for (uint32_t i = 0; i <= count; i++) {
		const uint32_t here = index->first[i];
		index->first[i] = sum;
		sum += here;
	}
}

static void
index_free(struct index *index)
{
	free(index->suffixes);
	free(index->first);
}

static enum fuota_status
index_init(struct index *index, struct fuota_in base, struct fuota_error *err)
{
	index->base = base;
	index->prefix_len = base.len > LARGE_BASE ? 3 : 2;
	index->suffixes = malloc(base.len * sizeof(*index->suffixes));
	index->first = calloc(
	    ((size_t)1 << 8 * index->prefix_len) + 1, sizeof(*index->first));
	if (index->suffixes == NULL || index->first == NULL ||
	    divsufsort(base.data, index->suffixes, (saidx_t)base.len) != 0) {
		index_free(index);
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the index of %zu bytes", base.len);
	}
	count_prefixes(index);
	return FUOTA_OK;
}

static size_t
common_len(const uint8_t *a, const uint8_t *b, size_t max)
{
	size_t len = 0;
	uint64_t x, y;

	for (; max - len >= sizeof(x); len += sizeof(x)) {
		memcpy(&x, a + len, sizeof(x));
		memcpy(&y, b + len, sizeof(y));
		if (x != y)
			break;
	}
	while (len < max && a[len] == b[len])
		len++;
	return len;
}

/* Binary search; below and above are bytes that are known to agree. */
static struct match
longest_match(const struct index *index, struct fuota_in want)
{
	const uint32_t prefix = prefix_at(want, 0, index->prefix_len);
	size_t low = index->first[prefix], high = index->first[prefix + 1];
	size_t below = 0, above = 0;
	struct match best = { 0 };

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const size_t off = (size_t)index->suffixes[middle];
		const size_t left = index->base.len - off;
		const size_t max = want.len < left ? want.len : left;
		size_t len = below < above ? below : above;
		len += common_len(
		    index->base.data + off + len, want.data + len, max - len);
		if (len > best.len)
			best = (struct match){ .off = off, .len = len };
		if (len == want.len)
			break;
		if (len == left ||
		    index->base.data[off + len] < want.data[len]) {
			low = middle + 1;
			below = len;
		} else {
			high = middle;
			above = len;
		}
	}
	return best;
}

/* --- the walk ------------------------------------------------------------*/

struct walk {
	struct index index;
	struct fuota_in target;
	size_t at; /* where the walk is, in the target */
	struct match match; /* the longest one there */
	size_t start, base_start; /* the alignment that holds */
};

/* Whether the target's byte agrees with the current alignment. */
static bool
agrees(const struct walk *w, size_t off)
{
	const size_t ahead = off - w->start;

	return ahead < w->index.base.len - w->base_start &&
	    w->index.base.data[w->base_start + ahead] == w->target.data[off];
}

static void
search(struct walk *w)
{
	w->match = longest_match(&w->index,
	    (struct fuota_in){
		.data = w->target.data + w->at, .len = w->target.len - w->at });
}

static void
step(struct walk *w)
{
	w->at++;
	if (w->match.len > CARRY_MIN) {
		w->match.off++;
		w->match.len--;
	} else if (w->at < w->target.len) {
		search(w);
	}
}

/*
 * Goes to the next match that is better than the current alignment, or is
 * the current alignment, or to the end. True when it is to be used.
 */
static bool
next_match(struct walk *w)
{
	size_t agreeing = 0; /* of [at, counted), under the alignment */

	w->at += w->match.len;
	if (w->at == w->target.len)
		return true;
	search(w);
	for (size_t counted = w->at; w->at < w->target.len; step(w)) {
		for (; counted < w->at + w->match.len; counted++)
			agreeing += agrees(w, counted);
		if (w->match.len == agreeing && agreeing != 0)
			return false;
		if (w->match.len > agreeing + MARGIN)
			return true;
		if (counted == w->at)
			counted++; /* no match at all: not counted yet */
		else
			agreeing -= agrees(w, w->at);
	}
	return true;
}

/* How far the old alignment reaches: most agreeing bytes over others. */
static size_t
reach_forward(const struct walk *w)
{
	const size_t gap = w->at - w->start;
	const size_t left = w->index.base.len - w->base_start;
	const size_t max = gap < left ? gap : left;
	ptrdiff_t score = 0, best = 0;
	size_t len = 0;

	for (size_t i = 0; i < max; i++) {
		score += agrees(w, w->start + i) ? 1 : -1;
		if (score > best) {
			best = score;
			len = i + 1;
		}
	}
	return len;
}

/* How far the new one reaches back before the match. */
static size_t
reach_back(const struct walk *w)
{
	const size_t gap = w->at - w->start;
	const size_t max = gap < w->match.off ? gap : w->match.off;
	ptrdiff_t score = 0, best = 0;
	size_t len = 0;

	if (w->at == w->target.len)
		return 0;
	for (size_t i = 1; i <= max; i++) {
		score += w->target.data[w->at - i] ==
			w->index.base.data[w->match.off - i]
		    ? 1
		    : -1;
		if (score > best) {
			best = score;
			len = i;
		}
	}
	return len;
}

/* Where both reach, the cut is where most bytes agree: its new share. */
static size_t
cut_overlap(const struct walk *w, size_t forward, size_t back, size_t overlap)
{
	const size_t from = w->start + forward - overlap;
	const uint8_t *base = w->index.base.data + w->match.off - back;
	ptrdiff_t score = 0, best = 0;
	size_t keep = 0;

	for (size_t i = 0; i < overlap; i++) {
		score += agrees(w, from + i);
		score -= w->target.data[from + i] == base[i];
		if (score > best) {
			best = score;
			keep = i + 1;
		}
	}
	return overlap - keep;
}

/* --- records -------------------------------------------------------------*/

/* Adds a record, or makes the last one longer where that is canonical. */
static bool
add_record(struct fuota_records *r, struct fuota_record record)
{
	struct fuota_record *last = r->count > 0 ? &r->at[r->count - 1] : NULL;

	if (record.diff_len == 0 && record.extra_len == 0)
		return true;
	if (last != NULL && record.diff_len == 0) {
		last->extra_len += record.extra_len;
		return true;
	}
	if (last != NULL && last->extra_len == 0 &&
	    last->base_off + last->diff_len == record.base_off) {
		last->diff_len += record.diff_len;
		last->extra_len = record.extra_len;
		return true;
	}
	if (r->count == r->size) {
		const size_t size = r->size > 0 ? r->size * 2 : 256;
		void *at = realloc(r->at, size * sizeof(*r->at));
		if (at == NULL)
			return false;
		r->at = at;
		r->size = size;
	}
	r->at[r->count++] = record;
	return true;
}

/* Closes the alignment that held and starts the one of the match. */
static bool
close_alignment(struct walk *w, struct fuota_records *records)
{
	const size_t gap = w->at - w->start;
	size_t forward = reach_forward(w);
	size_t back = reach_back(w);

	if (back > gap - forward) {
		const size_t overlap = forward + back - gap;
		const size_t given = cut_overlap(w, forward, back, overlap);
		forward -= given;
		back -= overlap - given;
	}
	const struct fuota_record record = {
		.base_off = (uint32_t)w->base_start,
		.diff_len = (uint32_t)forward,
		.extra_len = (uint32_t)(gap - forward - back),
	};
	w->start = w->at - back;
	w->base_start = w->match.off - back;
	return add_record(records, record);
}

enum fuota_status
fuota_match(struct fuota_in base, struct fuota_in target,
    struct fuota_records *records, struct fuota_error *err)
{
	struct walk w = { .target = target };
	bool ok = true;

	enum fuota_status status = index_init(&w.index, base, err);
	if (status != FUOTA_OK)
		return status;
	*records = (struct fuota_records){ 0 };
	while (ok && w.at < target.len)
		if (next_match(&w))
			ok = close_alignment(&w, records);
	index_free(&w.index);
	if (ok)
		return FUOTA_OK;
	free(records->at);
	return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
	    "out of memory for %zu records", records->count);
}
