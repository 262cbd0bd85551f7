/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/sim.h>

#include "check.h"
#include "plan_rank.h"

enum {
	DEVICES = 60
};

/* A session with all its fragments. */
struct stream {
	struct fuota_frag_session session;
	struct fuota_out block, commands;
};

static void
make_stream(struct stream *s, enum fuota_ts004 edition, uint32_t len,
    uint8_t frag_size, uint16_t redundancy)
{
	s->session = (struct fuota_frag_session){ .edition = edition,
		.frag_size = frag_size,
		.redundancy = redundancy };
	s->block = check_sha256_counter("fuota-sim", len);
	assert_int_equal(
	    FUOTA_OK, fuota_frag_split(check_in(&s->block), &s->session, NULL));
	const uint16_t count = (uint16_t)(s->session.nb_frag + redundancy);
	s->commands = check_out(fuota_frag_bound(&s->session, count));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(&s->session, check_in(&s->block), 1, count,
		&s->commands, NULL));
}

static void
free_stream(struct stream *s)
{
	free(s->block.data);
	free(s->commands.data);
}

static struct fuota_sim_params
params_of(const struct stream *s, const struct fuota_loss_device *devices,
    size_t count)
{
	return (struct fuota_sim_params){ .session = &s->session,
		.commands = check_in(&s->commands),
		.devices = devices,
		.device_count = count,
		.seed = 1 };
}

/* One device that receives all but the numbers of `lost`, 0 at its end. */
static struct fuota_sim_device
run_without(const struct stream *s, const char *profile, const uint16_t *lost)
{
	const struct fuota_loss_device device = { .id = "a" };
	uint64_t trace[FUOTA_SIM_TRACE_WORDS];
	struct fuota_sim_params params = params_of(s, &device, 1);
	struct fuota_sim_device result;

	memset(trace, 0xff, sizeof(trace));
	for (; *lost != 0; lost++)
		trace[*lost / 64] &= ~(UINT64_C(1) << *lost % 64);
	params.traces = trace;
	params.profile = profile != NULL ? fuota_profile_find(profile) : NULL;
	assert_int_equal(FUOTA_OK, fuota_sim_run(&params, 0, 1, &result, NULL));
	return result;
}

static void
outcomes_do_not_depend_on_threads_or_slices(void **state)
{
	struct fuota_loss_device devices[DEVICES] = { { .id = "" } };
	struct fuota_sim_device one[DEVICES], many[DEVICES];
	struct stream s;

	(void)state;
	for (unsigned i = 0; i < DEVICES; i++)
		devices[i].loss = (struct fuota_loss){ .rate = i * 0.01,
			.burst = i % 3 == 0 ? 6 : 0,
			.late_share = 0.2,
			.late_frags = 9 };
	make_stream(&s, FUOTA_TS004_V2, 3000, 50, 20);
	struct fuota_sim_params params = params_of(&s, devices, DEVICES);
	memset(one, 0, sizeof(one));
	memset(many, 0, sizeof(many));
	assert_int_equal(
	    FUOTA_OK, fuota_sim_run(&params, 0, DEVICES, one, NULL));
	params.threads = 5;
	for (size_t i = 0; i < DEVICES; i += 7)
		assert_int_equal(FUOTA_OK,
		    fuota_sim_run(&params, i, DEVICES - i < 7 ? DEVICES - i : 7,
			many + i, NULL));
	assert_memory_equal(one, many, sizeof(one));
	assert_int_equal(FUOTA_SIM_DONE, one[1].outcome);
	assert_int_equal(FUOTA_SIM_LOSSES, one[DEVICES - 1].outcome);
	params.seed = 2;
	assert_int_equal(
	    FUOTA_OK, fuota_sim_run(&params, 0, DEVICES, many, NULL));
	assert_memory_not_equal(one, many, sizeof(one));
	free_stream(&s);
}

/* The planner's rank and the device's decoder, on the same losses. */
static void
decoder_completes_where_the_rank_says(void **state)
{
	struct check_random random = { 5 };

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		const enum fuota_ts004 edition =
		    (enum fuota_ts004)(1 + round % 3);
		struct stream s;
		struct rank_matrix m;
		struct rank_scratch scratch;
		uint16_t gone[400];
		uint32_t lost[200], count = 0, gone_count = 0;
		uint64_t received[1] = { UINT64_MAX };

		make_stream(
		    &s, edition, 20 + check_random_below(&random, 600), 5, 60);
		for (uint16_t n = 1; n <= s.session.nb_frag + 60u; n++) {
			if (check_random_below(&random, 6) != 0)
				continue;
			gone[gone_count++] = n;
			if (n <= s.session.nb_frag)
				lost[count++] = n - 1u;
			else
				received[0] &= ~(UINT64_C(1)
				    << (n - s.session.nb_frag - 1u));
		}
		gone[gone_count] = 0;
		assert_int_equal(FUOTA_OK,
		    fuota_rank_matrix_make(&m, edition, s.session.nb_frag, 60));
		assert_int_equal(
		    FUOTA_OK, fuota_rank_scratch_make(&scratch, &m));
		const uint32_t need =
		    fuota_rank_need(&m, &scratch, lost, count, received);
		const struct fuota_sim_device result =
		    run_without(&s, NULL, gone);
		assert_int_equal(need <= 60 ? FUOTA_SIM_DONE : FUOTA_SIM_LOSSES,
		    result.outcome);
		assert_int_equal(count, result.lost);
		if (need > 0 && need <= 60)
			assert_int_equal(
			    s.session.nb_frag + need, result.completed_at);
		fuota_rank_scratch_free(&scratch);
		fuota_rank_matrix_free(&m);
		free_stream(&s);
	}
}

/* Decoders as deployed: which losses they survive, and how they fail. */
static const struct hazard {
	const char *name;
	const char *profile;
	uint32_t len; /* of the block, in fragments of 48 bytes */
	uint16_t lost[14];
	enum fuota_sim_outcome outcome;
} hazards[] = {
	{ "nothing_lost", NULL, 1000, { 0 }, FUOTA_SIM_DONE },
	{ "loramac_node_five_lost", "loramac-node", 1000, { 2, 3, 5, 7, 11 },
	    FUOTA_SIM_DONE },
	{ "loramac_node_six_lost_is_a_false_success", "loramac-node", 1000,
	    { 2, 3, 5, 7, 11, 13 }, FUOTA_SIM_FALSE_SUCCESS },
	{ "zephyr_semtech_has_room_for_more", "zephyr-semtech", 1000,
	    { 2, 3, 5, 7, 11, 13 }, FUOTA_SIM_DONE },
	{ "loramac_node_tail_lost_overruns", "loramac-node", 1000,
	    { 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 }, FUOTA_SIM_OVERRUN },
	{ "fuota_device_survives_the_same", "fuota-device", 1000,
	    { 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 }, FUOTA_SIM_DONE },
	{ "lbm_survives_the_same", "lbm-v1", 1000,
	    { 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 }, FUOTA_SIM_DONE },
	{ "loramac_node_22_fragments", "loramac-node", 1050, { 0 },
	    FUOTA_SIM_SETUP_REFUSED },
	{ "lbm_101_fragments", "lbm-v1", 101 * 48, { 0 },
	    FUOTA_SIM_SETUP_REFUSED },
	{ "lbm_100_fragments", "lbm-v1", 100 * 48, { 0 }, FUOTA_SIM_DONE },
	{ "lbm_v2_decodes_other_rows", "lbm-v2", 1000, { 2, 3, 5, 7 },
	    FUOTA_SIM_WRONG_BLOCK },
	{ "without_losses_the_rows_do_not_matter", "lbm-v2", 1000, { 0 },
	    FUOTA_SIM_DONE },
};

static void
deployed_decoder_ends_as_observed(void **state)
{
	const struct hazard *row = *state;
	struct stream s;

	make_stream(&s, FUOTA_TS004_V1, row->len, 48, 40);
	const struct fuota_sim_device result =
	    run_without(&s, row->profile, row->lost);
	assert_int_equal(row->outcome, result.outcome);
	if (row->lost[0] == 0 && row->outcome == FUOTA_SIM_DONE)
		assert_int_equal(s.session.nb_frag, result.used);
	free_stream(&s);
}

/* Lost uncoded fragments sent again behind the coded ones. */
static void
late_repeats_help_one_decoder_and_break_another(void **state)
{
	static const struct {
		const char *profile;
		enum fuota_sim_outcome outcome;
	} rows[] = { { "fuota-device", FUOTA_SIM_DONE },
		{ "lbm-v1", FUOTA_SIM_LOSSES },
		{ "zephyr-lowmem", FUOTA_SIM_CORRUPTED } };
	const uint16_t none[] = { 0 };
	struct stream s;

	(void)state;
	make_stream(&s, FUOTA_TS004_V1, 20 * 48, 48, 1);
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(48);
	/* 3 and 4 move behind 21, the only coded fragment. */
	uint8_t *bytes = s.commands.data;
	uint8_t *moved = check_alloc(2 * size);
	memcpy(moved, bytes + 2 * size, 2 * size);
	memmove(bytes + 2 * size, bytes + 4 * size, 17 * size);
	memcpy(bytes + 19 * size, moved, 2 * size);
	free(moved);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		assert_int_equal(rows[i].outcome,
		    run_without(&s, rows[i].profile, none).outcome);
	free_stream(&s);
}

static void
over_limit_is_told_from_too_few(void **state)
{
	const uint16_t lost[] = { 1, 2, 3, 4, 0 };
	const struct fuota_loss_device device = { .id = "a" };
	struct fuota_profile profile = *fuota_profile_find("fuota-device");
	uint64_t trace[FUOTA_SIM_TRACE_WORDS];
	struct fuota_sim_device result;
	struct stream s;

	(void)state;
	make_stream(&s, FUOTA_TS004_V1, 20 * 48, 48, 30);
	profile.lost_max = 3;
	memset(trace, 0xff, sizeof(trace));
	for (size_t i = 0; lost[i] != 0; i++)
		trace[0] &= ~(UINT64_C(1) << lost[i]);
	struct fuota_sim_params params = params_of(&s, &device, 1);
	params.traces = trace;
	params.profile = &profile;
	assert_int_equal(FUOTA_OK, fuota_sim_run(&params, 0, 1, &result, NULL));
	assert_int_equal(FUOTA_SIM_OVER_LIMIT, result.outcome);
	profile.lost_max = 4;
	assert_int_equal(FUOTA_OK, fuota_sim_run(&params, 0, 1, &result, NULL));
	assert_int_equal(FUOTA_SIM_DONE, result.outcome);
	free_stream(&s);
}

static void
unsound_questions_are_refused(void **state)
{
	const struct fuota_loss_device bad = { .id = "a",
		.loss = { .rate = 1 } };
	const struct fuota_loss_device good = { .id = "a" };
	struct fuota_sim_device result;
	struct stream s;

	(void)state;
	make_stream(&s, FUOTA_TS004_V1, 1000, 50, 5);
	struct fuota_sim_params params = params_of(&s, &bad, 1);
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_sim_run(&params, 0, 1, &result, NULL));
	params.devices = &good;
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_sim_run(&params, 1, 1, &result, NULL));
	/* A file from which nobody could rebuild the block. */
	params.commands.len = 10 * FUOTA_FRAG_COMMAND_SIZE(50);
	assert_int_equal(
	    FUOTA_E_LOSSES, fuota_sim_run(&params, 0, 1, &result, NULL));
	free_stream(&s);
}

static const struct trace_row {
	const char *name;
	const char *text;
	enum fuota_status status;
	const char *message;
} trace_rows[] = {
	{ "ranges_and_numbers", "# seen\na1,1-3 5 64-65\r\n\nb,7\nc,\n",
	    FUOTA_OK, NULL },
	{ "empty", "", FUOTA_E_EMPTY, "holds no device" },
	{ "no_comma", "a 1-3\n", FUOTA_E_FORMAT,
	    "line 1: a device and a comma wanted" },
	{ "no_device", ",1-3\n", FUOTA_E_FORMAT,
	    "line 1: a device and a comma wanted" },
	{ "number_0", "a,1\nb,0-3\n", FUOTA_E_FORMAT,
	    "line 2: numbers from 1 to 16383 and ranges of them wanted" },
	{ "number_too_large", "a,16384\n", FUOTA_E_FORMAT,
	    "line 1: numbers from 1 to 16383 and ranges of them wanted" },
	{ "range_backwards", "a,5-3\n", FUOTA_E_FORMAT,
	    "line 1: numbers from 1 to 16383 and ranges of them wanted" },
	{ "no_number", "a,x\n", FUOTA_E_FORMAT,
	    "line 1: numbers from 1 to 16383 and ranges of them wanted" },
	{ "too_many_devices", "a,1\nb,1\nc,1\nd,1\n", FUOTA_E_SPACE,
	    "line 4: more than 3 devices" },
};

static void
traces_are_read_or_refused(void **state)
{
	const struct trace_row *row = *state;
	struct fuota_loss_device devices[3];
	uint64_t *traces = check_alloc(3 * FUOTA_SIM_TRACE_WORDS * 8);
	size_t count = 77;
	struct fuota_error err = { 0 };

	assert_int_equal(row->status,
	    fuota_sim_parse_traces(
		(struct fuota_in){
		    (const uint8_t *)row->text, strlen(row->text) },
		devices, traces, 3, &count, &err));
	if (row->message != NULL) {
		assert_string_equal(row->message, err.message);
		assert_int_equal(77, count);
	} else {
		assert_int_equal(3, count);
		assert_string_equal("b", devices[1].id);
		assert_true(traces[0] == 0x2e && traces[1] == 0x3);
		assert_true(traces[FUOTA_SIM_TRACE_WORDS] == 0x80);
		assert_true(traces[2 * FUOTA_SIM_TRACE_WORDS] == 0);
	}
	free(traces);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_do_not_depend_on_threads_or_slices),
		cmocka_unit_test(decoder_completes_where_the_rank_says),
		cmocka_unit_test(
		    late_repeats_help_one_decoder_and_break_another),
		cmocka_unit_test(over_limit_is_told_from_too_few),
		cmocka_unit_test(unsound_questions_are_refused),
	};

	return CHECK_ROWS(hazards, deployed_decoder_ends_as_observed) +
	    CHECK_ROWS(trace_rows, traces_are_read_or_refused) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
