/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <sodium.h>

#include <fuota/frag.h>

#include "check.h"

static const struct edition {
	enum fuota_ts004 edition;
	const char *key;
} editions[] = {
	{ FUOTA_TS004_V1, "v1" },
	{ FUOTA_TS004_V2, "v2" },
	{ FUOTA_TS004_V2_ABSN, "v2_absN" },
};

static void
assert_digest(const json_t *object, const char *key, struct fuota_in bytes)
{
	struct fuota_out want = check_hex(check_string(object, key));
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, bytes.data, bytes.len);
	assert_memory_equal(want.data, digest, sizeof(digest));
	free(want.data);
}

static void
assert_payload_digest(
    const json_t *object, const struct fuota_out *commands, size_t size)
{
	struct fuota_out payloads = check_out(commands->len);

	for (size_t off = 0; off < commands->len; off += size) {
		memcpy(payloads.data + payloads.len, commands->data + off + 1,
		    size - 1);
		payloads.len += size - 1;
	}
	assert_digest(object, "sha256_payloads", check_in(&payloads));
	free(payloads.data);
}

/* Split, uncoded and coded fragments, framing: everything a case states. */
static void
session_matches_vector(void **state)
{
	const json_t *vector = *state;
	struct fuota_out block = check_vector_block(vector);

	for (size_t e = 0; e < CHECK_COUNT(editions); e++) {
		struct fuota_frag_session s = { .edition = editions[e].edition,
			.redundancy =
			    (uint16_t)check_integer(vector, "redundancy"),
			.frag_size =
			    (uint8_t)check_integer(vector, "frag_size"),
			.frag_index =
			    (uint8_t)check_integer(vector, "frag_index") };
		const size_t size = FUOTA_FRAG_COMMAND_SIZE(s.frag_size);
		assert_int_equal(
		    FUOTA_OK, fuota_frag_split(check_in(&block), &s, NULL));
		assert_int_equal(check_integer(vector, "nb_frag"), s.nb_frag);
		assert_int_equal(check_integer(vector, "padding"), s.padding);
		const uint16_t total =
		    (uint16_t)check_integer(vector, "total_fragments");
		assert_int_equal(total, s.nb_frag + s.redundancy);

		struct fuota_out out = check_out(fuota_frag_bound(&s, total));
		assert_int_equal(FUOTA_OK,
		    fuota_frag_encode(
			&s, check_in(&block), 1, total, &out, NULL));
		const json_t *want = json_object_get(vector, editions[e].key);
		assert_digest(want, "sha256_commands", check_in(&out));
		assert_payload_digest(want, &out, size);
		const char *n;
		json_t *literal;
		json_object_foreach(
		    json_object_get(want, "fragments"), n, literal)
		{
			struct fuota_out bytes =
			    check_hex(json_string_value(literal));
			assert_int_equal(size, bytes.len);
			assert_memory_equal(bytes.data,
			    out.data + (strtoul(n, NULL, 10) - 1) * size, size);
			free(bytes.data);
		}
		free(out.data);
	}
	free(block.data);
}

static struct fuota_frag_session
session_for(struct fuota_in block, enum fuota_ts004 edition, uint8_t frag_size,
    uint16_t redundancy)
{
	struct fuota_frag_session s = { .edition = edition,
		.frag_size = frag_size,
		.redundancy = redundancy };

	assert_int_equal(FUOTA_OK, fuota_frag_split(block, &s, NULL));
	return s;
}

/* A top-up, or any other window, is the same bytes as in the whole. */
static void
windows_equal_the_whole(void **state)
{
	struct check_random random = { .state = 3 };

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct fuota_out block =
		    check_out(1 + check_random_below(&random, 6000));
		block.len = block.size;
		check_random_bytes(&random, block.data, block.len);
		const struct fuota_frag_session s =
		    session_for(check_in(&block), editions[i % 3].edition,
			(uint8_t)(1 + check_random_below(&random, 255)), 40);
		const uint16_t total = (uint16_t)(s.nb_frag + s.redundancy);
		struct fuota_out whole = check_out(fuota_frag_bound(&s, total));
		assert_int_equal(FUOTA_OK,
		    fuota_frag_encode(
			&s, check_in(&block), 1, total, &whole, NULL));
		const uint16_t first =
		    (uint16_t)(1 + check_random_below(&random, total));
		const uint16_t count =
		    (uint16_t)check_random_below(&random, total - first + 2u);
		struct fuota_out part = check_out(fuota_frag_bound(&s, count));
		assert_int_equal(FUOTA_OK,
		    fuota_frag_encode(
			&s, check_in(&block), first, count, &part, NULL));
		assert_int_equal(fuota_frag_bound(&s, count), part.len);
		assert_memory_equal(
		    whole.data + fuota_frag_bound(&s, (uint16_t)(first - 1)),
		    part.data, part.len);
		free(part.data);
		free(whole.data);
		free(block.data);
	}
}

/* Many rows: the encoder works in passes; each row by the definition. */
static void
coded_fragments_are_the_sums_of_their_rows(void **state)
{
	struct check_random random = { .state = 4 };
	struct fuota_out block = check_out(1500 * 67 - 5);

	(void)state;
	block.len = block.size;
	check_random_bytes(&random, block.data, block.len);
	const struct fuota_frag_session s =
	    session_for(check_in(&block), FUOTA_TS004_V2, 67, 2300);
	struct fuota_out out = check_out(fuota_frag_bound(&s, s.redundancy));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(&s, check_in(&block), (uint16_t)(s.nb_frag + 1),
		s.redundancy, &out, NULL));
	uint8_t row[FUOTA_PARITY_ROW_SIZE(1500)];
	for (uint16_t n = 1; n <= s.redundancy; n = (uint16_t)(n + 1 + n % 7)) {
		uint8_t sum[67] = { 0 };
		assert_int_equal(FUOTA_OK,
		    fuota_parity_row(
			s.edition, n, s.nb_frag, row, sizeof(row)));
		for (size_t i = 0; i < block.len; i++)
			if ((row[i / 67 / 8] << i / 67 % 8 & 0x80) != 0)
				sum[i % 67] ^= block.data[i];
		assert_memory_equal(
		    sum, out.data + (n - 1u) * 70 + 3, sizeof(sum));
	}
	free(out.data);
	free(block.data);
}

static const struct refusal {
	const char *name;
	size_t len;
	struct fuota_frag_session session;
	enum fuota_status want;
	const char *says;
} refusals[] = {
	{ "edition_0", 100, { .edition = 0, .frag_size = 10 }, FUOTA_E_RANGE,
	    "edition 0" },
	{ "edition_4", 100, { .edition = 4, .frag_size = 10 }, FUOTA_E_RANGE,
	    "edition 4" },
	{ "frag_size_0", 100, { .edition = FUOTA_TS004_V1 }, FUOTA_E_RANGE,
	    "FragSize is 0" },
	{ "frag_index_4", 100,
	    { .edition = FUOTA_TS004_V1, .frag_size = 10, .frag_index = 4 },
	    FUOTA_E_RANGE, "FragIndex 4" },
	{ "mask_16", 100,
	    { .edition = FUOTA_TS004_V1,
		.frag_size = 10,
		.mc_group_bit_mask = 16 },
	    FUOTA_E_RANGE, "McGroupBitMask 16" },
	{ "delay_8", 100,
	    { .edition = FUOTA_TS004_V1,
		.frag_size = 10,
		.block_ack_delay = 8 },
	    FUOTA_E_RANGE, "BlockAckDelay 8" },
	{ "session_cnt_of_version_1", 100,
	    { .edition = FUOTA_TS004_V1, .frag_size = 10, .session_cnt = 1 },
	    FUOTA_E_RANGE, "SessionCnt 1" },
	{ "empty_block", 0, { .edition = FUOTA_TS004_V1, .frag_size = 10 },
	    FUOTA_E_EMPTY, "empty" },
	{ "16384_fragments", 16384,
	    { .edition = FUOTA_TS004_V1, .frag_size = 1 }, FUOTA_E_TOO_LARGE,
	    "16384 fragments" },
	{ "16383_fragments_and_one_coded", 16383,
	    { .edition = FUOTA_TS004_V1, .frag_size = 1, .redundancy = 1 },
	    FUOTA_E_RANGE, "exceed 16383" },
	{ "16383_fragments", 16383,
	    { .edition = FUOTA_TS004_V1, .frag_size = 1 }, FUOTA_OK, NULL },
	{ "all_of_n", 16000,
	    { .edition = FUOTA_TS004_V1, .frag_size = 1, .redundancy = 383 },
	    FUOTA_OK, NULL },
};

static void
split_refuses(void **state)
{
	const struct refusal *r = *state;
	struct fuota_frag_session s = r->session;
	struct fuota_out block = check_out(r->len);
	struct fuota_error err = { .status = FUOTA_OK };

	block.len = r->len;
	assert_int_equal(r->want, fuota_frag_split(check_in(&block), &s, &err));
	if (r->want != FUOTA_OK) {
		assert_int_equal(r->want, err.status);
		assert_non_null(strstr(err.message, r->says));
		assert_memory_equal(&s, &r->session, sizeof(s));
	} else {
		assert_int_equal(FUOTA_OK, fuota_frag_check(&s, NULL));
	}
	free(block.data);
}

static void
encode_refuses_what_it_cannot_number_or_hold(void **state)
{
	uint8_t bytes[100] = { 0 }, room[1000];
	struct fuota_in block = { .data = bytes, .len = sizeof(bytes) };
	struct fuota_frag_session s = session_for(block, FUOTA_TS004_V1, 10, 5);
	struct fuota_out out = { .data = room, .size = sizeof(room), .len = 7 };

	(void)state;
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_frag_encode(&s, block, 0, 1, &out, NULL));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_frag_encode(&s, block, 16384, 1, &out, NULL));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_frag_encode(&s, block, 16383, 2, &out, NULL));
	assert_int_equal(
	    FUOTA_OK, fuota_frag_encode(&s, block, 16383, 1, &out, NULL));
	assert_int_equal(13, out.len);
	out.size = 12;
	assert_int_equal(
	    FUOTA_E_SPACE, fuota_frag_encode(&s, block, 1, 1, &out, NULL));
	out.size = sizeof(room);
	block.len--;
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_frag_encode(&s, block, 1, 1, &out, NULL));
	s.padding = 1;
	assert_int_equal(FUOTA_E_RANGE, fuota_frag_check(&s, NULL));
}

/* --- weak fragment counts; facts measured by others ----------------------- */

static struct fuota_frag_weakness
weakness_of(uint16_t m, enum fuota_ts004 edition, uint16_t redundancy)
{
	const struct fuota_frag_session s = { .edition = edition,
		.frag_size = 1,
		.nb_frag = m,
		.block_len = m,
		.redundancy = redundancy };
	struct fuota_frag_weakness w;
	const bool weak = fuota_frag_weakness(&s, &w);

	assert_int_equal(
	    weak, w.single || w.few || w.twins[0] != 0 || w.uncovered > 0);
	return w;
}

static void
one_fragment_is_weak(void **state)
{
	const struct fuota_frag_weakness w = weakness_of(1, FUOTA_TS004_V1, 10);

	(void)state;
	assert_true(w.single);
	assert_int_equal(1, w.uncovered);
}

static void
interop_case_leaves_three_fragments_uncovered(void **state)
{
	(void)state;
	assert_int_equal(3, weakness_of(21, FUOTA_TS004_V1, 5).uncovered);
	assert_int_equal(2, weakness_of(21, FUOTA_TS004_V2, 5).uncovered);
	assert_int_equal(1, weakness_of(21, FUOTA_TS004_V1, 13).uncovered);
	assert_int_equal(
	    21, weakness_of(21, FUOTA_TS004_V1, 13).first_uncovered);
	assert_int_equal(0, weakness_of(21, FUOTA_TS004_V1, 14).uncovered);
}

static void
row_count_that_covers_all_is_as_measured(void **state)
{
	static const struct {
		uint16_t m, rows;
	} facts[] = { { 3, 10 }, { 5, 9 }, { 9, 9 }, { 12, 12 }, { 17, 23 },
		{ 21, 14 }, { 151, 29 }, { 204, 27 }, { 248, 25 }, { 292, 22 },
		{ 42, 20 } };

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(facts); i++) {
		assert_int_not_equal(0,
		    weakness_of(facts[i].m, FUOTA_TS004_V1,
			(uint16_t)(facts[i].rows - 1))
			.uncovered);
		assert_int_equal(0,
		    weakness_of(facts[i].m, FUOTA_TS004_V1, facts[i].rows)
			.uncovered);
	}
}

static void
multiples_of_64_have_twins(void **state)
{
	(void)state;
	for (uint16_t m = 192; m < 7000; m = (uint16_t)(m + 64 * 7)) {
		const struct fuota_frag_weakness w =
		    weakness_of(m, FUOTA_TS004_V1, 500);
		assert_int_equal(m / 2 + 1, w.twins[0]);
		assert_int_not_equal(w.twins[0], w.twins[1]);
		assert_true(w.twins[1] >= 1 && w.twins[1] <= m);
		assert_true(w.twin_rows <= 12);
	}
	assert_int_equal(0, weakness_of(1024, FUOTA_TS004_V1, 300).twins[0]);
	assert_int_equal(0, weakness_of(1601, FUOTA_TS004_V1, 300).twins[0]);
}

static uint16_t
twenty_percent(uint16_t nb_frag, void *ctx)
{
	(void)ctx;
	return (uint16_t)((nb_frag + 4) / 5);
}

static void
near_size_is_good_and_nearest(void **state)
{
	struct fuota_frag_session s = { .edition = FUOTA_TS004_V1,
		.frag_size = 100,
		.nb_frag = 1600,
		.block_len = 160000,
		.redundancy = 320 };

	(void)state;
	/* 161617 / 99 = 1617 fragments */
	assert_int_equal(
	    99, fuota_frag_size_near(&s, 255, twenty_percent, NULL));
	s.block_len = 1;
	assert_int_equal(
	    0, fuota_frag_size_near(&s, 255, twenty_percent, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_equal_the_whole),
		cmocka_unit_test(coded_fragments_are_the_sums_of_their_rows),
		cmocka_unit_test(encode_refuses_what_it_cannot_number_or_hold),
		cmocka_unit_test(one_fragment_is_weak),
		cmocka_unit_test(interop_case_leaves_three_fragments_uncovered),
		cmocka_unit_test(row_count_that_covers_all_is_as_measured),
		cmocka_unit_test(multiples_of_64_have_twins),
		cmocka_unit_test(near_size_is_good_and_nearest),
	};

	json_t *vectors = check_vectors("ts004-encode.json");
	int failed = check_cases(
	    json_object_get(vectors, "cases"), session_matches_vector);
	failed += CHECK_ROWS(refusals, split_refuses);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return failed;
}
