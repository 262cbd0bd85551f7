/* SPDX-License-Identifier: BSD-2-Clause */
/* What the application says first; each release has its own. */
#ifndef DEVICE_GREETING_H
#define DEVICE_GREETING_H

#include <stdint.h>

/* The linker's: bytes of firmware, as an address. */
extern const uint8_t image_len[];

void
greet(uint32_t version);

#endif
