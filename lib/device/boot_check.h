/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of an image that lies in the download area. Private. */
#ifndef FUOTA_DEVICE_BOOT_CHECK_H
#define FUOTA_DEVICE_BOOT_CHECK_H

#include <fuota/device/boot.h>

/*
 * fuota_check_run() with what the journal's record knows of the running
 * firmware, and what layout and decoder cannot do. Fills boot->header and
 * starts the decoder; *crc ties the record to the message that was signed.
 */
enum fuota_status
fuota_boot_check(struct fuota_boot *boot, uint32_t *crc);

/* Length, CRC-32 and digest of what was built in a slot, read back from it. */
enum fuota_status
fuota_boot_check_slot(const struct fuota_boot *boot, uint8_t slot);

#endif
