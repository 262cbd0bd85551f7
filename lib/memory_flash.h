/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory in the place of a device's flash, without pages and write units. */
#ifndef FUOTA_LIB_MEMORY_FLASH_H
#define FUOTA_LIB_MEMORY_FLASH_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/device/flash.h>

/* bytes stay the caller's, at least as long as the flash. */
struct fuota_flash
fuota_memory_flash(uint8_t *bytes, uint32_t size);

#endif
