/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <sodium.h>

#include "fail.h"
#include "json_line.h"

enum fuota_status
fuota_json_object(
    struct fuota_in line, json_t **object, struct fuota_error *err)
{
	json_error_t why;

	json_t *root = json_loadb(
	    (const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &why);
	*object = json_is_object(root) ? root : NULL;
	if (*object != NULL)
		return FUOTA_OK;
	/* jansson has no words for every failed allocation */
	if (root == NULL &&
	    (why.text[0] == '\0' ||
		json_error_code(&why) == json_error_out_of_memory))
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	json_decref(root);
	return fuota_fail(
	    err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "not a JSON object");
}

const char *
fuota_json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool
fuota_json_hex(const char *text, uint8_t *bytes, size_t size, size_t *len)
{
	const char *end;

	return text != NULL &&
	    sodium_hex2bin(bytes, size, text, strlen(text), NULL, len, &end) ==
	    0 &&
	    *end == '\0';
}
