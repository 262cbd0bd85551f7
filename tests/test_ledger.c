/* SPDX-License-Identifier: BSD-2-Clause */
/* SessionCnt only ever grows, whatever happens to the runs that take it. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <fuota/ledger.h>

#include "check.h"

static const uint8_t device_a[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const uint8_t device_b[8] = { 1, 2, 3, 4, 5, 6, 7, 9 };
static const uint8_t monday[FUOTA_LEDGER_ID_SIZE] = { 1 };
static const uint8_t tuesday[FUOTA_LEDGER_ID_SIZE] = { 2 };

static char path[64];

static int
new_path(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/fuota-ledger-%d", (int)getpid());
	unlink(path);
	return 0;
}

static int
remove_path(void **state)
{
	char journal[80];

	(void)state;
	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(journal);
	unlink(path);
	return 0;
}

static struct fuota_ledger *
open_ledger(void)
{
	struct fuota_ledger *ledger = NULL;
	struct fuota_error err;

	if (fuota_ledger_open(path, &ledger, &err) != FUOTA_OK)
		fail_msg("%s", err.message);
	return ledger;
}

static unsigned
take(struct fuota_ledger *ledger, const uint8_t *device, uint8_t index,
    const uint8_t *campaign)
{
	struct fuota_error err;
	uint16_t cnt;

	if (fuota_ledger_take(ledger, device, index, campaign, &cnt, &err) !=
	    FUOTA_OK)
		fail_msg("%s", err.message);
	return cnt;
}

static void
counters_grow_by_device_and_index(void **state)
{
	struct fuota_ledger *ledger = open_ledger();

	(void)state;
	assert_int_equal(0, take(ledger, device_a, 0, monday));
	assert_int_equal(0, take(ledger, device_b, 0, monday));
	assert_int_equal(0, take(ledger, device_a, 1, monday));
	assert_int_equal(1, take(ledger, device_a, 0, tuesday));
	assert_int_equal(0, take(ledger, device_b, 0, monday));
	assert_int_equal(2, take(ledger, device_a, 0, monday));
	assert_int_equal(FUOTA_OK, fuota_ledger_commit(ledger, NULL));
	fuota_ledger_close(&ledger);
	assert_null(ledger);
	ledger = open_ledger();
	assert_int_equal(2, take(ledger, device_a, 0, monday));
	assert_int_equal(3, take(ledger, device_a, 0, tuesday));
	fuota_ledger_close(&ledger); /* not committed */
	ledger = open_ledger();
	assert_int_equal(3, take(ledger, device_a, 0, tuesday));
	fuota_ledger_close(&ledger);
}

static void
what_was_committed_survives_a_kill(void **state)
{
	int status;

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		const pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			uint8_t id[FUOTA_LEDGER_ID_SIZE] = { (uint8_t)round,
				7 };
			struct fuota_ledger *ledger = open_ledger();
			take(ledger, device_a, 0, id);
			fuota_ledger_commit(ledger, NULL);
			id[1] = 8;
			take(ledger, device_a, 0, id); /* lost */
			kill(getpid(), SIGKILL);
		}
		assert_int_equal(child, waitpid(child, &status, 0));
		assert_true(WIFSIGNALED(status));
	}
	struct fuota_ledger *ledger = open_ledger();
	assert_int_equal(4, take(ledger, device_a, 0, monday));
	fuota_ledger_close(&ledger);
}

static void
second_run_is_locked_out(void **state)
{
	struct fuota_ledger *first = open_ledger(), *second = NULL;
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_E_IO, fuota_ledger_open(path, &second, &err));
	assert_string_equal("ledger is locked by another run", err.message);
	assert_null(second);
	assert_int_equal(0, take(first, device_a, 0, monday));
	assert_int_equal(FUOTA_OK, fuota_ledger_commit(first, NULL));
	assert_int_equal(/* still, between commit and close */
	    FUOTA_E_IO, fuota_ledger_open(path, &second, &err));
	fuota_ledger_close(&first);
	second = open_ledger();
	fuota_ledger_close(&second);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
	assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
}

static void
last_counter_is_refused_after_65535(void **state)
{
	struct fuota_ledger *ledger = open_ledger();
	struct fuota_error err;
	uint16_t cnt;

	(void)state;
	assert_int_equal(0, take(ledger, device_a, 3, monday));
	assert_int_equal(FUOTA_OK, fuota_ledger_commit(ledger, NULL));
	fuota_ledger_close(&ledger);
	run_sql("UPDATE session_cnt SET last = 65534");
	ledger = open_ledger();
	assert_int_equal(65535, take(ledger, device_a, 3, tuesday));
	assert_int_equal(65535, take(ledger, device_a, 3, tuesday));
	assert_int_equal(FUOTA_E_LIMIT,
	    fuota_ledger_take(ledger, device_a, 3, monday, &cnt, &err));
	assert_string_equal(
	    "device 0102030405060708: SessionCnt of FragIndex 3 "
	    "is used up, 65535 was the last",
	    err.message);
	fuota_ledger_close(&ledger);
}

static void
file_that_is_no_ledger_is_refused(void **state)
{
	struct fuota_ledger *ledger = NULL;
	struct fuota_error err;
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fputs("dev_eui,session_cnt\n", f);
	fclose(f);
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_ledger_open(path, &ledger, &err));
	assert_string_equal("not a ledger", err.message);
	unlink(path);
	run_sql("CREATE TABLE devices(dev_eui)");
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_ledger_open(path, &ledger, &err));
	assert_non_null(strstr(err.message, "another program"));
	assert_int_equal(FUOTA_E_IO,
	    fuota_ledger_open("/nonexistent/ledger", &ledger, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    counters_grow_by_device_and_index, new_path, remove_path),
		cmocka_unit_test_setup_teardown(
		    what_was_committed_survives_a_kill, new_path, remove_path),
		cmocka_unit_test_setup_teardown(
		    second_run_is_locked_out, new_path, remove_path),
		cmocka_unit_test_setup_teardown(
		    last_counter_is_refused_after_65535, new_path, remove_path),
		cmocka_unit_test_setup_teardown(
		    file_that_is_no_ledger_is_refused, new_path, remove_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
