/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <divsufsort.h>

#include "codec_plan.h"

enum {
	COMMON_MAX = 65535
};

/* T. Kasai et al., 2001: the longest common prefixes in linear time. */
static void
find_common(struct fuota_finder *f, const uint8_t *text)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < f->len; i++) {
		const int32_t rank = f->rank[i];
		if (rank == 0) {
			f->common[0] = 0;
			same = 0;
			continue;
		}
		const uint32_t j = (uint32_t)f->order[rank - 1];
		while (i + same < f->len && j + same < f->len &&
		    same < COMMON_MAX && text[i + same] == text[j + same])
			same++;
		f->common[rank] = (uint16_t)same;
		same -= same > 0;
	}
}

/* What is asked for later is the rank of new firmware. */
static void
forget_old_ranks(struct fuota_finder *f)
{
	const size_t len = f->len - f->old_len;

	memmove(f->rank, f->rank + f->old_len, len * sizeof(*f->rank));
	int32_t *less = realloc(f->rank, len * sizeof(*f->rank));
	if (less != NULL)
		f->rank = less;
}

bool
fuota_finder_init(struct fuota_finder *f, const struct fuota_codec *c,
    struct fuota_in old, struct fuota_in new)
{
	const size_t len = old.len + new.len;
	uint8_t *text = malloc(len);

	f->len = (uint32_t)len;
	f->old_len = (uint32_t)old.len;
	f->order = malloc(len * sizeof(*f->order));
	f->rank = malloc(len * sizeof(*f->rank));
	f->common = malloc(len * sizeof(*f->common));
	bool done = text != NULL && f->order != NULL && f->rank != NULL &&
	    f->common != NULL;
	if (done) {
		done = (old.len == 0 || fuota_coder_normalise(c, old, text)) &&
		    fuota_coder_normalise(c, new, text + old.len) &&
		    divsufsort(text, f->order, (saidx_t)len) == 0;
	}
	if (done) {
		for (uint32_t i = 0; i < f->len; i++)
			f->rank[f->order[i]] = (int32_t)i;
		find_common(f, text);
		forget_old_ranks(f);
	}
	free(text);
	return done;
}

void
fuota_finder_free(struct fuota_finder *f)
{
	free(f->order);
	free(f->rank);
	free(f->common);
}
