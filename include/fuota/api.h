/* SPDX-License-Identifier: BSD-2-Clause */
/* Marks what libfuota.so exports. Freestanding. */
#ifndef FUOTA_API_H
#define FUOTA_API_H

#if defined(__GNUC__)
#define FUOTA_API __attribute__((visibility("default")))
#else
#define FUOTA_API
#endif

#endif
