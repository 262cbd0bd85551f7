/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/device/bytes.h>
#include <fuota/device/journal.h>

#include "check.h"
#include "sim/flash_sim.h"

enum {
	PAGE = 256,
	RECORDS_PER_PAGE = 4,
	APPENDS = 11
};

static const struct geometry {
	const char *name;
	uint32_t pages;
	uint8_t write_size;
	uint8_t erased;
} geometries[] = {
	{ "three_pages_bytes_ff", 3, 1, 0xff },
	{ "four_pages_bytes_00", 4, 1, 0x00 },
	{ "three_pages_double_words_ff", 3, 8, 0xff },
	{ "four_pages_double_words_00", 4, 8, 0x00 },
	{ "five_pages_32_byte_units_ff", 5, 32, 0xff },
};

static void
put(uint8_t data[FUOTA_JOURNAL_DATA_SIZE], uint32_t value)
{
	memset(data, 0xa5, FUOTA_JOURNAL_DATA_SIZE);
	fuota_put_u32(data, value);
}

/* What is found at power on; 0 when there is no record. */
static uint32_t
found(struct flash_sim *sim, struct fuota_journal *journal)
{
	assert_int_equal(FUOTA_OK, fuota_journal_open(journal, &sim->flash));
	return journal->sequence == 0 ? 0 : fuota_get_u32(journal->data);
}

static void
append(struct fuota_journal *journal, uint32_t value)
{
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	put(data, value);
	assert_int_equal(FUOTA_OK, fuota_journal_append(journal, data));
}

static void
newest_record_is_found_after_any_number_of_appends(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 1 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	flash_sim_init(
	    &sim, &power, g->pages * PAGE, PAGE, g->write_size, g->erased);
	power_on(&power, CUT_NEVER, 0);
	assert_int_equal(0, found(&sim, &journal));
	for (uint32_t i = 1; i <= 40; i++) {
		append(&journal, i);
		assert_int_equal(i, fuota_get_u32(journal.data));
		struct fuota_journal other;
		assert_int_equal(i, found(&sim, &other));
		if (i % 7 == 0) /* a reset in between */
			assert_int_equal(i, found(&sim, &journal));
	}
	/* one erase for each page's worth, and one for each reset */
	assert_in_range(flash_sim_wear_max(&sim), 1, 40 / 4 + 40 / 7);
	flash_sim_free(&sim);
}

/*
 * A record that a cut left marginal reads as nothing at one start, and whole
 * at a later one. What was done in between relied on the record before.
 */
static void
record_that_reads_right_again_is_not_believed(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 1 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	flash_sim_init(
	    &sim, &power, g->pages * PAGE, PAGE, g->write_size, g->erased);
	power_on(&power, CUT_NEVER, 0);
	assert_int_equal(0, found(&sim, &journal));
	append(&journal, 1);
	append(&journal, 1);
	append(&journal, 2);
	uint8_t *marginal = &sim.bytes[journal.next - 20];
	*marginal ^= 4;
	assert_int_equal(1, found(&sim, &journal));
	assert_int_equal(FUOTA_OK, fuota_journal_settle(&journal));
	*marginal ^= 4;
	assert_int_equal(1, found(&sim, &journal));
	flash_sim_free(&sim);
}

/* A start that changes nothing wears nothing either. */
static void
settled_journal_is_left_alone(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 1 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	flash_sim_init(
	    &sim, &power, g->pages * PAGE, PAGE, g->write_size, g->erased);
	power_on(&power, CUT_NEVER, 0);
	assert_int_equal(0, found(&sim, &journal));
	append(&journal, 1);
	assert_int_equal(FUOTA_OK, fuota_journal_settle(&journal));
	const uint64_t operations = power.operations;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(1, found(&sim, &journal));
		assert_int_equal(FUOTA_OK, fuota_journal_settle(&journal));
	}
	assert_int_equal(operations, power.operations);
	flash_sim_free(&sim);
}

/*
 * Appends 1, 2, 3, ... with one cut; returns false when the cut came too late
 * to hit. *confirmed is the last append that returned.
 */
static bool
append_with_cut(struct flash_sim *sim, enum cut cut, uint64_t at,
    volatile uint32_t *confirmed)
{
	struct fuota_journal journal;

	power_on(sim->power, cut, at);
	if (setjmp(sim->power->lost) != 0)
		return true;
	const uint32_t start = found(sim, &journal);
	assert_int_equal(FUOTA_OK, fuota_journal_settle(&journal));
	*confirmed = start;
	for (uint32_t i = start + 1; i <= start + APPENDS; i++) {
		append(&journal, i);
		*confirmed = i;
	}
	return false;
}

/* After a cut: the last confirmed record or the one that was being made. */
static void
cut_leaves_the_old_or_the_new_record(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 7 } };
	struct flash_sim sim;

	for (enum cut cut = CUT_BEFORE; cut <= CUT_AFTER; cut++) {
		volatile bool hit = true;
		for (uint64_t at = 0; hit; at++) {
			volatile uint32_t confirmed = 0;
			flash_sim_init(&sim, &power, g->pages * PAGE, PAGE,
			    g->write_size, g->erased);
			hit = append_with_cut(&sim, cut, at, &confirmed);
			/* a second cut during the first steps after it */
			if (hit)
				append_with_cut(&sim, cut, at % 3, &confirmed);
			struct fuota_journal journal;
			power_on(&power, CUT_NEVER, 0);
			const uint32_t value = found(&sim, &journal);
			assert_in_range(value, confirmed, confirmed + 1);
			append(&journal, 1000);
			assert_int_equal(1000, found(&sim, &journal));
			flash_sim_free(&sim);
		}
	}
}

static void
random_cuts_never_lose_a_confirmed_record(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 99 } };
	struct flash_sim sim;
	volatile uint32_t known = 0;

	flash_sim_init(
	    &sim, &power, g->pages * PAGE, PAGE, g->write_size, g->erased);
	for (volatile unsigned run = 0; run < 3000; run++) {
		volatile uint32_t confirmed = known;
		const enum cut cut =
		    CUT_BEFORE + check_random_below(&power.random, 3);
		append_with_cut(&sim, cut,
		    check_random_below(&power.random, 16), &confirmed);
		assert_in_range(confirmed, known, known + APPENDS + 1);
		known = confirmed;
	}
	assert_true(known > 3000);
	flash_sim_free(&sim);
}

static void
flash_errors_lose_nothing(void **state)
{
	struct power power = { .random = { 3 } };
	struct flash_sim sim;
	struct fuota_journal journal;
	uint8_t data[FUOTA_JOURNAL_DATA_SIZE];

	(void)state;
	flash_sim_init(&sim, &power, 3 * PAGE, PAGE, 8, 0xff);
	power_on(&power, CUT_NEVER, 0);
	found(&sim, &journal);
	append(&journal, 1);
	for (uint32_t k = 1; k <= 2; k++) { /* the erase, the program */
		found(&sim, &journal);
		sim.fail_writes = k;
		put(data, 1 + k);
		assert_int_equal(
		    FUOTA_OK, fuota_journal_append(&journal, data));
		assert_int_equal(1 + k, found(&sim, &journal));
	}
	sim.fail_reads = 1; /* the read back: it has been written */
	put(data, 4);
	assert_int_equal(FUOTA_OK, fuota_journal_append(&journal, data));
	assert_int_equal(4, found(&sim, &journal));
	sim.fail_reads = 1;
	assert_int_equal(
	    FUOTA_E_FLASH, fuota_journal_open(&journal, &sim.flash));
	assert_int_equal(4, found(&sim, &journal));
	sim.bad_page = FLASH_SIM_ALL_PAGES;
	put(data, 5);
	assert_int_equal(FUOTA_E_FLASH, fuota_journal_append(&journal, data));
	assert_int_equal(4, found(&sim, &journal));
	flash_sim_free(&sim);
}

/* A page that fails for good costs nothing but room. */
static void
bad_page_is_passed_over(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 1 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	for (uint32_t page = 1; page <= g->pages; page++) {
		flash_sim_init(&sim, &power, g->pages * PAGE, PAGE,
		    g->write_size, g->erased);
		power_on(&power, CUT_NEVER, 0);
		found(&sim, &journal);
		append(&journal, 1);
		append(&journal, 1);
		sim.bad_page = page;
		for (uint32_t i = 2; i <= 40; i++) {
			append(&journal, i);
			if (i % 5 == 0)
				assert_int_equal(i, found(&sim, &journal));
		}
		flash_sim_free(&sim);
	}
}

static enum fuota_status (*whole_prog)(
    void *ctx, uint32_t off, const uint8_t *data, uint32_t len);

static enum fuota_status
program_first_record(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	return off % PAGE == 0 ? whole_prog(ctx, off, data, len)
			       : FUOTA_E_FLASH;
}

/* No record can ever stand behind its like. */
static void
settling_comes_to_an_end(void **state)
{
	const struct geometry *g = *state;
	struct power power = { .random = { 1 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	flash_sim_init(
	    &sim, &power, g->pages * PAGE, PAGE, g->write_size, g->erased);
	power_on(&power, CUT_NEVER, 0);
	found(&sim, &journal);
	append(&journal, 1);
	whole_prog = sim.flash.prog;
	sim.flash.prog = program_first_record;
	assert_int_equal(1, found(&sim, &journal));
	assert_int_equal(FUOTA_E_FLASH, fuota_journal_settle(&journal));
	assert_in_range(power.operations, 1, 50);
	assert_int_equal(1, found(&sim, &journal));
	flash_sim_free(&sim);
}

/* Any damage to the newest record brings back the one before. */
static void
record_torn_at_any_byte_is_passed_over(void **state)
{
	struct power power = { .random = { 3 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	(void)state;
	flash_sim_init(&sim, &power, 3 * PAGE, PAGE, 8, 0xff);
	power_on(&power, CUT_NEVER, 0);
	found(&sim, &journal);
	append(&journal, 1);
	append(&journal, 2);
	uint8_t *newest = sim.bytes + journal.next - FUOTA_JOURNAL_RECORD_SIZE;
	for (unsigned i = 0; i < FUOTA_JOURNAL_RECORD_SIZE; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t *byte = newest + i;
			*byte ^= (uint8_t)(1u << bit);
			assert_int_equal(1, found(&sim, &journal));
			*byte ^= (uint8_t)(1u << bit);
		}
	}
	assert_int_equal(2, found(&sim, &journal));
	flash_sim_free(&sim);
}

/* Too few pages, or pages without room for a record and its copy. */
static void
region_that_cannot_settle_is_refused(void **state)
{
	static const struct {
		uint32_t pages, page_size;
		enum fuota_status status;
	} regions[] = {
		{ 2, PAGE, FUOTA_E_RANGE },
		{ 3, 32, FUOTA_E_RANGE },
		{ 8, 64, FUOTA_E_RANGE },
		{ 8, 160, FUOTA_E_RANGE },
		{ 3, 128, FUOTA_OK },
	};
	struct power power = { .random = { 3 } };
	struct flash_sim sim;
	struct fuota_journal journal;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(regions); i++) {
		flash_sim_init(&sim, &power,
		    regions[i].pages * regions[i].page_size,
		    regions[i].page_size, 8, 0xff);
		assert_int_equal(regions[i].status,
		    fuota_journal_open(&journal, &sim.flash));
		if (regions[i].status == FUOTA_OK) {
			append(&journal, 1);
			assert_int_equal(
			    FUOTA_OK, fuota_journal_settle(&journal));
		}
		flash_sim_free(&sim);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flash_errors_lose_nothing),
		cmocka_unit_test(record_torn_at_any_byte_is_passed_over),
		cmocka_unit_test(region_that_cannot_settle_is_refused),
	};

	return CHECK_ROWS(
		   geometries, record_that_reads_right_again_is_not_believed) +
	    CHECK_ROWS(geometries, settled_journal_is_left_alone) +
	    CHECK_ROWS(geometries, bad_page_is_passed_over) +
	    CHECK_ROWS(geometries, settling_comes_to_an_end) +
	    CHECK_ROWS(geometries,
		newest_record_is_found_after_any_number_of_appends) +
	    CHECK_ROWS(geometries, cut_leaves_the_old_or_the_new_record) +
	    CHECK_ROWS(geometries, random_cuts_never_lose_a_confirmed_record) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
