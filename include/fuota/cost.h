/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the bytes of a codec payload went. */
#ifndef FUOTA_COST_H
#define FUOTA_COST_H

#include <fuota/buffer.h>
#include <fuota/error.h>
#include <fuota/image.h>

#define FUOTA_COST_PER_BYTE 524288u /* costs are in 65536ths of a bit */
#define FUOTA_COST_ROWS_MAX 128u

/* What is paid for. */
enum fuota_cost_group {
	FUOTA_COST_HEADER = 0, /* the stream's header, and rounding */
	FUOTA_COST_CONTROL = 1, /* what is copied from where */
	FUOTA_COST_RIGHT = 2, /* copied fields that are as predicted */
	FUOTA_COST_WRONG = 3, /* those that are not, and what they are */
	FUOTA_COST_MATCH = 4, /* copies within new parts */
	FUOTA_COST_NEW = 5, /* bytes that are sent as they are */
	FUOTA_COST_GROUP_COUNT = 6,
};

struct fuota_cost_row {
	enum fuota_cost_group group;
	const char *kind; /* of field, e.g. "call"; NULL where there is none */
	uint32_t count; /* copies, fields, or bytes of FUOTA_COST_NEW */
	uint64_t cost;
};

/* Rows that cost nothing and count nothing are left out. */
struct fuota_costs {
	struct fuota_cost_row rows[FUOTA_COST_ROWS_MAX];
	size_t row_count;
	/* of each byte of new firmware; the caller's, image_len of both */
	uint32_t *bytes; /* cost */
	uint8_t *groups; /* enum fuota_cost_group */
};

/* "header", "control", "right", "wrong", "match", "new"; NULL: none. */
FUOTA_API const char *
fuota_cost_group_name(enum fuota_cost_group group);

/*
 * Decodes a payload of transform 2 with the device's decoder and accounts
 * every bit that it takes. What a byte of firmware costs includes the control
 * that came for it; the rows add up to the payload's length.
 *
 * base   the firmware of a delta; not looked at for a full image. Call
 *        fuota_apply() before: it says whether it is the right one
 * out    as for fuota_apply()
 * costs  filled but for the pointers
 *
 * Errors: FUOTA_E_UNSUPPORTED  another transform
 *         those of fuota_apply() that the payload can cause
 */
FUOTA_API enum fuota_status
fuota_payload_costs(const struct fuota_image *image, struct fuota_in base,
    struct fuota_out *out, struct fuota_costs *costs, struct fuota_error *err);

#endif
