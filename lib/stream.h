/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes delta streams, fuota-delta(5). */
#ifndef FUOTA_LIB_STREAM_H
#define FUOTA_LIB_STREAM_H

#include <fuota/compress.h>

#include "match.h"

/*
 * The delta stream of records that fuota_match() made of base and target,
 * into a new buffer: free(out->data). Fills the lengths of report.
 */
enum fuota_status
fuota_stream_write(struct fuota_in base, struct fuota_in target,
    const struct fuota_records *records, struct fuota_out *out,
    struct fuota_transform_report *report, struct fuota_error *err);

/* Both steps: fuota_match(), then the stream. */
enum fuota_status
fuota_stream_make(struct fuota_in base, struct fuota_in target,
    struct fuota_out *out, struct fuota_transform_report *report,
    struct fuota_error *err);

#endif
