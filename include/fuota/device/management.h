/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device side of TS006-1.0.0: frames of FPort 203 in, answers and a
 * reboot to be scheduled out. Freestanding.
 */
#ifndef FUOTA_DEVICE_MANAGEMENT_H
#define FUOTA_DEVICE_MANAGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/device/boot.h>
#include <fuota/status.h>

#define FUOTA_MANAGEMENT_FPORT      203u
#define FUOTA_MANAGEMENT_ANSWER_MAX 9u /* bytes of one answer with its CID */

/* Filled and kept up to date by the application. */
struct fuota_management {
	uint32_t fw_version; /* of the running firmware */
	uint32_t hw_version;
	/* The check's verdict on the image in the download area;
	 * FUOTA_E_EMPTY when there is none. */
	enum fuota_status image;
	uint32_t image_version; /* of an image that is FUOTA_OK */
	/* GPS seconds; false, or NULL: the device does not know the time. */
	bool (*time)(void *ctx, uint32_t *seconds);
	/* Makes the image that is FUOTA_OK go away: fuota_boot_cancel(). */
	enum fuota_status (*remove)(void *ctx);
	void *ctx;
};

enum fuota_reboot {
	FUOTA_REBOOT_UNCHANGED = 0,
	FUOTA_REBOOT_NOW = 1,
	FUOTA_REBOOT_IN = 2, /* in place of one that was scheduled before */
	FUOTA_REBOOT_CANCEL = 3,
};

/* The caller sets data and size of answers, and its len to 0. */
struct fuota_management_reply {
	struct fuota_out answers; /* with the next uplink */
	enum fuota_reboot reboot; /* what the application is to do */
	uint32_t seconds; /* FUOTA_REBOOT_IN: from now */
};

/*
 * Versions and verdict as the boot record has them: to be called at every
 * start, and after fuota_boot_mark_ready().
 */
FUOTA_API void
fuota_management_load(
    struct fuota_management *management, const struct fuota_boot *boot);

/*
 * Executes the commands of one frame, in their order. What comes by
 * multicast is dropped. Behind a request to reboot now nothing is executed.
 *
 * data, len  FRMPayload in the clear
 *
 * Errors, of the first command that has one; those before it are answered:
 *         FUOTA_E_EMPTY        no command
 *         FUOTA_E_TRUNCATED    ends inside a command
 *         FUOTA_E_UNSUPPORTED  unknown CID: it and what follows is ignored
 *         FUOTA_E_SPACE        no room for an answer: not executed
 *         FUOTA_E_SEQUENCE     came by multicast
 *         what remove() returns: the request has no answer then
 */
FUOTA_API enum fuota_status
fuota_management_receive(struct fuota_management *management,
    const uint8_t *data, size_t len, bool multicast,
    struct fuota_management_reply *reply);

#endif
