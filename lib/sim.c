/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <fuota/defrag.h>
#include <fuota/sim.h>

#include "fail.h"
#include "loss_channel.h"
#include "parallel.h"
#include "sim_decoder.h"

enum {
	UNIT_DEVICES = 8
};

struct run {
	const struct fuota_sim_params *params;
	const struct fuota_profile *profile;
	size_t first, count;
	struct fuota_sim_device *results;
	struct sim_decoder *decoders; /* of each thread */
	struct fuota_out block; /* what a device should end with */
	enum fuota_status verdict; /* on it */
};

const char *
fuota_sim_outcome_text(enum fuota_sim_outcome outcome)
{
	static const char *const texts[FUOTA_SIM_OUTCOMES] = {
		"done",
		"too few fragments",
		"over the decoder's limit",
		"over the limit, reported as success",
		"buffer overrun by losses at the tail",
		"corrupted by a late uncoded fragment",
		"wrong block from other parity rows",
		"session refused at set-up",
		"image refused",
	};

	return outcome < FUOTA_SIM_OUTCOMES ? texts[outcome] : "unknown";
}

/* Everything that a device does not receive, by what was traced. */
static void
apply_trace(
    const struct fuota_sim_params *p, size_t device, struct sim_decoder *d)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(p->session->frag_size);
	const uint64_t *trace = p->traces + device * FUOTA_SIM_TRACE_WORDS;

	for (size_t i = 0; i * size < p->commands.len; i++) {
		const uint16_t n =
		    fuota_frag_command_n(p->commands.data + i * size);
		const uint64_t bit = UINT64_C(1) << i % 64;
		if ((trace[n / 64] >> n % 64 & 1) != 0)
			d->lost[i / 64] &= ~bit;
		else
			d->lost[i / 64] |= bit;
	}
}

/* Would the image check stop what is in flash now? */
static enum fuota_status
catch_image(const struct run *run, const struct sim_decoder *d,
    struct fuota_sim_device *result)
{
	const struct fuota_in got = { d->bytes, run->block.len };

	if (run->params->verify == NULL)
		return FUOTA_OK;
	const enum fuota_status verdict =
	    fuota_verify(run->params->verify, got, NULL, NULL);
	result->caught = verdict != FUOTA_OK;
	return verdict == FUOTA_E_MEMORY ? verdict : FUOTA_OK;
}

/* The decoder is satisfied: is the block right, would the image be taken? */
static enum fuota_status
judge(const struct run *run, const struct sim_decoder *d,
    struct fuota_sim_device *result)
{
	if (memcmp(d->bytes, run->block.data, run->block.len) == 0) {
		if (run->verdict != FUOTA_OK)
			result->outcome = FUOTA_SIM_IMAGE_REFUSED;
		return FUOTA_OK;
	}
	result->outcome = FUOTA_SIM_WRONG_BLOCK;
	return catch_image(run, d, result);
}

static enum fuota_status
run_device(const struct run *run, struct sim_decoder *d, size_t i)
{
	const struct fuota_sim_params *p = run->params;
	struct fuota_sim_device *result = &run->results[i - run->first];
	const size_t commands =
	    p->commands.len / FUOTA_FRAG_COMMAND_SIZE(p->session->frag_size);
	struct random random;

	random_init(&random, p->seed, i);
	if (p->traces != NULL)
		apply_trace(p, i, d);
	else
		fuota_loss_draw(
		    &p->devices[i].loss, &random, d->lost, (uint32_t)commands);
	const enum fuota_status status = fuota_sim_decode(d, result);
	if (status == FUOTA_OK && result->outcome == FUOTA_SIM_DONE)
		return judge(run, d, result);
	if (status == FUOTA_OK && result->outcome == FUOTA_SIM_FALSE_SUCCESS)
		return catch_image(run, d, result);
	return status;
}

static enum fuota_status
run_unit(void *context, unsigned thread, uint32_t unit)
{
	const struct run *run = context;
	const size_t from = (size_t)unit * UNIT_DEVICES;
	enum fuota_status status = FUOTA_OK;

	for (size_t i = from;
	     i < from + UNIT_DEVICES && i < run->count && status == FUOTA_OK;
	     i++)
		status =
		    run_device(run, &run->decoders[thread], run->first + i);
	return status;
}

/* The true block, and what the device's checks say of it. */
static enum fuota_status
make_block(struct run *run, struct fuota_error *err)
{
	const struct fuota_sim_params *p = run->params;

	run->block.size = p->session->block_len;
	run->block.data = malloc(run->block.size + 1);
	if (run->block.data == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const enum fuota_status status = fuota_rebuild(p->session, p->commands,
	    FUOTA_DEFRAG_NO_LIMIT, &run->block, NULL, err);
	if (status == FUOTA_OK && p->verify != NULL)
		run->verdict = fuota_verify(p->verify,
		    (struct fuota_in){ run->block.data, run->block.len }, NULL,
		    NULL);
	return run->verdict == FUOTA_E_MEMORY
	    ? fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET)
	    : status;
}

static enum fuota_status
check(const struct fuota_sim_params *p, size_t first, size_t count,
    struct fuota_error *err)
{
	if (first > p->device_count || count > p->device_count - first)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "devices %zu to %zu of %zu", first, first + count,
		    p->device_count);
	for (size_t i = first; i < first + count && p->traces == NULL; i++) {
		const enum fuota_status status =
		    fuota_loss_check(&p->devices[i].loss, err);
		if (status != FUOTA_OK)
			return status;
	}
	return fuota_frag_check(p->session, err);
}

/* Devices that turn the session down receive nothing. */
static bool
is_refused(const struct run *run)
{
	const struct fuota_frag_session *s = run->params->session;

	return fuota_profile_check_session(run->profile, s->nb_frag,
		   s->frag_size, s->block_len, NULL) != FUOTA_OK;
}

static enum fuota_status
run_all(struct run *run, struct fuota_error *err)
{
	const unsigned threads = fuota_threads(run->params->threads);
	const uint32_t units =
	    (uint32_t)((run->count + UNIT_DEVICES - 1) / UNIT_DEVICES);
	enum fuota_status status = FUOTA_OK;
	unsigned opened = 0;

	run->decoders = calloc(threads, sizeof(*run->decoders));
	if (run->decoders == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	for (; opened < threads && status == FUOTA_OK; opened++)
		status = fuota_sim_decoder_open(
		    &run->decoders[opened], run->params, run->profile);
	if (status == FUOTA_OK)
		status = fuota_parallel(threads, units, run_unit, run);
	while (opened > 0)
		fuota_sim_decoder_close(&run->decoders[--opened]);
	free(run->decoders);
	return status == FUOTA_OK
	    ? FUOTA_OK
	    : fuota_fail_status(err, status, FUOTA_NO_OFFSET);
}

enum fuota_status
fuota_sim_run(const struct fuota_sim_params *params, size_t first, size_t count,
    struct fuota_sim_device *results, struct fuota_error *err)
{
	struct run run = { .params = params,
		.profile = params->profile != NULL
		    ? params->profile
		    : fuota_profile_find("fuota-device"),
		.first = first,
		.count = count,
		.results = results };

	enum fuota_status status = check(params, first, count, err);
	if (status == FUOTA_OK)
		status = make_block(&run, err);
	if (status == FUOTA_OK && is_refused(&run))
		for (size_t i = 0; i < count; i++)
			results[i] = (struct fuota_sim_device){
				.outcome = FUOTA_SIM_SETUP_REFUSED
			};
	else if (status == FUOTA_OK)
		status = run_all(&run, err);
	free(run.block.data);
	return status;
}
