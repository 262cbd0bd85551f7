/* SPDX-License-Identifier: BSD-2-Clause */
/* A profile that is read states only what fuota-profile(5) allows. */
#include <stdlib.h>
#include <string.h>

#include <fuota/profile.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuota_in in = { .data = data, .len = size };
	struct fuota_profile p;
	struct fuota_error err = { 0 };

	const enum fuota_status status = fuota_profile_parse(in, &p, &err);
	if (status != FUOTA_OK) {
		if (err.status != status || err.message[0] == '\0')
			abort();
		return 0;
	}
	if (p.name[0] == '\0' || memchr(p.name, 0, sizeof(p.name)) == NULL ||
	    p.nb_frag_max == 0 || p.nb_frag_max > FUOTA_FRAG_N_MAX ||
	    p.frag_size_multiple == 0 || p.ts004 < FUOTA_TS004_V1 ||
	    p.ts004 > FUOTA_TS004_V2_ABSN)
		abort();
	return 0;
}
