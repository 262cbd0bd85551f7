/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region of flash as the device library sees it: a slot, the download area,
 * the journal. The firmware fills the struct; every call goes through it.
 * Freestanding.
 */
#ifndef FUOTA_DEVICE_FLASH_H
#define FUOTA_DEVICE_FLASH_H

#include <stdint.h>

#include <fuota/status.h>

#define FUOTA_FLASH_WRITE_SIZE_MAX 32u /* bytes */

/*
 * Offsets count from the region's start. The library keeps to these rules, so
 * that any NOR flash will do: it programs whole write units, each once
 * between two erases, and it reads back whatever must survive a power cut.
 * A callback returns FUOTA_OK, or FUOTA_E_FLASH, which ends the operation. That
 * a cut has left a unit half programmed is no error to read(): where the
 * controller tells so, by its ECC, it gives any bytes and FUOTA_OK.
 */
struct fuota_flash {
	void *ctx;
	uint32_t size; /* bytes; whole pages */
	uint32_t page_size; /* bytes that one erase clears */
	uint8_t write_size; /* bytes of a write unit: 1..32, a power of two */
	uint8_t erased; /* what an erased byte reads as: 0xff or 0x00 */
	enum fuota_status (*read)(
	    void *ctx, uint32_t off, uint8_t *data, uint32_t len);
	/* off and len are multiples of write_size */
	enum fuota_status (*prog)(
	    void *ctx, uint32_t off, const uint8_t *data, uint32_t len);
	/* the page that starts at off */
	enum fuota_status (*erase)(void *ctx, uint32_t off);
};

#endif
