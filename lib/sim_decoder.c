/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What deployed decoders do before and around the elimination, as
 * fuota-profile(5) names it. The elimination itself is the device library's:
 * any exact one completes at the same fragment with the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "memory_flash.h"
#include "sim_decoder.h"

static uint16_t
max_lost_of(const struct sim_decoder *d)
{
	const struct fuota_frag_session *s = d->params->session;

	return fuota_profile_lost_max(d->profile, s->nb_frag, s->frag_size);
}

static size_t
command_count(const struct sim_decoder *d)
{
	return d->params->commands.len /
	    FUOTA_FRAG_COMMAND_SIZE(d->params->session->frag_size);
}

enum fuota_status
fuota_sim_decoder_open(struct sim_decoder *d,
    const struct fuota_sim_params *params, const struct fuota_profile *profile)
{
	const struct fuota_frag_session *s = params->session;

	*d = (struct sim_decoder){ .params = params, .profile = profile };
	const size_t size =
	    (size_t)(s->nb_frag + max_lost_of(d)) * s->frag_size;
	d->memory_size =
	    FUOTA_DEFRAG_MEMORY_SIZE(s->nb_frag, max_lost_of(d), s->frag_size);
	d->bytes = malloc(size);
	d->memory = malloc(d->memory_size);
	d->lost = calloc(command_count(d) / 64 + 1, sizeof(*d->lost));
	d->flash = fuota_memory_flash(d->bytes, (uint32_t)size);
	if (d->bytes != NULL && d->memory != NULL && d->lost != NULL)
		return FUOTA_OK;
	fuota_sim_decoder_close(d);
	return FUOTA_E_MEMORY;
}

void
fuota_sim_decoder_close(struct sim_decoder *d)
{
	free(d->bytes);
	free(d->memory);
	free(d->lost);
	d->bytes = NULL;
	d->memory = NULL;
	d->lost = NULL;
}

/* What a decoder remembers beside its matrix. */
struct habits {
	uint16_t last_n; /* highest N seen */
	uint16_t last_uncoded; /* highest uncoded N seen */
	uint16_t uncoded; /* how many */
	bool coded; /* a coded fragment has come */
	bool over_limit;
};

static bool
has(const struct sim_decoder *d, enum fuota_quirk quirk)
{
	return (d->profile->quirks & (unsigned)quirk) != 0;
}

/*
 * The first coded fragment: losses are held against the limit. Those behind
 * the last uncoded fragment that came are not counted yet.
 */
static enum fuota_sim_outcome
count_losses(const struct sim_decoder *d, const struct habits *habits)
{
	const uint16_t nb_frag = d->params->session->nb_frag;
	const uint16_t max_lost = max_lost_of(d);

	if (has(d, FUOTA_QUIRK_OVER_LIMIT_SUCCESS) &&
	    habits->last_uncoded - habits->uncoded > max_lost)
		return FUOTA_SIM_FALSE_SUCCESS;
	if (has(d, FUOTA_QUIRK_TAIL_OVERRUN) &&
	    nb_frag - habits->uncoded > max_lost)
		return FUOTA_SIM_OVERRUN;
	return FUOTA_SIM_DONE;
}

static bool
is_complete(const struct sim_decoder *d, const struct habits *habits)
{
	return fuota_defrag_needed(&d->defrag) == 0 &&
	    (habits->coded || !has(d, FUOTA_QUIRK_NEEDS_CODED));
}

/* One fragment; *over is set when there is nothing left to receive. */
static enum fuota_status
feed(struct sim_decoder *d, struct habits *habits, const uint8_t *command,
    struct fuota_sim_device *result, bool *over)
{
	const struct fuota_frag_session *s = d->params->session;
	const uint16_t n = fuota_frag_command_n(command);
	const bool coded = n > s->nb_frag;

	result->received++;
	if (has(d, FUOTA_QUIRK_INCREASING_N) && n <= habits->last_n)
		return FUOTA_OK;
	if (coded && !habits->coded) {
		result->outcome = count_losses(d, habits);
		if (result->outcome != FUOTA_SIM_DONE) {
			*over = true;
			return FUOTA_OK;
		}
	}
	if (!coded && habits->coded &&
	    has(d, FUOTA_QUIRK_LATE_UNCODED_CORRUPTS)) {
		result->outcome = FUOTA_SIM_CORRUPTED;
		*over = true;
		return FUOTA_OK;
	}
	habits->coded = habits->coded || coded;
	habits->last_n = n > habits->last_n ? n : habits->last_n;
	if (!coded) {
		habits->uncoded++;
		habits->last_uncoded =
		    n > habits->last_uncoded ? n : habits->last_uncoded;
	}
	const enum fuota_status status = fuota_defrag_feed(
	    &d->defrag, n, command + FUOTA_FRAG_OVERHEAD, s->frag_size);
	if (status == FUOTA_E_LIMIT)
		habits->over_limit = true;
	else if (status != FUOTA_OK)
		return status;
	if (is_complete(d, habits)) {
		result->completed_at = n;
		result->used = result->received;
		*over = true;
	}
	return FUOTA_OK;
}

static enum fuota_status
start(struct sim_decoder *d)
{
	const struct fuota_frag_session *s = d->params->session;
	const struct fuota_defrag_params params = {
		.edition =
		    d->params->profile != NULL ? d->profile->ts004 : s->edition,
		.nb_frag = s->nb_frag,
		.max_lost = max_lost_of(d),
		.frag_size = s->frag_size,
		.block = &d->flash,
		.scratch = &d->flash,
		.scratch_off = (uint32_t)s->nb_frag * s->frag_size,
	};

	/* Erased, so that nothing of the device before shines through. */
	memset(d->bytes, d->flash.erased, d->flash.size);
	return fuota_defrag_init(
	    &d->defrag, &params, d->memory, d->memory_size);
}

static uint16_t
count_missing(const struct sim_decoder *d)
{
	const struct fuota_frag_session *s = d->params->session;
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(s->frag_size);
	uint64_t seen[FUOTA_FRAG_N_MAX / 64 + 1] = { 0 };
	uint16_t missing = s->nb_frag;

	for (size_t i = 0; i < command_count(d); i++) {
		const uint16_t n =
		    fuota_frag_command_n(d->params->commands.data + i * size);
		if ((d->lost[i / 64] >> i % 64 & 1) != 0 || n > s->nb_frag ||
		    (seen[n / 64] >> n % 64 & 1) != 0)
			continue;
		seen[n / 64] |= UINT64_C(1) << n % 64;
		missing--;
	}
	return missing;
}

enum fuota_status
fuota_sim_decode(struct sim_decoder *d, struct fuota_sim_device *result)
{
	const size_t size =
	    FUOTA_FRAG_COMMAND_SIZE(d->params->session->frag_size);
	struct habits habits = { 0 };
	bool over = false;

	*result = (struct fuota_sim_device){ .lost = count_missing(d) };
	enum fuota_status status = start(d);
	for (size_t i = 0; i < command_count(d) && !over && status == FUOTA_OK;
	     i++)
		if ((d->lost[i / 64] >> i % 64 & 1) == 0)
			status = feed(d, &habits,
			    d->params->commands.data + i * size, result, &over);
	if (status != FUOTA_OK)
		return status;
	result->needed = fuota_defrag_needed(&d->defrag);
	if (result->outcome != FUOTA_SIM_DONE)
		return FUOTA_OK;
	if (!over) {
		result->outcome =
		    habits.over_limit ? FUOTA_SIM_OVER_LIMIT : FUOTA_SIM_LOSSES;
		return FUOTA_OK;
	}
	while (!fuota_defrag_is_complete(&d->defrag) && status == FUOTA_OK)
		status = fuota_defrag_restore(&d->defrag);
	return status;
}
