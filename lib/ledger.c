/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger is one SQLite table. BEGIN IMMEDIATE is the lock; a run that
 * dies leaves a journal that the next one rolls back.
 */
#include <stdbool.h>
#include <stdlib.h>

#include <sqlite3.h>

#include <fuota/ledger.h>

#include "fail.h"

#define SESSION_CNT_MAX 65535
#define APPLICATION_ID  0x46554f4d /* "FUOM" */

struct fuota_ledger {
	sqlite3 *db;
	sqlite3_stmt *select, *store;
};

static enum fuota_status
sqlite_failed(sqlite3 *db, int code, struct fuota_error *err)
{
	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return fuota_fail(err, FUOTA_E_IO, FUOTA_NO_OFFSET,
		    "ledger is locked by another run");
	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return fuota_fail(
		    err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "not a ledger");
	if (code == SQLITE_NOMEM)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	return fuota_fail(err, FUOTA_E_IO, FUOTA_NO_OFFSET, "ledger: %s",
	    db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
}

static enum fuota_status
run(struct fuota_ledger *ledger, const char *sql, struct fuota_error *err)
{
	const int code = sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? FUOTA_OK
				 : sqlite_failed(ledger->db, code, err);
}

static enum fuota_status
prepare(struct fuota_ledger *ledger, const char *sql, sqlite3_stmt **stmt,
    struct fuota_error *err)
{
	const int code = sqlite3_prepare_v3(
	    ledger->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);

	return code == SQLITE_OK ? FUOTA_OK
				 : sqlite_failed(ledger->db, code, err);
}

/* Another program's database is left alone. */
static enum fuota_status
check_owner(struct fuota_ledger *ledger, struct fuota_error *err)
{
	sqlite3_stmt *stmt = NULL;
	int id = 0, objects = 0;

	enum fuota_status status = prepare(ledger,
	    "SELECT (SELECT application_id FROM pragma_application_id), "
	    "(SELECT count(*) FROM sqlite_master)",
	    &stmt, err);
	if (status != FUOTA_OK)
		return status;
	const int code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		id = sqlite3_column_int(stmt, 0);
		objects = sqlite3_column_int(stmt, 1);
	}
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW)
		return sqlite_failed(ledger->db, code, err);
	if (id != APPLICATION_ID && (id != 0 || objects != 0))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "a database of another program, not a ledger");
	return FUOTA_OK;
}

static enum fuota_status
set_up(struct fuota_ledger *ledger, struct fuota_error *err)
{
	static const char *const statements[] = {
		"PRAGMA synchronous = FULL",
		"BEGIN IMMEDIATE",
		"PRAGMA application_id = 0x46554f4d",
		"CREATE TABLE IF NOT EXISTS session_cnt("
		"dev_eui BLOB NOT NULL, frag_index INTEGER NOT NULL, "
		"last INTEGER NOT NULL, campaign BLOB NOT NULL, "
		"PRIMARY KEY(dev_eui, frag_index)) WITHOUT ROWID",
	};

	enum fuota_status status = check_owner(ledger, err);
	for (size_t i = 0; status == FUOTA_OK &&
	     i < sizeof(statements) / sizeof(statements[0]);
	     i++)
		status = run(ledger, statements[i], err);
	if (status != FUOTA_OK)
		return status;
	status = prepare(ledger,
	    "SELECT last, campaign = ?3 FROM session_cnt "
	    "WHERE dev_eui = ?1 AND frag_index = ?2",
	    &ledger->select, err);
	return status != FUOTA_OK ? status
				  : prepare(ledger,
					"INSERT OR REPLACE INTO session_cnt "
					"VALUES(?1, ?2, ?4, ?3)",
					&ledger->store, err);
}

enum fuota_status
fuota_ledger_open(
    const char *path, struct fuota_ledger **ledger, struct fuota_error *err)
{
	struct fuota_ledger *opened = calloc(1, sizeof(*opened));

	if (opened == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const int code = sqlite3_open_v2(path, &opened->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	enum fuota_status status = code == SQLITE_OK
	    ? set_up(opened, err)
	    : sqlite_failed(opened->db, code, err);
	if (status != FUOTA_OK) {
		fuota_ledger_close(&opened);
		return status;
	}
	*ledger = opened;
	return FUOTA_OK;
}

static void
bind(sqlite3_stmt *stmt, const uint8_t *dev_eui, uint8_t frag_index,
    const uint8_t *campaign_id)
{
	sqlite3_reset(stmt);
	sqlite3_bind_blob(stmt, 1, dev_eui, 8, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 2, frag_index);
	sqlite3_bind_blob(
	    stmt, 3, campaign_id, FUOTA_LEDGER_ID_SIZE, SQLITE_STATIC);
}

enum fuota_status
fuota_ledger_take(struct fuota_ledger *ledger, const uint8_t dev_eui[8],
    uint8_t frag_index, const uint8_t campaign_id[FUOTA_LEDGER_ID_SIZE],
    uint16_t *session_cnt, struct fuota_error *err)
{
	bool same = false;
	int next = 0;

	bind(ledger->select, dev_eui, frag_index, campaign_id);
	int code = sqlite3_step(ledger->select);
	if (code == SQLITE_ROW) {
		const int last = sqlite3_column_int(ledger->select, 0);
		same = sqlite3_column_int(ledger->select, 1) != 0;
		next = same ? last : last + 1;
	} else if (code != SQLITE_DONE) {
		return sqlite_failed(ledger->db, code, err);
	}
	sqlite3_reset(ledger->select);
	if (next < 0 || next > SESSION_CNT_MAX)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "device %02x%02x%02x%02x%02x%02x%02x%02x: SessionCnt of "
		    "FragIndex %u is used up, %d was the last",
		    dev_eui[0], dev_eui[1], dev_eui[2], dev_eui[3], dev_eui[4],
		    dev_eui[5], dev_eui[6], dev_eui[7], frag_index, next - 1);
	*session_cnt = (uint16_t)next;
	if (same)
		return FUOTA_OK;
	bind(ledger->store, dev_eui, frag_index, campaign_id);
	sqlite3_bind_int(ledger->store, 4, next);
	code = sqlite3_step(ledger->store);
	sqlite3_reset(ledger->store);
	return code == SQLITE_DONE ? FUOTA_OK
				   : sqlite_failed(ledger->db, code, err);
}

enum fuota_status
fuota_ledger_commit(struct fuota_ledger *ledger, struct fuota_error *err)
{
	const enum fuota_status status = run(ledger, "COMMIT", err);

	return status != FUOTA_OK ? status
				  : run(ledger, "BEGIN IMMEDIATE", err);
}

void
fuota_ledger_close(struct fuota_ledger **ledger)
{
	if (*ledger == NULL)
		return;
	sqlite3_finalize((*ledger)->select);
	sqlite3_finalize((*ledger)->store);
	sqlite3_close((*ledger)->db); /* rolls back what is open */
	free(*ledger);
	*ledger = NULL;
}
