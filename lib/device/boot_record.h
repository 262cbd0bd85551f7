/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot record's place in the journal. Private to lib/device. */
#ifndef FUOTA_DEVICE_BOOT_RECORD_H
#define FUOTA_DEVICE_BOOT_RECORD_H

#include <fuota/device/boot.h>

/* Refuses with FUOTA_E_FORMAT what fuota_boot_save() never writes. */
enum fuota_status
fuota_boot_record_decode(const uint8_t data[FUOTA_JOURNAL_DATA_SIZE],
    struct fuota_boot_record *record);

/* Makes boot->record the journal's newest. */
enum fuota_status
fuota_boot_save(struct fuota_boot *boot);

#endif
