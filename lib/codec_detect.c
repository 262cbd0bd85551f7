/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which architecture firmware is for: of the right one many calls have targets
 * that others call as well, of a wrong one as many as chance brings.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_detect.h"
#include "device/codec_arch.h"
#include "device/codec_pair_half.h"

enum {
	ENOUGH = 16, /* such calls, and one more for each ENOUGH_FOR bytes */
	PAIR_DISTANCE = 32, /* bytes, from MOVW to MOVT */
	ENOUGH_FOR = 4096,
	ENOUGH_OF = 8, /* and one of that many calls */
};

static uint32_t
word_at(struct fuota_in in, uint32_t off)
{
	uint8_t b[4] = { 0 };

	memcpy(b, in.data + off, in.len - off < 4 ? in.len - off : 4);
	return fuota_get_u32(b);
}

uint32_t
fuota_codec_calls(
    unsigned number, struct fuota_in in, uint32_t *targets, uint32_t max)
{
	const struct arch *a = arch_numbered(number);
	uint32_t n = 0;

	for (uint32_t at = 0; at + 4 <= in.len && n < max; at += a->unit) {
		const uint32_t w = word_at(in, at);
		const struct form *form = form_of(a, w, 4);
		if (form->kind != K_CALL)
			continue;
		const uint32_t target =
		    form_base(form, at) + form_get(a, form, w);
		if (target < in.len)
			targets[n++] = target;
	}
	return n;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Calls of what is called elsewhere too, more than chance brings, or 0. */
static int64_t
score(unsigned number, struct fuota_in in, uint32_t *targets)
{
	const uint32_t n =
	    fuota_codec_calls(number, in, targets, (uint32_t)in.len);
	int64_t again = 0;

	qsort(targets, n, sizeof(*targets), compare);
	for (uint32_t i = 1; i < n; i++)
		again += targets[i] == targets[i - 1];
	/* places: every fourth byte, at least */
	again -= (int64_t)n * n * 2 / (int64_t)in.len;
	return again < n / ENOUGH_OF ? 0 : again;
}

uint32_t
fuota_codec_moved(struct fuota_in in, uint32_t at)
{
	const uint32_t w = word_at(in, at);

	if (pair_half_thumb(w) != HALF_MOVW)
		return 0;
	for (uint32_t i = 2; i <= PAIR_DISTANCE && in.len - at > i; i += 2) {
		const uint32_t other = word_at(in, at + i);
		if (pair_half_thumb(other) == HALF_MOVT &&
		    pair_register(HALF_MOVT, other) ==
			pair_register(HALF_MOVW, w))
			return pair_get(HALF_MOVW, w) |
			    pair_get(HALF_MOVT, other);
	}
	return 0;
}

/* Are there more pairs of MOVW and MOVT than chance brings? */
static bool
has_moved(struct fuota_in in)
{
	size_t n = 0;

	for (uint32_t at = 0; at + 4 <= in.len; at += 2)
		n += fuota_codec_moved(in, at) != 0;
	return n > ENOUGH + in.len / ENOUGH_FOR;
}

enum codec_arch
fuota_codec_detect(struct fuota_in in)
{
	uint32_t *targets = malloc((in.len + 1) * sizeof(*targets));
	enum codec_arch best = FUOTA_CODEC_NONE;
	int64_t most = ENOUGH + (int64_t)in.len / ENOUGH_FOR;

	/* calls of Thumb-2 are those of Thumb */
	for (unsigned i = 1; i < FUOTA_CODEC_THUMB2 && targets != NULL; i++) {
		const int64_t s = score(i, in, targets);
		if (s > most) {
			most = s;
			best = (enum codec_arch)i;
		}
	}
	free(targets);
	if (best == FUOTA_CODEC_THUMB && has_moved(in))
		best = FUOTA_CODEC_THUMB2;
	return best;
}
