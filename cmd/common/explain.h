/* SPDX-License-Identifier: BSD-2-Clause */
/* A FUOTA image byte range by byte range, for fuota-info --explain. */
#ifndef FUOTA_CMD_EXPLAIN_H
#define FUOTA_CMD_EXPLAIN_H

#include <fuota/image.h>

#include "cmd.h"

/* "none", "deflate", "codec"; "full", "two slots", "in place". */
const char *
explain_compression(uint8_t compression);
const char *
explain_delta(uint8_t delta);

/*
 * Every byte of the image in order, without gaps: a list of objects with
 * "offset", "len", "bytes" (hexadecimal, long ones cut) and "meaning".
 */
json_t *
explain_ranges(const struct fuota_image *image);

/* The list as a table to the tool's output. */
void
explain_write(struct cmd *cmd, const json_t *ranges);

#endif
