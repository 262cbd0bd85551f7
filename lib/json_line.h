/* SPDX-License-Identifier: BSD-2-Clause */
/* A JSON object in one line, and its members. */
#ifndef FUOTA_LIB_JSON_LINE_H
#define FUOTA_LIB_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

/*
 * No member may be there twice. The caller releases the object with
 * json_decref(); it is NULL on error: FUOTA_E_FORMAT or FUOTA_E_MEMORY.
 */
enum fuota_status
fuota_json_object(
    struct fuota_in line, json_t **object, struct fuota_error *err);

/* A member that is a string, or NULL. */
const char *
fuota_json_text(const json_t *object, const char *name);

/* A string of hexadecimal, at most size bytes; NULL is none. */
bool
fuota_json_hex(const char *text, uint8_t *bytes, size_t size, size_t *len);

#endif
