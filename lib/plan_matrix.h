/* SPDX-License-Identifier: BSD-2-Clause */
/* The true parity matrix. */
#ifndef FUOTA_LIB_PLAN_MATRIX_H
#define FUOTA_LIB_PLAN_MATRIX_H

#include <stdint.h>

#include <fuota/device/parity.h>
#include <fuota/status.h>

/*
 * The first `rows` parity rows, stored by column: bit n % 64 of word n / 64
 * of a column says whether row n + 1 contains that uncoded fragment.
 */
struct rank_matrix {
	uint32_t nb_frag, rows, words; /* words of 64 rows in a column */
	uint64_t *columns; /* nb_frag * words */
};

/* Errors: FUOTA_E_MEMORY, FUOTA_E_RANGE */
enum fuota_status
fuota_rank_matrix_make(struct rank_matrix *m, enum fuota_ts004 ts004,
    uint32_t nb_frag, uint32_t rows);
void
fuota_rank_matrix_free(struct rank_matrix *m);

#endif
