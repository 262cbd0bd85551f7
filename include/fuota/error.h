/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a host call failed, in one sentence with the numbers. */
#ifndef FUOTA_ERROR_H
#define FUOTA_ERROR_H

#include <stddef.h>

#include <fuota/status.h>

#define FUOTA_ERROR_MESSAGE_SIZE 240 /* bytes, terminator included */
#define FUOTA_NO_OFFSET          ((size_t)-1)

/*
 * Caller-owned; host functions that fail fill it, and leave it alone when
 * they succeed. Every host function takes NULL in its place.
 */
struct fuota_error {
	enum fuota_status status;
	size_t offset; /* byte in the input, or FUOTA_NO_OFFSET */
	char message[FUOTA_ERROR_MESSAGE_SIZE]; /* lower case, no full stop */
};

#endif
