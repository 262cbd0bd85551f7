/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands as JSON objects; member names are those of the table. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "command_table.h"
#include "fail.h"
#include "json_line.h"

/* --- writing --------------------------------------------------------------*/

/* out->len stops growing and full is set when the room ends. */
struct text {
	struct fuota_out *out;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *t, const char *format, ...)
{
	const size_t room = t->out->size - t->out->len;
	va_list args;

	va_start(args, format);
	const int n =
	    vsnprintf((char *)t->out->data + t->out->len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		t->full = true;
	else
		t->out->len += (size_t)n;
}

static void
put_hex(struct text *t, struct fuota_in bytes)
{
	put(t, "\"");
	for (size_t i = 0; i < bytes.len; i++)
		put(t, "%02x", bytes.data[i]);
	put(t, "\"");
}

static void
put_value(struct text *t, const struct fuota_field *f, uint32_t number,
    struct fuota_in bytes)
{
	put(t, "\"%s\":", f->name);
	switch (f->kind) {
	case FUOTA_FIELD_UNSIGNED:
	case FUOTA_FIELD_FREQUENCY:
		put(t, "%" PRIu32, number);
		break;
	case FUOTA_FIELD_SIGNED:
		put(t, "%" PRId64,
		    number <= INT32_MAX
			? (int64_t)number
			: (int64_t)number - INT64_C(4294967296));
		break;
	case FUOTA_FIELD_ADDRESS:
		put(t, "\"%08" PRIx32 "\"", number);
		break;
	case FUOTA_FIELD_PREFIX:
		put(t, number != 0 ? "true" : "false");
		break;
	case FUOTA_FIELD_BYTES:
	case FUOTA_FIELD_REST:
		put_hex(t, bytes);
		break;
	}
}

static void
put_items(struct text *t, const struct fuota_command *c)
{
	put(t, "\"Items\":[");
	for (size_t k = 0; k < c->item_count; k++) {
		put(t, k > 0 ? ",{" : "{");
		for (int i = 0; i < c->spec->items_field_count; i++) {
			put(t, i > 0 ? "," : "");
			put_value(t, &c->spec->items[i], c->items[k].number[i],
			    (struct fuota_in){ 0 });
		}
		put(t, "}");
	}
	put(t, "]");
}

static void
put_parts(struct text *t, const struct fuota_command *c)
{
	put(t, "\"Parts\":[");
	for (size_t k = 0; k < c->item_count; k++) {
		const struct fuota_command_item *item = &c->items[k];
		put(t, "%s{\"PackageID\":", k > 0 ? "," : "");
		if (item->number[0] == FUOTA_PART_NO_PACKAGE)
			put(t, "null");
		else
			put(t, "%" PRIu32, item->number[0]);
		put(t, ",\"Command\":");
		put_hex(t, item->bytes);
		put(t, "}");
	}
	put(t, "]");
}

/* A message with parts, as opposed to one of its answer buffer. */
static bool
has_parts(const struct fuota_command_spec *spec)
{
	return (spec->flags & FUOTA_COMMAND_MESSAGE) != 0 && spec->cid == 0;
}

static void
put_fields(struct text *t, const struct fuota_command *c)
{
	const char *comma = "";

	put(t, "{");
	for (int i = 0; i < c->spec->field_count; i++) {
		if ((c->present >> i & 1) == 0)
			continue;
		put(t, "%s", comma);
		put_value(t, &c->spec->fields[i], c->number[i], c->bytes[i]);
		comma = ",";
	}
	if (c->spec->item_size > 0 || has_parts(c->spec))
		put(t, "%s", comma);
	if (c->spec->item_size > 0)
		put_items(t, c);
	if (has_parts(c->spec))
		put_parts(t, c);
	put(t, "}");
}

static void
put_command(struct text *t, const struct fuota_command *c)
{
	put(t,
	    "\"package\":\"%s\",\"version\":%u,\"direction\":\"%s\","
	    "\"command\":\"%s\",\"fields\":",
	    fuota_package_name(c->spec->package), c->version,
	    c->spec->direction == FUOTA_UP ? "up" : "down", c->spec->name);
	put_fields(t, c);
}

static void
put_breaches(struct text *t, const struct fuota_command *c)
{
	const char *comma = "";

	if (c->breaches == 0)
		return;
	put(t, ",\"breaches\":[");
	for (int i = 0; i < FUOTA_BREACH_COUNT; i++) {
		if ((c->breaches >> i & 1) == 0)
			continue;
		put(t, "%s\"%s\"", comma,
		    fuota_breach_text((enum fuota_breach)i));
		comma = ",";
	}
	put(t, "]");
}

/* The commands inside a message, decoded; null where one cannot be. */
static void
put_decoded_parts(struct text *t, const struct fuota_command *message,
    const struct fuota_command_context *codec)
{
	struct fuota_command part;

	put(t, ",\"parts\":[");
	for (size_t i = 0; i < message->item_count; i++) {
		put(t, i > 0 ? "," : "");
		if (fuota_command_part(message, codec, i, &part, NULL) !=
		    FUOTA_OK) {
			put(t, "null");
			continue;
		}
		put(t, "{");
		put_command(t, &part);
		put_breaches(t, &part);
		put(t, "}");
	}
	put(t, "]");
}

static enum fuota_status
finish(struct text *t, size_t start, const char *name, struct fuota_error *err)
{
	if (!t->full)
		return FUOTA_OK;
	t->out->len = start;
	return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
	    "%s as JSON does not fit into %zu bytes", name, t->out->size);
}

enum fuota_status
fuota_command_fields_json(const struct fuota_command *command,
    struct fuota_out *out, struct fuota_error *err)
{
	struct text t = { .out = out };
	const size_t start = out->len;

	put_fields(&t, command);
	return finish(&t, start, command->spec->name, err);
}

enum fuota_status
fuota_command_json(const struct fuota_command *command,
    const struct fuota_command_context *codec, struct fuota_out *out,
    struct fuota_error *err)
{
	struct text t = { .out = out };
	const size_t start = out->len;

	put(&t, "{");
	put_command(&t, command);
	put_breaches(&t, command);
	if (has_parts(command->spec))
		put_decoded_parts(&t, command, codec);
	put(&t, "}");
	return finish(&t, start, command->spec->name, err);
}

/* --- reading --------------------------------------------------------------*/

struct reader {
	const struct fuota_command_defaults *defaults;
	struct fuota_command *command;
	struct fuota_out *bytes;
	struct fuota_error *err;
};

__attribute__((format(printf, 2, 3))) static enum fuota_status
malformed(const struct reader *r, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "%s", text);
}

static enum fuota_status
read_hex(const struct reader *r, const char *name, const json_t *value,
    struct fuota_in *bytes)
{
	const char *hex = json_string_value(value), *end;
	struct fuota_out *out = r->bytes;
	size_t len;

	if (hex == NULL)
		return malformed(r, "%s: %s is not a string of hexadecimal",
		    r->command->spec->name, name);
	uint8_t *to = out->data + out->len;
	if (strlen(hex) / 2 > out->size - out->len)
		return malformed(r, "%s: %s has %zu bytes, too many",
		    r->command->spec->name, name, strlen(hex) / 2);
	if (sodium_hex2bin(to, out->size - out->len, hex, strlen(hex), NULL,
		&len, &end) != 0 ||
	    *end != '\0')
		return malformed(r, "%s: %s is not hexadecimal",
		    r->command->spec->name, name);
	out->len += len;
	*bytes = (struct fuota_in){ to, len };
	return FUOTA_OK;
}

static bool
parse_address(const char *text, uint32_t *address)
{
	uint8_t bytes[4];
	size_t len;
	const char *end;

	if (text == NULL ||
	    sodium_hex2bin(bytes, sizeof(bytes), text, strlen(text), NULL, &len,
		&end) != 0 ||
	    len != sizeof(bytes) || *end != '\0')
		return false;
	*address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}

static bool
parse_integer(
    const json_t *value, json_int_t min, json_int_t max, uint32_t *number)
{
	const json_int_t n = json_integer_value(value);

	*number = (uint32_t)n;
	return json_is_integer(value) && n >= min && n <= max;
}

static enum fuota_status
read_number(const struct reader *r, const struct fuota_field *f,
    const json_t *value, uint32_t *number)
{
	const char *name = r->command->spec->name;
	const bool sign = f->kind == FUOTA_FIELD_SIGNED;

	if (f->kind == FUOTA_FIELD_ADDRESS) {
		if (!parse_address(json_string_value(value), number))
			return malformed(
			    r, "%s: %s is not 8 hex digits", name, f->name);
		return FUOTA_OK;
	}
	if (f->kind == FUOTA_FIELD_PREFIX && json_is_boolean(value)) {
		*number = json_is_true(value);
		return FUOTA_OK;
	}
	if (!parse_integer(value, sign ? INT32_MIN : 0,
		sign ? INT32_MAX : UINT32_MAX, number))
		return malformed(r, "%s: %s is not a number from %s", name,
		    f->name,
		    sign ? "-2147483648 to 2147483647" : "0 to 4294967295");
	return FUOTA_OK;
}

static enum fuota_status
read_items(const struct reader *r, const json_t *array)
{
	struct fuota_command *c = r->command;
	const struct fuota_command_spec *spec = c->spec;

	if (!json_is_array(array) ||
	    json_array_size(array) > FUOTA_COMMAND_ITEMS_MAX)
		return malformed(r, "%s: Items is not an array of at most %d",
		    spec->name, FUOTA_COMMAND_ITEMS_MAX);
	c->item_count = json_array_size(array);
	for (size_t k = 0; k < c->item_count; k++) {
		for (int i = 0; i < spec->items_field_count; i++) {
			const struct fuota_field *f = &spec->items[i];
			uint32_t *number = &c->items[k].number[i];
			const enum fuota_status status = read_number(r, f,
			    json_object_get(json_array_get(array, k), f->name),
			    number);
			if (status != FUOTA_OK)
				return status;
			if (f->size == 1 && *number > 255)
				return malformed(r, "%s: %s is %u, at most 255",
				    spec->name, f->name, *number);
		}
	}
	return FUOTA_OK;
}

static enum fuota_status
read_parts(const struct reader *r, const json_t *array)
{
	struct fuota_command *c = r->command;

	if (!json_is_array(array) ||
	    json_array_size(array) > FUOTA_COMMAND_ITEMS_MAX)
		return malformed(r, "%s: Parts is not an array of at most %d",
		    c->spec->name, FUOTA_COMMAND_ITEMS_MAX);
	c->item_count = json_array_size(array);
	for (size_t k = 0; k < c->item_count; k++) {
		const json_t *part = json_array_get(array, k);
		const json_t *id = json_object_get(part, "PackageID");
		struct fuota_command_item *item = &c->items[k];
		item->number[0] = FUOTA_PART_NO_PACKAGE;
		if (id != NULL && !json_is_null(id) &&
		    !parse_integer(
			id, 0, FUOTA_PACKAGE_COUNT - 1, &item->number[0]))
			return malformed(r,
			    "%s: PackageID is not null or 0 to %d",
			    c->spec->name, FUOTA_PACKAGE_COUNT - 1);
		const enum fuota_status status = read_hex(r, "Command",
		    json_object_get(part, "Command"), &item->bytes);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

static enum fuota_status
read_field(const struct reader *r, const char *name, const json_t *value)
{
	struct fuota_command *c = r->command;
	struct fuota_in bytes;
	uint32_t number;

	if (c->spec->item_size > 0 && strcmp(name, "Items") == 0)
		return read_items(r, value);
	if (has_parts(c->spec) && strcmp(name, "Parts") == 0)
		return read_parts(r, value);
	const int i = fuota_command_field(c->spec, name);
	if (i < 0)
		return malformed(r, "%s has no such field", c->spec->name);
	const struct fuota_field *f = &c->spec->fields[i];
	if (f->kind == FUOTA_FIELD_BYTES || f->kind == FUOTA_FIELD_REST) {
		const enum fuota_status status =
		    read_hex(r, f->name, value, &bytes);
		return status != FUOTA_OK
		    ? status
		    : fuota_command_set_bytes(c, f->name, bytes, r->err);
	}
	const enum fuota_status status = read_number(r, f, value, &number);
	return status != FUOTA_OK
	    ? status
	    : fuota_command_set(c, f->name, number, r->err);
}

/* A member of text, or what stands for it; NULL without either. */
static const char *
text_or(const json_t *root, const char *name, const char *otherwise)
{
	const json_t *member = json_object_get(root, name);

	return member != NULL ? json_string_value(member) : otherwise;
}

static enum fuota_status
read_head(const struct reader *r, const json_t *root)
{
	static const struct fuota_command_defaults none;
	const struct fuota_command_defaults *d =
	    r->defaults != NULL ? r->defaults : &none;
	const char *package = text_or(root, "package", d->package);
	const char *direction = text_or(root, "direction", d->direction);
	const char *command = text_or(root, "command", NULL);
	const json_t *version = json_object_get(root, "version");
	enum fuota_package found;

	if (package == NULL || fuota_package_find(package, &found) != FUOTA_OK)
		return malformed(r,
		    "member 'package' is not one of clocksync, "
		    "multicastsetup, fragmentation, "
		    "firmwaremanagement, multipackage");
	if (direction == NULL ||
	    (strcmp(direction, "up") != 0 && strcmp(direction, "down") != 0))
		return malformed(r, "member 'direction' is not up or down");
	if (command == NULL)
		return malformed(r, "member 'command' is missing");
	uint32_t number = d->versions[found];
	if (version != NULL && !parse_integer(version, 1, 255, &number))
		return malformed(r, "member 'version' is not 1 to 255");
	return fuota_command_init(r->command, found, (uint8_t)number,
	    strcmp(direction, "up") == 0 ? FUOTA_UP : FUOTA_DOWN, command,
	    r->err);
}

static enum fuota_status
read_fields(const struct reader *r, json_t *fields)
{
	const char *name;
	json_t *value;

	if (fields != NULL && !json_is_object(fields))
		return malformed(r, "member 'fields' is not an object");
	json_object_foreach(fields, name, value)
	{
		const enum fuota_status status = read_field(r, name, value);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_command_parse_json(struct fuota_in text,
    const struct fuota_command_defaults *defaults,
    struct fuota_command *command, struct fuota_out *bytes,
    struct fuota_error *err)
{
	const struct reader r = { defaults, command, bytes, err };
	json_t *root;

	enum fuota_status status = fuota_json_object(text, &root, err);
	if (status != FUOTA_OK)
		return status;
	status = read_head(&r, root);
	if (status == FUOTA_OK)
		status = read_fields(&r, json_object_get(root, "fields"));
	json_decref(root);
	return status;
}
