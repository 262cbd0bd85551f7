/* SPDX-License-Identifier: BSD-2-Clause */
/* The largest inputs libfuota takes. Freestanding. */
#ifndef FUOTA_LIMITS_H
#define FUOTA_LIMITS_H

/* Firmware, before and after every transform: 16 MiB, in bytes. */
#define FUOTA_FIRMWARE_MAX 16777216u

/* Header with its TLVs, bytes: 112 words, so that M stays within 512. */
#define FUOTA_HEADER_MAX 448u

/* A whole FUOTA image: header, payload, 8 signature records. */
#define FUOTA_SIGNATURES_MAX        8u
#define FUOTA_SIGNATURE_RECORD_SIZE 70u
#define FUOTA_IMAGE_MAX \
	(FUOTA_HEADER_MAX + FUOTA_FIRMWARE_MAX + \
	    FUOTA_SIGNATURES_MAX * FUOTA_SIGNATURE_RECORD_SIZE)

/* TS004: a data block is at most 16383 fragments of at most 255 bytes. */
#define FUOTA_FRAG_N_MAX    16383u
#define FUOTA_FRAG_SIZE_MAX 255u

#endif
