/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/limits.h>

#include "codec.h"
#include "codec_guess.h"
#include "codec_plan.h"
#include "fail.h"

enum {
	PROFILE_DEFAULT = 1, /* 8 kB */
	RATE_MIN = 16,
	RATE_STEP = 8,
	RATE_DEFAULT = 32,
	RATE_MAX = 40,
	ROUNDS = 5,
};

static enum fuota_status
choose_profile(uint32_t ram, uint8_t *profile, struct fuota_error *err)
{
	uint8_t p = PROFILE_DEFAULT;

	if (ram != 0) {
		p = FUOTA_CODEC_PROFILE_COUNT - 1;
		while (p > 0 && FUOTA_CODEC_STATE_SIZE(p) > ram)
			p--;
	}
	*profile = p;
	if (ram == 0 || FUOTA_CODEC_STATE_SIZE(p) <= ram)
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
	    "the codec needs %zu bytes of RAM, the device has %u",
	    FUOTA_CODEC_STATE_SIZE(p), ram);
}

/* What it costs when nothing is copied, for a start. */
static bool
price_literals(struct fuota_search *s)
{
	struct fuota_coder *x = s->coder;

	if (!fuota_plan_nothing(s))
		return false;
	x->c->status = FUOTA_OK;
	(void)fuota_coder_run(x, &s->plan); /* out may be too small */
	memcpy(s->literal, x->byte_cost, x->new.len * sizeof(*s->literal));
	x->c->map_len = 0;
	return true;
}

/* Runs the plan; keeps the stream when it is the shortest so far. */
static void
try_plan(struct fuota_search *s, struct fuota_out *best, bool *found)
{
	struct fuota_coder *x = s->coder;

	if (!fuota_coder_run(x, &s->plan) ||
	    (*found && x->out_len >= best->len))
		return;
	memcpy(best->data, x->out, x->out_len);
	best->len = x->out_len;
	*found = true;
}

/* Round after round; the shortest stream that came of it is in best. */
static enum fuota_status
search(struct fuota_search *s, struct fuota_out *best)
{
	struct fuota_coder *x = s->coder;
	bool found = false;

	if (!price_literals(s))
		return FUOTA_E_MEMORY;
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (!fuota_plan_parse(s))
			return FUOTA_E_MEMORY;
		try_plan(s, best, &found);
		fuota_search_learn(s);
	}
	/* other speeds of learning, for the last plan */
	for (x->c->rate = RATE_MIN; x->c->rate <= RATE_MAX;
	     x->c->rate = (uint8_t)(x->c->rate + RATE_STEP))
		if (x->c->rate != RATE_DEFAULT)
			try_plan(s, best, &found);
	return found ? FUOTA_OK : FUOTA_E_SPACE;
}

static enum fuota_status
encode_with(
    struct fuota_coder *x, struct fuota_out *out, struct fuota_error *err)
{
	struct fuota_search s;
	struct fuota_out best = { .data = out->data, .size = out->size };

	enum fuota_status status =
	    fuota_search_init(&s, x) ? search(&s, &best) : FUOTA_E_MEMORY;
	fuota_search_free(&s);
	if (status == FUOTA_E_MEMORY)
		return fuota_fail(err, status, FUOTA_NO_OFFSET,
		    "out of memory for the codec");
	if (status == FUOTA_OK)
		out->len = best.len;
	return status;
}

enum fuota_status
fuota_codec_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	uint8_t profile;

	if (params->window_log2 != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "method codec has no window");
	enum fuota_status status = choose_profile(params->ram, &profile, err);
	if (status != FUOTA_OK)
		return status;
	header->compression = FUOTA_COMPRESSION_CODEC;
	header->delta = base.len > 0 ? FUOTA_DELTA_TWO_SLOT : FUOTA_DELTA_NONE;
	header->window_log2 = 0;
	struct fuota_coder x = {
		.old = base, .new = target, .out_size = out->size
	};
	x.c = calloc(1, FUOTA_CODEC_STATE_SIZE(profile));
	x.out = malloc(out->size > 0 ? out->size : 1);
	x.byte_cost = malloc((target.len + 1) * sizeof(*x.byte_cost));
	x.spare = malloc(FUOTA_CODEC_STATE_SIZE(profile));
	if (x.c != NULL && x.out != NULL && x.byte_cost != NULL &&
	    x.spare != NULL) {
		x.c->profile = profile;
		x.c->image_len = (uint32_t)target.len;
		x.c->old_len = (uint32_t)base.len;
		x.c->rate = RATE_DEFAULT;
		fuota_codec_guess(target, x.c);
		report->decoder_ram = (uint32_t)FUOTA_CODEC_STATE_SIZE(profile);
		status = encode_with(&x, out, err);
	} else
		status = fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the codec");
	free(x.c);
	free(x.out);
	free(x.byte_cost);
	free(x.spare);
	return status;
}
