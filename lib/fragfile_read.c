/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader of fragment files: one line, one JSON object. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include <fuota/fragfile.h>

#include "fail.h"
#include "frag_command.h"

static const char schema_any[] = "fuota-frags/";
static const char schema_this[] = "fuota-frags/1";
static const char byte_order_mark[] = "\xef\xbb\xbf";

struct reader {
	struct fuota_in in;
	size_t off; /* of the next line */
	size_t line; /* number of the current line, from 1 */
	size_t line_off;
	struct fuota_frag_session session;
	/* For every N the line that it was first on, 0 for none. */
	uint32_t *first_line;
	struct fuota_out *commands;
	size_t commands_len;
	struct fuota_error *err;
};

/* Fails with the line in front of the sentence. */
#define fail_line(r, status, ...) \
	fuota_fail((r)->err, status, (r)->line_off, "line %zu: " __VA_ARGS__)

static bool
starts_with_mark(struct fuota_in in)
{
	const size_t len = sizeof(byte_order_mark) - 1;

	return in.len >= len && memcmp(in.data, byte_order_mark, len) == 0;
}

/* The next line without its end, LF or CRLF. */
static struct fuota_in
next_line(struct reader *r)
{
	const uint8_t *start = r->in.data + r->off;
	const size_t left = r->in.len - r->off;
	const uint8_t *end = memchr(start, '\n', left);
	size_t len = end != NULL ? (size_t)(end - start) : left;

	r->line++;
	r->line_off = r->off;
	r->off += end != NULL ? len + 1 : len;
	if (len > 0 && start[len - 1] == '\r')
		len--;
	return (struct fuota_in){ .data = start, .len = len };
}

/* NULL, with the error told, unless the line is one JSON object. */
static json_t *
parse_line(struct reader *r, struct fuota_in line)
{
	json_error_t error;

	if (line.len == 0) {
		fail_line(r, FUOTA_E_FORMAT, "is empty", r->line);
		return NULL;
	}
	json_t *object = json_loadb(
	    (const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL) {
		/* jansson has no words for every failed allocation */
		if (error.text[0] == '\0' ||
		    json_error_code(&error) == json_error_out_of_memory)
			fail_line(r, FUOTA_E_MEMORY, "out of memory", r->line);
		else
			fail_line(r, FUOTA_E_FORMAT,
			    "is not JSON, from column %d", r->line,
			    error.column);
	} else if (!json_is_object(object)) {
		fail_line(r, FUOTA_E_FORMAT, "is not a JSON object", r->line);
		json_decref(object);
		object = NULL;
	}
	return object;
}

/* --- members ------------------------------------------------------------- */

static bool
get_number(struct reader *r, const json_t *object, const char *key,
    json_int_t min, json_int_t max, uint32_t *to)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max) {
		fail_line(r, FUOTA_E_FORMAT,
		    "'%s' is %s a whole number from %lld to %lld", r->line, key,
		    value == NULL ? "missing," : "not", (long long)min,
		    (long long)max);
		return false;
	}
	*to = (uint32_t)json_integer_value(value);
	return true;
}

static bool
get_hex(struct reader *r, const json_t *object, const char *key, uint8_t *to,
    size_t len)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t got = 0;

	if (text != NULL && strlen(text) == len * 2 &&
	    sodium_hex2bin(to, len, text, len * 2, NULL, &got, NULL) == 0 &&
	    got == len)
		return true;
	fail_line(r, FUOTA_E_FORMAT, "'%s' is not %zu bytes of hexadecimal",
	    r->line, key, len);
	return false;
}

static bool
get_schema(struct reader *r, const json_t *object)
{
	const char *schema =
	    json_string_value(json_object_get(object, "schema"));

	if (schema == NULL ||
	    strncmp(schema, schema_any, sizeof(schema_any) - 1) != 0) {
		fail_line(r, FUOTA_E_FORMAT,
		    "is not the session line of a fragment file (\"schema\":\"%s\")",
		    r->line, schema_this);
		return false;
	}
	if (strcmp(schema, schema_this) != 0) {
		fail_line(r, FUOTA_E_UNSUPPORTED,
		    "'schema' is not \"%s\", the only one known", r->line,
		    schema_this);
		return false;
	}
	return true;
}

static bool
get_edition(struct reader *r, const json_t *object)
{
	const char *name = json_string_value(json_object_get(object, "ts004"));

	for (int e = FUOTA_TS004_V1; name != NULL && e <= FUOTA_TS004_V2_ABSN;
	     e++)
		if (strcmp(name, fuota_ts004_name((enum fuota_ts004)e)) == 0) {
			r->session.edition = (enum fuota_ts004)e;
			return true;
		}
	fail_line(r, FUOTA_E_UNSUPPORTED,
	    "'ts004' is not \"1.0.0\", \"2.0.0\" or \"2.0.0-absN\"", r->line);
	return false;
}

static bool
get_algo(struct reader *r, const json_t *object)
{
	uint32_t algo;

	if (!get_number(r, object, "frag_algo", 0, 7, &algo))
		return false;
	if (algo == 0)
		return true;
	fail_line(r, FUOTA_E_UNSUPPORTED, "'frag_algo' is %u, only 0 is known",
	    r->line, algo);
	return false;
}

static bool
get_session_cnt(struct reader *r, const json_t *object, uint32_t *count)
{
	*count = 0;
	if (r->session.edition != FUOTA_TS004_V1)
		return get_number(
		    r, object, "session_cnt", 0, UINT16_MAX, count);
	if (json_object_get(object, "session_cnt") == NULL)
		return true;
	fail_line(r, FUOTA_E_FORMAT,
	    "'session_cnt' is there, TS004 1.0.0 has none", r->line);
	return false;
}

static bool
get_members(struct reader *r, const json_t *object)
{
	struct fuota_frag_session *s = &r->session;
	uint32_t nb_frag, frag_size, padding, redundancy, index, mask, delay;
	uint32_t block_len, session_cnt;

	if (!get_schema(r, object) || !get_edition(r, object) ||
	    !get_algo(r, object) ||
	    !get_number(r, object, "nb_frag", 1, FUOTA_FRAG_N_MAX, &nb_frag) ||
	    !get_number(
		r, object, "frag_size", 1, FUOTA_FRAG_SIZE_MAX, &frag_size) ||
	    !get_number(
		r, object, "padding", 0, FUOTA_FRAG_SIZE_MAX - 1, &padding) ||
	    !get_number(
		r, object, "redundancy", 0, FUOTA_FRAG_N_MAX, &redundancy) ||
	    !get_number(r, object, "frag_index", 0, 3, &index) ||
	    !get_number(r, object, "mc_group_bit_mask", 0, 15, &mask) ||
	    !get_number(r, object, "block_ack_delay", 0, 7, &delay) ||
	    !get_hex(r, object, "descriptor", s->descriptor,
		sizeof(s->descriptor)) ||
	    !get_number(
		r, object, "data_block_len", 1, FUOTA_BLOCK_MAX, &block_len) ||
	    !get_hex(r, object, "data_block_sha256", s->block_sha256,
		sizeof(s->block_sha256)) ||
	    !get_session_cnt(r, object, &session_cnt))
		return false;
	s->nb_frag = (uint16_t)nb_frag;
	s->frag_size = (uint8_t)frag_size;
	s->padding = (uint8_t)padding;
	s->redundancy = (uint16_t)redundancy;
	s->frag_index = (uint8_t)index;
	s->mc_group_bit_mask = (uint8_t)mask;
	s->block_ack_delay = (uint8_t)delay;
	s->block_len = block_len;
	s->session_cnt = (uint16_t)session_cnt;
	return true;
}

/* --- lines --------------------------------------------------------------- */

static bool
read_session(struct reader *r)
{
	struct fuota_error why;

	if (starts_with_mark(r->in)) {
		fail_line(r, FUOTA_E_FORMAT,
		    "starts with a UTF-8 byte order mark: save it without",
		    ++r->line);
		return false;
	}
	json_t *object = parse_line(r, next_line(r));
	if (object == NULL)
		return false;
	const bool good = get_members(r, object);
	json_decref(object);
	if (good && fuota_frag_check(&r->session, &why) != FUOTA_OK) {
		fail_line(r, FUOTA_E_FORMAT, "%s", r->line, why.message);
		return false;
	}
	return good;
}

static bool
check_head(struct reader *r, const uint8_t *command, uint32_t n)
{
	const uint8_t index = fuota_frag_command_index(command);

	if (command[0] != FUOTA_FRAG_CID) {
		fail_line(r, FUOTA_E_FORMAT,
		    "command 0x%02x is no DataFragment, 0x%02x", r->line,
		    command[0], FUOTA_FRAG_CID);
		return false;
	}
	if (index != r->session.frag_index) {
		fail_line(r, FUOTA_E_FORMAT,
		    "payload is for FragIndex %u, the session has %u", r->line,
		    index, r->session.frag_index);
		return false;
	}
	if (fuota_frag_command_n(command) != n) {
		fail_line(r, FUOTA_E_FORMAT, "'n' is %u, its payload says %u",
		    r->line, n, fuota_frag_command_n(command));
		return false;
	}
	return true;
}

static bool
check_repeat(struct reader *r, const uint8_t *command, uint32_t n, size_t size)
{
	if (r->first_line[n] == 0) {
		r->first_line[n] = (uint32_t)r->line;
		return true;
	}
	/* Line 2 has the first command. */
	const uint8_t *first =
	    r->commands->data + (size_t)(r->first_line[n] - 2) * size;
	if (memcmp(first, command, size) == 0)
		return true;
	fail_line(r, FUOTA_E_FORMAT,
	    "n = %u again, with other bytes than on line %u", r->line, n,
	    r->first_line[n]);
	return false;
}

static bool
get_fragment(struct reader *r, const json_t *object)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(r->session.frag_size);
	uint8_t command[FUOTA_FRAG_COMMAND_SIZE(FUOTA_FRAG_SIZE_MAX)];
	uint32_t n;

	if (json_object_get(object, "schema") != NULL) {
		fail_line(r, FUOTA_E_FORMAT,
		    "is a second session line: a file has one session",
		    r->line);
		return false;
	}
	if (!get_number(r, object, "n", 1, FUOTA_FRAG_N_MAX, &n))
		return false;
	if (!get_hex(r, object, "payload", command, size) ||
	    !check_head(r, command, n) || !check_repeat(r, command, n, size))
		return false;
	if (r->commands->size - r->commands_len < size) {
		fail_line(r, FUOTA_E_SPACE, "buffer of %zu bytes is full",
		    r->line, r->commands->size);
		return false;
	}
	memcpy(r->commands->data + r->commands_len, command, size);
	r->commands_len += size;
	return true;
}

static bool
read_fragments(struct reader *r)
{
	while (r->off < r->in.len) {
		json_t *object = parse_line(r, next_line(r));
		if (object == NULL)
			return false;
		const bool good = get_fragment(r, object);
		json_decref(object);
		if (!good)
			return false;
	}
	return true;
}

bool
fuota_fragfile_detect(struct fuota_in in)
{
	if (starts_with_mark(in)) {
		in.data += sizeof(byte_order_mark) - 1;
		in.len -= sizeof(byte_order_mark) - 1;
	}
	if (in.len == 0 || in.data[0] != '{')
		return false;
	const uint8_t *end = memchr(in.data, '\n', in.len);
	const size_t len = end != NULL ? (size_t)(end - in.data) : in.len;
	return memmem(in.data, len, schema_any, sizeof(schema_any) - 1) != NULL;
}

enum fuota_status
fuota_fragfile_read(struct fuota_in in, struct fuota_frag_session *session,
    struct fuota_out *commands, struct fuota_error *err)
{
	struct fuota_error local = { .status = FUOTA_OK };
	struct reader r = { .in = in, .commands = commands, .err = &local };

	if (in.len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "no fragment file");
	r.first_line = calloc(FUOTA_FRAG_N_MAX + 1, sizeof(*r.first_line));
	if (r.first_line == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const bool good = read_session(&r) && read_fragments(&r);
	free(r.first_line);
	if (!good) {
		if (err != NULL)
			*err = local;
		return local.status;
	}
	*session = r.session;
	commands->len = r.commands_len;
	return FUOTA_OK;
}
