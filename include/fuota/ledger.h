/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which SessionCnt each device has had for each FragIndex, in a file that
 * survives crashes. TS004-2.0.0: a device takes only a greater one, for the
 * whole of its life.
 */
#ifndef FUOTA_LEDGER_H
#define FUOTA_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/error.h>

#define FUOTA_LEDGER_ID_SIZE 16u /* bytes */

struct fuota_ledger; /* opaque: an open, locked file */

/*
 * Opens a ledger, makes it when there is none, and locks it until
 * fuota_ledger_close(): an SQLite database.
 *
 * ledger  untouched on error
 *
 * Errors: FUOTA_E_IO      cannot be opened, or another run has it locked
 *         FUOTA_E_FORMAT  not a ledger
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_ledger_open(
    const char *path, struct fuota_ledger **ledger, struct fuota_error *err);

/*
 * The SessionCnt for a device in a campaign: one more than the last, from 0
 * on; or the last one again, when it was taken for this very campaign.
 *
 * campaign_id  what the session consists of, so that a run that is repeated
 *              gives the same numbers
 *
 * Errors: FUOTA_E_LIMIT  65535 has been used
 *         FUOTA_E_IO
 */
FUOTA_API enum fuota_status
fuota_ledger_take(struct fuota_ledger *ledger, const uint8_t dev_eui[8],
    uint8_t frag_index, const uint8_t campaign_id[FUOTA_LEDGER_ID_SIZE],
    uint16_t *session_cnt, struct fuota_error *err);

/* Makes what was taken since the last commit permanent, on disk. */
FUOTA_API enum fuota_status
fuota_ledger_commit(struct fuota_ledger *ledger, struct fuota_error *err);

/* Forgets what was not committed, unlocks, closes; sets NULL. */
FUOTA_API void
fuota_ledger_close(struct fuota_ledger **ledger);

#endif
