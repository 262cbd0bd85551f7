/* SPDX-License-Identifier: BSD-2-Clause */

#include <fuota/base.h>

#include "check.h"

static const struct row {
	const char *name;
	const char *file;
	const char *firmware; /* what it is of; NULL when refused */
	enum fuota_status want;
	bool is_image;
} rows[] = {
	{ "raw_binary", "base.bin", "base.bin", FUOTA_OK, false },
	{ "intel_hex", "firmware/two.hex", "firmware/two.bin", FUOTA_OK,
	    false },
	{ "elf", "firmware/two.elf", "firmware/two.bin", FUOTA_OK, false },
	{ "image", "good/signed.fuota", "firmware.bin", FUOTA_OK, true },
	{ "compressed_image", "good/deflate.fuota", "firmware.bin", FUOTA_OK,
	    true },
	{ "unsigned_image", "good/unsigned.fuota", "firmware.bin", FUOTA_OK,
	    true },
	{ "delta_refused", "good/in-place.fuota", NULL, FUOTA_E_UNSUPPORTED,
	    false },
	{ "broken_image_refused", "bad/trailing-byte.fuota", NULL,
	    FUOTA_E_TRAILING, false },
	{ "image_with_wrong_crc_refused", "unauthentic/crc-wrong.fuota", NULL,
	    FUOTA_E_CRC, false },
	{ "s_records_refused", "firmware/two.srec", NULL, FUOTA_E_UNSUPPORTED,
	    false },
};

static void
base_is_read_or_refused(void **state)
{
	const struct row *row = *state;
	const struct fuota_in in = check_golden(row->file);
	struct fuota_out out = check_out(4096);
	struct fuota_base_info info = { .fw_version = 77 };
	struct fuota_error err;

	assert_int_equal(row->want, fuota_base_read(in, &out, &info, &err));
	if (row->want != FUOTA_OK) {
		assert_int_equal(row->want, err.status);
		assert_int_equal(0, out.len);
		assert_int_equal(77, info.fw_version);
	} else {
		const struct fuota_in want = check_golden(row->firmware);
		assert_int_equal(want.len, out.len);
		assert_int_equal(want.len, fuota_base_bound(in));
		assert_memory_equal(want.data, out.data, want.len);
		assert_int_equal(row->is_image, info.is_image);
		assert_int_equal(
		    row->is_image ? 0x01030000 : 0, info.fw_version);
		out.size = want.len - 1;
		assert_int_equal(
		    FUOTA_E_SPACE, fuota_base_read(in, &out, NULL, NULL));
		check_free(want);
	}
	free(out.data);
	check_free(in);
}

int
main(void)
{
	return CHECK_ROWS(rows, base_is_read_or_refused);
}
