/* SPDX-License-Identifier: BSD-2-Clause */
/* Uplinks as plain JSON Lines, ChirpStack events or TTS messages. */
#include <string.h>

#include <sodium.h>

#include <fuota/uplink.h>

#include "fail.h"
#include "json_line.h"

/* "2026-12-01T02:00:00.123456789Z" or "+00:00"; 0 for anything else. */
static uint64_t
parse_time(const char *text)
{
	char cut[] = "2026-12-01T02:00:00Z";
	uint64_t unix_s;

	if (text == NULL || strlen(text) < sizeof(cut) - 1)
		return 0;
	const char *end = text + sizeof(cut) - 2;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") != 0 && strcmp(end, "+00:00") != 0)
		return 0;
	memcpy(cut, text, sizeof(cut) - 2);
	return fuota_time_parse(cut, &unix_s) == FUOTA_OK ? unix_s : 0;
}

static bool
decode_base64(const char *text, struct fuota_uplink *uplink)
{
	const char *end;

	return text != NULL &&
	    sodium_base642bin(uplink->bytes, sizeof(uplink->bytes), text,
		strlen(text), NULL, &uplink->len, &end,
		sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    *end == '\0';
}

/* Where the three shapes keep the same things. */
struct shape {
	const char *dev_eui, *hex, *base64, *time;
	const json_t *fport;
	bool server; /* who also tells of joins and acknowledgements */
};

static struct shape
find_shape(const json_t *root)
{
	const json_t *tts = json_object_get(root, "end_device_ids");
	const json_t *message = json_object_get(root, "uplink_message");
	const json_t *chirpstack = json_object_get(root, "deviceInfo");

	if (tts != NULL)
		return (struct shape){ .server = true,
			.dev_eui = fuota_json_text(tts, "dev_eui"),
			.fport = json_object_get(message, "f_port"),
			.base64 = fuota_json_text(message, "frm_payload"),
			.time = fuota_json_text(root, "received_at") };
	if (chirpstack != NULL)
		return (struct shape){ .server = true,
			.dev_eui = fuota_json_text(chirpstack, "devEui"),
			.fport = json_object_get(root, "fPort"),
			.base64 = fuota_json_text(root, "data"),
			.time = fuota_json_text(root, "time") };
	return (struct shape){ .dev_eui = fuota_json_text(root, "dev_eui"),
		.fport = json_object_get(root, "fport"),
		.hex = fuota_json_text(root, "hex"),
		.base64 = fuota_json_text(root, "data"),
		.time = fuota_json_text(root, "time") };
}

static enum fuota_status
malformed(struct fuota_error *err, const char *what)
{
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "%s", what);
}

static enum fuota_status
read_shape(const struct shape *shape, struct fuota_uplink *uplink,
    struct fuota_error *err)
{
	const json_int_t fport = json_integer_value(shape->fport);

	if (shape->dev_eui == NULL ||
	    fuota_dev_eui_parse(shape->dev_eui, uplink->dev_eui) != FUOTA_OK)
		return malformed(err, "DevEUI is missing or not 16 hex digits");
	if (fport < 1 || fport > 255)
		return malformed(err, "port is missing or not 1 to 255");
	uplink->fport = (uint8_t)fport;
	uplink->time = parse_time(shape->time);
	if (shape->hex != NULL &&
	    !fuota_json_hex(
		shape->hex, uplink->bytes, sizeof(uplink->bytes), &uplink->len))
		return malformed(err, "payload is too long or not hexadecimal");
	if (shape->hex == NULL && !decode_base64(shape->base64, uplink))
		return malformed(
		    err, "payload is missing, too long or not base64");
	return FUOTA_OK;
}

enum fuota_status
fuota_uplink_parse(
    struct fuota_in line, struct fuota_uplink *uplink, struct fuota_error *err)
{
	struct fuota_uplink read = { .fport = 0 };
	json_t *root;

	enum fuota_status status = fuota_json_object(line, &root, err);
	if (status != FUOTA_OK)
		return status;
	const struct shape shape = find_shape(root);
	if (!shape.server || (shape.base64 != NULL && shape.fport != NULL))
		status = read_shape(&shape, &read, err);
	json_decref(root);
	if (status == FUOTA_OK)
		*uplink = read;
	return status;
}
