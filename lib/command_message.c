/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole TS007 messages: commands of several packages and a token. */
#include <string.h>

#include "command_table.h"
#include "fail.h"

enum {
	PACKAGE_ID = 0x80, /* marks a PackageID byte */
	TOKEN_MASK = 0x03,
	CID_BUFFER = 0x02, /* MultiPackBufferReq and -Frag */
	BUFFER_ERROR = 0xff, /* in place of BaseByte */
	BASE_BYTE_MAX = 127,
	BUFFER_REQ_SIZE = 3 /* CID, StartByte, StopByte */
};

static enum fuota_status
begin(struct fuota_command *command, enum fuota_direction direction,
    const char *name)
{
	return fuota_command_init(
	    command, FUOTA_PACKAGE_MULTIPACKAGE, 1, direction, name, NULL);
}

/* Fields that come from one byte always fit. */
static void
set(struct fuota_command *command, const char *name, uint32_t value)
{
	(void)fuota_command_set(command, name, value, NULL);
}

static void
set_token(struct fuota_command *command, uint8_t token)
{
	set(command, "Token", token & TOKEN_MASK);
	if ((token & ~TOKEN_MASK) != 0)
		fuota_command_breach(command, FUOTA_BREACH_RFU);
}

/* --- requests for, and pieces of, the answer buffer -----------------------*/

static enum fuota_status
decode_buffer_req(struct fuota_in frame, size_t prefix,
    struct fuota_command *command, struct fuota_error *err)
{
	if (frame.len - prefix < BUFFER_REQ_SIZE)
		return fuota_fail(err, FUOTA_E_TRUNCATED, frame.len,
		    "MultiPackBufferReq has %zu of 2 bytes behind its CID",
		    frame.len - prefix - 1);
	if (frame.len - prefix > BUFFER_REQ_SIZE)
		return fuota_fail(err, FUOTA_E_FORMAT, prefix + BUFFER_REQ_SIZE,
		    "MultiPackBufferReq must be alone, without a token; "
		    "%zu bytes follow",
		    frame.len - prefix - BUFFER_REQ_SIZE);
	begin(command, FUOTA_DOWN, "MultiPackBufferReq");
	set(command, "PackageIDPrefix", prefix > 0);
	set(command, "StartByte", frame.data[prefix + 1]);
	set(command, "StopByte", frame.data[prefix + 2]);
	if (frame.data[prefix + 2] < frame.data[prefix + 1])
		fuota_command_breach(command, FUOTA_BREACH_EMPTY_RANGE);
	return FUOTA_OK;
}

static enum fuota_status
decode_buffer_frag(struct fuota_in frame, struct fuota_command *command,
    struct fuota_error *err)
{
	const bool error = frame.len == 3 && frame.data[1] == BUFFER_ERROR;

	if (frame.len < 4 && !error)
		return fuota_fail(err, FUOTA_E_TRUNCATED, frame.len,
		    "MultiPackBufferFrag has %zu of at least 4 bytes",
		    frame.len);
	if (!error && frame.data[1] > BASE_BYTE_MAX)
		return fuota_fail(err, FUOTA_E_FORMAT, 1,
		    "MultiPackBufferFrag: BaseByte is %u, the buffer has 128 "
		    "bytes",
		    frame.data[1]);
	begin(command, FUOTA_UP, "MultiPackBufferFrag");
	set_token(command, frame.data[frame.len - 1]);
	if (error) {
		set(command, "Error", BUFFER_ERROR);
		return FUOTA_OK;
	}
	set(command, "BaseByte", frame.data[1]);
	return fuota_command_set_bytes(command, "Data",
	    (struct fuota_in){ frame.data + 2, frame.len - 3 }, err);
}

/* --- messages of commands -------------------------------------------------*/

/* The PackageID byte at *offset, if there is one. */
static enum fuota_status
read_package(struct fuota_in body, size_t *offset,
    struct fuota_command_context *codec, uint32_t *explicit,
    struct fuota_error *err)
{
	*explicit = FUOTA_PART_NO_PACKAGE;
	if (body.data[*offset] < PACKAGE_ID)
		return FUOTA_OK;
	const unsigned id = body.data[*offset] - PACKAGE_ID;
	if (id >= FUOTA_PACKAGE_COUNT)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, *offset,
		    "unknown package %u, %zu bytes behind it", id,
		    body.len - *offset - 1);
	*explicit = id;
	codec->package = (enum fuota_package)id;
	if (++*offset == body.len)
		return fuota_fail(err, FUOTA_E_TRUNCATED, *offset,
		    "no command behind the PackageID of package %u", id);
	return FUOTA_OK;
}

static enum fuota_status
read_part(struct fuota_command_context *codec, struct fuota_in body,
    size_t *offset, struct fuota_command *command, struct fuota_error *err)
{
	struct fuota_command_item *item = &command->items[command->item_count];
	struct fuota_command part;

	if (command->item_count == FUOTA_COMMAND_ITEMS_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, *offset,
		    "more than %d commands in one message",
		    FUOTA_COMMAND_ITEMS_MAX);
	enum fuota_status status =
	    read_package(body, offset, codec, &item->number[0], err);
	if (status != FUOTA_OK)
		return status;
	const size_t start = *offset;
	status = fuota_command_decode_one(codec, body, offset, &part, err);
	if (status != FUOTA_OK)
		return status;
	if (fuota_command_field(part.spec, "N") >= 0)
		return fuota_fail(err, FUOTA_E_FORMAT, start,
		    "DataFragment does not travel in a multi-package message");
	item->bytes = (struct fuota_in){ body.data + start, *offset - start };
	command->breaches |= part.breaches;
	command->item_count++;
	return FUOTA_OK;
}

static enum fuota_status
decode_parts(const struct fuota_command_context *outer, struct fuota_in frame,
    struct fuota_command *command, struct fuota_error *err)
{
	struct fuota_command_context codec = *outer;
	const struct fuota_in body = { frame.data, frame.len - 1 };
	size_t offset = 0;

	if (body.len == 0)
		return fuota_fail(err, FUOTA_E_TRUNCATED, frame.len,
		    "multi-package message has no command before its token");
	begin(command, outer->direction,
	    outer->direction == FUOTA_DOWN ? "MultiPackageDownlink"
					   : "MultiPackageUplink");
	set_token(command, frame.data[frame.len - 1]);
	while (offset < body.len) {
		const enum fuota_status status =
		    read_part(&codec, body, &offset, command, err);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_message_decode(const struct fuota_command_context *codec,
    struct fuota_in frame, struct fuota_command *command,
    struct fuota_error *err)
{
	struct fuota_command decoded;
	enum fuota_status status;
	const size_t prefix = frame.data[0] == PACKAGE_ID;

	if (codec->direction == FUOTA_DOWN && frame.len > prefix &&
	    frame.data[prefix] == CID_BUFFER)
		status = decode_buffer_req(frame, prefix, &decoded, err);
	else if (codec->direction == FUOTA_UP && frame.data[0] == CID_BUFFER)
		status = decode_buffer_frag(frame, &decoded, err);
	else
		status = decode_parts(codec, frame, &decoded, err);
	if (status == FUOTA_OK)
		*command = decoded;
	return status;
}

/* --- encoding -------------------------------------------------------------*/

struct writer {
	struct fuota_out *out;
	size_t start;
	bool overflow;
};

static void
put(struct writer *w, const uint8_t *data, size_t len)
{
	if (w->out->size - w->out->len < len) {
		w->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(w->out->data + w->out->len, data, len);
	w->out->len += len;
}

static void
put_u8(struct writer *w, uint32_t value)
{
	const uint8_t byte = (uint8_t)value;

	put(w, &byte, 1);
}

static enum fuota_status
need(const struct fuota_command *command, const char *name, uint32_t *value,
    struct fuota_error *err)
{
	if (fuota_command_get(command, name, value))
		return FUOTA_OK;
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "%s: %s is missing", command->spec->name, name);
}

static enum fuota_status
encode_buffer_req(const struct fuota_command *command, struct writer *w,
    struct fuota_error *err)
{
	uint32_t prefix = 0, start, stop;

	(void)fuota_command_get(command, "PackageIDPrefix", &prefix);
	enum fuota_status status = need(command, "StartByte", &start, err);
	if (status == FUOTA_OK)
		status = need(command, "StopByte", &stop, err);
	if (status != FUOTA_OK)
		return status;
	if (prefix != 0)
		put_u8(w, PACKAGE_ID);
	put_u8(w, CID_BUFFER);
	put_u8(w, start);
	put_u8(w, stop);
	return FUOTA_OK;
}

static enum fuota_status
encode_buffer_frag(const struct fuota_command *command, struct writer *w,
    struct fuota_error *err)
{
	uint32_t base, error, token;
	struct fuota_in data = { 0 };

	enum fuota_status status = need(command, "Token", &token, err);
	if (status != FUOTA_OK)
		return status;
	const bool is_error = fuota_command_get(command, "Error", &error);
	const bool has_data = fuota_command_get_bytes(command, "Data", &data);
	const bool has_base = fuota_command_get(command, "BaseByte", &base);
	if (is_error == has_data || is_error == has_base ||
	    (is_error && error != BUFFER_ERROR))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "MultiPackBufferFrag has either BaseByte and Data, or "
		    "Error 255");
	put_u8(w, CID_BUFFER);
	put_u8(w, is_error ? BUFFER_ERROR : base);
	put(w, data.data, data.len);
	put_u8(w, token);
	return FUOTA_OK;
}

static enum fuota_status
encode_parts(const struct fuota_command *command, struct writer *w,
    struct fuota_error *err)
{
	uint32_t token;

	const enum fuota_status status = need(command, "Token", &token, err);
	if (status != FUOTA_OK)
		return status;
	if (command->item_count == 0)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s has no Parts", command->spec->name);
	for (size_t i = 0; i < command->item_count; i++) {
		const struct fuota_command_item *item = &command->items[i];
		if (item->number[0] != FUOTA_PART_NO_PACKAGE)
			put_u8(w, PACKAGE_ID | item->number[0]);
		put(w, item->bytes.data, item->bytes.len);
	}
	put_u8(w, token);
	return FUOTA_OK;
}

static bool
same_parts(const struct fuota_command *a, const struct fuota_command *b)
{
	if (a->spec != b->spec || a->item_count != b->item_count)
		return false;
	for (size_t i = 0; i < a->item_count; i++)
		if (a->items[i].number[0] != b->items[i].number[0] ||
		    a->items[i].bytes.len != b->items[i].bytes.len)
			return false;
	return true;
}

/* A message that would be read otherwise than it was meant is not sent. */
static enum fuota_status
check_back(const struct fuota_command *command, struct fuota_in frame,
    struct fuota_error *err)
{
	/* Only FragSessionSetupReq has two lengths: try both versions. */
	for (uint8_t version = 1; version <= 2; version++) {
		struct fuota_command_context codec = {
			FUOTA_PACKAGE_MULTIPACKAGE, command->spec->direction,
			{ 0 }
		};
		struct fuota_command back;
		codec.versions[FUOTA_PACKAGE_FRAGMENTATION] = version;
		if (fuota_message_decode(&codec, frame, &back, NULL) ==
			FUOTA_OK &&
		    same_parts(command, &back))
			return FUOTA_OK;
	}
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "%s: a reader would not find these commands in it",
	    command->spec->name);
}

enum fuota_status
fuota_message_encode(const struct fuota_command *command, struct fuota_out *out,
    struct fuota_error *err)
{
	struct writer w = { .out = out, .start = out->len };
	enum fuota_status status;

	if (fuota_command_field(command->spec, "StartByte") >= 0)
		status = encode_buffer_req(command, &w, err);
	else if (fuota_command_field(command->spec, "BaseByte") >= 0)
		status = encode_buffer_frag(command, &w, err);
	else
		status = encode_parts(command, &w, err);
	if (status == FUOTA_OK && w.overflow)
		status = fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "%s does not fit", command->spec->name);
	if (status == FUOTA_OK)
		status = check_back(command,
		    (struct fuota_in){
			out->data + w.start, out->len - w.start },
		    err);
	if (status != FUOTA_OK)
		out->len = w.start;
	return status;
}

enum fuota_status
fuota_command_part(const struct fuota_command *message,
    const struct fuota_command_context *codec, size_t i,
    struct fuota_command *part, struct fuota_error *err)
{
	struct fuota_command_context inner = *codec;
	size_t offset = 0;

	if (i >= message->item_count)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "part %zu of %zu", i, message->item_count);
	inner.package = FUOTA_PACKAGE_MULTIPACKAGE;
	inner.direction = message->spec->direction;
	for (size_t k = 0; k <= i; k++)
		if (message->items[k].number[0] < FUOTA_PACKAGE_COUNT)
			inner.package =
			    (enum fuota_package)message->items[k].number[0];
	return fuota_command_decode_one(
	    &inner, message->items[i].bytes, &offset, part, err);
}
