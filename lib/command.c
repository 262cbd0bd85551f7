/* SPDX-License-Identifier: BSD-2-Clause */
/* One command: bytes to fields and back, as the table tells. */
#include <string.h>

#include <fuota/device/bytes.h>

#include "command_table.h"
#include "fail.h"

enum {
	PAYLOAD_MAX = FUOTA_COMMAND_SIZE_MAX - 1
};

/* --- numbers --------------------------------------------------------------*/

static uint32_t
get_number(const uint8_t *p, uint8_t size)
{
	switch (size) {
	case 1:
		return p[0];
	case 2:
		return fuota_get_u16(p);
	case 3:
		return fuota_get_u24(p);
	default:
		return fuota_get_u32(p);
	}
}

static void
put_number(uint8_t *p, uint8_t size, uint32_t v)
{
	switch (size) {
	case 1:
		p[0] = (uint8_t)v;
		break;
	case 2:
		fuota_put_u16(p, (uint16_t)v);
		break;
	case 3:
		fuota_put_u24(p, v);
		break;
	default:
		fuota_put_u32(p, v);
	}
}

static uint32_t
read_number(const struct fuota_field *f, const uint8_t *payload)
{
	const uint32_t raw =
	    get_number(payload + f->offset, f->size) >> f->shift &
	    fuota_field_max(f);

	return f->kind == FUOTA_FIELD_FREQUENCY ? fuota_frequency_of_wire(raw)
						: raw;
}

static void
write_number(const struct fuota_field *f, uint32_t value, uint8_t *payload)
{
	if (f->kind == FUOTA_FIELD_FREQUENCY)
		(void)fuota_frequency_to_wire(value, &value);
	const uint32_t others = get_number(payload + f->offset, f->size);
	put_number(payload + f->offset, f->size, others | value << f->shift);
}

/* --- layout ---------------------------------------------------------------*/

static bool
has_optional(const struct fuota_command_spec *spec, uint8_t first)
{
	return spec->optional_size != 0 && (first & spec->mask) == spec->value;
}

static bool
is_optional(const struct fuota_command_spec *spec, const struct fuota_field *f)
{
	return spec->optional_size != 0 && f->offset >= spec->fixed_size;
}

static size_t
item_count(const struct fuota_command_spec *spec, uint8_t first)
{
	size_t count = first & spec->item_number;

	for (unsigned bits = first & spec->item_bits; bits != 0; bits >>= 1)
		count += bits & 1;
	return count;
}

static bool
has_rest(const struct fuota_command_spec *spec)
{
	return spec->field_count > 0 &&
	    spec->fields[spec->field_count - 1].kind == FUOTA_FIELD_REST;
}

/* --- decoding -------------------------------------------------------------*/

void
fuota_command_breach(struct fuota_command *command, enum fuota_breach breach)
{
	command->breaches = (uint16_t)(command->breaches | 1u << breach);
}

/* Bits of the first size bytes that no field covers. */
static bool
reserved_set(
    const struct fuota_command_spec *spec, const uint8_t *payload, size_t size)
{
	uint8_t covered[32] = { 0 };

	for (int i = 0; i < spec->field_count; i++) {
		const struct fuota_field *f = &spec->fields[i];
		if (f->kind == FUOTA_FIELD_REST || f->offset >= size)
			continue;
		if (f->kind == FUOTA_FIELD_BYTES)
			memset(covered + f->offset, 0xff, f->size);
		else
			put_number(covered + f->offset, f->size,
			    get_number(covered + f->offset, f->size) |
				fuota_field_max(f) << f->shift);
	}
	for (size_t i = 0; i < size; i++)
		if ((payload[i] & ~covered[i]) != 0)
			return true;
	return false;
}

static void
read_fields(struct fuota_command *command, const uint8_t *payload, size_t size)
{
	const struct fuota_command_spec *spec = command->spec;

	for (int i = 0; i < spec->field_count; i++) {
		const struct fuota_field *f = &spec->fields[i];
		if (f->kind == FUOTA_FIELD_REST || f->offset + f->size > size)
			continue;
		if (f->kind == FUOTA_FIELD_BYTES)
			command->bytes[i] =
			    (struct fuota_in){ payload + f->offset, f->size };
		else
			command->number[i] = read_number(f, payload);
		if (f->extra && command->number[i] == 0)
			continue;
		if (f->extra)
			fuota_command_breach(command, FUOTA_BREACH_EXTRA);
		command->present = (uint16_t)(command->present | 1u << i);
	}
}

static void
read_items(struct fuota_command *command, const uint8_t *payload, uint8_t bits)
{
	const struct fuota_command_spec *spec = command->spec;
	uint8_t ids = 0;

	for (size_t k = 0; k < command->item_count; k++) {
		const uint8_t *p = payload + k * spec->item_size;
		for (int i = 0; i < spec->items_field_count; i++)
			command->items[k].number[i] =
			    read_number(&spec->items[i], p);
		if (p[0] < 8 && ids >> p[0] == 0) /* ascending, once each */
			ids = (uint8_t)(ids | 1u << p[0]);
	}
	if (spec->item_bits != 0 && ids != bits)
		fuota_command_breach(command, FUOTA_BREACH_ITEMS);
}

/*
 * A status that says "nothing follows", and three bytes do, from 00 on: the
 * long form of a device that always sends it, unless they are this package's
 * PackageVersionAns.
 */
static bool
is_long_form(
    const struct fuota_command_spec *spec, const uint8_t *rest, size_t rest_len)
{
	if ((spec->flags & FUOTA_COMMAND_LONG_FORM) == 0 ||
	    rest_len < spec->optional_size)
		return false;
	return rest[0] == 0 && rest[1] != (uint8_t)spec->package;
}

static enum fuota_status
cut_short(const struct fuota_command_spec *spec, size_t frame_len, size_t have,
    size_t want, struct fuota_error *err)
{
	return fuota_fail(err, FUOTA_E_TRUNCATED, frame_len,
	    "%s has %zu of %zu bytes behind its CID", spec->name, have, want);
}

static enum fuota_status
no_such_command(const struct fuota_command_context *codec, uint8_t version,
    uint8_t cid, size_t at, size_t rest, struct fuota_error *err)
{
	if (version > fuota_package_newest(codec->package))
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, at,
		    "version %u of package %s is not known", version,
		    fuota_package_name(codec->package));
	return fuota_fail(err, FUOTA_E_UNSUPPORTED, at,
	    "unknown CID %02x, %zu bytes behind it: package %s version %u has no "
	    "such %slink",
	    cid, rest, fuota_package_name(codec->package), version,
	    codec->direction == FUOTA_UP ? "up" : "down");
}

/* What no bit field can tell. */
static void
find_breaches(
    struct fuota_command *command, size_t start, size_t end, size_t frame_len)
{
	uint32_t value;

	if ((command->spec->flags & FUOTA_COMMAND_DRAFT) != 0)
		fuota_command_breach(command, FUOTA_BREACH_DRAFT);
	if (fuota_command_get(command, "N", &value)) {
		if (value == 0)
			fuota_command_breach(command, FUOTA_BREACH_N_ZERO);
		if (start != 0 || end != frame_len)
			fuota_command_breach(command, FUOTA_BREACH_NOT_ALONE);
	}
	if (command->spec->cid == 0 &&
	    fuota_command_get(command, "PackageIdentifier", &value) &&
	    value != (uint32_t)command->spec->package)
		fuota_command_breach(command, FUOTA_BREACH_PACKAGE);
}

/* How the bytes behind a CID divide. */
struct layout {
	size_t size; /* fields */
	size_t items; /* bytes of items */
	size_t skipped; /* bytes of a long form */
};

static enum fuota_status
measure(struct fuota_command *command, const uint8_t *payload, size_t have,
    size_t frame_len, struct layout *layout, struct fuota_error *err)
{
	const struct fuota_command_spec *spec = command->spec;

	*layout = (struct layout){ .size = spec->fixed_size };
	if (spec->fixed_size == 0)
		return FUOTA_OK;
	if (have == 0 && (spec->flags & FUOTA_COMMAND_BARE) != 0) {
		fuota_command_breach(command, FUOTA_BREACH_BARE);
		layout->size = 0;
		return FUOTA_OK;
	}
	if (have < spec->fixed_size)
		return cut_short(spec, frame_len, have, spec->fixed_size, err);
	if (has_optional(spec, payload[0])) {
		layout->size += spec->optional_size;
	} else if (is_long_form(spec, payload + spec->fixed_size,
		       have - spec->fixed_size)) {
		fuota_command_breach(command, FUOTA_BREACH_LONG_FORM);
		layout->skipped = spec->optional_size;
	}
	command->item_count = item_count(spec, payload[0]);
	layout->items = command->item_count * spec->item_size;
	const size_t want = layout->size + layout->items;
	return have < want ? cut_short(spec, frame_len, have, want, err)
			   : FUOTA_OK;
}

static void
read_rest(struct fuota_command *command, struct fuota_in rest)
{
	const int last = command->spec->field_count - 1;

	command->bytes[last] = rest;
	command->present = (uint16_t)(command->present | 1u << last);
}

static enum fuota_status
decode_payload(const struct fuota_command_spec *spec, uint8_t version,
    struct fuota_in frame, size_t *offset, struct fuota_command *command,
    struct fuota_error *err)
{
	const size_t start = *offset;
	const uint8_t *payload = frame.data + start + 1;
	const size_t have = frame.len - start - 1;
	struct fuota_command c = { .spec = spec, .version = version };
	struct layout l;

	const enum fuota_status status =
	    measure(&c, payload, have, frame.len, &l, err);
	if (status != FUOTA_OK)
		return status;
	read_fields(&c, payload, l.size);
	if (reserved_set(spec, payload, l.size))
		fuota_command_breach(&c, FUOTA_BREACH_RFU);
	if (spec->item_size > 0)
		read_items(&c, payload + l.size, payload[0] & spec->item_bits);
	size_t used = l.size + l.items + l.skipped;
	if (has_rest(spec)) {
		read_rest(&c, (struct fuota_in){ payload + used, have - used });
		used = have;
	}
	find_breaches(&c, start, start + 1 + used, frame.len);
	*offset = start + 1 + used;
	*command = c;
	return FUOTA_OK;
}

enum fuota_status
fuota_command_decode_one(const struct fuota_command_context *codec,
    struct fuota_in frame, size_t *offset, struct fuota_command *command,
    struct fuota_error *err)
{
	const size_t at = *offset;

	if (at >= frame.len)
		return fuota_fail(err,
		    frame.len == 0 ? FUOTA_E_EMPTY : FUOTA_E_TRUNCATED,
		    frame.len, "no command at byte %zu of a frame of %zu bytes",
		    at, frame.len);
	const uint8_t version = fuota_command_version(
	    codec->package, codec->versions[codec->package]);
	const uint8_t cid = frame.data[at];
	const struct fuota_command_spec *spec = fuota_command_by_cid(
	    codec->package, version, codec->direction, cid);
	if (spec == NULL)
		return no_such_command(
		    codec, version, cid, at, frame.len - at - 1, err);
	return decode_payload(spec, version, frame, offset, command, err);
}

enum fuota_status
fuota_command_decode(const struct fuota_command_context *codec,
    struct fuota_in frame, size_t *offset, struct fuota_command *command,
    struct fuota_error *err)
{
	if (frame.len == 0)
		return fuota_fail(err, FUOTA_E_EMPTY, 0, "frame is empty");
	if ((unsigned)codec->package >= FUOTA_PACKAGE_COUNT)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, 0,
		    "there is no package %u", (unsigned)codec->package);
	if (codec->package != FUOTA_PACKAGE_MULTIPACKAGE)
		return fuota_command_decode_one(
		    codec, frame, offset, command, err);
	if (*offset != 0)
		return fuota_fail(err, FUOTA_E_FORMAT, *offset,
		    "a multi-package message is decoded whole");
	const enum fuota_status status =
	    fuota_message_decode(codec, frame, command, err);
	if (status == FUOTA_OK)
		*offset = frame.len;
	return status;
}

/* --- encoding -------------------------------------------------------------*/

/* Whether the field belongs into this form, and is there when it must be. */
static enum fuota_status
check_present(const struct fuota_command *command, int i, bool optional,
    struct fuota_error *err)
{
	const struct fuota_command_spec *spec = command->spec;
	const struct fuota_field *f = &spec->fields[i];
	const bool present = (command->present >> i & 1) != 0;

	if (is_optional(spec, f) && !optional && present)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s is not sent with this status", spec->name, f->name);
	if ((!is_optional(spec, f) || optional) && !present && !f->extra)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s is missing", spec->name, f->name);
	return FUOTA_OK;
}

static enum fuota_status
put_fields(const struct fuota_command *command, uint8_t *payload, size_t *size,
    struct fuota_error *err)
{
	const struct fuota_command_spec *spec = command->spec;

	for (int i = 0; i < spec->field_count; i++)
		if ((command->present >> i & 1) != 0 &&
		    !fuota_field_is_bytes(&spec->fields[i]))
			write_number(
			    &spec->fields[i], command->number[i], payload);
	const bool optional = has_optional(spec, payload[0]);
	*size = spec->fixed_size + (optional ? spec->optional_size : 0u);
	for (int i = 0; i < spec->field_count; i++) {
		const enum fuota_status status =
		    check_present(command, i, optional, err);
		if (status != FUOTA_OK)
			return status;
		if (!fuota_field_is_bytes(&spec->fields[i]))
			continue;
		const struct fuota_in bytes = command->bytes[i];
		if (bytes.len > 0)
			memcpy(payload + spec->fields[i].offset, bytes.data,
			    bytes.len);
		if (spec->fields[i].kind == FUOTA_FIELD_REST)
			*size += bytes.len;
	}
	return FUOTA_OK;
}

static enum fuota_status
put_items(const struct fuota_command *command, uint8_t *payload, size_t *size,
    struct fuota_error *err)
{
	const struct fuota_command_spec *spec = command->spec;
	const size_t want = item_count(spec, payload[0]);

	if (command->item_count != want)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %zu Items, its first byte says %zu", spec->name,
		    command->item_count, want);
	for (size_t k = 0; k < want; k++) {
		for (int i = 0; i < spec->items_field_count; i++)
			write_number(&spec->items[i],
			    command->items[k].number[i], payload + *size);
		*size += spec->item_size;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_command_encode(const struct fuota_command *command, struct fuota_out *out,
    struct fuota_error *err)
{
	const struct fuota_command_spec *spec = command->spec;
	uint8_t payload[PAYLOAD_MAX + 3] = { 0 };
	size_t size;
	uint32_t n;

	if ((spec->flags & FUOTA_COMMAND_MESSAGE) != 0)
		return fuota_message_encode(command, out, err);
	if (fuota_command_get(command, "N", &n) && n == 0)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "DataFragment: N counts from 1");
	enum fuota_status status = put_fields(command, payload, &size, err);
	if (status == FUOTA_OK)
		status = put_items(command, payload, &size, err);
	if (status != FUOTA_OK)
		return status;
	if (out->size - out->len < size + 1)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "%s needs %zu bytes, %zu are left", spec->name, size + 1,
		    out->size - out->len);
	out->data[out->len] = spec->cid;
	memcpy(out->data + out->len + 1, payload, size);
	out->len += size + 1;
	return FUOTA_OK;
}
