/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoders that are built in: each can be left out. Private. */
#ifndef FUOTA_DEVICE_BUILT_IN_H
#define FUOTA_DEVICE_BUILT_IN_H

#ifdef FUOTA_WITHOUT_DEFLATE
enum {
	HAS_DEFLATE = 0
};
#else
enum {
	HAS_DEFLATE = 1
};
#endif
#ifdef FUOTA_WITHOUT_DELTA
enum {
	HAS_DELTA = 0
};
#else
enum {
	HAS_DELTA = 1
};
#endif
#ifdef FUOTA_WITHOUT_CODEC
enum {
	HAS_CODEC = 0
};
#else
enum {
	HAS_CODEC = 1
};
#endif

#endif
