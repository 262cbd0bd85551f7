/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Would this device take that image? The checks of a FUOTA image in their one
 * order, in small pieces, on a data block that lies in flash. Freestanding.
 *
 *	fuota_check_init(&check, &device, &io, block_len);
 *	do
 *		status = fuota_check_step(&check);
 *	while (status == FUOTA_OK && !check.done);
 *
 * The order: bounds, lengths, signature, hardware, component, development,
 * base, dependency, counter, slot, limits of the decoder; for a payload that
 * is the firmware itself also CRC-32 and digest, which a decoder checks
 * otherwise. No value of the header is believed before the signature holds.
 * Source: fuota-image(5), "ORDER OF CHECKS".
 */
#ifndef FUOTA_DEVICE_CHECK_H
#define FUOTA_DEVICE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/device/header.h>
#include <fuota/device/sha256.h>
#include <fuota/status.h>

#define FUOTA_CHECK_PIECE_SIZE 128u /* bytes, the most one read asks for */
#define FUOTA_CHECK_KEYS_MAX   32u /* trusted keys, numbered 0..31 */

/* One updatable part of a device; component 0 is the application. */
struct fuota_check_component {
	uint8_t id;
	bool has_digest; /* false: unknown, so no delta can be taken */
	uint32_t version; /* running, TS006 FWversion */
	uint32_t min_counter; /* stored security counter: less is refused */
	uint32_t slot_size; /* bytes of firmware that fit */
	uint8_t digest[FUOTA_SHA256_SIZE]; /* of the running firmware */
};

/* What a device is; kept by reference until the check is done. */
struct fuota_check_device {
	uint32_t hw_id; /* TS006 HWversion */
	bool development; /* takes development images too */
	bool has_uuid; /* takes only images bound to uuid */
	uint8_t uuid[FUOTA_UUID_SIZE];
	uint8_t compressions; /* bit i: enum fuota_compression i */
	uint8_t deltas; /* bit i: enum fuota_delta_kind i */
	uint8_t signatures_required; /* by different keys; 0 means 1 */
	uint32_t decoder_ram; /* bytes for a decoder's state and window */
	const struct fuota_check_component *components;
	size_t component_count;
};

/*
 * Ed25519 under the trusted keys that have this hint; when it holds, *key is
 * the number of the key that made it. FUOTA_OK or FUOTA_E_SIGNATURE, also
 * when no trusted key has the hint.
 */
typedef enum fuota_status
fuota_check_verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key);

/* What the check needs done; ctx is handed through. */
struct fuota_check_io {
	/* len <= FUOTA_CHECK_PIECE_SIZE bytes at off of the data block.
	 * FUOTA_OK or FUOTA_E_FLASH. */
	enum fuota_status (*read)(
	    void *ctx, uint32_t off, uint8_t *to, uint32_t len);
	fuota_check_verify *verify;
	void *ctx;
};

enum fuota_check_stage {
	FUOTA_CHECK_HEADER = 0, /* bounds: magic, header, TLVs */
	FUOTA_CHECK_LENGTHS = 1, /* payload, signature records, padding */
	FUOTA_CHECK_HASH = 2, /* SHA-256 of the payload */
	FUOTA_CHECK_SIGNATURES = 3,
	FUOTA_CHECK_FACTS = 4, /* hardware to decoder limits */
	FUOTA_CHECK_CONTENT = 5, /* CRC-32 and digest of a plain payload */
};

/* The caller owns it; to be read, not written. */
struct fuota_check {
	const struct fuota_check_device *device;
	const struct fuota_check_io *io;
	const struct fuota_check_component *component; /* after FACTS */
	uint32_t block_len; /* bytes */
	uint32_t off; /* next byte of the payload to hash */
	uint32_t crc; /* of the payload so far */
	uint32_t keys; /* bit i: key i has signed */
	uint16_t message_len; /* bytes of M */
	uint8_t stage; /* enum fuota_check_stage, the one under way */
	uint8_t signature_count;
	uint8_t signature; /* the next to look at */
	uint8_t refused; /* enum fuota_status of the refusal, FUOTA_OK so far */
	bool done; /* every check has passed */
	struct fuota_header header; /* after HEADER */
	struct fuota_sha256 sha;
	uint8_t piece[FUOTA_CHECK_PIECE_SIZE];
	uint8_t message[FUOTA_HEADER_MESSAGE_MAX]; /* M */
};

_Static_assert(sizeof(struct fuota_check) <= 1024, "size budget");

/*
 * Starts a check.
 *
 * device, io  kept until the last step
 * block_len   bytes of the data block, TS004 padding included or not
 */
FUOTA_API void
fuota_check_init(struct fuota_check *check,
    const struct fuota_check_device *device, const struct fuota_check_io *io,
    uint32_t block_len);

/*
 * One piece of work: at most FUOTA_CHECK_PIECE_SIZE bytes of payload, or one
 * signature, so that a device may sleep or feed its watchdog in between.
 * Sets check->done with the last. A refusal is final: the same status comes
 * again from every further step.
 *
 * Stack < 256 bytes, callbacks not counted.
 * Errors: those of fuota_header_decode(), and
 *         FUOTA_E_EMPTY        no data block
 *         FUOTA_E_TRUNCATED    the payload or a signature record is cut off
 *         FUOTA_E_TRAILING     not only zero bytes, or too many of them
 *         FUOTA_E_TOO_LARGE    more than 8 signature records
 *         FUOTA_E_SIGNATURE    too few signatures hold
 *         FUOTA_E_HARDWARE     other hw_id, or not bound to the device's UUID
 *         FUOTA_E_COMPONENT    not one of the device's
 *         FUOTA_E_DEVELOPMENT  development image, and the device takes none
 *         FUOTA_E_BASE         another version or firmware is running
 *         FUOTA_E_DEPENDENCY   another component is missing or too old
 *         FUOTA_E_COUNTER      security counter below the stored one
 *         FUOTA_E_SLOT         image_len over the slot
 *         FUOTA_E_LIMIT        a transform or window the device lacks
 *         FUOTA_E_CRC, FUOTA_E_DIGEST  of a payload that is the firmware
 *         FUOTA_E_FLASH        the read callback failed
 */
FUOTA_API enum fuota_status
fuota_check_step(struct fuota_check *check);

/* All steps at once. */
FUOTA_API enum fuota_status
fuota_check_run(struct fuota_check *check);

/*
 * The UpImageStatus of a TS006 DevUpgradeImageAns for the verdict of a check:
 * 0 no image (FUOTA_E_EMPTY), 1 corrupt or its signature wrong, 2 authentic
 * but not for this device, 3 valid. TS006 knows "incompatible hardware" alone:
 * 2 stands for every refusal of a sound image.
 */
FUOTA_API uint8_t
fuota_check_ts006(enum fuota_status status);

#endif
