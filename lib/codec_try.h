/* SPDX-License-Identifier: BSD-2-Clause */
/* Several searches for a plan, at once; the shortest stream is taken. */
#ifndef FUOTA_LIB_CODEC_TRY_H
#define FUOTA_LIB_CODEC_TRY_H

#include <fuota/buffer.h>
#include <fuota/device/codec.h>
#include <fuota/status.h>

enum {
	FUOTA_EFFORT_DEFAULT = 5,
	FUOTA_EFFORT_MAX = 9
};

/*
 * The stream that makes new of old, with the profile and header of c. The
 * same on every machine, however many processors it has.
 *
 * Errors: FUOTA_E_SPACE   out->size does not do
 *         FUOTA_E_MEMORY
 */
enum fuota_status
fuota_codec_try(const struct fuota_codec *c, struct fuota_in old,
    struct fuota_in new, unsigned effort, struct fuota_out *out);

#endif
