/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of uplinks: what is read is the same when it is written as a plain
 * object and read again; what is refused is told in words.
 */
#include <stdio.h>
#include <string.h>

#include <fuota/uplink.h>

#include "fuzz.h"

static size_t
write_plain(const struct fuota_uplink *u, char *text, size_t size)
{
	char dev_eui[FUOTA_DEV_EUI_TEXT_SIZE], time[FUOTA_TIME_TEXT_SIZE];

	fuota_dev_eui_format(u->dev_eui, dev_eui);
	fuota_time_format(u->time * 1000, time);
	size_t len = (size_t)snprintf(text, size,
	    "{\"dev_eui\":\"%s\",\"fport\":%u,\"time\":\"%s\",\"hex\":\"",
	    dev_eui, u->fport, u->time != 0 ? time : "");
	for (size_t i = 0; i < u->len; i++)
		len += (size_t)snprintf(
		    text + len, size - len, "%02x", u->bytes[i]);
	return len + (size_t)snprintf(text + len, size - len, "\"}");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_uplink u, back;
	struct fuota_error err = { .message = "" };
	char text[1024];

	if (size > 8192)
		return 0;
	if (fuota_uplink_parse((struct fuota_in){ data, size }, &u, &err) !=
	    FUOTA_OK) {
		check(err.message[0] != '\0');
		return 0;
	}
	if (u.fport == 0)
		return 0;
	check(u.len <= sizeof(u.bytes));
	const size_t len = write_plain(&u, text, sizeof(text));
	check(fuota_uplink_parse((struct fuota_in){ (uint8_t *)text, len },
		  &back, &err) == FUOTA_OK);
	check(memcmp(u.dev_eui, back.dev_eui, sizeof(u.dev_eui)) == 0 &&
	    u.fport == back.fport && u.time == back.time && u.len == back.len &&
	    memcmp(u.bytes, back.bytes, u.len) == 0);
	return 0;
}
