/* SPDX-License-Identifier: BSD-2-Clause */
/* YAML files that are one mapping of keys to scalars. */
#ifndef FUOTA_LIB_YAML_FLAT_H
#define FUOTA_LIB_YAML_FLAT_H

#include <stddef.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

/*
 * Called for each pair, in the file's order. Key and value are terminated and
 * hold no zero byte; line counts from 1.
 */
typedef enum fuota_status
fuota_yaml_pair_fn(const char *key, const char *value, size_t line, void *ctx);

/*
 * Refuses what is not YAML, a document that is no such mapping, a key twice
 * (with its line) and a second document.
 */
enum fuota_status
fuota_yaml_flat(struct fuota_in in, fuota_yaml_pair_fn *pair, void *ctx,
    struct fuota_error *err);

/* Untrusted text with everything unprintable as '?', cut to fit. */
void
fuota_yaml_shown(const char *text, char *shown, size_t size);

#endif
