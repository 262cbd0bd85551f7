/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel HEX, as firmware.h says. */
#include "firmware.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return check_firmware(FUOTA_FIRMWARE_HEX, data, size);
}
