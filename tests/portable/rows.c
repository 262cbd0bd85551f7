/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes and parity rows. */
#include <fuota/device/crc32.h>
#include <fuota/device/parity.h>

#include "portable.h"

void
run_hashes(void)
{
	static uint8_t data[5000];
	struct random random = { 1 };
	struct trace trace;

	trace_init(&trace);
	random_bytes(&random, data, sizeof(data));
	for (size_t len = 0; len <= sizeof(data); len += 1 + len / 7) {
		struct fuota_sha256 sha;
		uint8_t digest[FUOTA_SHA256_SIZE];
		const size_t cut = len / 3;
		fuota_sha256_init(&sha);
		fuota_sha256_feed(&sha, data, cut);
		fuota_sha256_feed(&sha, data + cut, len - cut);
		fuota_sha256_finish(&sha, digest);
		trace_bytes(&trace, digest, sizeof(digest));
		const uint32_t crc = fuota_crc32(FUOTA_CRC32_INIT, data, cut);
		trace_u32(&trace, fuota_crc32(crc, data + cut, len - cut));
	}
	trace_print(&trace, "hashes");
}

static const uint16_t sizes[] = { 1, 2, 3, 4, 19, 20, 25, 63, 64, 65, 100, 128,
	257, 1000, 1725, 4096, 8192, 16383 };

static void
parity_of(enum fuota_ts004 edition)
{
	static uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	struct trace trace;

	trace_init(&trace);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint16_t m = sizes[i];
		for (uint16_t n = 1; n <= 20; n++) {
			trace_u32(&trace,
			    fuota_parity_row(edition, n, m, row, sizeof(row)));
			trace_bytes(&trace, row, FUOTA_PARITY_ROW_SIZE(m));
		}
		trace_u32(&trace,
		    fuota_parity_row(
			edition, FUOTA_FRAG_N_MAX, m, row, sizeof(row)));
		trace_bytes(&trace, row, FUOTA_PARITY_ROW_SIZE(m));
	}
	trace_print(&trace, "parity rows, edition %d", edition);
}

void
run_parity(void)
{
	parity_of(FUOTA_TS004_V1);
	parity_of(FUOTA_TS004_V2);
	parity_of(FUOTA_TS004_V2_ABSN);
}
