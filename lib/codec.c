/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/limits.h>

#include "codec.h"
#include "codec_guess.h"
#include "codec_try.h"
#include "fail.h"

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
	if (target.len == 0)
		return fuota_fail(
		    err, FUOTA_E_RANGE, FUOTA_NO_OFFSET, "no firmware");
	if (params->effort > FUOTA_EFFORT_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "effort %u is not 1 to 9", params->effort);
	enum fuota_status status = choose_profile(params->ram, &profile, err);
	if (status != FUOTA_OK)
		return status;
	header->compression = FUOTA_COMPRESSION_CODEC;
	header->delta = base.len > 0 ? FUOTA_DELTA_TWO_SLOT : FUOTA_DELTA_NONE;
	header->window_log2 = 0;
	struct fuota_codec *c = calloc(1, FUOTA_CODEC_STATE_SIZE(profile));
	if (c == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for the codec");
	c->profile = profile;
	c->image_len = (uint32_t)target.len;
	c->old_len = (uint32_t)base.len;
	fuota_codec_guess(target, c);
	report->decoder_ram = (uint32_t)FUOTA_CODEC_STATE_SIZE(profile);
	status = fuota_codec_try(c, base, target, params->effort, out);
	free(c);
	if (status == FUOTA_E_MEMORY)
		return fuota_fail(err, status, FUOTA_NO_OFFSET,
		    "out of memory for the codec");
	return status;
}
