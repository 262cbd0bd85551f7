/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <sodium.h>

#include <fuota/device/parity.h>

#include "check.h"

static const struct edition {
	enum fuota_ts004 edition;
	const char *key, *digest;
} editions[] = {
	{ FUOTA_TS004_V1, "v1", "v1_sha256" },
	{ FUOTA_TS004_V2, "v2", "v2_sha256" },
	{ FUOTA_TS004_V2_ABSN, "v2_absN", "v2_absN_sha256" },
};

static json_t *vectors;

/* Every row that the vectors print, in every variant. */
static void
printed_rows_are_drawn(void **state)
{
	const json_t *matrix = *state;
	const uint16_t m = (uint16_t)check_integer(matrix, "M");
	const size_t size = FUOTA_PARITY_ROW_SIZE(m);
	uint8_t *row = check_alloc(size);
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(matrix, "rows"), i, each)
	{
		const uint16_t n = (uint16_t)check_integer(each, "n");
		for (size_t e = 0; e < CHECK_COUNT(editions); e++) {
			struct fuota_out want =
			    check_hex(check_string(each, editions[e].key));
			memset(row, 0xa5, size);
			assert_int_equal(FUOTA_OK,
			    fuota_parity_row(
				editions[e].edition, n, m, row, size));
			assert_int_equal(size, want.len);
			assert_memory_equal(want.data, row, size);
			free(want.data);
		}
	}
	assert_true(i > 0);
	free(row);
}

static void
digest_of_rows_matches(void **state)
{
	const json_t *matrix = *state;
	const json_t *digest = json_object_get(matrix, "digest");
	const uint16_t m = (uint16_t)check_integer(matrix, "M");
	const json_int_t first = check_integer(digest, "n_from");
	const json_int_t last = check_integer(digest, "n_to");
	const size_t size = FUOTA_PARITY_ROW_SIZE(m);
	uint8_t *row = check_alloc(size), sum[crypto_hash_sha256_BYTES];

	for (size_t e = 0; e < CHECK_COUNT(editions); e++) {
		crypto_hash_sha256_state sha;
		crypto_hash_sha256_init(&sha);
		for (json_int_t n = first; n <= last; n++) {
			assert_int_equal(FUOTA_OK,
			    fuota_parity_row(editions[e].edition, (uint16_t)n,
				m, row, size));
			crypto_hash_sha256_update(&sha, row, size);
		}
		crypto_hash_sha256_final(&sha, sum);
		struct fuota_out want =
		    check_hex(check_string(digest, editions[e].digest));
		assert_memory_equal(want.data, sum, sizeof(sum));
		free(want.data);
	}
	free(row);
}

/* The listing of the specification, a bit at a time, with real division. */
static void
row_by_the_listing(
    enum fuota_ts004 edition, uint32_t n, uint32_t m, uint8_t *row)
{
	const uint32_t modulus = (m & (m - 1)) == 0 ? m + 1 : m;
	uint32_t x = 1 + 1001 * (edition == FUOTA_TS004_V2_ABSN ? m + n : n);

	memset(row, 0, FUOTA_PARITY_ROW_SIZE(m));
	for (uint32_t drawn = 0; drawn < m / 2;) {
		uint32_t r;
		do {
			x = (x >> 1) + (((x & 1) ^ (x >> 5 & 1)) << 22);
			r = x % modulus;
		} while (r >= m);
		const bool repeated = (row[r / 8] << r % 8 & 0x80) != 0;
		row[r / 8] |= (uint8_t)(0x80 >> r % 8);
		drawn += edition == FUOTA_TS004_V1 || !repeated;
	}
}

static void
rows_equal_the_listing_for_any_m_and_n(void **state)
{
	struct check_random random = { .state = 1 };
	uint8_t want[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	uint8_t row[sizeof(want)];

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		const uint16_t limit = i % 4 == 0 ? FUOTA_FRAG_N_MAX : 600;
		const uint16_t m =
		    (uint16_t)(1 + check_random_below(&random, limit));
		const uint16_t n = (uint16_t)(1 +
		    check_random_below(&random, FUOTA_FRAG_N_MAX));
		const enum fuota_ts004 edition =
		    editions[check_random_below(&random, 3)].edition;
		row_by_the_listing(edition, n, m, want);
		assert_int_equal(FUOTA_OK,
		    fuota_parity_row(edition, n, m, row, sizeof(row)));
		assert_memory_equal(want, row, FUOTA_PARITY_ROW_SIZE(m));
	}
}

/* Exactness of the division by multiplication, at the edges of every m. */
static void
every_m_equals_the_listing_once(void **state)
{
	uint8_t want[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	uint8_t row[sizeof(want)];

	(void)state;
	for (uint16_t m = 1; m <= FUOTA_FRAG_N_MAX; m++) {
		const uint16_t n = (uint16_t)(m * 7919u % FUOTA_FRAG_N_MAX + 1);
		row_by_the_listing(FUOTA_TS004_V2, n, m, want);
		assert_int_equal(FUOTA_OK,
		    fuota_parity_row(FUOTA_TS004_V2, n, m, row, sizeof(row)));
		assert_memory_equal(want, row, FUOTA_PARITY_ROW_SIZE(m));
	}
}

static const struct refusal {
	const char *name;
	int edition;
	uint16_t n, m;
	size_t size;
	enum fuota_status want;
} refusals[] = {
	{ "edition_0_refused", 0, 1, 20, 3, FUOTA_E_RANGE },
	{ "edition_4_refused", 4, 1, 20, 3, FUOTA_E_RANGE },
	{ "n_0_refused", FUOTA_TS004_V1, 0, 20, 3, FUOTA_E_RANGE },
	{ "n_16384_refused", FUOTA_TS004_V1, 16384, 20, 3, FUOTA_E_RANGE },
	{ "m_0_refused", FUOTA_TS004_V2, 1, 0, 3, FUOTA_E_RANGE },
	{ "m_16384_refused", FUOTA_TS004_V2, 1, 16384, 4096, FUOTA_E_RANGE },
	{ "m_25_needs_4_bytes", FUOTA_TS004_V1, 1, 25, 3, FUOTA_E_SPACE },
};

static void
refusal_leaves_the_row_alone(void **state)
{
	const struct refusal *r = *state;
	uint8_t row[4096], before[sizeof(row)];

	memset(row, 0x5a, sizeof(row));
	memcpy(before, row, sizeof(row));
	assert_int_equal(r->want,
	    fuota_parity_row(
		(enum fuota_ts004)r->edition, r->n, r->m, row, r->size));
	assert_memory_equal(before, row, sizeof(row));
}

/* One named test per matrix of the vectors. */
static int
run_matrices(CMUnitTestFunction function, const char *what)
{
	json_t *matrices = json_object_get(vectors, "matrices");
	const size_t count = json_array_size(matrices);
	struct CMUnitTest *tests = check_alloc(count * sizeof(*tests));
	char(*names)[64] = check_alloc(count * sizeof(*names));

	for (size_t i = 0; i < count; i++) {
		json_t *matrix = json_array_get(matrices, i);
		snprintf(names[i], sizeof(names[i]), "m_%d_%s",
		    (int)check_integer(matrix, "M"), what);
		tests[i] = (struct CMUnitTest){ .name = names[i],
			.test_func = function,
			.initial_state = matrix };
	}
	const int failed =
	    _cmocka_run_group_tests(what, tests, count, NULL, NULL);
	free(tests);
	free(names);
	return failed;
}

int
main(void)
{
	const struct CMUnitTest properties[] = {
		cmocka_unit_test(rows_equal_the_listing_for_any_m_and_n),
		cmocka_unit_test(every_m_equals_the_listing_once),
	};

	vectors = check_vectors("ts004-parity.json");
	int failed = run_matrices(printed_rows_are_drawn, "rows");
	failed += run_matrices(digest_of_rows_matches, "digest");
	failed += CHECK_ROWS(refusals, refusal_leaves_the_row_alone);
	failed += cmocka_run_group_tests(properties, NULL, NULL);
	json_decref(vectors);
	return failed;
}
