/* SPDX-License-Identifier: BSD-2-Clause */
/* Exchanges one page of two slots in three resumable steps. Private. */
#ifndef FUOTA_DEVICE_SWAP_H
#define FUOTA_DEVICE_SWAP_H

#include <fuota/device/flash.h>

/*
 * Step 0 saves a's page in scratch, 1 copies b's to a, 2 copies scratch to b.
 * Each may be done again from its start after a cut.
 *
 * page  one page of RAM
 */
enum fuota_status
fuota_swap_step(const struct fuota_flash *a, const struct fuota_flash *b,
    const struct fuota_flash *scratch, uint32_t off, uint8_t step,
    uint8_t *page);

#endif
