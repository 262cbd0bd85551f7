/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a campaign's script, as fuota-session wrote it. */
#include <string.h>

#include <fuota/profile.h>
#include <fuota/uplink.h>

#include "command_table.h"
#include "fail.h"
#include "json_line.h"

#define SCHEMA "fuota-script/1"

static enum fuota_status
malformed(struct fuota_error *err, const char *what)
{
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "%s", what);
}

/* A time as scripts have it, with milliseconds or without. */
static bool
read_time(const json_t *object, const char *name, uint64_t *unix_s)
{
	const char *text = fuota_json_text(object, name);
	char cut[] = "2026-12-01T02:00:00Z";

	if (text == NULL || strlen(text) < sizeof(cut) - 1)
		return false;
	memcpy(cut, text, sizeof(cut) - 2);
	return fuota_time_parse(cut, unix_s) == FUOTA_OK;
}

static enum fuota_status
read_plan(const json_t *root, struct fuota_sent *sent, struct fuota_error *err)
{
	const char *profile = fuota_json_text(root, "profile");
	const char *edition = fuota_json_text(root, "ts004");

	if (strcmp(fuota_json_text(root, "schema"), SCHEMA) != 0)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "not a script of schema " SCHEMA);
	if (profile == NULL || strlen(profile) >= sizeof(sent->profile))
		return malformed(err, "member 'profile' is missing or long");
	memcpy(sent->profile, profile, strlen(profile) + 1);
	if (edition != NULL)
		sent->edition = fuota_ts004_parse(edition);
	if (sent->edition == (enum fuota_ts004)0)
		return malformed(err, "member 'ts004' names no variant");
	if (!read_time(root, "start", &sent->start))
		return malformed(err, "member 'start' is not a time");
	return FUOTA_OK;
}

static enum fuota_status
read_fragment(
    const json_t *root, struct fuota_sent *sent, struct fuota_error *err)
{
	const json_int_t n = json_integer_value(json_object_get(root, "n"));

	if (n < 1 || n > FUOTA_FRAG_N_MAX)
		return malformed(err, "member 'n' is not 1 to 16383");
	sent->n = (uint16_t)n;
	return FUOTA_OK;
}

/* The command that answers, and by when; it is of the request's package. */
static enum fuota_status
read_expect(
    const json_t *root, struct fuota_request *request, struct fuota_error *err)
{
	const json_t *expect = json_object_get(root, "expect");
	const char *name = fuota_json_text(expect, "command");

	const struct fuota_command_spec *spec = name == NULL
	    ? NULL
	    : fuota_command_by_name(
		  request->package, request->version, FUOTA_UP, name);
	if (spec == NULL)
		return malformed(err,
		    "member 'expect' names no uplink of the request's package");
	request->expect = spec->name;
	if (!read_time(root, "at", &request->at))
		return malformed(err, "member 'at' is not a time");
	if (!read_time(expect, "by", &request->expect_by))
		return malformed(err, "member 'by' is not a time");
	return FUOTA_OK;
}

static enum fuota_status
read_request(
    const json_t *root, struct fuota_request *request, struct fuota_error *err)
{
	const char *dev_eui = fuota_json_text(root, "dev_eui");
	const char *package = fuota_json_text(root, "package");
	const json_int_t version =
	    json_integer_value(json_object_get(root, "version"));
	struct fuota_command command;

	if (dev_eui == NULL ||
	    fuota_dev_eui_parse(dev_eui, request->dev_eui) != FUOTA_OK)
		return malformed(err, "DevEUI is missing or not 16 hex digits");
	if (package == NULL ||
	    fuota_package_find(package, &request->package) != FUOTA_OK)
		return malformed(err, "member 'package' names no package");
	if (version < 1 || version > fuota_package_newest(request->package))
		return malformed(
		    err, "member 'version' is none of the package");
	request->version = (uint8_t)version;
	if (!fuota_json_hex(fuota_json_text(root, "hex"), request->bytes,
		sizeof(request->bytes), &request->len))
		return malformed(err,
		    "member 'hex' is missing, too long or not hexadecimal");
	const enum fuota_status status =
	    fuota_request_decode(request, &command, err);
	return status != FUOTA_OK ? status : read_expect(root, request, err);
}

enum fuota_status
fuota_request_decode(const struct fuota_request *request,
    struct fuota_command *command, struct fuota_error *err)
{
	struct fuota_command_context codec = { request->package, FUOTA_DOWN,
		{ 0 } };
	const struct fuota_in frame = { request->bytes, request->len };
	size_t offset = 0;

	codec.versions[request->package] = request->version;
	return fuota_command_decode(&codec, frame, &offset, command, err);
}

/* What a line is, by the members that only this kind has. */
static enum fuota_status
read_line(const json_t *root, struct fuota_sent *sent, struct fuota_error *err)
{
	if (json_is_string(json_object_get(root, "schema"))) {
		sent->kind = FUOTA_SENT_PLAN;
		return read_plan(root, sent, err);
	}
	if (json_object_get(root, "n") != NULL) {
		sent->kind = FUOTA_SENT_FRAGMENT;
		return read_fragment(root, sent, err);
	}
	if (json_object_get(root, "expect") == NULL)
		return FUOTA_OK;
	sent->kind = FUOTA_SENT_REQUEST;
	return read_request(root, &sent->request, err);
}

enum fuota_status
fuota_sent_parse(
    struct fuota_in line, struct fuota_sent *sent, struct fuota_error *err)
{
	struct fuota_sent read = { .kind = FUOTA_SENT_OTHER };
	json_t *root;

	enum fuota_status status = fuota_json_object(line, &root, err);
	if (status != FUOTA_OK)
		return status;
	status = read_line(root, &read, err);
	json_decref(root);
	if (status == FUOTA_OK)
		*sent = read;
	return status;
}
