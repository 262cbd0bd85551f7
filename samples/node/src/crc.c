/* SPDX-License-Identifier: BSD-2-Clause */
#include "crc.h"

/* Four bits a step: 64 bytes of table. */
static const uint32_t nibbles[16] = {
	0x00000000u,
	0x1db71064u,
	0x3b6e20c8u,
	0x26d930acu,
	0x76dc4190u,
	0x6b6b51f4u,
	0x4db26158u,
	0x5005713cu,
	0xedb88320u,
	0xf00f9344u,
	0xd6d6a3e8u,
	0xcb61b38cu,
	0x9b64c2b0u,
	0x86d3d2d4u,
	0xa00ae278u,
	0xbdbdf21cu,
};

uint32_t
crc32(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint32_t crc = 0xffffffffu;

	for (size_t i = 0; i < len; i++) {
		crc = nibbles[(crc ^ at[i]) & 15] ^ crc >> 4;
		crc = nibbles[(crc ^ (uint32_t)at[i] >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}

uint8_t
crc8(const uint8_t *data, size_t len)
{
	unsigned crc = 0xff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 0x80) != 0 ? crc << 1 ^ 0x31 : crc << 1;
		crc &= 0xff;
	}
	return (uint8_t)crc;
}
