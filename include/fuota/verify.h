/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Would a device take this image? The host asks the device's own code
 * (device/check.h) and then decodes as the device would (apply.h).
 */
#ifndef FUOTA_VERIFY_H
#define FUOTA_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/device/check.h>
#include <fuota/error.h>
#include <fuota/image.h>
#include <fuota/key.h>

/* A component of the device; has_version false: whatever is asked for. */
struct fuota_verify_component {
	uint8_t id;
	bool has_version;
	uint32_t version; /* that runs */
};

/*
 * What is known of the device. What is left zero is not known, and passes:
 * the report says so. Only the keys must be there.
 */
struct fuota_verify_params {
	const struct fuota_public_key *keys; /* trusted */
	size_t key_count; /* 1..FUOTA_CHECK_KEYS_MAX */
	uint8_t signatures_required; /* by different keys; 0 means 1 */
	/* Keys that must be among those that signed, by their hints. */
	const uint8_t (*required_hints)[FUOTA_KEY_HINT_SIZE];
	size_t required_hint_count;
	bool has_hw_id;
	uint32_t hw_id;
	const struct fuota_verify_component *components;
	size_t component_count; /* 0..256 */
	bool has_uuid; /* then the image must be bound to it */
	uint8_t uuid[FUOTA_UUID_SIZE];
	bool allow_development;
	struct fuota_in base; /* raw firmware that runs; len 0: not known */
	bool has_running_version;
	uint32_t running_version;
	uint32_t min_counter;
	uint32_t slot_size; /* bytes; 0: not known */
	uint32_t decoder_ram; /* bytes; 0: not known */
	uint8_t compressions; /* bit i: enum fuota_compression i; 0: all */
	uint8_t deltas; /* bit i: enum fuota_delta_kind i; 0: all */
};

struct fuota_verify_signature {
	uint8_t key_hint[FUOTA_KEY_HINT_SIZE];
	bool trusted; /* a trusted key has this hint */
	bool holds;
	uint8_t key; /* that it holds for; number in params->keys */
};

/* What an image says that params do not let us compare; bits. */
enum fuota_verify_unknown {
	FUOTA_UNKNOWN_HARDWARE = 0x01,
	FUOTA_UNKNOWN_COMPONENT = 0x02,
	FUOTA_UNKNOWN_BASE_VERSION = 0x04,
	FUOTA_UNKNOWN_DEPENDENCY = 0x08,
	FUOTA_UNKNOWN_SLOT = 0x10,
	FUOTA_UNKNOWN_DECODER_RAM = 0x20,
};

struct fuota_verify_report {
	struct fuota_image image; /* points into the caller's bytes */
	struct fuota_verify_signature signatures[FUOTA_SIGNATURES_MAX];
	size_t signature_count;
	unsigned unknown; /* of enum fuota_verify_unknown */
};

/*
 * Every check of the device in its order, then the decoding with length,
 * CRC-32 and digest of the result. A delta needs params->base.
 *
 * in      a FUOTA image; a fragment file goes through fuota_block_read() first
 * report  may be NULL; untouched on error
 *
 * Memory: image_len bytes, at most 16 MiB, beside what fuota_apply() takes.
 *
 * Errors: FUOTA_E_RANGE  no key, or more than FUOTA_CHECK_KEYS_MAX
 *         those of fuota_image_parse(), fuota_check_step(), fuota_apply()
 *         FUOTA_E_BASE   also for a delta without params->base
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_verify(const struct fuota_verify_params *params, struct fuota_in in,
    struct fuota_verify_report *report, struct fuota_error *err);

#endif
