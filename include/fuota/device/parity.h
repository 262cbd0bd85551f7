/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parity rows of TS004 FragAlgo 0. Freestanding.
 * Three codes share that number in the field; see fuota-frag(5).
 */
#ifndef FUOTA_DEVICE_PARITY_H
#define FUOTA_DEVICE_PARITY_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/limits.h>
#include <fuota/status.h>

enum fuota_ts004 {
	FUOTA_TS004_V1 = 1, /* 1.0.0: repeated columns are counted */
	FUOTA_TS004_V2 = 2, /* 2.0.0 as deployed: they are drawn again */
	FUOTA_TS004_V2_ABSN = 3, /* 2.0.0 to the letter: seeded with M + n */
};

#define FUOTA_PARITY_ROW_SIZE(m) (((size_t)(m) + 7) / 8) /* bytes */

/*
 * Which of the m uncoded fragments are XORed into coded fragment m + n.
 * Bit 7 - i % 8 of row[i / 8] stands for uncoded fragment i + 1.
 *
 * edition  which of the three codes
 * n        row number, counted from 1: 1..FUOTA_FRAG_N_MAX
 * m        NbFrag, fragments in the data block: 1..FUOTA_FRAG_N_MAX
 * row      caller-owned, row_size >= FUOTA_PARITY_ROW_SIZE(m) bytes;
 *          untouched on error
 *
 * Reentrant; stack < 96 bytes.
 * Source: TS004-1.0.0 section 11, TS004-2.0.0 appendix A.5, matrix_line().
 * Errors: FUOTA_E_RANGE  edition, n or m outside its range
 *         FUOTA_E_SPACE  row_size too small
 */
FUOTA_API enum fuota_status
fuota_parity_row(enum fuota_ts004 edition, uint16_t n, uint16_t m, uint8_t *row,
    size_t row_size);

#endif
