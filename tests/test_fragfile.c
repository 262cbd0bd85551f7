/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <fuota/fragfile.h>

#include "check.h"

#define DIGEST \
	"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
#define SESSION_TAIL \
	"\"frag_algo\":0,\"nb_frag\":2,\"frag_size\":4,\"padding\":1," \
	"\"redundancy\":3,\"frag_index\":1,\"mc_group_bit_mask\":2," \
	"\"block_ack_delay\":3,\"descriptor\":\"01020304\"," \
	"\"data_block_len\":7,\"data_block_sha256\":\"" DIGEST "\""
#define HEAD    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"1.0.0\","
#define SESSION HEAD SESSION_TAIL "}\n"
#define LINE_1  "{\"n\":1,\"payload\":\"08014068656c6c\"}\n"
#define LINE_2  "{\"n\":2,\"payload\":\"0802406f210000\"}\n"
#define LINE_5  "{\"n\":5,\"payload\":\"08054007090c6c\"}\n"

static struct fuota_in
text_in(const char *text)
{
	return (struct fuota_in){ .data = (const uint8_t *)text,
		.len = strlen(text) };
}

static const struct row {
	const char *name, *text;
	enum fuota_status want;
	const char *says; /* the error, or the n that come, in order */
} rows[] = {
	{ "whole_file", SESSION LINE_1 LINE_2 LINE_5, FUOTA_OK, "1 2 5 " },
	{ "session_line_alone", SESSION, FUOTA_OK, "" },
	{ "lines_missing_and_out_of_order", SESSION LINE_5 LINE_1, FUOTA_OK,
	    "5 1 " },
	{ "repeated_line", SESSION LINE_1 LINE_2 LINE_1, FUOTA_OK, "1 2 1 " },
	{ "crlf",
	    HEAD SESSION_TAIL
	    "}\r\n{\"n\":1,\"payload\":\"08014068656c6c\"}\r\n",
	    FUOTA_OK, "1 " },
	{ "last_newline_missing",
	    SESSION "{\"n\":1,\"payload\":\"08014068656c6c\"}", FUOTA_OK,
	    "1 " },
	{ "upper_case_hexadecimal",
	    SESSION "{\"n\":1,\"payload\":\"08014068656C6C\"}\n", FUOTA_OK,
	    "1 " },
	{ "members_nobody_knows_and_other_spacing",
	    SESSION "{ \"rssi\" : -71, \"payload\" : \"08014068656c6c\", "
		    "\"n\" : 1 }\n",
	    FUOTA_OK, "1 " },
	{ "n_beyond_the_redundancy",
	    SESSION "{\"n\":16383,\"payload\":\"08ff7f00000000\"}\n", FUOTA_OK,
	    "16383 " },
	{ "version_2",
	    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"2.0.0\",\"session_cnt\":9," SESSION_TAIL
	    "}\n",
	    FUOTA_OK, "" },

	{ "empty", "", FUOTA_E_EMPTY, "no fragment file" },
	{ "byte_order_mark", "\xef\xbb\xbf" SESSION, FUOTA_E_FORMAT,
	    "line 1: starts with a UTF-8 byte order mark" },
	{ "not_json", "FU\x01", FUOTA_E_FORMAT, "line 1: is not JSON" },
	{ "no_object", "[1]\n", FUOTA_E_FORMAT,
	    "line 1: is not a JSON object" },
	{ "no_session_line", LINE_1, FUOTA_E_FORMAT,
	    "line 1: is not the session line" },
	{ "foreign_schema", "{\"schema\":\"pcap/1\"}\n", FUOTA_E_FORMAT,
	    "line 1: is not the session line" },
	{ "later_schema", "{\"schema\":\"fuota-frags/2\"}\n",
	    FUOTA_E_UNSUPPORTED, "line 1: 'schema'" },
	{ "unknown_ts004",
	    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"3.0.0\"," SESSION_TAIL
	    "}\n",
	    FUOTA_E_UNSUPPORTED, "line 1: 'ts004'" },
	{ "ts004_missing", "{\"schema\":\"fuota-frags/1\"," SESSION_TAIL "}\n",
	    FUOTA_E_UNSUPPORTED, "line 1: 'ts004'" },
	{ "frag_algo_1",
	    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"1.0.0\",\"frag_algo\":1}",
	    FUOTA_E_UNSUPPORTED, "line 1: 'frag_algo' is 1" },
	{ "nb_frag_missing", HEAD "\"frag_algo\":0}", FUOTA_E_FORMAT,
	    "line 1: 'nb_frag' is missing" },
	{ "nb_frag_0", HEAD "\"frag_algo\":0,\"nb_frag\":0}", FUOTA_E_FORMAT,
	    "line 1: 'nb_frag' is not a whole number from 1 to 16383" },
	{ "nb_frag_16384", HEAD "\"frag_algo\":0,\"nb_frag\":16384}",
	    FUOTA_E_FORMAT, "line 1: 'nb_frag'" },
	{ "nb_frag_a_fraction", HEAD "\"frag_algo\":0,\"nb_frag\":2.0}",
	    FUOTA_E_FORMAT, "line 1: 'nb_frag'" },
	{ "nb_frag_huge",
	    HEAD "\"frag_algo\":0,\"nb_frag\":99999999999999999999}",
	    FUOTA_E_FORMAT, "line 1: is not JSON" },
	{ "nb_frag_twice", HEAD "\"nb_frag\":2,\"nb_frag\":2}", FUOTA_E_FORMAT,
	    "line 1: is not JSON" },
	{ "frag_size_256",
	    HEAD "\"frag_algo\":0,\"nb_frag\":2,\"frag_size\":256}",
	    FUOTA_E_FORMAT, "line 1: 'frag_size'" },
	{ "session_cnt_of_version_1",
	    HEAD "\"session_cnt\":0," SESSION_TAIL "}\n", FUOTA_E_FORMAT,
	    "line 1: 'session_cnt' is there" },
	{ "session_cnt_missing",
	    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"2.0.0-absN\"," SESSION_TAIL
	    "}\n",
	    FUOTA_E_FORMAT, "line 1: 'session_cnt' is missing" },
	{ "lengths_disagree",
	    HEAD "\"frag_algo\":0,\"nb_frag\":2,\"frag_size\":4,\"padding\":2,"
		 "\"redundancy\":3,\"frag_index\":1,\"mc_group_bit_mask\":2,"
		 "\"block_ack_delay\":3,\"descriptor\":\"01020304\","
		 "\"data_block_len\":7,\"data_block_sha256\":\"" DIGEST "\"}",
	    FUOTA_E_FORMAT, "line 1: block of 7 bytes is not 2 fragments" },
	{ "too_many_fragments",
	    HEAD
	    "\"frag_algo\":0,\"nb_frag\":2,\"frag_size\":4,\"padding\":1,"
	    "\"redundancy\":16382,\"frag_index\":1,\"mc_group_bit_mask\":2,"
	    "\"block_ack_delay\":3,\"descriptor\":\"01020304\","
	    "\"data_block_len\":7,\"data_block_sha256\":\"" DIGEST "\"}",
	    FUOTA_E_FORMAT, "line 1: 2 fragments and 16382 coded ones" },
	{ "descriptor_of_3_bytes",
	    HEAD "\"frag_algo\":0,\"nb_frag\":2,\"frag_size\":4,\"padding\":1,"
		 "\"redundancy\":3,\"frag_index\":1,\"mc_group_bit_mask\":2,"
		 "\"block_ack_delay\":3,\"descriptor\":\"010203\"}",
	    FUOTA_E_FORMAT, "line 1: 'descriptor' is not 4 bytes" },

	{ "n_0", SESSION "{\"n\":0,\"payload\":\"08004068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'n' is not a whole number from 1" },
	{ "n_16384", SESSION "{\"n\":16384,\"payload\":\"08008068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'n' is not" },
	{ "n_missing", SESSION "{\"payload\":\"08014068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'n' is missing" },
	{ "n_as_text", SESSION "{\"n\":\"1\",\"payload\":\"08014068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'n' is not" },
	{ "n_is_not_the_payloads",
	    SESSION LINE_1 "{\"n\":3,\"payload\":\"0802406f210000\"}\n",
	    FUOTA_E_FORMAT, "line 3: 'n' is 3, its payload says 2" },
	{ "payload_a_byte_short",
	    SESSION "{\"n\":1,\"payload\":\"08014068656c\"}\n", FUOTA_E_FORMAT,
	    "line 2: 'payload' is not 7 bytes" },
	{ "payload_a_byte_long",
	    SESSION "{\"n\":1,\"payload\":\"08014068656c6c00\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'payload' is not 7 bytes" },
	{ "payload_odd", SESSION "{\"n\":1,\"payload\":\"08014068656c6\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'payload' is not 7 bytes" },
	{ "payload_no_hexadecimal",
	    SESSION "{\"n\":1,\"payload\":\"08014068656c6g\"}\n",
	    FUOTA_E_FORMAT, "line 2: 'payload' is not 7 bytes" },
	{ "payload_missing", SESSION "{\"n\":1}\n", FUOTA_E_FORMAT,
	    "line 2: 'payload' is not 7 bytes" },
	{ "payload_short_and_no_room_for_a_whole_one",
	    "{\"schema\":\"fuota-frags/1\",\"ts004\":\"1.0.0\",\"frag_algo\":0,"
	    "\"nb_frag\":2,\"frag_size\":255,\"padding\":1,\"redundancy\":3,"
	    "\"frag_index\":1,\"mc_group_bit_mask\":2,\"block_ack_delay\":3,"
	    "\"descriptor\":\"01020304\",\"data_block_len\":509,"
	    "\"data_block_sha256\":\"" DIGEST "\"}\n" LINE_1,
	    FUOTA_E_FORMAT, "line 2: 'payload' is not 258 bytes" },
	{ "other_command", SESSION "{\"n\":1,\"payload\":\"02014068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: command 0x02" },
	{ "other_frag_index",
	    SESSION "{\"n\":1,\"payload\":\"08018068656c6c\"}\n",
	    FUOTA_E_FORMAT, "line 2: payload is for FragIndex 2" },
	{ "repeated_with_other_bytes",
	    SESSION LINE_1 LINE_2 "{\"n\":1,\"payload\":\"08014068656c6d\"}\n",
	    FUOTA_E_FORMAT,
	    "line 4: n = 1 again, with other bytes than on line 2" },
	{ "second_session_line", SESSION LINE_1 SESSION, FUOTA_E_FORMAT,
	    "line 3: is a second session line" },
	{ "foreign_session_line", SESSION "{\"schema\":\"other/1\"}\n",
	    FUOTA_E_FORMAT, "line 2: is a second session line" },
	{ "empty_line", SESSION "\n" LINE_1, FUOTA_E_FORMAT,
	    "line 2: is empty" },
	{ "cut_inside_a_line", SESSION LINE_1 "{\"n\":2,\"payl", FUOTA_E_FORMAT,
	    "line 3: is not JSON" },
	{ "two_objects_on_a_line",
	    SESSION "{\"n\":1,\"payload\":\"08014068656c6c\"} {}\n",
	    FUOTA_E_FORMAT, "line 2: is not JSON" },
};

static void
reader_takes_or_refuses(void **state)
{
	const struct row *row = *state;
	const struct fuota_in in = text_in(row->text);
	struct fuota_frag_session s = { .nb_frag = 77 };
	struct fuota_out commands = check_out(in.len / 2 + 1);
	struct fuota_error err = { .status = FUOTA_OK };
	char numbers[64] = "";

	commands.size = in.len / 2;
	assert_int_equal(
	    row->want, fuota_fragfile_read(in, &s, &commands, &err));
	assert_int_equal(row->want, err.status);
	if (row->want != FUOTA_OK) {
		assert_int_equal(
		    0, strncmp(row->says, err.message, strlen(row->says)));
		assert_int_equal(77, s.nb_frag);
		assert_int_equal(0, commands.len);
	} else {
		assert_int_equal(2, s.nb_frag);
		assert_int_equal(1, s.frag_index);
		assert_int_equal(3, s.block_ack_delay);
		assert_int_equal(4, s.descriptor[3]);
		for (size_t off = 0; off < commands.len; off += 7)
			sprintf(numbers + strlen(numbers), "%u ",
			    fuota_frag_command_n(commands.data + off));
		assert_string_equal(row->says, numbers);
	}
	free(commands.data);
}

/* A random session with its commands. */
static struct fuota_out
random_session(struct check_random *random, struct fuota_frag_session *s)
{
	struct fuota_out block =
	    check_out(1 + check_random_below(random, 3000));

	block.len = block.size;
	check_random_bytes(random, block.data, block.len);
	*s = (struct fuota_frag_session){
		.edition =
		    (enum fuota_ts004)(1 + check_random_below(random, 3)),
		.frag_size = (uint8_t)(1 + check_random_below(random, 255)),
		.redundancy = (uint16_t)check_random_below(random, 50),
		.frag_index = (uint8_t)check_random_below(random, 4),
		.mc_group_bit_mask = (uint8_t)check_random_below(random, 16),
		.block_ack_delay = (uint8_t)check_random_below(random, 8),
	};
	check_random_bytes(random, s->descriptor, sizeof(s->descriptor));
	if (s->edition != FUOTA_TS004_V1)
		s->session_cnt = (uint16_t)check_random(random);
	assert_int_equal(FUOTA_OK, fuota_frag_split(check_in(&block), s, NULL));
	const uint16_t total = (uint16_t)(s->nb_frag + s->redundancy);
	struct fuota_out commands = check_out(fuota_frag_bound(s, total));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(s, check_in(&block), 1, total, &commands, NULL));
	free(block.data);
	return commands;
}

static void
what_is_written_is_read_back(void **state)
{
	struct check_random random = { .state = 21 };

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct fuota_frag_session s, got;
		struct fuota_out commands = random_session(&random, &s);
		struct fuota_out file =
		    check_out(fuota_fragfile_bound(commands.len));
		assert_int_equal(FUOTA_OK,
		    fuota_fragfile_write(&s, FUOTA_FRAG_JSONL,
			check_in(&commands), &file, NULL));
		struct fuota_out back = check_out(file.len / 2);
		memset(&got, 0, sizeof(got));
		assert_int_equal(FUOTA_OK,
		    fuota_fragfile_read(check_in(&file), &got, &back, NULL));
		assert_int_equal(s.edition, got.edition);
		assert_int_equal(s.redundancy, got.redundancy);
		assert_int_equal(s.session_cnt, got.session_cnt);
		assert_int_equal(s.frag_size, got.frag_size);
		assert_int_equal(s.frag_index, got.frag_index);
		assert_int_equal(s.mc_group_bit_mask, got.mc_group_bit_mask);
		assert_int_equal(s.block_ack_delay, got.block_ack_delay);
		assert_memory_equal(s.descriptor, got.descriptor, 4);
		assert_int_equal(s.padding, got.padding);
		assert_int_equal(s.nb_frag, got.nb_frag);
		assert_int_equal(s.block_len, got.block_len);
		assert_memory_equal(s.block_sha256, got.block_sha256, 32);
		assert_int_equal(commands.len, back.len);
		assert_memory_equal(commands.data, back.data, back.len);
		free(back.data);
		free(file.data);
		free(commands.data);
	}
}

/* Every cut but at the end of a line is refused, or loses whole lines only. */
static void
every_truncation_is_refused_or_shorter(void **state)
{
	struct fuota_in in = text_in(SESSION LINE_1 LINE_2 LINE_5);
	struct fuota_frag_session s;
	struct fuota_out commands = check_out(in.len);

	(void)state;
	for (const size_t whole = in.len; in.len-- > 0;) {
		uint8_t *exact = check_alloc(in.len);
		memcpy(exact, in.data, in.len);
		const struct fuota_in cut = { .data = exact, .len = in.len };
		commands.len = 0;
		const enum fuota_status status =
		    fuota_fragfile_read(cut, &s, &commands, NULL);
		const bool at_line = in.len > 0 &&
		    (in.data[in.len] == '\n' || in.data[in.len - 1] == '\n');
		assert_int_equal(at_line, status == FUOTA_OK);
		assert_true(in.len < whole && commands.len <= 21);
		free(exact);
	}
	free(commands.data);
}

static void
other_formats_carry_the_commands(void **state)
{
	uint8_t bytes[] = { 'h', 'e', 'l', 'l', 'o', '!', 0 };
	struct fuota_in block = { .data = bytes, .len = 7 };
	struct fuota_frag_session s = {
		.edition = FUOTA_TS004_V1, .frag_size = 4, .frag_index = 1
	};
	struct fuota_out commands = check_out(14), file;

	(void)state;
	assert_int_equal(FUOTA_OK, fuota_frag_split(block, &s, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_frag_encode(&s, block, 1, 2, &commands, NULL));
	file = check_out(fuota_fragfile_bound(14));
	assert_int_equal(FUOTA_OK,
	    fuota_fragfile_write(
		&s, FUOTA_FRAG_HEX, check_in(&commands), &file, NULL));
	assert_int_equal(30, file.len);
	assert_memory_equal(
	    "08014068656c6c\n0802406f210000\n", file.data, file.len);
	assert_int_equal(FUOTA_OK,
	    fuota_fragfile_write(
		&s, FUOTA_FRAG_BASE64, check_in(&commands), &file, NULL));
	assert_int_equal(26, file.len);
	assert_memory_equal(
	    "CAFAaGVsbA==\nCAJAbyEAAA==\n", file.data, file.len);
	assert_int_equal(FUOTA_OK,
	    fuota_fragfile_write(
		&s, FUOTA_FRAG_BIN, check_in(&commands), &file, NULL));
	assert_int_equal(14, file.len);
	assert_memory_equal(commands.data, file.data, 14);
	commands.len = 13;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_fragfile_write(
		&s, FUOTA_FRAG_BIN, check_in(&commands), &file, NULL));
	commands.len = 14;
	file.size--;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_fragfile_write(
		&s, FUOTA_FRAG_BIN, check_in(&commands), &file, NULL));
	free(file.data);
	free(commands.data);
}

static void
fragment_files_are_told_from_others(void **state)
{
	(void)state;
	assert_true(fuota_fragfile_detect(text_in(SESSION)));
	assert_true(fuota_fragfile_detect(text_in("\xef\xbb\xbf" SESSION)));
	assert_true(
	    fuota_fragfile_detect(text_in("{\"schema\":\"fuota-frags/9\"}")));
	assert_false(fuota_fragfile_detect(text_in("")));
	assert_false(fuota_fragfile_detect(text_in("{\"a\":1}\n" SESSION)));
	assert_false(fuota_fragfile_detect(text_in("FU\x01\x09")));
	assert_false(fuota_fragfile_detect(text_in(" " SESSION)));
}

static void
full_buffer_is_told(void **state)
{
	struct fuota_frag_session s;
	struct fuota_out commands = check_out(13);

	(void)state;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_fragfile_read(
		text_in(SESSION LINE_1 LINE_2), &s, &commands, NULL));
	free(commands.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(every_truncation_is_refused_or_shorter),
		cmocka_unit_test(other_formats_carry_the_commands),
		cmocka_unit_test(fragment_files_are_told_from_others),
		cmocka_unit_test(full_buffer_is_told),
	};

	int failed = CHECK_ROWS(rows, reader_takes_or_refuses);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
