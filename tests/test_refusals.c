/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nothing that differs from what was signed is taken: every truncation and
 * every flipped bit of a signed image, and of the fragments that carry it.
 */

#include <fuota/defrag.h>
#include <fuota/fragfile.h>
#include <fuota/verify.h>

#include "check.h"

enum {
	FRAG_SIZE = 20,
	REDUNDANCY = 4,
};

static struct fuota_public_key key;
static const struct fuota_verify_params params = {
	.keys = &key,
	.key_count = 1,
	.has_hw_id = true,
	.hw_id = 0x0102,
	.min_counter = 7,
	.slot_size = 96,
};

/* The statuses of damage and of form are the right ones: codes 1 and 3. */
static void
assert_refused(enum fuota_status status)
{
	if (status / 10 != 1 && status / 10 != 3)
		fail_msg("status %d", (int)status);
}

static const struct row {
	const char *name;
	const char *file;
} rows[] = {
	{ "plain", "good/signed.fuota" },
	{ "deflated_with_tlvs", "good/deflate.fuota" },
};

static void
every_truncated_image_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in in = check_golden(row->file);

	assert_int_equal(FUOTA_OK, fuota_verify(&params, in, NULL, NULL));
	for (size_t len = 0; len < in.len; len += check_stride(9)) {
		uint8_t *cut = check_alloc(len);
		struct fuota_error err = { .status = FUOTA_OK };
		memcpy(cut, in.data, len);
		assert_refused(fuota_verify(&params,
		    (struct fuota_in){ .data = cut, .len = len }, NULL, &err));
		assert_true(strlen(err.message) > 0);
		free(cut);
	}
	check_free(in);
}

static void
every_flipped_bit_of_an_image_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in in = check_golden(row->file);
	uint8_t *copy = check_alloc(in.len);

	memcpy(copy, in.data, in.len);
	for (size_t bit = 0; bit < in.len * 8; bit += check_stride(9)) {
		struct fuota_error err = { .status = FUOTA_OK };
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_refused(fuota_verify(&params,
		    (struct fuota_in){ .data = copy, .len = in.len }, NULL,
		    &err));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	check_free(in);
}

/* --- the same on its way through fragments ---------------------------------*/

/* An image as a fragment file, with some coded fragments. */
static struct fuota_out
fragment_file(struct fuota_in image)
{
	struct fuota_frag_session session = { .edition = FUOTA_TS004_V1,
		.frag_size = FRAG_SIZE,
		.redundancy = REDUNDANCY };

	assert_int_equal(FUOTA_OK, fuota_frag_split(image, &session, NULL));
	const uint16_t count = (uint16_t)(session.nb_frag + REDUNDANCY);
	struct fuota_out commands =
	    check_out(fuota_frag_bound(&session, count));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(&session, image, 1, count, &commands, NULL));
	struct fuota_out file = check_out(fuota_fragfile_bound(commands.len));
	assert_int_equal(FUOTA_OK,
	    fuota_fragfile_write(
		&session, FUOTA_FRAG_JSONL, check_in(&commands), &file, NULL));
	free(commands.data);
	return file;
}

/* What fuota-verify does with a file. */
static enum fuota_status
verify_file(struct fuota_in file)
{
	struct fuota_out block = check_out(file.len);
	struct fuota_error err = { .status = FUOTA_OK };

	enum fuota_status status = fuota_block_read(file, &block, NULL, &err);
	if (status == FUOTA_OK)
		status = fuota_verify(&params, check_in(&block), NULL, &err);
	free(block.data);
	if (status != FUOTA_OK)
		assert_true(strlen(err.message) > 0);
	return status;
}

static unsigned
hex_value(uint8_t c)
{
	return c <= '9' ? c - '0' + 0u : c - 'a' + 10u;
}

/* The digits of the payload of the line at off; false at the end. */
static bool
next_payload(const uint8_t *data, size_t len, size_t *off, size_t *digits)
{
	const char mark[] = "\"payload\":\"";
	const uint8_t *found =
	    memmem(data + *off, len - *off, mark, sizeof(mark) - 1);

	if (found == NULL)
		return false;
	*off = (size_t)(found - data) + sizeof(mark) - 1;
	for (*digits = 0; data[*off + *digits] != '"'; ++*digits)
		;
	return true;
}

static void
every_flipped_bit_of_a_fragment_is_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in image = check_golden(row->file);
	struct fuota_out file = fragment_file(image);
	size_t off = 0, digits, fragments = 0;

	assert_int_equal(FUOTA_OK, verify_file(check_in(&file)));
	for (; next_payload(file.data, file.len, &off, &digits); fragments++) {
		assert_int_equal(
		    2 * FUOTA_FRAG_COMMAND_SIZE(FRAG_SIZE), digits);
		for (size_t bit = 0; bit < digits * 4; bit += check_stride(9)) {
			uint8_t *c = &file.data[off + bit / 4];
			const uint8_t before = *c;
			*c = (uint8_t) "0123456789abcdef"[hex_value(before) ^
			    (1u << bit % 4)];
			assert_refused(verify_file(check_in(&file)));
			*c = before;
		}
	}
	assert_int_equal(
	    (image.len + FRAG_SIZE - 1) / FRAG_SIZE + REDUNDANCY, fragments);
	free(file.data);
	check_free(image);
}

/* A file cut inside a line is malformed; cut between two it is a loss, which
 * is no damage as long as enough is left. */
static void
every_truncated_fragment_file_is_refused_or_repaired(void **state)
{
	const struct row *row = *state;
	const struct fuota_in image = check_golden(row->file);
	struct fuota_out file = fragment_file(image);
	unsigned repaired = 0;

	for (size_t len = 0; len < file.len; len++) {
		uint8_t *cut = check_alloc(len);
		memcpy(cut, file.data, len);
		const enum fuota_status status =
		    verify_file((struct fuota_in){ .data = cut, .len = len });
		const bool between = len > 0 &&
		    (file.data[len] == 0x0a || file.data[len - 1] == 0x0a);
		free(cut);
		if (status == FUOTA_OK)
			repaired++;
		else
			assert_refused(status);
		if (status == FUOTA_OK)
			assert_true(between);
	}
	/* after the last uncoded fragment: with or without its newline */
	assert_in_range(repaired, 2, 2 * REDUNDANCY + 2);
	free(file.data);
	check_free(image);
}

int
main(void)
{
	const struct fuota_in text = check_golden("key1.pub");
	int failed = fuota_public_key_parse(text, &key, NULL) != FUOTA_OK;

	check_free(text);
	failed += CHECK_ROWS(rows, every_truncated_image_is_refused);
	failed += CHECK_ROWS(rows, every_flipped_bit_of_an_image_is_refused);
	failed += CHECK_ROWS(rows, every_flipped_bit_of_a_fragment_is_refused);
	failed += CHECK_ROWS(
	    rows, every_truncated_fragment_file_is_refused_or_repaired);
	return failed;
}
