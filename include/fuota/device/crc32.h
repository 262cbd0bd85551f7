/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 of IEEE 802.3, the one of zlib. Freestanding, table of 64 bytes. */
#ifndef FUOTA_DEVICE_CRC32_H
#define FUOTA_DEVICE_CRC32_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>

#define FUOTA_CRC32_INIT 0u

/*
 * Goes on with a CRC-32. Start with FUOTA_CRC32_INIT; what is returned is
 * finished after every call.
 */
FUOTA_API uint32_t
fuota_crc32(uint32_t crc, const uint8_t *data, size_t len);

#endif
