/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes the downloaded image into a slot, page by page. Private. */
#ifndef FUOTA_DEVICE_BUILD_H
#define FUOTA_DEVICE_BUILD_H

#include <fuota/device/boot.h>

/* Called after each page; the page before which a resumed build may go on. */
typedef enum fuota_status
fuota_build_progress(struct fuota_boot *boot, uint16_t pages);

/*
 * Builds the firmware of boot->header from boot->download into slot `to`, with slot
 * `from` as the base of a delta. Decoding starts at the beginning; pages
 * below `done` have been written before and are not written again.
 */
enum fuota_status
fuota_build(struct fuota_boot *boot, uint8_t to, uint8_t from, uint16_t done,
    fuota_build_progress *progress);

#endif
