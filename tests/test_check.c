/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <stdio.h>

#include <sodium.h>

#include <fuota/device/check.h>
#include <fuota/image.h>
#include <fuota/key.h>

#include "check.h"

/* A device whose flash holds a data block, with two trusted keys. */
struct bench {
	struct fuota_check_device device;
	struct fuota_check_component components[2];
	struct fuota_check_io io;
	struct fuota_in block;
	struct fuota_public_key keys[2];
	size_t key_count;
	unsigned reads, failing_read; /* the n-th fails, from 1; 0: none */
	size_t longest_read, read_len;
};

static enum fuota_status
read_block(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	struct bench *b = ctx;

	assert_true(off <= b->block.len && len <= b->block.len - off);
	if (++b->reads == b->failing_read)
		return FUOTA_E_FLASH;
	if (len > b->longest_read)
		b->longest_read = len;
	b->read_len += len;
	memcpy(to, b->block.data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
verify(void *ctx, const uint8_t *key_hint, const uint8_t *signature,
    const uint8_t *message, size_t message_len, uint8_t *key)
{
	const struct bench *b = ctx;
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	for (size_t i = 0; i < b->key_count; i++) {
		fuota_public_key_hint(&b->keys[i], hint);
		if (memcmp(hint, key_hint, sizeof(hint)) != 0)
			continue;
		*key = (uint8_t)i;
		return fuota_ed25519_verify(
		    signature, message, message_len, &b->keys[i]);
	}
	return FUOTA_E_SIGNATURE;
}

static const uint8_t uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };

static void
set_up(struct bench *b)
{
	const struct fuota_in base = check_file("tests/golden/base.bin");

	*b = (struct bench){ .device = { .hw_id = 0x0102,
				 .compressions = 7,
				 .deltas = 7,
				 .decoder_ram = 8192,
				 .components = b->components,
				 .component_count = 2 },
		.components = { { .id = 0,
				    .has_digest = true,
				    .version = 0x01020000,
				    .min_counter = 7,
				    .slot_size = 96 },
		    { .id = 5, .version = 0x02000000 } },
		.io = { .read = read_block, .verify = verify, .ctx = b },
		.key_count = 2 };
	crypto_hash_sha256(b->components[0].digest, base.data, base.len);
	check_free(base);
	for (unsigned i = 0; i < 2; i++) {
		char path[64];
		snprintf(path, sizeof(path), "tests/golden/key%u.pub", i + 1);
		const struct fuota_in text = check_file(path);
		assert_int_equal(
		    FUOTA_OK, fuota_public_key_parse(text, &b->keys[i], NULL));
		check_free(text);
	}
}

static enum fuota_status
run(struct bench *b, struct fuota_in block)
{
	struct fuota_check check;

	b->block = block;
	fuota_check_init(&check, &b->device, &b->io, (uint32_t)block.len);
	const enum fuota_status status = fuota_check_run(&check);
	assert_int_equal(status == FUOTA_OK, check.done);
	assert_int_equal(status, fuota_check_step(&check)); /* it is final */
	return status;
}

static struct fuota_in
golden(const char *path)
{
	char full[160];

	snprintf(full, sizeof(full), "tests/golden/%s.fuota", path);
	return check_file(full);
}

/* --- one row for each verdict ----------------------------------------------*/

static void
as_it_is(struct bench *b)
{
	(void)b;
}

static void
of_other_hardware(struct bench *b)
{
	b->device.hw_id = 0x0103;
}

static void
without_components(struct bench *b)
{
	b->device.component_count = 0;
}

static void
for_development(struct bench *b)
{
	b->device.development = true;
}

static void
with_uuid(struct bench *b)
{
	b->device.has_uuid = true;
	memcpy(b->device.uuid, uuid, sizeof(uuid));
}

static void
with_other_uuid(struct bench *b)
{
	with_uuid(b);
	b->device.uuid[15] ^= 1;
}

static void
running_1_2_1(struct bench *b)
{
	b->components[0].version = 0x01020100;
}

static void
running_another_base(struct bench *b)
{
	b->components[0].digest[7] ^= 1;
}

static void
running_nobody_knows_what(struct bench *b)
{
	b->components[0].has_digest = false;
}

static void
with_an_old_radio(struct bench *b)
{
	b->components[1].version = 0x01ffffff;
}

static void
without_a_radio(struct bench *b)
{
	b->device.component_count = 1;
}

static void
with_counter_8(struct bench *b)
{
	b->components[0].min_counter = 8;
}

static void
with_counter_most(struct bench *b)
{
	b->components[0].min_counter = 0xffffffff;
}

static void
with_a_slot_of_95(struct bench *b)
{
	b->components[0].slot_size = 95;
}

static void
without_deflate(struct bench *b)
{
	b->device.compressions = 5;
}

static void
without_in_place(struct bench *b)
{
	b->device.deltas = 3;
}

static void
with_ram_1_short(struct bench *b)
{
	b->device.decoder_ram = 7296 + 512 - 1;
}

static void
with_ram_just_enough(struct bench *b)
{
	b->device.decoder_ram = 7296 + 512;
}

static void
with_key_2_alone(struct bench *b)
{
	b->keys[0] = b->keys[1];
	b->key_count = 1;
}

static void
without_keys(struct bench *b)
{
	b->key_count = 0;
}

static void
with_2_signatures(struct bench *b)
{
	b->device.signatures_required = 2;
}

static void
with_one_key_named_twice(struct bench *b)
{
	with_key_2_alone(b);
	with_2_signatures(b);
}

static const struct row {
	const char *name;
	const char *path;
	void (*device)(struct bench *);
	enum fuota_status want;
} rows[] = {
	{ "signed", "good/signed", as_it_is, FUOTA_OK },
	{ "padded", "good/padded", as_it_is, FUOTA_OK },
	{ "largest_header", "good/largest-header", as_it_is, FUOTA_OK },
	{ "unknown_tlvs", "good/unknown-tlvs", as_it_is, FUOTA_OK },
	{ "unsigned", "good/unsigned", as_it_is, FUOTA_E_SIGNATURE },
	{ "no_trusted_key", "good/signed", without_keys, FUOTA_E_SIGNATURE },
	{ "other_key", "good/signed", with_key_2_alone, FUOTA_E_SIGNATURE },
	{ "second_of_two_keys", "good/signed-twice", with_key_2_alone,
	    FUOTA_OK },
	{ "two_keys_required", "good/signed-twice", with_2_signatures,
	    FUOTA_OK },
	{ "one_of_two_required", "good/signed", with_2_signatures,
	    FUOTA_E_SIGNATURE },
	{ "one_key_counts_once", "good/signed-twice", with_one_key_named_twice,
	    FUOTA_E_SIGNATURE },
	{ "signature_of_firmware_alone",
	    "unauthentic/signature-of-the-firmware", as_it_is,
	    FUOTA_E_SIGNATURE },
	{ "signature_of_a_bare_digest", "unauthentic/signature-of-32-bytes",
	    as_it_is, FUOTA_E_SIGNATURE },
	{ "signature_without_context", "unauthentic/signature-without-context",
	    as_it_is, FUOTA_E_SIGNATURE },
	{ "signature_of_another_image",
	    "unauthentic/signature-of-another-image", as_it_is,
	    FUOTA_E_SIGNATURE },
	{ "signature_all_zero", "unauthentic/signature-all-zero", as_it_is,
	    FUOTA_E_SIGNATURE },
	{ "signature_hint_wrong", "unauthentic/signature-hint-wrong", as_it_is,
	    FUOTA_E_SIGNATURE },
	{ "uuid_bound", "good/uuid-bound", with_uuid, FUOTA_OK },
	{ "uuid_of_another_product", "good/uuid-bound", with_other_uuid,
	    FUOTA_E_SIGNATURE },
	{ "uuid_unknown_to_device", "good/uuid-bound", as_it_is,
	    FUOTA_E_SIGNATURE },
	{ "uuid_flag_without_uuid_signed", "unauthentic/uuid-not-signed",
	    with_uuid, FUOTA_E_SIGNATURE },
	{ "not_bound_though_device_has_uuid", "good/signed", with_uuid,
	    FUOTA_E_HARDWARE },
	{ "other_hardware", "good/signed", of_other_hardware,
	    FUOTA_E_HARDWARE },
	{ "component_that_is_missing", "good/component-3", as_it_is,
	    FUOTA_E_COMPONENT },
	{ "no_components", "good/signed", without_components,
	    FUOTA_E_COMPONENT },
	{ "development_on_release_device", "good/development", as_it_is,
	    FUOTA_E_DEVELOPMENT },
	{ "development_on_development_device", "good/development",
	    for_development, FUOTA_OK },
	{ "base_version_runs", "good/base-version", as_it_is, FUOTA_OK },
	{ "base_version_does_not_run", "good/base-version", running_1_2_1,
	    FUOTA_E_BASE },
	{ "any_version_will_do", "good/signed", running_1_2_1, FUOTA_OK },
	{ "base_id_and_dependency", "good/every-tlv", as_it_is, FUOTA_OK },
	{ "base_id_of_another_firmware", "good/every-tlv", running_another_base,
	    FUOTA_E_BASE },
	{ "base_id_of_unknown_firmware", "good/every-tlv",
	    running_nobody_knows_what, FUOTA_E_BASE },
	{ "dependency_too_old", "good/every-tlv", with_an_old_radio,
	    FUOTA_E_DEPENDENCY },
	{ "dependency_missing", "good/every-tlv", without_a_radio,
	    FUOTA_E_DEPENDENCY },
	{ "counter_equal", "good/signed", as_it_is, FUOTA_OK },
	{ "counter_one_less", "good/counter-6", as_it_is, FUOTA_E_COUNTER },
	{ "counter_one_less_than_8", "good/signed", with_counter_8,
	    FUOTA_E_COUNTER },
	{ "counter_most", "good/counter-most", with_counter_most, FUOTA_OK },
	{ "counter_below_most", "good/signed", with_counter_most,
	    FUOTA_E_COUNTER },
	{ "slot_one_short", "good/signed", with_a_slot_of_95, FUOTA_E_SLOT },
	{ "deflate", "good/deflate", as_it_is, FUOTA_OK },
	{ "deflate_on_device_without", "good/deflate", without_deflate,
	    FUOTA_E_LIMIT },
	{ "deflate_ram_one_short", "good/deflate", with_ram_1_short,
	    FUOTA_E_LIMIT },
	{ "deflate_ram_just_enough", "good/deflate", with_ram_just_enough,
	    FUOTA_OK },
	{ "deflate_window_too_large", "good/deflate-15", as_it_is,
	    FUOTA_E_LIMIT },
	{ "in_place", "good/in-place", as_it_is, FUOTA_OK },
	{ "in_place_on_device_without", "good/in-place", without_in_place,
	    FUOTA_E_LIMIT },
	{ "crc_of_plain_payload", "unauthentic/crc-wrong", as_it_is,
	    FUOTA_E_CRC },
	{ "digest_of_plain_payload", "unauthentic/digest-wrong", as_it_is,
	    FUOTA_E_DIGEST },
};

static void
verdict_is(void **state)
{
	const struct row *row = *state;
	const struct fuota_in in = golden(row->path);
	struct bench b;

	set_up(&b);
	row->device(&b);
	assert_int_equal(row->want, run(&b, in));
	assert_in_range(b.longest_read, 1, FUOTA_CHECK_PIECE_SIZE);
	check_free(in);
}

/* --- the same verdict of form as the host's parser -------------------------*/

static void
form_is_judged_like_the_host_does(void **state)
{
	(void)state;
	DIR *dir = opendir("tests/golden/bad");
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[320];
		struct fuota_image image;
		struct bench b;
		if (strstr(entry->d_name, ".fuota") == NULL)
			continue;
		snprintf(
		    path, sizeof(path), "tests/golden/bad/%s", entry->d_name);
		const struct fuota_in in = check_file(path);
		set_up(&b);
		assert_int_equal(
		    fuota_image_parse(in, &image, NULL), run(&b, in));
		check_free(in);
		count++;
	}
	closedir(dir);
	assert_true(count > 60);
}

static void
every_truncation_and_flipped_bit_is_refused(void **state)
{
	const char *const *path = *state;
	const struct fuota_in in = golden(*path);
	struct bench b;

	set_up(&b);
	with_ram_just_enough(&b);
	assert_int_equal(FUOTA_OK, run(&b, in));
	for (size_t len = 0; len < in.len; len += check_stride(9)) {
		const struct fuota_in cut = { .data = in.data, .len = len };
		assert_int_not_equal(FUOTA_OK, run(&b, cut));
	}
	uint8_t *copy = check_alloc(in.len);
	memcpy(copy, in.data, in.len);
	for (size_t bit = 0; bit < in.len * 8; bit += check_stride(9)) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		const struct fuota_in flipped = { copy, in.len };
		struct fuota_image image;
		const enum fuota_status form =
		    fuota_image_parse(flipped, &image, NULL);
		const enum fuota_status status = run(&b, flipped);
		assert_int_equal(
		    form != FUOTA_OK ? form : FUOTA_E_SIGNATURE, status);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
	check_free(in);
}

static void
a_failing_read_ends_the_check(void **state)
{
	(void)state;
	const struct fuota_in in = golden("good/padded");
	struct bench b;

	set_up(&b);
	assert_int_equal(FUOTA_OK, run(&b, in));
	const unsigned reads = b.reads;
	for (unsigned n = 1; n <= reads; n++) {
		b.reads = 0;
		b.failing_read = n;
		assert_int_equal(FUOTA_E_FLASH, run(&b, in));
	}
	check_free(in);
}

/* A step reads at most a header, or the tail: never the whole payload. */
static void
steps_are_small(void **state)
{
	(void)state;
	const struct fuota_in firmware = { .data = check_alloc(100000),
		.len = 100000 };
	const struct fuota_header header = { .image_len = 100000 };
	struct fuota_out image = check_out(fuota_image_bound(firmware.len));
	struct fuota_check check;
	struct bench b;

	set_up(&b);
	assert_int_equal(FUOTA_OK,
	    fuota_image_encode(&header, NULL, 0, firmware, &image, NULL));
	b.block = check_in(&image);
	fuota_check_init(&check, &b.device, &b.io, (uint32_t)image.len);
	enum fuota_status status;
	do {
		b.read_len = 0;
		status = fuota_check_step(&check);
		assert_in_range(b.read_len, 0, FUOTA_HEADER_MAX + 4);
	} while (status == FUOTA_OK && !check.done);
	assert_int_equal(FUOTA_E_SIGNATURE, status);
	free(image.data);
	check_free(firmware);
}

static const struct answer_row {
	const char *name;
	enum fuota_status status;
	uint8_t want;
} answer_rows[] = {
	{ "no_image", FUOTA_E_EMPTY, 0 },
	{ "corrupt_header", FUOTA_E_FORMAT, 1 },
	{ "wrong_signature", FUOTA_E_SIGNATURE, 1 },
	{ "wrong_crc", FUOTA_E_CRC, 1 },
	{ "unreadable", FUOTA_E_FLASH, 1 },
	{ "other_hardware", FUOTA_E_HARDWARE, 2 },
	{ "other_base", FUOTA_E_BASE, 2 },
	{ "valid", FUOTA_OK, 3 },
};

static void
ts006_status_is(void **state)
{
	const struct answer_row *row = *state;

	assert_int_equal(row->want, fuota_check_ts006(row->status));
}

static const char *const whole_files[] = { "good/signed", "good/deflate",
	"good/every-tlv" };

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form_is_judged_like_the_host_does),
		cmocka_unit_test(a_failing_read_ends_the_check),
		cmocka_unit_test(steps_are_small),
	};
	int failed = CHECK_ROWS(rows, verdict_is);

	failed += CHECK_ROWS(
	    whole_files, every_truncation_and_flipped_bit_is_refused);
	failed += CHECK_ROWS(answer_rows, ts006_status_is);
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
