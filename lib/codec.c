/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/limits.h>

#include "codec.h"
#include "codec_coder.h"
#include "codec_guess.h"
#include "codec_try.h"
#include "fail.h"
#include "in_place.h"

enum {
	PROFILE_DEFAULT = 1, /* 8 kB */
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

static enum fuota_status
out_of_memory(struct fuota_error *err)
{
	return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
	    "out of memory for the codec");
}

static uint8_t *
reversed(struct fuota_in in)
{
	uint8_t *data = malloc(in.len);

	if (data != NULL) {
		memcpy(data, in.data, in.len);
		fuota_reverse(data, in.len);
	}
	return data;
}

static enum fuota_status
encode_down(const struct fuota_codec *c, struct fuota_in base,
    struct fuota_in target, unsigned effort, struct fuota_out *out)
{
	uint8_t *old = reversed(base), *new = reversed(target);
	enum fuota_status status = FUOTA_E_MEMORY;

	if (old != NULL && new != NULL)
		status = fuota_codec_try(c,
		    (struct fuota_in){ .data = old, .len = base.len },
		    (struct fuota_in){ .data = new, .len = target.len }, effort,
		    out);
	free(old);
	free(new);
	return status;
}

/* Both orders; the smaller stream is kept. */
static enum fuota_status
encode_in_place(struct fuota_codec *c, struct fuota_in base,
    struct fuota_in target, unsigned effort, struct fuota_out *out,
    struct fuota_transform_report *report)
{
	struct fuota_out down = { .data = malloc(out->size + 1),
		.size = out->size };

	if (down.data == NULL)
		return FUOTA_E_MEMORY;
	const enum fuota_status up =
	    fuota_codec_try(c, base, target, effort, out);
	enum fuota_status status = up;
	if (up == FUOTA_OK || up == FUOTA_E_SPACE) {
		c->down = true;
		status = encode_down(c, base, target, effort, &down);
	}
	report->down =
	    status == FUOTA_OK && (up != FUOTA_OK || down.len < out->len);
	if (report->down) {
		memcpy(out->data, down.data, down.len);
		out->len = down.len;
	}
	free(down.data);
	return up == FUOTA_OK && status == FUOTA_E_SPACE ? FUOTA_OK : status;
}

enum fuota_status
fuota_codec_encode(struct fuota_in base, struct fuota_in target,
    const struct fuota_transform *params, struct fuota_header *header,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err)
{
	const struct fuota_flash_plan *plan = params->in_place;
	uint8_t profile;

	if (params->window_log2 != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "method codec has no window");
	if (target.len == 0)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "no firmware");
	if (params->effort > FUOTA_EFFORT_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "effort %u is not 1 to 9", params->effort);
	if (params->arch != NULL &&
	    fuota_codec_arch(params->arch) == FUOTA_CODEC_ARCH_COUNT)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "no architecture '%s': none, thumb, thumb2, arm, riscv, xtensa, avr",
		    params->arch);
	enum fuota_status status = choose_profile(params->ram, &profile, err);
	if (status == FUOTA_OK && plan != NULL)
		status = fuota_in_place_check(
		    plan, (uint32_t)base.len, (uint32_t)target.len, err);
	if (status != FUOTA_OK)
		return status;
	struct fuota_transform known = *params;
	if (!known.has_load_address && header->has_load_address) {
		known.has_load_address = true;
		known.load_address = header->load_address;
	}
	header->compression = FUOTA_COMPRESSION_CODEC;
	header->delta = base.len == 0 ? FUOTA_DELTA_NONE
	    : plan != NULL            ? FUOTA_DELTA_IN_PLACE
				      : FUOTA_DELTA_TWO_SLOT;
	header->window_log2 = 0;
	struct fuota_codec *c = calloc(1, FUOTA_CODEC_STATE_SIZE(profile));
	if (c == NULL)
		return out_of_memory(err);
	c->profile = profile;
	c->image_len = (uint32_t)target.len;
	c->old_len = (uint32_t)base.len;
	fuota_codec_guess(target, &known, c);
	report->decoder_ram = (uint32_t)FUOTA_CODEC_STATE_SIZE(profile);
	if (plan != NULL) {
		c->in_place = true;
		c->pages = plan->pages;
		c->ring = plan->ring;
		c->headroom = plan->headroom;
		report->in_place = *plan;
		status = encode_in_place(
		    c, base, target, params->effort, out, report);
	} else
		status = fuota_codec_try(c, base, target, params->effort, out);
	free(c);
	return status == FUOTA_E_MEMORY ? out_of_memory(err) : status;
}
