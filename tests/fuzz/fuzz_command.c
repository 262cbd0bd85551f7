/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A frame of a device or server. First byte: package, direction, version.
 * Decoding stays inside the bytes and moves on; a frame without a breach
 * encodes to itself; its JSON reads back.
 */
#include <string.h>

#include <fuota/command.h>

#include "fuzz.h"

static void
reads_back(const struct fuota_command *command,
    const struct fuota_command_context *codec)
{
	static uint8_t text[FUOTA_COMMAND_JSON_MAX], storage[512];
	struct fuota_out out = { text, sizeof(text), 0 };
	struct fuota_out bytes = { storage, sizeof(storage), 0 };
	struct fuota_command back;

	check(fuota_command_json(command, codec, &out, NULL) == FUOTA_OK);
	check(fuota_command_parse_json((struct fuota_in){ text, out.len }, NULL,
		  &back, &bytes, NULL) == FUOTA_OK);
	check(back.spec == command->spec && back.present == command->present);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[2048];
	struct fuota_out out = { again, sizeof(again), 0 };
	struct fuota_command command;
	struct fuota_error err;
	uint16_t breaches = 0;

	if (size < 1 || size > 256)
		return 0;
	struct fuota_command_context codec = {
		.package = (enum fuota_package)(data[0] % 5),
		.direction = (data[0] & 0x40) != 0 ? FUOTA_UP : FUOTA_DOWN,
	};
	memset(codec.versions, (data[0] & 0x80) != 0 ? 1 : 0,
	    sizeof(codec.versions));
	const struct fuota_in frame = { data + 1, size - 1 };
	for (size_t offset = 0; offset < frame.len;) {
		const size_t start = offset;
		if (fuota_command_decode(
			&codec, frame, &offset, &command, &err) != FUOTA_OK) {
			check(err.offset <= frame.len && offset == start);
			return 0;
		}
		check(offset > start && offset <= frame.len);
		breaches |= command.breaches;
		if (command.breaches == 0) {
			check(fuota_command_encode(&command, &out, &err) ==
			    FUOTA_OK);
			reads_back(&command, &codec);
		}
	}
	if (breaches == 0)
		check(out.len == frame.len &&
		    (out.len == 0 || memcmp(again, frame.data, out.len) == 0));
	return 0;
}
