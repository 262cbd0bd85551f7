/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include <sodium.h>

#include "check.h"

int
check_rows(const void *rows, size_t count, size_t row_size,
    CMUnitTestFunction function)
{
	struct CMUnitTest *tests = check_alloc(count * sizeof(*tests));
	union {
		const void *given;
		char *bytes;
	} at = { .given = rows };

	for (size_t i = 0; i < count; i++, at.bytes += row_size) {
		tests[i] = (struct CMUnitTest){ .test_func = function,
			.initial_state = at.bytes };
		memcpy(&tests[i].name, at.bytes, sizeof(tests[i].name));
	}
	const int failed =
	    _cmocka_run_group_tests("rows", tests, count, NULL, NULL);
	free(tests);
	return failed;
}

/* A test's data are not worth freeing; kept in sight of leak checkers, which
 * so report the library's leaks alone. */
static void
keep(void *p)
{
	static void **kept;
	static size_t count;

	if ((count & (count + 1)) == 0) { /* 0, 1, 3, 7, ... are full */
		void **grown = realloc(kept, 2 * (count + 1) * sizeof(*kept));
		if (grown == NULL)
			abort();
		kept = grown;
	}
	kept[count++] = p;
}

int
check_cases(const json_t *cases, CMUnitTestFunction function)
{
	const size_t count = json_array_size(cases);
	struct CMUnitTest *tests = check_alloc(count * sizeof(*tests));

	for (size_t i = 0; i < count; i++) {
		json_t *each = json_array_get(cases, i);
		tests[i] =
		    (struct CMUnitTest){ .name = check_string(each, "name"),
			    .test_func = function,
			    .initial_state = each };
	}
	const int failed =
	    _cmocka_run_group_tests("cases", tests, count, NULL, NULL);
	free(tests);
	return failed;
}

void *
check_alloc(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);

	if (p == NULL)
		abort();
	keep(p);
	return p;
}

struct fuota_out
check_out(size_t size)
{
	return (struct fuota_out){ .data = check_alloc(size), .size = size };
}

struct fuota_in
check_in(const struct fuota_out *out)
{
	return (struct fuota_in){ .data = out->data, .len = out->len };
}

struct fuota_in
check_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		fail_msg("cannot open %s", path);
	assert_int_equal(0, fseek(f, 0, SEEK_END));
	const long len = ftell(f);
	assert_true(len >= 0);
	rewind(f);
	uint8_t *data = check_alloc((size_t)len);
	assert_int_equal(len, fread(data, 1, (size_t)len, f));
	fclose(f);
	return (struct fuota_in){ .data = data, .len = (size_t)len };
}

struct fuota_in
check_golden(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	return check_file(path);
}

void
check_free(struct fuota_in in)
{
	union {
		const uint8_t *given;
		void *owned;
	} data = { .given = in.data };

	free(data.owned);
}

json_t *
check_vectors(const char *name)
{
	char path[256];
	json_error_t error;

	snprintf(path, sizeof(path), "tests/vectors/%s", name);
	json_t *root = json_load_file(path, 0, &error);
	if (root == NULL)
		fail_msg("%s: %s", path, error.text);
	return root;
}

json_t *
check_published(const char *name)
{
	const char *dir = getenv("VECTORS");
	char path[512];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/%s",
	    dir != NULL ? dir : "../shared/vectors", name);
	json_t *root = json_load_file(path, 0, &error);
	if (root == NULL)
		fprintf(stderr, "%s is not there (set VECTORS=dir): skipped\n",
		    path);
	return root;
}

const char *
check_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (text == NULL)
		fail_msg("vector has no text '%s'", key);
	return text;
}

json_int_t
check_integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("vector has no integer '%s'", key);
	return json_integer_value(value);
}

struct fuota_out
check_hex(const char *hex)
{
	const size_t len = strlen(hex);
	struct fuota_out out = check_out(len / 2);

	if (sodium_hex2bin(
		out.data, out.size, hex, len, NULL, &out.len, NULL) != 0 ||
	    out.len * 2 != len)
		fail_msg("vector is not hexadecimal: %.40s", hex);
	return out;
}

struct fuota_out
check_sha256_counter(const char *seed, size_t size)
{
	struct fuota_out out = check_out(size);
	uint8_t digest[crypto_hash_sha256_BYTES];

	for (uint32_t i = 0; out.len < size; i++) {
		const uint8_t counter[4] = { (uint8_t)i, (uint8_t)(i >> 8),
			(uint8_t)(i >> 16), (uint8_t)(i >> 24) };
		crypto_hash_sha256_state state;
		crypto_hash_sha256_init(&state);
		crypto_hash_sha256_update(
		    &state, (const unsigned char *)seed, strlen(seed));
		crypto_hash_sha256_update(&state, counter, sizeof(counter));
		crypto_hash_sha256_final(&state, digest);
		const size_t left = size - out.len;
		const size_t n = left < sizeof(digest) ? left : sizeof(digest);
		memcpy(out.data + out.len, digest, n);
		out.len += n;
	}
	return out;
}

struct fuota_out
check_vector_block(const json_t *vector)
{
	const json_t *data = json_object_get(vector, "data");
	const size_t size = (size_t)check_integer(vector, "size");

	if (strcmp(check_string(data, "generator"), "sha256-counter") == 0)
		return check_sha256_counter(check_string(data, "seed"), size);
	assert_string_equal("byte-ramp", check_string(data, "generator"));
	struct fuota_out ramp = check_out(size);
	for (size_t i = 0; i < size; i++)
		ramp.data[i] = (uint8_t)i;
	ramp.len = size;
	return ramp;
}

unsigned
check_stride(unsigned n)
{
	return getenv("FUOTA_SHORT") != NULL ? n : 1;
}

uint32_t
check_random(struct check_random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 32);
}

uint32_t
check_random_below(struct check_random *r, uint32_t bound)
{
	return (uint32_t)((uint64_t)check_random(r) * bound >> 32);
}

void
check_random_bytes(struct check_random *r, uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)check_random(r);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum fuota_status
check_in_pieces(const struct check_pieces *pieces, struct fuota_in stream,
    struct fuota_out *out, check_feed feed, void *decoder)
{
	struct check_random *r = pieces->r;
	enum fuota_status status = FUOTA_OK;
	bool more = true;

	while (status == FUOTA_OK && more) {
		size_t given = pieces->in_max, room = pieces->out_max;
		if (r != NULL) {
			given = check_random_below(r, (uint32_t)given);
			room = check_random_below(r, (uint32_t)room) + 1;
		}
		given = smaller(given, stream.len);
		struct fuota_in in = { .data = stream.data, .len = given };
		struct fuota_out piece = { .data = out->data + out->len,
			.size = smaller(room, out->size - out->len) };
		status = feed(decoder, &in, &piece);
		stream.data += given - in.len;
		stream.len -= given - in.len;
		out->len += piece.len;
		more = stream.len > 0 ||
		    (piece.len == piece.size && out->len < out->size);
	}
	return status;
}
