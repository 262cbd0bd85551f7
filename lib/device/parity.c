/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <fuota/device/parity.h>

static bool
is_power_of_two(uint32_t m)
{
	return (m & (m - 1)) == 0;
}

/* Seeds above 23 bits occur: the feedback is added, not ORed. */
static uint32_t
prbs23(uint32_t x)
{
	return (x >> 1) + (((x ^ x >> 5) & 1) << 22);
}

enum fuota_status
fuota_parity_row(enum fuota_ts004 edition, uint16_t n, uint16_t m, uint8_t *row,
    size_t row_size)
{
	if (edition < FUOTA_TS004_V1 || edition > FUOTA_TS004_V2_ABSN)
		return FUOTA_E_RANGE;
	if (n == 0 || n > FUOTA_FRAG_N_MAX || m == 0 || m > FUOTA_FRAG_N_MAX)
		return FUOTA_E_RANGE;
	if (row_size < FUOTA_PARITY_ROW_SIZE(m))
		return FUOTA_E_SPACE;

	memset(row, 0, FUOTA_PARITY_ROW_SIZE(m));
	const uint32_t modulus = is_power_of_two(m) ? m + 1u : m;
	const uint32_t seeded = edition == FUOTA_TS004_V2_ABSN ? m + n : n;
	uint32_t x = 1 + 1001 * seeded;
	for (unsigned drawn = 0; drawn < m / 2u;) {
		x = prbs23(x);
		const uint32_t column = x % modulus;
		if (column >= m)
			continue;
		const uint8_t bit = (uint8_t)(0x80 >> column % 8);
		/* 1.0.0 counts a repeated column, 2.0.0 draws again. */
		if (edition == FUOTA_TS004_V1 || (row[column / 8] & bit) == 0)
			drawn++;
		row[column / 8] |= bit;
	}
	return FUOTA_OK;
}
