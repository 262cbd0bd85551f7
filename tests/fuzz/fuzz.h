/* SPDX-License-Identifier: BSD-2-Clause */
/* What every fuzz target has: the entry point, and how it tells a finding. */
#ifndef FUOTA_FUZZ_FUZZ_H
#define FUOTA_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
check(bool holds)
{
	if (!holds)
		abort();
}

#endif
