/* SPDX-License-Identifier: BSD-2-Clause */
/* What fuota-compress and fuota-delta have in common. */
#ifndef FUOTA_CMD_TRANSFORM_H
#define FUOTA_CMD_TRANSFORM_H

#include <fuota/compress.h>

#include "cmd.h"

/* Beyond the numbers that a tool's own options have. */
enum {
	TRANSFORM_ARCH = CMD_OPT_FIRST + 1000,
	TRANSFORM_LOAD_ADDRESS,
};

#define TRANSFORM_OPTSTRING "m:w:r:e:"
#define TRANSFORM_OPTIONS \
	{ "method", required_argument, NULL, 'm' }, \
	    { "window", required_argument, NULL, 'w' }, \
	    { "ram", required_argument, NULL, 'r' }, \
	    { "arch", required_argument, NULL, TRANSFORM_ARCH }, \
	    { "load-address", required_argument, NULL, \
		    TRANSFORM_LOAD_ADDRESS }, \
	{ \
		"effort", required_argument, NULL, 'e' \
	}
#define TRANSFORM_USAGE \
	"  -m, --method NAME     codec (default), deflate or none\n" \
	"  -w, --window BITS     deflate, and log2 of its window, 9..15 (12)\n" \
	"  -r, --ram BYTES       what the device has for its decoder (8192)\n" \
	"  -e, --effort LEVEL    of codec: 1 (fast) to 9 (smallest) (5)\n" \
	"      --arch NAME       of the firmware, for codec: thumb, thumb2, arm,\n" \
	"                        riscv, xtensa, avr or none (as it looks)\n" \
	"      --load-address ADDRESS\n" \
	"                        where it runs, for codec (as the image says,\n" \
	"                        else as it looks)\n"

/* Takes one of TRANSFORM_OPTIONS; false when it is another. */
bool
transform_option(
    const struct cmd *cmd, struct fuota_transform *transform, int ch);

/* Ends the program when the image or --report could not be written. */
void
transform_check_output(const struct cmd *cmd, const char *path);

/* The image in the bytes, or the end of the program. */
struct fuota_image
transform_image(const struct cmd *cmd, struct fuota_in in);

/* Says that signatures were dropped, when there were. */
void
transform_warn_signatures(
    const struct cmd *cmd, const struct fuota_image *image);

/* What --report writes. */
json_t *
transform_json(const struct cmd *cmd,
    const struct fuota_transform_report *report, const struct fuota_out *out);

/* Writes --report: schema "fuota-transform/1", see fuota-compress(1). */
void
transform_report(struct cmd *cmd, const struct fuota_transform_report *report,
    const struct fuota_out *out);

#endif
