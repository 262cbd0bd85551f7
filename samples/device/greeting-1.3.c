/* SPDX-License-Identifier: BSD-2-Clause */
/* Later releases also say what they are made of. */
#include <fuota/device/crc32.h>

#include "device.h"
#include "flash.h"
#include "greeting.h"
#include "machine.h"

void
greet(uint32_t version)
{
	const uint32_t len = (uint32_t)(uintptr_t)image_len;

	say("app: this is ");
	say_version(version);
	say(", new in it: its own CRC-32 over ");
	say_number(len);
	say(" bytes is ");
	say_hex(fuota_crc32(FUOTA_CRC32_INIT,
		    (const uint8_t *)(FLASH_BASE + SLOT_0), len),
	    8);
	say("\n");
}
