/* SPDX-License-Identifier: BSD-2-Clause */
/* A command as JSON text: what is taken encodes, or is refused in words. */
#include <stdlib.h>
#include <string.h>

#include <fuota/command.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t storage[512], frame[1024];
	struct fuota_out bytes = { storage, sizeof(storage), 0 };
	struct fuota_out out = { frame, sizeof(frame), 0 };
	struct fuota_command command, back;
	struct fuota_error err = { 0 };
	size_t offset = 0;

	const enum fuota_status status = fuota_command_parse_json(
	    (struct fuota_in){ data, size }, NULL, &command, &bytes, &err);
	if (status != FUOTA_OK) {
		if (err.message[0] == '\0')
			abort();
		return 0;
	}
	if (fuota_command_encode(&command, &out, &err) != FUOTA_OK)
		return 0;
	struct fuota_command_context codec = { command.spec->package,
		command.spec->direction, { 0 } };
	codec.versions[codec.package] = command.version;
	if (codec.package == FUOTA_PACKAGE_MULTIPACKAGE)
		return 0; /* versions inside are not known here */
	if (fuota_command_decode(&codec, (struct fuota_in){ frame, out.len },
		&offset, &back, &err) != FUOTA_OK ||
	    offset != out.len || back.spec != command.spec)
		abort();
	return 0;
}
