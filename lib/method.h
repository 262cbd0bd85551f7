/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways to make a payload small, one row each: what --method calls it,
 * what the header's compression nibble calls it, how it is made. What undoes
 * it is the device's, see decode.h.
 *
 * To add one (the codec): write encode with this signature, add
 * a row to fuota_methods[] in method.c. fuota_compress(), fuota_delta(),
 * fuota_apply() and the tools' --method find it there; the header decoder
 * knows its compression nibble already. A delta is what encode makes when
 * base.len > 0; what options a method takes beyond these goes into struct
 * fuota_transform.
 */
#ifndef FUOTA_LIB_METHOD_H
#define FUOTA_LIB_METHOD_H

#include <fuota/compress.h>
#include <fuota/image.h>

struct fuota_method {
	const char *name;
	uint8_t compression; /* enum fuota_compression */

	/*
	 * Writes the payload that makes target of base (or of nothing:
	 * base.len 0) into out, and into header the fields of the transform
	 * (compression, delta, window_log2). Fills report except for the
	 * lengths that fuota_compress() and fuota_delta() know.
	 * FUOTA_E_SPACE without a message when out->size does not do: the
	 * callers give as much as is worth having.
	 */
	enum fuota_status (*encode)(struct fuota_in base,
	    struct fuota_in target, const struct fuota_transform *params,
	    struct fuota_header *header, struct fuota_out *out,
	    struct fuota_transform_report *report, struct fuota_error *err);
};

/* NULL when there is none. */
const struct fuota_method *
fuota_method_named(const char *name);
const struct fuota_method *
fuota_method_of(uint8_t compression);

#endif
