/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sums over GF(2) of many rows over the same columns: the method of four
 * Russians, in strips that stay in the cache.
 */
#ifndef FUOTA_LIB_ROWSUM_H
#define FUOTA_LIB_ROWSUM_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>

/* The columns: count of size bytes each; what `bytes` lacks at the end is 0. */
struct rowsum_columns {
	struct fuota_in bytes;
	size_t count;
	size_t size;
};

/* Rows that one call takes; more would not be faster. */
#define ROWSUM_ROWS_MAX 1024u

/* A row's bytes, and what is read behind them. */
#define ROWSUM_ROW_STRIDE(count) (((size_t)(count) + 7) / 8 + 8)

struct rowsum_work; /* tables and running sums, 128 KiB */
struct rowsum_work *
rowsum_work_new(void); /* NULL when out of memory */
void
rowsum_work_free(struct rowsum_work *work);

/*
 * sums[i] = XOR of the columns that are set in row i.
 *
 * rows   row_count rows in the bit order of parity rows, row_stride >=
 *        ROWSUM_ROW_STRIDE(columns->count) bytes apart; what is behind the
 *        last column is 0
 * sums   row_count times columns->size bytes, `stride` bytes apart
 */
void
rowsum(const struct rowsum_columns *columns, const uint8_t *rows,
    size_t row_stride, size_t row_count, uint8_t *sums, size_t stride,
    struct rowsum_work *work);

#endif
