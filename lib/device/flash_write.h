/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes flash and looks whether it took. Private. */
#ifndef FUOTA_DEVICE_FLASH_WRITE_H
#define FUOTA_DEVICE_FLASH_WRITE_H

#include <fuota/device/flash.h>

/* FUOTA_E_FLASH also when what is read back differs: flash wears out. */
enum fuota_status
fuota_flash_write(const struct fuota_flash *flash, uint32_t off,
    const uint8_t *data, uint32_t len);

/* Erases the page at off before, and writes all of it. */
enum fuota_status
fuota_page_write(
    const struct fuota_flash *flash, uint32_t off, const uint8_t *page);

#endif
