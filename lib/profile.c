/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <fuota/device/defrag.h>
#include <fuota/fragfile.h>
#include <fuota/profile.h>

#include "fail.h"

enum {
	ZEPHYR_SLOT = 104 * 1024, /* the smallest common slot, STM32WL */
	ZEPHYR_NB_FRAG = ZEPHYR_SLOT / 48 + 1, /* of its smallest FragSize */
	ZEPHYR_LOST = ZEPHYR_NB_FRAG * 20 / 100,
	ANY_TRANSFORM = FUOTA_TRANSFORM_DEFLATE | FUOTA_TRANSFORM_CODEC |
	    FUOTA_TRANSFORM_TWO_SLOT | FUOTA_TRANSFORM_IN_PLACE,
	/* around the matrix of Semtech's decoder, as measured */
	SEMTECH_STATE = 40,
};

#define LBM_LIMITS \
	.decoder = FUOTA_DECODER_LBM, .quirks = FUOTA_QUIRK_INCREASING_N, \
	.transforms = ANY_TRANSFORM, .nb_frag_max = 100, .lost_max = 100, \
	.frag_size_max = 242, .frag_size_multiple = 1
#define ZEPHYR_LIMITS \
	.ts004 = FUOTA_TS004_V1, .nb_frag_max = ZEPHYR_NB_FRAG, \
	.lost_max = ZEPHYR_LOST, .frag_size_max = 232, \
	.frag_size_multiple = 8, .ts003_version = 2, .ts005_version = 1, \
	.slot_size = ZEPHYR_SLOT
#define ZEPHYR_QUIRKS \
	(FUOTA_QUIRK_NO_GROUP_STATUS | FUOTA_QUIRK_NO_CLASS_B | \
	    FUOTA_QUIRK_INDEX_ZERO)

/* Limits and quirks as measured or read in these decoders' default builds. */
static const struct fuota_profile profiles[] = {
	{
	    .name = "fuota-device",
	    .ts004 = FUOTA_TS004_V1,
	    .decoder = FUOTA_DECODER_DEVICE,
	    .transforms = ANY_TRANSFORM,
	    .nb_frag_max = FUOTA_FRAG_N_MAX,
	    .lost_max = 256,
	    .frag_size_max = FUOTA_FRAG_SIZE_MAX,
	    .frag_size_multiple = 1,
	    .ts003_version = 1,
	    .ts005_version = 1,
	    .page_size = 2048,
	    .decoder_ram = 8192,
	},
	{
	    .name = "loramac-node",
	    .ts004 = FUOTA_TS004_V1,
	    .decoder = FUOTA_DECODER_LORAMAC_NODE,
	    .quirks = FUOTA_QUIRK_INCREASING_N |
		FUOTA_QUIRK_OVER_LIMIT_SUCCESS | FUOTA_QUIRK_TAIL_OVERRUN |
		FUOTA_QUIRK_SINGLE_COMMAND | FUOTA_QUIRK_NO_GROUP_STATUS |
		FUOTA_QUIRK_NO_CLASS_B | FUOTA_QUIRK_GROUP_ZERO |
		FUOTA_QUIRK_INDEX_ZERO,
	    .transforms = ANY_TRANSFORM,
	    .nb_frag_max = 21,
	    .lost_max = 5,
	    .frag_size_max = 50,
	    .frag_size_multiple = 1,
	    .ts003_version = 1,
	    .ts005_version = 1,
	    .ts006_version = 1,
	},
	{
	    .name = "lbm-v1",
	    .ts004 = FUOTA_TS004_V1,
	    LBM_LIMITS,
	    .ts003_version = 1,
	    .ts005_version = 1,
	    .ts006_version = 1,
	},
	{
	    .name = "lbm-v2",
	    .ts004 = FUOTA_TS004_V2,
	    LBM_LIMITS,
	    .ts003_version = 2,
	    .ts005_version = 2,
	    .ts006_version = 1,
	    .ts007_version = 1,
	},
	{
	    .name = "zephyr-lowmem",
	    .decoder = FUOTA_DECODER_ZEPHYR_LOWMEM,
	    .quirks = ZEPHYR_QUIRKS | FUOTA_QUIRK_LATE_UNCODED_CORRUPTS,
	    ZEPHYR_LIMITS,
	},
	{
	    .name = "zephyr-semtech",
	    .decoder = FUOTA_DECODER_ZEPHYR_SEMTECH,
	    .quirks = ZEPHYR_QUIRKS | FUOTA_QUIRK_INCREASING_N |
		FUOTA_QUIRK_OVER_LIMIT_SUCCESS | FUOTA_QUIRK_TAIL_OVERRUN,
	    ZEPHYR_LIMITS,
	},
};

const struct fuota_profile *
fuota_profile_at(size_t i)
{
	return i < sizeof(profiles) / sizeof(profiles[0]) ? &profiles[i] : NULL;
}

const struct fuota_profile *
fuota_profile_find(const char *name)
{
	for (size_t i = 0; fuota_profile_at(i) != NULL; i++)
		if (strcmp(name, profiles[i].name) == 0)
			return &profiles[i];
	return NULL;
}

static bool
has_square_matrix(const struct fuota_profile *profile)
{
	return profile->decoder == FUOTA_DECODER_LORAMAC_NODE ||
	    profile->decoder == FUOTA_DECODER_LBM ||
	    profile->decoder == FUOTA_DECODER_ZEPHYR_SEMTECH;
}

uint32_t
fuota_profile_session_ram(const struct fuota_profile *profile, uint32_t nb_frag,
    uint32_t frag_size, uint32_t lost_max)
{
	if (has_square_matrix(profile))
		return (lost_max / 8 + 1) * lost_max + 2 * nb_frag +
		    SEMTECH_STATE;
	return (uint32_t)(sizeof(struct fuota_defrag) +
	    FUOTA_DEFRAG_MEMORY_SIZE(nb_frag, lost_max, frag_size));
}

uint16_t
fuota_profile_lost_max(
    const struct fuota_profile *profile, uint32_t nb_frag, uint32_t frag_size)
{
	const uint32_t limit =
	    profile->lost_max > 0 ? profile->lost_max : nb_frag;
	uint32_t most = limit < nb_frag ? limit : nb_frag;

	while (profile->session_ram > 0 && most > 0 &&
	    fuota_profile_session_ram(profile, nb_frag, frag_size, most) >
		profile->session_ram)
		most--;
	return (uint16_t)most;
}

enum fuota_status
fuota_profile_check_session(const struct fuota_profile *profile,
    uint32_t nb_frag, uint32_t frag_size, uint32_t block_len,
    struct fuota_error *err)
{
	if (profile->slot_size != 0 && block_len > profile->slot_size)
		return fuota_fail(err, FUOTA_E_SLOT, FUOTA_NO_OFFSET,
		    "block of %u bytes exceeds the slot of %u bytes "
		    "of profile %s",
		    block_len, profile->slot_size, profile->name);
	if (profile->nb_frag_max != 0 && nb_frag > profile->nb_frag_max)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%u fragments of %u bytes, profile %s takes at most %u "
		    "fragments",
		    nb_frag, frag_size, profile->name, profile->nb_frag_max);
	if (profile->frag_size_max != 0 && frag_size > profile->frag_size_max)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragSize %u, profile %s takes at most %u bytes", frag_size,
		    profile->name, profile->frag_size_max);
	if (profile->frag_size_multiple > 1 &&
	    frag_size % profile->frag_size_multiple != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragSize %u, profile %s needs a multiple of %u bytes",
		    frag_size, profile->name, profile->frag_size_multiple);
	if (fuota_profile_lost_max(profile, nb_frag, frag_size) == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%u fragments of %u bytes take %u bytes of memory to "
		    "repair one, profile %s has %u",
		    nb_frag, frag_size,
		    fuota_profile_session_ram(profile, nb_frag, frag_size, 1),
		    profile->name, profile->session_ram);
	return FUOTA_OK;
}

static unsigned
transforms_of(const struct fuota_header *header)
{
	unsigned wanted = 0;

	if (header->compression == FUOTA_COMPRESSION_DEFLATE)
		wanted |= FUOTA_TRANSFORM_DEFLATE;
	if (header->compression == FUOTA_COMPRESSION_CODEC)
		wanted |= FUOTA_TRANSFORM_CODEC;
	if (header->delta == FUOTA_DELTA_TWO_SLOT)
		wanted |= FUOTA_TRANSFORM_TWO_SLOT;
	if (header->delta == FUOTA_DELTA_IN_PLACE)
		wanted |= FUOTA_TRANSFORM_IN_PLACE;
	return wanted;
}

static const char *
transform_text(unsigned transform)
{
	if ((transform & FUOTA_TRANSFORM_TWO_SLOT) != 0)
		return "a delta";
	if ((transform & FUOTA_TRANSFORM_IN_PLACE) != 0)
		return "an in-place delta";
	if ((transform & FUOTA_TRANSFORM_CODEC) != 0)
		return "an image compressed by the libfuota codec";
	return "an image compressed by deflate";
}

enum fuota_status
fuota_profile_check_image(const struct fuota_profile *profile,
    const struct fuota_header *header, struct fuota_error *err)
{
	const unsigned lacking = transforms_of(header) & ~profile->transforms;
	const uint32_t around = header->size + FUOTA_SIGNATURE_RECORD_SIZE;
	const uint32_t slot = profile->slot_size;

	if (lacking != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "devices of profile %s cannot install %s", profile->name,
		    transform_text(lacking));
	if (slot != 0 && header->image_len > slot)
		return fuota_fail(err, FUOTA_E_SLOT, FUOTA_NO_OFFSET,
		    "firmware of %u bytes exceeds the slot of %u bytes "
		    "of profile %s",
		    header->image_len, slot, profile->name);
	if (slot != 0 && (around > slot || header->payload_len > slot - around))
		return fuota_fail(err, FUOTA_E_SLOT, FUOTA_NO_OFFSET,
		    "payload of %u bytes and %u bytes around it exceed the "
		    "slot of %u bytes of profile %s",
		    header->payload_len, around, slot, profile->name);
	return FUOTA_OK;
}

enum fuota_ts004
fuota_ts004_parse(const char *text)
{
	if (strcmp(text, "1") == 0)
		return FUOTA_TS004_V1;
	if (strcmp(text, "2") == 0)
		return FUOTA_TS004_V2;
	if (strcmp(text, "2-absn") == 0)
		return FUOTA_TS004_V2_ABSN;
	for (unsigned i = FUOTA_TS004_V1; i <= FUOTA_TS004_V2_ABSN; i++)
		if (strcmp(text, fuota_ts004_name((enum fuota_ts004)i)) == 0)
			return (enum fuota_ts004)i;
	return (enum fuota_ts004)0;
}
