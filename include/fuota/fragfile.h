/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragment files, "fuota-frags/1". Source: fuota-frag(5). */
#ifndef FUOTA_FRAGFILE_H
#define FUOTA_FRAGFILE_H

#include <stdbool.h>

#include <fuota/frag.h>

/* The largest fragment file that is read, bytes: every N four times. */
#define FUOTA_FRAGFILE_MAX (4u * 16384u * 1024u)

enum fuota_frag_format {
	FUOTA_FRAG_JSONL = 0, /* a session line, then a line per fragment */
	FUOTA_FRAG_HEX = 1, /* a command per line, hexadecimal */
	FUOTA_FRAG_BASE64 = 2, /* a command per line, RFC 4648 with padding */
	FUOTA_FRAG_BIN = 3, /* the commands, one after the other */
};

/* Bytes that fuota_fragfile_write() needs at most. */
FUOTA_API size_t
fuota_fragfile_bound(size_t commands_len);

/*
 * Writes commands as a file. Only FUOTA_FRAG_JSONL carries the session.
 *
 * commands  as of fuota_frag_encode() for this session
 *
 * Errors: FUOTA_E_RANGE   commands.len is no multiple of the command size, or
 *                         the session is not sound
 *         FUOTA_E_SPACE   out->size < fuota_fragfile_bound()
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_fragfile_write(const struct fuota_frag_session *session,
    enum fuota_frag_format format, struct fuota_in commands,
    struct fuota_out *out, struct fuota_error *err);

/*
 * Whether the bytes are meant as a fragment file: they begin with a JSON
 * object (a byte order mark before it allowed) whose first line names a
 * schema "fuota-frags/...".
 */
FUOTA_API bool
fuota_fragfile_detect(struct fuota_in in);

/*
 * Reads a fragment file: JSON Lines only. Lines may be missing, repeated and
 * in any order; what contradicts the session line or another line is refused,
 * and err says the line. The commands come in the order of the lines, repeats
 * included.
 *
 * session   untouched on error
 * commands  size in.len / 2 is always enough
 *
 * Errors: FUOTA_E_EMPTY        no input
 *         FUOTA_E_FORMAT       a line breaks a rule
 *         FUOTA_E_UNSUPPORTED  another schema, ts004 version or frag_algo
 *         FUOTA_E_SPACE, FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_fragfile_read(struct fuota_in in, struct fuota_frag_session *session,
    struct fuota_out *commands, struct fuota_error *err);

/* "1.0.0", "2.0.0" or "2.0.0-absN". Static. */
FUOTA_API const char *
fuota_ts004_name(enum fuota_ts004 edition);

#endif
