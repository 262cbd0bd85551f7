/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NOR flash on mps2-an385's PSRAM, which qemu keeps in a file: what is
 * written there survives the emulation, as flash survives the power. Pages
 * of 2 kB, double words of 8 bytes that take one write between two erases.
 *
 * cut=N in the command line cuts the power at flash operation N of a start,
 * counted from 1: before, in the middle of, or after it, in turn.
 */
#ifndef DEVICE_FLASH_H
#define DEVICE_FLASH_H

#include <fuota/device/flash.h>

#define FLASH_BASE       0x21000000u
#define FLASH_PAGE_SIZE  2048u /* bytes */
#define FLASH_WRITE_SIZE 8u /* bytes */

/* Offsets and sizes, bytes; samples/device/app.ld has the first slot too. */
#define SLOT_SIZE       0x20000u
#define SLOT_0          0x00000u
#define SLOT_1          0x20000u
/* A device with one slot has these instead of the other. */
#define RING            SLOT_1
#define RING_SIZE       (8 * FLASH_PAGE_SIZE)
#define CHECKPOINT      0x30000u
#define CHECKPOINT_SIZE (2 * 5 * FLASH_PAGE_SIZE)
#define SCRATCH         0x40000u
#define SCRATCH_SIZE    FLASH_PAGE_SIZE
#define JOURNAL         0x41000u
#define JOURNAL_SIZE    (4 * FLASH_PAGE_SIZE)
#define COUNTS          0x43000u
#define COUNTS_SIZE     (3 * FLASH_PAGE_SIZE)
#define DOWNLOAD        0x60000u
#define DOWNLOAD_SIZE   0x30000u

void
flash_init(void);

extern const struct fuota_flash flash_slot_0, flash_slot_1, flash_scratch,
    flash_journal, flash_counts, flash_download, flash_ring, flash_checkpoint;

#endif
