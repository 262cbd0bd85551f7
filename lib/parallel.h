/* SPDX-License-Identifier: BSD-2-Clause */
/* Units of work on several threads. */
#ifndef FUOTA_LIB_PARALLEL_H
#define FUOTA_LIB_PARALLEL_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/status.h>

enum {
	PARALLEL_MAX = 64 /* threads */
};

/* What a caller asked for, within 1..PARALLEL_MAX. */
unsigned
fuota_threads(unsigned wanted);

/*
 * Calls work(context, thread, unit) once for each unit 0..units - 1, in no
 * particular order, on `threads` threads numbered from 0. Results must not
 * depend on which thread takes which unit. Stops at the first failure and
 * returns it.
 */
enum fuota_status
fuota_parallel(unsigned threads, uint32_t units,
    enum fuota_status (*work)(void *context, unsigned thread, uint32_t unit),
    void *context);

#endif
