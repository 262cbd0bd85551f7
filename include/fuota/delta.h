/* SPDX-License-Identifier: BSD-2-Clause */
/* The same image as a delta against the firmware that is running. */
#ifndef FUOTA_DELTA_H
#define FUOTA_DELTA_H

#include <fuota/compress.h>

#define FUOTA_BASE_ID_LEN_MIN     8u
#define FUOTA_BASE_ID_LEN_MAX     32u
#define FUOTA_BASE_ID_LEN_DEFAULT 8u

struct fuota_delta {
	struct fuota_transform transform;
	uint32_t base_fw_version; /* that must run; 0: any */
	uint8_t base_id_len; /* 8..32 bytes of SHA-256; 0: 8 */
};

/*
 * Makes the payload of a full image, which may be compressed, a delta
 * against base. The result is decoded again with the device's code and
 * compared before it is given. Adds the base id, and a target digest of 16
 * bytes when the image has none. Signatures are not kept.
 *
 * base    raw firmware, 1 byte to 16 MiB
 * report  may be NULL; full_len tells when the full image would be no larger
 *
 * Errors: FUOTA_E_RANGE        unknown method, window_log2, base_id_len,
 *                              what in_place says
 *         FUOTA_E_SLOT         the pages of in_place are too few
 *         FUOTA_E_LIMIT        ram is too small for any window; or the delta
 *                              would be larger than the firmware by 1.5 % and
 *                              1 kB, or than 16 MiB
 *         FUOTA_E_EMPTY, FUOTA_E_TOO_LARGE  base
 *         FUOTA_E_UNSUPPORTED  the image is a delta already
 *         FUOTA_E_SPACE, FUOTA_E_MEMORY, and those of fuota_apply()
 */
FUOTA_API enum fuota_status
fuota_delta(const struct fuota_image *image, struct fuota_in base,
    const struct fuota_delta *params, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err);

/* One of several transforms that are made at a time. */
struct fuota_delta_job {
	const struct fuota_image *image;
	struct fuota_in base; /* len 0: fuota_compress() with the transform */
	struct fuota_delta params;
	struct fuota_out out; /* as for fuota_delta(); of each job its own */
	/* what came of it */
	enum fuota_status status;
	struct fuota_transform_report report;
	struct fuota_error err;
};

/*
 * Does all jobs on several threads; what comes of one does not depend on the
 * others, nor on the threads. Memory is that of as many jobs as there are
 * threads.
 *
 * threads  0: 1
 */
FUOTA_API void
fuota_delta_jobs(struct fuota_delta_job *jobs, size_t count, unsigned threads);

/*
 * What the payload of a delta in place tells of the flash it is for; it is
 * read as far as its data. A last run of pages has no count.
 *
 * down  from the last page to the first
 *
 * Errors: FUOTA_E_UNSUPPORTED  the image is no delta in place by the codec
 *         FUOTA_E_MEMORY, and those of fuota_codec_init_in_place()
 */
FUOTA_API enum fuota_status
fuota_delta_in_place(const struct fuota_image *image,
    struct fuota_flash_plan *plan, bool *down, struct fuota_error *err);

#endif
