/* SPDX-License-Identifier: BSD-2-Clause */
/* How host functions of the library fill a struct fuota_error. */
#ifndef FUOTA_LIB_FAIL_H
#define FUOTA_LIB_FAIL_H

#include <stddef.h>

#include <fuota/error.h>

/*
 * Fills err, unless it is NULL, and returns status, so that a function can
 * end with `return fuota_fail(...)`. The message is cut at the size of
 * err->message; untrusted text in it must be escaped by the caller.
 */
__attribute__((format(printf, 4, 5))) enum fuota_status
fuota_fail(struct fuota_error *err, enum fuota_status status, size_t offset,
    const char *format, ...);

/* The same for a device function's status, which has no numbers to tell. */
enum fuota_status
fuota_fail_status(
    struct fuota_error *err, enum fuota_status status, size_t offset);

#endif
