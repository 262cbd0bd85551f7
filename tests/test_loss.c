/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>

#include <fuota/loss.h>

#include "check.h"
#include "loss_channel.h"

enum {
	DEVICES = 4,
	DRAWN = 200000 /* fragments */
};

static struct fuota_in
text_in(const char *text)
{
	return (struct fuota_in){ .data = (const uint8_t *)text,
		.len = strlen(text) };
}

static const struct csv_row {
	const char *name;
	const char *text;
	enum fuota_status status;
	const char *message;
} csv_rows[] = {
	{ "empty", "", FUOTA_E_EMPTY, "holds no device" },
	{ "head_alone", "device,loss\n\n# nobody\n", FUOTA_E_EMPTY,
	    "holds no device" },
	{ "no_loss_column", "device,rate\na,0.1\n", FUOTA_E_FORMAT,
	    "line 1: no column is named 'loss'" },
	{ "loss_of_1", "loss\n1\n", FUOTA_E_FORMAT,
	    "line 2: loss rate 1 is not from 0 to below 1" },
	{ "negative", "loss\n-0.1\n", FUOTA_E_FORMAT,
	    "line 2: '-0.1' in column 1 is no value for it" },
	{ "not_a_number", "loss\nnan\n", FUOTA_E_FORMAT,
	    "line 2: 'nan' in column 1 is no value for it" },
	{ "nothing", "device,loss\na,\n", FUOTA_E_FORMAT,
	    "line 2: '' in column 2 is no value for it" },
	{ "unprintable_is_not_echoed", "loss\n\x1b[2J\n", FUOTA_E_FORMAT,
	    "line 2: '?[2J' in column 1 is no value for it" },
	{ "column_missing", "device,loss\na,0.1\nb\n", FUOTA_E_FORMAT,
	    "line 3: 1 columns instead of 2" },
	{ "column_too_many", "device,loss\na,0.1,3\n", FUOTA_E_FORMAT,
	    "line 2: more than 2 columns" },
	{ "burst_below_1", "loss,burst\n0.1,0.5\n", FUOTA_E_FORMAT,
	    "line 2: mean burst of 0.5 fragments is not 0, or 1 to 1000000" },
	{ "id_too_long", "device,loss\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,0.1\n",
	    FUOTA_E_FORMAT,
	    "line 2: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' in column 1 is no "
	    "value for it" },
	{ "too_many_devices", "loss\n0\n0\n0\n0\n0\n", FUOTA_E_SPACE,
	    "line 6: more than 4 devices" },
};

static void
bad_csv_names_its_line(void **state)
{
	const struct csv_row *row = *state;
	struct fuota_loss_device devices[DEVICES];
	size_t count = 77;
	struct fuota_error err = { 0 };

	assert_int_equal(row->status,
	    fuota_loss_parse_csv(
		text_in(row->text), devices, DEVICES, &count, &err));
	assert_string_equal(row->message, err.message);
	assert_int_equal(77, count);
}

static void
csv_is_read(void **state)
{
	const struct fuota_in in =
	    text_in("# last week\r\nDevEUI, site ,\"loss\",late,burst\r\n"
		    "a1,x,12.5%,,\r\n\"a2\",y,.25,7,3\r\n\r\na3,z,0,0,\r\n");
	struct fuota_loss_device d[DEVICES];
	size_t count;

	(void)state;
	assert_int_equal(
	    FUOTA_OK, fuota_loss_parse_csv(in, d, DEVICES, &count, NULL));
	assert_int_equal(3, count);
	assert_true(fuota_loss_csv_bound(in) >= count);
	assert_string_equal("a1", d[0].id);
	assert_string_equal("a2", d[1].id);
	assert_true(d[0].loss.rate > 0.12499 && d[0].loss.rate < 0.12501);
	assert_true(d[0].loss.burst <= 0 && d[0].loss.late_share <= 0);
	assert_true(d[1].loss.rate > 0.24999 && d[1].loss.rate < 0.25001);
	assert_int_equal(7, d[1].loss.late_frags);
	assert_true(d[1].loss.late_share >= 1 && d[1].loss.burst >= 3);
	assert_true(d[2].loss.rate <= 0 && d[2].loss.late_share <= 0);
}

/* What is drawn has the rate and the bursts of the model. */
static void
drawn_losses_have_rate_and_bursts(void **state)
{
	static const struct fuota_loss losses[] = { { .rate = 0.1 },
		{ .rate = 0.37 }, { .rate = 0.1, .burst = 5 },
		{ .rate = 0.5, .burst = 20 } };

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(losses); i++) {
		uint64_t *lost = check_alloc(DRAWN / 8 + 8);
		struct random random;
		unsigned count = 0, bursts = 0, before = 0;
		random_init(&random, 11, i);
		fuota_loss_draw(&losses[i], &random, lost, DRAWN);
		for (unsigned k = 0; k < DRAWN; k++) {
			const unsigned bit = lost[k / 64] >> k % 64 & 1;
			count += bit;
			bursts += bit && !before;
			before = bit;
		}
		const double rate = losses[i].rate;
		const double burst =
		    losses[i].burst > 0 ? losses[i].burst : 1 / (1 - rate);
		assert_true(fabs((double)count / DRAWN - rate) < 0.02);
		assert_true(
		    fabs((double)count / bursts - burst) < 0.05 * burst);
		free(lost);
	}
}

static void
late_device_misses_the_start(void **state)
{
	const struct fuota_loss loss = { .late_share = 1, .late_frags = 70 };
	uint64_t lost[2];
	struct random random;

	(void)state;
	random_init(&random, 1, 1);
	fuota_loss_draw(&loss, &random, lost, 100);
	assert_true(lost[0] == UINT64_MAX && lost[1] == 0x3f);
	fuota_loss_draw(&loss, &random, lost, 10);
	assert_true(lost[0] == 0x3ff);
}

/* Classes: none too optimistic, the worst exact, nobody forgotten. */
static void
classes_keep_the_worst(void **state)
{
	struct fuota_loss_device devices[500] = { { .id = "" } };
	struct fuota_loss_class classes[10];
	struct check_random random = { 3 };
	double sum = 0, raised = 0;

	(void)state;
	for (unsigned i = 0; i < 500; i++) {
		devices[i].loss.rate = check_random_below(&random, 9000) * 1e-4;
		sum += devices[i].loss.rate;
	}
	const size_t count = fuota_loss_classes(devices, 500, classes, 10);
	uint32_t total = 0;
	assert_in_range(count, 2, 10);
	for (size_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < classes[i].count; k++)
			assert_true(devices[total + k].loss.rate <=
			    classes[i].loss.rate);
		total += classes[i].count;
		raised += classes[i].loss.rate * classes[i].count;
		if (i > 0)
			assert_true(
			    classes[i].loss.rate < classes[i - 1].loss.rate);
	}
	assert_int_equal(500, total);
	assert_true(raised >= sum);
	assert_true(classes[0].loss.rate <= devices[0].loss.rate);
	assert_int_equal(0, fuota_loss_classes(devices, 0, classes, 10));
	assert_int_equal(0, fuota_loss_classes(devices, 500, classes, 0));
	for (unsigned i = 0; i < 500; i++)
		devices[i].loss.rate = 0.1;
	assert_int_equal(1, fuota_loss_classes(devices, 500, classes, 10));
	assert_int_equal(500, classes[0].count);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_is_read),
		cmocka_unit_test(drawn_losses_have_rate_and_bursts),
		cmocka_unit_test(late_device_misses_the_start),
		cmocka_unit_test(classes_keep_the_worst),
	};

	return CHECK_ROWS(csv_rows, bad_csv_names_its_line) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
