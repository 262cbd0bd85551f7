/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums of the configuration store and of the sensor bus. */
#ifndef NODE_CRC_H
#define NODE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of IEEE 802.3. */
uint32_t
crc32(const void *data, size_t len);
/* CRC-8 with polynomial 0x31, start 0xff: what SHT-type sensors append. */
uint8_t
crc8(const uint8_t *data, size_t len);

#endif
