/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rowsum.h"

enum {
	STRIP = 64, /* bytes of every column that are worked on at a time */
	GROUP = 7, /* columns whose 128 sums make a table */
	TILE = 8, /* tables in use at a time: 64 KiB */
};

/* One vector register, or as many as it takes. */
typedef uint64_t wide __attribute__((vector_size(32)));

/* A cache line; also what the widest loads of `wide` want. */
struct strip {
	_Alignas(STRIP) wide half[2];
};
_Static_assert(sizeof(struct strip) == STRIP, "a strip has no holes");

struct rowsum_work {
	struct strip tables[TILE][1 << GROUP];
	struct strip sums[ROWSUM_ROWS_MAX];
};

struct rowsum_work *
rowsum_work_new(void)
{
	return aligned_alloc(
	    _Alignof(struct strip), sizeof(struct rowsum_work));
}

void
rowsum_work_free(struct rowsum_work *work)
{
	free(work);
}

/* A strip of a column, with zeros where the column or the block ends. */
static inline void
load(const struct rowsum_columns *columns, size_t column, size_t off,
    struct strip *strip)
{
	const size_t at = column * columns->size + off;
	size_t len = columns->size - off < STRIP ? columns->size - off : STRIP;

	if (column < columns->count && len == STRIP &&
	    at < columns->bytes.len && columns->bytes.len - at >= STRIP) {
		memcpy(strip, columns->bytes.data + at, STRIP);
		return;
	}
	memset(strip, 0, sizeof(*strip));
	if (column >= columns->count || at >= columns->bytes.len)
		return;
	if (len > columns->bytes.len - at)
		len = columns->bytes.len - at;
	memcpy(strip, columns->bytes.data + at, len);
}

static inline void
add(struct strip *to, const struct strip *a, const struct strip *b)
{
	to->half[0] = a->half[0] ^ b->half[0];
	to->half[1] = a->half[1] ^ b->half[1];
}

/* All sums of a group; the highest bit of the index is its first column. */
static inline void
make_table(const struct rowsum_columns *columns, size_t first, size_t off,
    struct strip *table)
{
	struct strip column;

	memset(&table[0], 0, sizeof(table[0]));
	for (unsigned bit = 0; bit < GROUP; bit++) {
		const unsigned count = 1u << bit;
		load(columns, first + GROUP - 1 - bit, off, &column);
		for (unsigned i = 0; i < count; i++)
			add(&table[count + i], &table[i], &column);
	}
}

/* The next tile's strips are far apart: asks for them while sums are made. */
static inline void
prefetch(const struct rowsum_columns *columns, size_t first, size_t off)
{
	for (size_t i = first; i < first + (size_t)TILE * GROUP; i++) {
		const size_t at = i * columns->size + off;
		if (columns->bytes.len < STRIP ||
		    at > columns->bytes.len - STRIP)
			return;
		__builtin_prefetch(columns->bytes.data + at);
		__builtin_prefetch(columns->bytes.data + at + STRIP - 1);
	}
}

struct pass {
	const struct rowsum_columns *columns;
	const uint8_t *rows;
	size_t row_count, row_stride;
	struct rowsum_work *work;
};

/* The GROUP bytes of a tile, the first bit of the row on top. */
static inline uint64_t
tile_bits(const uint8_t *p)
{
	uint64_t bits;

	memcpy(&bits, p, sizeof(bits));
	return be64toh(bits);
}

static inline __attribute__((always_inline)) void
add_tile(const struct pass *p, size_t tile, size_t off)
{
	struct rowsum_work *work = p->work;

	for (size_t g = 0; g < TILE; g++)
		make_table(p->columns, (tile * TILE + g) * GROUP, off,
		    work->tables[g]);
	prefetch(p->columns, (tile + 1) * TILE * GROUP, off);
	for (size_t i = 0; i < p->row_count; i++) {
		uint64_t bits =
		    tile_bits(p->rows + i * p->row_stride + tile * GROUP);
		struct strip sum = work->sums[i];
#pragma GCC unroll 8
		for (size_t g = 0; g < TILE; g++) {
			add(&sum, &sum, &work->tables[g][bits >> (64 - GROUP)]);
			bits <<= GROUP;
		}
		work->sums[i] = sum;
	}
}

static inline __attribute__((always_inline)) void
sum_strip(const struct pass *p, size_t off)
{
	const size_t columns_in_tile = TILE * GROUP;

	memset(p->work->sums, 0, p->row_count * sizeof(struct strip));
	for (size_t tile = 0; tile * columns_in_tile < p->columns->count;
	     tile++)
		add_tile(p, tile, off);
}

static void
sum_strip_plain(const struct pass *p, size_t off)
{
	sum_strip(p, off);
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((target("avx2"))) static void
sum_strip_avx2(const struct pass *p, size_t off)
{
	sum_strip(p, off);
}

static bool
have_avx2(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}
#else
#define sum_strip_avx2 sum_strip_plain
static bool
have_avx2(void)
{
	return false;
}
#endif

void
rowsum(const struct rowsum_columns *columns, const uint8_t *rows,
    size_t row_stride, size_t row_count, uint8_t *sums, size_t stride,
    struct rowsum_work *work)
{
	const struct pass pass = { .columns = columns,
		.rows = rows,
		.row_count = row_count,
		.row_stride = row_stride,
		.work = work };
	void (*const sum)(const struct pass *, size_t) =
	    have_avx2() ? sum_strip_avx2 : sum_strip_plain;

	for (size_t off = 0; off < columns->size; off += STRIP) {
		const size_t rest = columns->size - off;
		sum(&pass, off);
		for (size_t i = 0; i < row_count; i++)
			memcpy(sums + i * stride + off, &work->sums[i],
			    rest < STRIP ? rest : STRIP);
	}
}
