/* SPDX-License-Identifier: BSD-2-Clause */
/* Decodes the downloaded image into a slot, page by page. Private. */
#ifndef FUOTA_DEVICE_BUILD_H
#define FUOTA_DEVICE_BUILD_H

#include <fuota/device/boot.h>

#include "built_in.h"

/* The image of boot->header takes the place of its base. */
static inline bool
fuota_build_is_in_place(const struct fuota_boot *boot)
{
	return HAS_CODEC && boot->header.delta == FUOTA_DELTA_IN_PLACE;
}

/* The slot that the new firmware is built in. */
uint8_t
fuota_build_slot(const struct fuota_boot *boot);

/*
 * Starts the decoder for the image of boot->header. Nothing is written, so
 * that it may be asked whether it can. FUOTA_E_LIMIT when it cannot.
 */
enum fuota_status
fuota_build_start(struct fuota_boot *boot);

/*
 * Then builds the firmware from boot->download, with the running one as the
 * base of a delta. Decoding starts at the beginning; boot->record.page pages
 * have been written before and are not written again. A delta in place goes on
 * from its last checkpoint.
 */
enum fuota_status
fuota_build(struct fuota_boot *boot);

#endif
