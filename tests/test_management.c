/* SPDX-License-Identifier: BSD-2-Clause */
/* The device side of TS006 against vectors and transcripts. */
#include <stdio.h>

#include <fuota/device/bytes.h>
#include <fuota/device/management.h>

#include "check.h"

struct node {
	struct fuota_management management;
	bool has_time;
	uint32_t gps;
	enum fuota_status remove_status;
	unsigned removed;
	uint8_t answers[64];
	struct fuota_management_reply reply;
};

static bool
tell_time(void *ctx, uint32_t *seconds)
{
	const struct node *node = ctx;

	*seconds = node->gps;
	return node->has_time;
}

static enum fuota_status
remove_image(void *ctx)
{
	struct node *node = ctx;

	node->removed++;
	return node->remove_status;
}

static void
node_open(struct node *node)
{
	*node = (struct node){
		.has_time = true,
		.gps = 1400000000,
		.management = { .fw_version = 0x01020304,
		    .hw_version = 0x0a0b0c0d,
		    .image = FUOTA_OK,
		    .image_version = 0x01020305,
		    .time = tell_time,
		    .remove = remove_image },
	};
	node->management.ctx = node;
}

static enum fuota_status
receive(struct node *node, const char *hex, bool multicast)
{
	struct fuota_out frame = check_hex(hex);

	node->reply = (struct fuota_management_reply){
		.answers = { .data = node->answers,
		    .size = sizeof(node->answers) },
	};
	const enum fuota_status status = fuota_management_receive(
	    &node->management, frame.data, frame.len, multicast, &node->reply);
	free(frame.data);
	return status;
}

static void
assert_answers(const char *hex, const struct node *node)
{
	char got[2 * 64 + 1] = "";

	for (size_t i = 0; i < node->reply.answers.len; i++)
		snprintf(got + 2 * i, 3, "%02x", node->reply.answers.data[i]);
	assert_string_equal(hex, got);
}

static const struct dialogue {
	const char *name;
	const char *down;
	enum fuota_status status;
	const char *up;
	enum fuota_reboot reboot;
	uint32_t seconds;
} dialogues[] = {
	{ "version", "00", FUOTA_OK, "000401", FUOTA_REBOOT_UNCHANGED, 0 },
	{ "several_in_one_frame", "000104", FUOTA_OK,
	    "000401"
	    "01040302010d0c0b0a"
	    "040305030201",
	    FUOTA_REBOOT_UNCHANGED, 0 },
	{ "countdown_of_194_days", "03feffff", FUOTA_OK, "03feffff",
	    FUOTA_REBOOT_IN, 0xfffffe },
	{ "countdown_cancelled", "03ffffff", FUOTA_OK, "03ffffff",
	    FUOTA_REBOOT_CANCEL, 0 },
	{ "countdown_now_is_not_answered", "03000000", FUOTA_OK, "",
	    FUOTA_REBOOT_NOW, 0 },
	{ "time_now_is_not_answered", "0200000000", FUOTA_OK, "",
	    FUOTA_REBOOT_NOW, 0 },
	{ "time_cancels", "02ffffffff", FUOTA_OK, "02ffffffff",
	    FUOTA_REBOOT_CANCEL, 0 },
	{ "time_in_an_hour", "02105c7253", FUOTA_OK, "02100e0000",
	    FUOTA_REBOOT_IN, 3600 },
	{ "time_in_the_past_changes_nothing", "02ff4d7253", FUOTA_OK,
	    "0200000000", FUOTA_REBOOT_UNCHANGED, 0 },
	{ "this_very_second_cannot_be_met", "02004e7253", FUOTA_OK,
	    "0200000000", FUOTA_REBOOT_UNCHANGED, 0 },
	{ "the_last_of_two_reboots_counts", "0380510103100e00", FUOTA_OK,
	    "0380510103100e00", FUOTA_REBOOT_IN, 3600 },
	{ "a_time_that_cannot_be_keeps_the_one_before", "0380510102ff4d7253",
	    FUOTA_OK, "038051010200000000", FUOTA_REBOOT_IN, 86400 },
	{ "behind_reboot_now_nothing_is_executed", "010300000004", FUOTA_OK,
	    "01040302010d0c0b0a", FUOTA_REBOOT_NOW, 0 },
	{ "no_command", "", FUOTA_E_EMPTY, "", FUOTA_REBOOT_UNCHANGED, 0 },
	{ "unknown_command_ends_the_frame", "000600", FUOTA_E_UNSUPPORTED,
	    "000401", FUOTA_REBOOT_UNCHANGED, 0 },
	{ "time_cut_off", "0002ffffff", FUOTA_E_TRUNCATED, "000401",
	    FUOTA_REBOOT_UNCHANGED, 0 },
	{ "countdown_cut_off", "03ffff", FUOTA_E_TRUNCATED, "",
	    FUOTA_REBOOT_UNCHANGED, 0 },
	{ "deletion_cut_off", "05050302", FUOTA_E_TRUNCATED, "",
	    FUOTA_REBOOT_UNCHANGED, 0 },
};

static void
dialogue_goes_so(void **state)
{
	const struct dialogue *d = *state;
	struct node node;

	node_open(&node);
	assert_int_equal(d->status, receive(&node, d->down, false));
	assert_answers(d->up, &node);
	assert_int_equal(d->reboot, node.reply.reboot);
	assert_int_equal(d->seconds, node.reply.seconds);
	/* by multicast: dropped, and nothing happens */
	assert_int_equal(FUOTA_E_SEQUENCE, receive(&node, d->down, true));
	assert_answers("", &node);
	assert_int_equal(FUOTA_REBOOT_UNCHANGED, node.reply.reboot);
	assert_int_equal(0, node.removed);
}

/* What the transcript's harness had set in its device. */
static uint32_t
number(const json_t *state, const char *key, uint32_t otherwise)
{
	const char *text = json_string_value(json_object_get(state, key));

	return text == NULL ? otherwise : (uint32_t)strtoul(text, NULL, 0);
}

static void
exchange_is_as_recorded(const json_t *e)
{
	static const enum fuota_status images[] = { FUOTA_E_EMPTY, FUOTA_E_CRC,
		FUOTA_E_HARDWARE, FUOTA_OK };
	const json_t *was = json_object_get(e, "device_state");
	const json_t *up = json_object_get(e, "up");
	struct node node;

	node_open(&node);
	node.has_time = number(was, "time", 1) != 0;
	node.management.image = images[number(was, "fwst", 3) & 3];
	node.management.image_version = number(was, "nextv", 0x01020305);
	receive(&node, check_string(e, "down"),
	    strcmp(check_string(e, "rx"), "unicast") != 0);
	/* that device passes on a status that its harness made up */
	if (check_string(e, "down")[1] == '5')
		return;
	assert_answers(
	    json_is_array(up) ? json_string_value(json_array_get(up, 0)) : "",
	    &node);
}

static void
transcript_of_another_stack(void **state)
{
	json_t *root = check_vectors("ts00x-commands.json");
	const json_t *list = json_object_get(root, "device_transcripts");
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *t = json_array_get(list, i);
		const json_t *exchanges = json_object_get(t, "exchanges");
		if (strcmp(check_string(t, "name"),
			"firmware management answers") != 0)
			continue;
		for (; count < json_array_size(exchanges); count++)
			exchange_is_as_recorded(
			    json_array_get(exchanges, count));
	}
	assert_true(count > 10);
	json_decref(root);
}

static void
every_verdict_has_its_status(void **state)
{
	static const struct {
		enum fuota_status image;
		const char *up;
	} rows[] = { { FUOTA_E_EMPTY, "0400" }, { FUOTA_E_SIGNATURE, "0401" },
		{ FUOTA_E_CRC, "0401" }, { FUOTA_E_TRUNCATED, "0401" },
		{ FUOTA_E_HARDWARE, "0402" }, { FUOTA_E_BASE, "0402" },
		{ FUOTA_E_COUNTER, "0402" }, { FUOTA_OK, "040305030201" } };
	struct node node;

	(void)state;
	node_open(&node);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		node.management.image = rows[i].image;
		receive(&node, "04", false);
		assert_answers(rows[i].up, &node);
	}
}

static void
only_the_image_that_is_there_can_be_deleted(void **state)
{
	struct node node;

	(void)state;
	node_open(&node);
	receive(&node, "0506030201", false);
	assert_answers("0502", &node);
	assert_int_equal(0, node.removed);
	node.remove_status = FUOTA_E_FLASH;
	assert_int_equal(FUOTA_E_FLASH, receive(&node, "0505030201", false));
	assert_answers("", &node);
	assert_int_equal(FUOTA_OK, node.management.image);
	node.remove_status = FUOTA_OK;
	assert_int_equal(FUOTA_OK, receive(&node, "050503020104", false));
	assert_answers("05000400", &node);
	receive(&node, "0505030201", false);
	assert_answers("0501", &node);
	assert_int_equal(2, node.removed);
}

static void
device_without_a_clock_keeps_to_countdowns(void **state)
{
	struct node node;

	(void)state;
	node_open(&node);
	node.management.time = NULL;
	receive(&node, "02105c7253", false);
	assert_answers("0200000000", &node);
	receive(&node, "03805101", false);
	assert_answers("03805101", &node);
	assert_int_equal(86400, node.reply.seconds);
}

static void
answers_without_room_are_not_begun(void **state)
{
	struct node node;
	uint8_t small[FUOTA_MANAGEMENT_ANSWER_MAX + 2];
	const uint8_t frame[] = { 0, 1, 0x05, 5, 3, 2, 1 };

	(void)state;
	node_open(&node);
	node.reply.answers =
	    (struct fuota_out){ .data = small, .size = sizeof(small) };
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_management_receive(
		&node.management, frame, sizeof(frame), false, &node.reply));
	assert_answers("000401", &node);
	assert_int_equal(0, node.removed);
}

static void
boot_record_says_what_is_reported(void **state)
{
	struct fuota_boot boot = { .device = { .hw_id = 7 },
		.record = { .state = FUOTA_BOOT_IDLE,
		    .running = { .version = 0x01030000 },
		    .other = { .version = 0x01040000 } } };
	struct node node;

	(void)state;
	node_open(&node);
	fuota_management_load(&node.management, &boot);
	receive(&node, "0104", false);
	assert_answers("01"
		       "00000301"
		       "07000000"
		       "0400",
	    &node);
	boot.record.verdict = FUOTA_E_CRC;
	fuota_management_load(&node.management, &boot);
	receive(&node, "04", false);
	assert_answers("0401", &node);
	boot.record.state = FUOTA_BOOT_READY;
	fuota_management_load(&node.management, &boot);
	receive(&node, "04", false);
	assert_answers("040300000401", &node);
}

static void
any_frame_leaves_the_answers_whole(void **state)
{
	struct check_random random = { 77 };

	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		const size_t len = check_random_below(&random, 24);
		uint8_t *frame = check_alloc(len + 1);
		struct node node;
		node_open(&node);
		check_random_bytes(&random, frame, len);
		for (size_t i = 0; i < len; i += 3)
			frame[i] %= 7;
		node.reply.answers = (struct fuota_out){ .data = node.answers,
			.size = check_random_below(&random, 40) };
		fuota_management_receive(
		    &node.management, frame, len, false, &node.reply);
		assert_true(node.reply.answers.len <= node.reply.answers.size);
		assert_true(node.reply.seconds == 0 ||
		    node.reply.reboot == FUOTA_REBOOT_IN);
		free(frame);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcript_of_another_stack),
		cmocka_unit_test(every_verdict_has_its_status),
		cmocka_unit_test(only_the_image_that_is_there_can_be_deleted),
		cmocka_unit_test(device_without_a_clock_keeps_to_countdowns),
		cmocka_unit_test(answers_without_room_are_not_begun),
		cmocka_unit_test(boot_record_says_what_is_reported),
		cmocka_unit_test(any_frame_leaves_the_answers_whole),
	};

	return CHECK_ROWS(dialogues, dialogue_goes_so) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
