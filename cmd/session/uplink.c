/* SPDX-License-Identifier: BSD-2-Clause */
/* Uplinks as plain JSON Lines, ChirpStack events or TTS messages. */
#include <string.h>

#include <sodium.h>

#include "state.h"

static const char *
text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* "2026-12-01T02:00:00.123456789Z" or "+00:00"; 0 for anything else. */
static uint64_t
parse_time(const char *text)
{
	char cut[] = "2026-12-01T02:00:00Z";
	uint64_t unix_s;

	if (text == NULL || strlen(text) < sizeof(cut) - 2)
		return 0;
	const char *end = text + 19;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, "Z") != 0 && strcmp(end, "+00:00") != 0)
		return 0;
	memcpy(cut, text, 19);
	return fuota_time_parse(cut, &unix_s) == FUOTA_OK ? unix_s : 0;
}

static bool
decode_hex(const char *text, struct uplink *uplink)
{
	const char *end;

	return sodium_hex2bin(uplink->bytes, sizeof(uplink->bytes), text,
		   strlen(text), NULL, &uplink->len, &end) == 0 &&
	    *end == '\0';
}

static bool
decode_base64(const char *text, struct uplink *uplink)
{
	const char *end;

	return sodium_base642bin(uplink->bytes, sizeof(uplink->bytes), text,
		   strlen(text), NULL, &uplink->len, &end,
		   sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    *end == '\0';
}

/* Where the three shapes keep the same things. */
struct shape {
	const char *dev_eui, *hex, *base64, *time;
	const json_t *fport;
};

static bool
find_shape(const json_t *root, struct shape *shape)
{
	const json_t *tts = json_object_get(root, "uplink_message");
	const json_t *chirpstack = json_object_get(root, "deviceInfo");

	*shape = (struct shape){ 0 };
	if (tts != NULL) {
		shape->dev_eui =
		    text_at(json_object_get(root, "end_device_ids"), "dev_eui");
		shape->fport = json_object_get(tts, "f_port");
		shape->base64 = text_at(tts, "frm_payload");
		shape->time = text_at(root, "received_at");
	} else if (chirpstack != NULL) {
		shape->dev_eui = text_at(chirpstack, "devEui");
		shape->fport = json_object_get(root, "fPort");
		shape->base64 = text_at(root, "data");
		shape->time = text_at(root, "time");
	} else {
		shape->dev_eui = text_at(root, "dev_eui");
		shape->fport = json_object_get(root, "fport");
		shape->hex = text_at(root, "hex");
		shape->base64 = text_at(root, "data");
		shape->time = text_at(root, "time");
	}
	return tts != NULL || chirpstack != NULL;
}

static enum uplink_kind
read_shape(const struct shape *shape, struct uplink *uplink, char *why,
    size_t why_size)
{
	const json_int_t fport = json_integer_value(shape->fport);

	if (shape->dev_eui == NULL ||
	    fuota_dev_eui_parse(shape->dev_eui, uplink->dev_eui) != FUOTA_OK) {
		snprintf(
		    why, why_size, "DevEUI is missing or not 16 hex digits");
		return UPLINK_MALFORMED;
	}
	if (fport < 1 || fport > 255) {
		snprintf(why, why_size, "port is missing or not 1 to 255");
		return UPLINK_MALFORMED;
	}
	uplink->fport = (uint8_t)fport;
	uplink->time = parse_time(shape->time);
	if (shape->hex != NULL ? !decode_hex(shape->hex, uplink)
			       : shape->base64 == NULL ||
		    !decode_base64(shape->base64, uplink)) {
		snprintf(why, why_size,
		    "payload is missing, too long or not %s",
		    shape->hex != NULL ? "hexadecimal" : "base64");
		return UPLINK_MALFORMED;
	}
	return UPLINK_READ;
}

enum uplink_kind
uplink_parse(
    struct fuota_in line, struct uplink *uplink, char *why, size_t why_size)
{
	json_error_t error;
	struct shape shape;

	json_t *root = json_loadb(
	    (const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root)) {
		json_decref(root);
		snprintf(why, why_size, "not a JSON object");
		return UPLINK_MALFORMED;
	}
	const bool server = find_shape(root, &shape);
	enum uplink_kind kind;
	/* A server's joins, acknowledgements and empty uplinks. */
	if (server && (shape.base64 == NULL || shape.fport == NULL))
		kind = UPLINK_OTHER;
	else
		kind = read_shape(&shape, uplink, why, why_size);
	json_decref(root);
	return kind;
}
