/* SPDX-License-Identifier: BSD-2-Clause */
/* What a class of devices can take. Source: fuota-profile(5). */
#ifndef FUOTA_PROFILE_H
#define FUOTA_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/buffer.h>
#include <fuota/device/header.h>
#include <fuota/device/parity.h>
#include <fuota/error.h>

#define FUOTA_PROFILE_NAME_SIZE 33u /* bytes, terminator included */
#define FUOTA_PROFILE_FILE_MAX  65536u /* bytes of YAML */

/* Whose defragmentation code the devices run. */
enum fuota_decoder {
	FUOTA_DECODER_DEVICE = 0, /* lib/device of this library */
	FUOTA_DECODER_LORAMAC_NODE = 1,
	FUOTA_DECODER_LBM = 2, /* LoRa Basics Modem */
	FUOTA_DECODER_ZEPHYR_LOWMEM = 3,
	FUOTA_DECODER_ZEPHYR_SEMTECH = 4,
};

/* Where a deployed stack departs from TS004 and TS005; bits. */
enum fuota_quirk {
	/* a fragment whose N is not above the last one is ignored */
	FUOTA_QUIRK_INCREASING_N = 0x01,
	/* more than max_lost losses end as success, with a broken block */
	FUOTA_QUIRK_OVER_LIMIT_SUCCESS = 0x02,
	/* losses at the tail are counted late and overrun a buffer */
	FUOTA_QUIRK_TAIL_OVERRUN = 0x04,
	/* an uncoded fragment after a coded one corrupts the block */
	FUOTA_QUIRK_LATE_UNCODED_CORRUPTS = 0x08,
	/* nothing is complete before one coded fragment has arrived */
	FUOTA_QUIRK_NEEDS_CODED = 0x10,
	/* one command in a message: trailing bytes are taken as commands */
	FUOTA_QUIRK_SINGLE_COMMAND = 0x20,
	/* McGroupStatusReq does harm: its mask is executed, or all is dropped */
	FUOTA_QUIRK_NO_GROUP_STATUS = 0x40,
	/* McClassBSessionReq is answered, but class C is run, or nothing */
	FUOTA_QUIRK_NO_CLASS_B = 0x80,
	/* only McGroupID 0 works as it should */
	FUOTA_QUIRK_GROUP_ZERO = 0x100,
	/* one fragmentation session: only FragIndex 0 is taken */
	FUOTA_QUIRK_INDEX_ZERO = 0x200,
};

/* What the devices can install besides a full, uncompressed image; bits. */
enum fuota_profile_transform {
	FUOTA_TRANSFORM_DEFLATE = 0x01,
	FUOTA_TRANSFORM_CODEC = 0x02,
	FUOTA_TRANSFORM_TWO_SLOT = 0x04, /* delta */
	FUOTA_TRANSFORM_IN_PLACE = 0x08, /* delta */
};

/* Root of McRootKey and DataBlockIntKey. */
enum fuota_root_key {
	FUOTA_ROOT_GEN_APP_KEY = 0, /* LoRaWAN 1.0.x */
	FUOTA_ROOT_APP_KEY = 1, /* LoRaWAN 1.1 */
};

/* A number that is 0 states no limit, unless said otherwise. */
struct fuota_profile {
	char name[FUOTA_PROFILE_NAME_SIZE];
	enum fuota_ts004 ts004; /* parity variant and command layout */
	enum fuota_decoder decoder;
	enum fuota_root_key root_key;
	unsigned quirks; /* of enum fuota_quirk */
	unsigned transforms; /* of enum fuota_profile_transform */
	uint16_t nb_frag_max; /* uncoded fragments */
	uint16_t lost_max; /* lost uncoded fragments that can be repaired */
	uint8_t frag_size_max; /* bytes */
	uint8_t frag_size_multiple; /* bytes, at least 1 */
	uint8_t ts003_version; /* clock sync package; 0: the device has none */
	uint8_t ts005_version; /* multicast package; 0: none */
	uint8_t ts006_version; /* firmware management package; 0: none */
	uint8_t ts007_version; /* multi-package carrier; 0: none */
	uint32_t slot_size; /* bytes of data block */
	uint32_t page_size; /* bytes, of the flash that an install erases */
	uint32_t decoder_ram; /* bytes, for decompression */
	uint32_t session_ram; /* bytes, for a fragmentation session */
};

/*
 * A built-in profile by its name: fuota-device, loramac-node, lbm-v1, lbm-v2,
 * zephyr-lowmem, zephyr-semtech. Static; NULL when there is none.
 */
FUOTA_API const struct fuota_profile *
fuota_profile_find(const char *name);

/* The i-th built-in profile, counted from 0; NULL behind the last. */
FUOTA_API const struct fuota_profile *
fuota_profile_at(size_t i);

/*
 * Reads a profile file, fuota-profile(5).
 *
 * profile  untouched on error
 *
 * Errors: FUOTA_E_FORMAT       not YAML, or a key or value that is none of
 *                              the page's; err->message names the line
 *         FUOTA_E_UNSUPPORTED  aliases, or more than one document
 *         FUOTA_E_EMPTY, FUOTA_E_TOO_LARGE, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_profile_parse(
    struct fuota_in in, struct fuota_profile *profile, struct fuota_error *err);

/*
 * Memory of a fragmentation session that can repair lost_max fragments,
 * bytes: bitmaps, a triangular matrix and two fragment buffers; the square
 * matrix of Semtech's decoder for those that run it.
 */
FUOTA_API uint32_t
fuota_profile_session_ram(const struct fuota_profile *profile, uint32_t nb_frag,
    uint32_t frag_size, uint32_t lost_max);

/*
 * Lost uncoded fragments that the devices repair in such a session: max_lost,
 * or less when session_ram does not hold as many. 0 when they take no
 * session; nb_frag when nothing limits them.
 */
FUOTA_API uint16_t
fuota_profile_lost_max(
    const struct fuota_profile *profile, uint32_t nb_frag, uint32_t frag_size);

/*
 * Would the devices accept this session? Losses are not judged here.
 *
 * frag_size  bytes
 * block_len  bytes of the data block, padding not counted
 *
 * Errors: FUOTA_E_LIMIT  NbFrag, FragSize or its multiple; or session_ram is
 *                        not enough to repair one fragment
 *         FUOTA_E_SLOT   the block is larger than the slot
 */
FUOTA_API enum fuota_status
fuota_profile_check_session(const struct fuota_profile *profile,
    uint32_t nb_frag, uint32_t frag_size, uint32_t block_len,
    struct fuota_error *err);

/*
 * Can the devices install an image with this header? Its slot is judged too,
 * against payload, header and one signature record.
 *
 * Errors: FUOTA_E_LIMIT  a transform that they lack
 *         FUOTA_E_SLOT   image_len or the image as sent exceeds the slot
 */
FUOTA_API enum fuota_status
fuota_profile_check_image(const struct fuota_profile *profile,
    const struct fuota_header *header, struct fuota_error *err);

/*
 * The variant of a text: what fuota_ts004_name() says, or "1", "2", "2-absn".
 * 0 when the text names none.
 */
FUOTA_API enum fuota_ts004
fuota_ts004_parse(const char *text);

#endif
