/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragment files, and the other forms in which commands are written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include <fuota/fragfile.h>

#include "fail.h"

enum {
	SESSION_LINE_MAX = 512, /* bytes; the longest has about 430 */
	AROUND_PAYLOAD = 32, /* bytes of a fragment line beside its hex */
};

const char *
fuota_ts004_name(enum fuota_ts004 edition)
{
	switch (edition) {
	case FUOTA_TS004_V1:
		return "1.0.0";
	case FUOTA_TS004_V2:
		return "2.0.0";
	case FUOTA_TS004_V2_ABSN:
		return "2.0.0-absN";
	}
	return "unknown";
}

size_t
fuota_fragfile_bound(size_t commands_len)
{
	/* No command is shorter than four bytes. */
	return SESSION_LINE_MAX + commands_len * 2 +
	    (commands_len / 4 + 1) * AROUND_PAYLOAD;
}

/* --- the session line ---------------------------------------------------- */

static json_t *
hex(const uint8_t *bytes, size_t len)
{
	char text[2 * sizeof(((struct fuota_frag_session *)0)->block_sha256) +
	    1];

	return json_string(sodium_bin2hex(text, sizeof(text), bytes, len));
}

static json_t *
session_object(const struct fuota_frag_session *s)
{
	json_t *line = json_pack(
	    "{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:o}",
	    "schema", "fuota-frags/1", "ts004", fuota_ts004_name(s->edition),
	    "frag_algo", 0, "nb_frag", s->nb_frag, "frag_size", s->frag_size,
	    "padding", s->padding, "redundancy", s->redundancy, "frag_index",
	    s->frag_index, "mc_group_bit_mask", s->mc_group_bit_mask,
	    "block_ack_delay", s->block_ack_delay, "descriptor",
	    hex(s->descriptor, sizeof(s->descriptor)), "data_block_len",
	    (int)s->block_len, "data_block_sha256",
	    hex(s->block_sha256, sizeof(s->block_sha256)));

	if (line != NULL && s->edition != FUOTA_TS004_V1 &&
	    json_object_set_new(
		line, "session_cnt", json_integer(s->session_cnt)) != 0) {
		json_decref(line);
		return NULL;
	}
	return line;
}

/* Returns the bytes written, 0 when out of memory. */
static size_t
put_session(const struct fuota_frag_session *s, char *to)
{
	json_t *object = session_object(s);
	/*
	 * Not json_dumps(): Jansson 2.14 loses a key that it has no memory
	 * for, and says nothing.
	 */
	size_t len = object != NULL
	    ? json_dumpb(object, to, SESSION_LINE_MAX - 1, JSON_COMPACT)
	    : 0;

	if (len > 0)
		to[len++] = '\n';
	json_decref(object);
	return len;
}

/* --- one command --------------------------------------------------------- */

static size_t
put_hex(const uint8_t *command, size_t size, char *to)
{
	sodium_bin2hex(to, size * 2 + 1, command, size);
	return size * 2;
}

static size_t
put_command(enum fuota_frag_format format, const uint8_t *command, size_t size,
    char *to)
{
	const int variant = sodium_base64_VARIANT_ORIGINAL;
	size_t len = 0;

	switch (format) {
	case FUOTA_FRAG_JSONL:
		len = (size_t)sprintf(to, "{\"n\":%u,\"payload\":\"",
		    fuota_frag_command_n(command));
		len += put_hex(command, size, to + len);
		memcpy(to + len, "\"}\n", 3);
		return len + 3;
	case FUOTA_FRAG_HEX:
		len = put_hex(command, size, to);
		to[len] = '\n';
		return len + 1;
	case FUOTA_FRAG_BASE64:
		len = sodium_base64_encoded_len(size, variant);
		sodium_bin2base64(to, len, command, size, variant);
		to[len - 1] = '\n'; /* where the terminator was */
		return len;
	case FUOTA_FRAG_BIN:
		memcpy(to, command, size);
		return size;
	}
	return 0;
}

enum fuota_status
fuota_fragfile_write(const struct fuota_frag_session *session,
    enum fuota_frag_format format, struct fuota_in commands,
    struct fuota_out *out, struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(session->frag_size);
	char *to = (char *)out->data;
	size_t len = 0;

	const enum fuota_status status = fuota_frag_check(session, err);
	if (status != FUOTA_OK)
		return status;
	if (commands.len % size != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu bytes are no whole commands of %zu bytes",
		    commands.len, size);
	if (out->size < fuota_fragfile_bound(commands.len))
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "fragment file needs %zu bytes, buffer has %zu",
		    fuota_fragfile_bound(commands.len), out->size);
	if (format == FUOTA_FRAG_JSONL) {
		len = put_session(session, to);
		if (len == 0)
			return fuota_fail_status(
			    err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	}
	for (size_t off = 0; off < commands.len; off += size)
		len += put_command(format, commands.data + off, size, to + len);
	out->len = len;
	return FUOTA_OK;
}
