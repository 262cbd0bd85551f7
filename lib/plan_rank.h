/* SPDX-License-Identifier: BSD-2-Clause */
/* The true parity matrix, and whether losses leave it full rank. */
#ifndef FUOTA_LIB_PLAN_RANK_H
#define FUOTA_LIB_PLAN_RANK_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/device/parity.h>
#include <fuota/loss.h>
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

/* Four columns at once; compilers make of it what the machine has. */
typedef uint64_t rank_lanes __attribute__((vector_size(32)));
/* Does the machine have registers of that size? */
bool
fuota_rank_is_wide(void);

/* What one elimination works in. */
struct rank_scratch {
	rank_lanes *planes; /* for each word of 64 rows, that of all columns */
};
enum fuota_status
fuota_rank_scratch_make(
    struct rank_scratch *scratch, const struct rank_matrix *m);
void
fuota_rank_scratch_free(struct rank_scratch *scratch);

/*
 * The smallest redundancy that repairs these losses, or rows + 1 when the
 * rows of the matrix do not.
 *
 * lost      the lost uncoded fragments, from 0, lost_count of them
 * received  the coded fragments that arrived, like a column
 */
uint32_t
fuota_rank_need(const struct rank_matrix *m, struct rank_scratch *scratch,
    const uint32_t *lost, uint32_t lost_count, const uint64_t *received);

/*
 * What is weak in the first `redundancy` rows for devices that lose so much.
 * Bursts are not looked at.
 */
struct rank_weakness {
	uint32_t uncovered; /* fragments that no row contains */
	uint32_t twins; /* pairs that no row, or hardly one, tells apart */
	double floor; /* failure probability that these alone cause */
};
enum fuota_status
fuota_rank_weakness(const struct rank_matrix *m, uint32_t redundancy,
    const struct fuota_loss *loss, struct rank_weakness *weakness);

#endif
