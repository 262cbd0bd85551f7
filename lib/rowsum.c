/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rowsum.h"

enum {
	STRIP = 64, /* bytes of every column that are worked on at a time */
	GROUP = 8, /* columns whose 256 sums make a table: a byte of a row */
	TILE = 8, /* tables in use at a time: 128 KiB */
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

/* All 256 sums of the eight columns; bit 7 of the index is the first. */
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

struct pass {
	const struct rowsum_columns *columns;
	const uint8_t *rows;
	size_t row_count, row_size;
	struct rowsum_work *work;
};

static inline __attribute__((always_inline)) void
add_tile(const struct pass *p, size_t group, size_t groups, size_t off)
{
	struct rowsum_work *work = p->work;

	for (size_t g = 0; g < groups; g++)
		make_table(
		    p->columns, (group + g) * GROUP, off, work->tables[g]);
	for (size_t i = 0; i < p->row_count; i++) {
		const uint8_t *index = p->rows + i * p->row_size + group;
		struct strip sum = work->sums[i];
		for (size_t g = 0; g < groups; g++)
			add(&sum, &sum, &work->tables[g][index[g]]);
		work->sums[i] = sum;
	}
}

static inline __attribute__((always_inline)) void
sum_strip(const struct pass *p, size_t off)
{
	size_t group = 0;

	memset(p->work->sums, 0, p->row_count * sizeof(struct strip));
	for (; p->row_size - group >= TILE; group += TILE)
		add_tile(p, group, TILE, off);
	if (group < p->row_size)
		add_tile(p, group, p->row_size - group, off);
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
    size_t row_count, uint8_t *sums, size_t stride, struct rowsum_work *work)
{
	const struct pass pass = { .columns = columns,
		.rows = rows,
		.row_count = row_count,
		.row_size = (columns->count + 7) / 8,
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
