/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the objects of a pipeline some bytes are, by their content. */
#ifndef FUOTA_OBJECT_H
#define FUOTA_OBJECT_H

#include <fuota/api.h>
#include <fuota/buffer.h>

enum fuota_object {
	FUOTA_OBJECT_BINARY = 0, /* none of the others: raw bytes */
	FUOTA_OBJECT_HEX = 1, /* Intel HEX */
	FUOTA_OBJECT_ELF = 2,
	FUOTA_OBJECT_SREC = 3, /* Motorola S-records */
	FUOTA_OBJECT_IMAGE = 4, /* fuota-image(5) */
	FUOTA_OBJECT_FRAGMENTS = 5, /* fuota-frag(5) */
	FUOTA_OBJECT_BSDIFF40 = 6, /* patch of bsdiff(1) */
	FUOTA_OBJECT_MCUBOOT = 7, /* MCUboot image */
	FUOTA_OBJECT_PUBLIC_KEY = 8, /* PEM, minisign, OpenSSH, hexadecimal */
	FUOTA_OBJECT_SECRET_KEY = 9, /* any of the usual forms */
};

/*
 * Looks at the first bytes only. Nothing is checked beyond what tells the
 * objects apart, and nothing here says that an object is sound.
 */
FUOTA_API enum fuota_object
fuota_object_recognise(struct fuota_in in);

/* What to call it, e.g. "Intel HEX file". Static, never NULL. */
FUOTA_API const char *
fuota_object_name(enum fuota_object object);

#endif
