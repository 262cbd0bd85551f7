/* SPDX-License-Identifier: BSD-2-Clause */
/* How fragments get lost on the way to devices: what plans and rehearsals
 * assume. */
#ifndef FUOTA_LOSS_H
#define FUOTA_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/buffer.h>
#include <fuota/error.h>

#define FUOTA_DEVICES_MAX    1000000u
#define FUOTA_LOSS_CSV_MAX   (64u << 20) /* bytes */
#define FUOTA_DEVICE_ID_SIZE 33u /* bytes, terminator included */

/*
 * Losses of one device. Uniform ones are independent; bursts are those of a
 * Gilbert-Elliott channel that loses everything while it is bad.
 */
struct fuota_loss {
	double
	    rate; /* share of fragments lost in the long run, 0 <= rate < 1 */
	double burst; /* mean length of a burst, fragments; 0: uniform */
	double late_share; /* chance that the device joins late, 0..1 */
	uint32_t late_frags; /* fragments it then misses at the start */
};

/* Devices with the same losses. */
struct fuota_loss_class {
	struct fuota_loss loss;
	uint32_t count; /* devices */
};

/* One row of a file with a loss rate for each device. */
struct fuota_loss_device {
	char id[FUOTA_DEVICE_ID_SIZE];
	struct fuota_loss loss;
};

/*
 * Checks a model.
 *
 * Errors: FUOTA_E_RANGE  a member outside its range, or bursts so long and
 *                        rare, or short and frequent, that no channel has
 *                        them
 */
FUOTA_API enum fuota_status
fuota_loss_check(const struct fuota_loss *loss, struct fuota_error *err);

/*
 * Reads CSV: a first line that names the columns, of which `loss` is
 * required; `device` (or `dev_eui`), `burst`, `late` (fragments missed) are
 * understood, others ignored. A loss is a fraction, or a percentage with %.
 *
 * in           text, at most FUOTA_LOSS_CSV_MAX bytes
 * devices      caller-owned, size devices; undefined on error
 * device_count set to the devices read
 *
 * Errors: FUOTA_E_FORMAT  a bad row; err->message names the line
 *         FUOTA_E_EMPTY   no device in it
 *         FUOTA_E_SPACE   more than size devices
 */
FUOTA_API enum fuota_status
fuota_loss_parse_csv(struct fuota_in in, struct fuota_loss_device *devices,
    size_t size, size_t *device_count, struct fuota_error *err);

/* Rows that a file can hold at most, for the array above. */
FUOTA_API size_t
fuota_loss_csv_bound(struct fuota_in in);

/*
 * Devices gathered into at most class_max classes. The worst of them keep
 * their exact loss rate, the others are raised to the worst of their class,
 * so that a plan for the classes is never too optimistic.
 *
 * devices  sorted by this call
 * Returns the classes made; 0 when class_max is 0 or there are no devices.
 */
FUOTA_API size_t
fuota_loss_classes(struct fuota_loss_device *devices, size_t device_count,
    struct fuota_loss_class *classes, size_t class_max);

#endif
