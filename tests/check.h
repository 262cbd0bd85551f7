/* SPDX-License-Identifier: BSD-2-Clause */
/* cmocka with rows, vectors, and randomness that a seed reproduces. */
#ifndef FUOTA_TESTS_CHECK_H
#define FUOTA_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include <fuota/buffer.h>
#include <fuota/status.h>

#define CHECK_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Runs function once for each row, with the row as *state, under the name
 * that the row's first member (a const char *) gives.
 */
#define CHECK_ROWS(rows, function) \
	check_rows(rows, CHECK_COUNT(rows), sizeof((rows)[0]), function)
int
check_rows(const void *rows, size_t count, size_t row_size,
    CMUnitTestFunction function);

/* The same for each object of a JSON array, by its member "name". */
int
check_cases(const json_t *cases, CMUnitTestFunction function);

/* The 16 MiB of a test's life are not worth freeing paths: ends on failure. */
void *
check_alloc(size_t size);
struct fuota_out
check_out(size_t size);
struct fuota_in
check_in(const struct fuota_out *out);
struct fuota_in
check_file(const char *path); /* whole file, fails if absent */
struct fuota_in
check_golden(const char *name); /* tests/golden/NAME */
void
check_free(struct fuota_in in); /* what these have read */

/* tests/vectors/NAME, parsed. */
json_t *
check_vectors(const char *name);
/*
 * VECTORS/NAME, for the published sets that are not in this tree; NULL with
 * a remark on standard error when it is not there: skip() then.
 */
json_t *
check_published(const char *name);
const char *
check_string(const json_t *object, const char *key);
json_int_t
check_integer(const json_t *object, const char *key);
/* Hexadecimal to allocated bytes. */
struct fuota_out
check_hex(const char *hex);
/* The generator of ts004-encode.json: SHA-256(seed || u32 counter). */
struct fuota_out
check_sha256_counter(const char *seed, size_t size);
/* The data block of a case of ts004-encode.json. */
struct fuota_out
check_vector_block(const json_t *vector);

/*
 * How many cases a long loop goes on at a time: 1, or n where FUOTA_SHORT is
 * set because every instruction is dear, as under valgrind and ASan. No
 * multiple of 8 for loops over bits, so that every bit of a byte has its turn.
 */
unsigned
check_stride(unsigned n);

/* xorshift: the same numbers everywhere for the same seed (not 0). */
struct check_random {
	uint64_t state;
};
uint32_t
check_random(struct check_random *r);
uint32_t
check_random_below(struct check_random *r, uint32_t bound);
void
check_random_bytes(struct check_random *r, uint8_t *p, size_t len);

/* How a stream is cut: pieces of random size up to these, or these exactly. */
struct check_pieces {
	size_t in_max, out_max; /* bytes */
	struct check_random *r; /* NULL: exactly */
};
typedef enum fuota_status (*check_feed)(
    void *decoder, struct fuota_in *in, struct fuota_out *out);

/* Feeds stream, takes out, until the stream is used up or the first failure. */
enum fuota_status
check_in_pieces(const struct check_pieces *pieces, struct fuota_in stream,
    struct fuota_out *out, check_feed feed, void *decoder);

#endif
