/* SPDX-License-Identifier: BSD-2-Clause */
/* The bootloader: installs or resumes what is due, starts the application. */
#include <fuota/device/crc32.h>

#include "device.h"
#include "flash.h"
#include "machine.h"

int
main(void);

static struct fuota_boot boot;

/* A device fresh from the factory: the journal is empty, slot 0 is not. */
static enum fuota_status
format(void)
{
	const uint8_t *firmware = (const uint8_t *)(FLASH_BASE + SLOT_0);
	const struct identity *identity =
	    (const struct identity *)(FLASH_BASE + SLOT_0 + IDENTITY_OFF);

	if (identity->magic != IDENTITY_MAGIC || identity->len > SLOT_SIZE)
		return FUOTA_E_FORMAT;
	const struct fuota_boot_firmware running = { .len = identity->len,
		.version = identity->fw_version,
		.crc32 =
		    fuota_crc32(FUOTA_CRC32_INIT, firmware, identity->len) };
	say("boot: first start, factory firmware ");
	say_version(running.version);
	say("\n");
	return fuota_boot_format(&boot, &running);
}

static const char *
what_is_due(void)
{
	switch ((enum fuota_boot_state)boot.record.state) {
	case FUOTA_BOOT_READY:
		return "boot: an image is ready\n";
	case FUOTA_BOOT_BUILD:
		return "boot: resumes building the new firmware\n";
	case FUOTA_BOOT_SWAP:
		return "boot: resumes exchanging the slots\n";
	case FUOTA_BOOT_TRIAL:
		return boot.record.tried ? "boot: not confirmed, reverts\n"
					 : "boot: installed\n";
	case FUOTA_BOOT_REVERT:
		return "boot: resumes reverting\n";
	case FUOTA_BOOT_IDLE:
		return "";
	}
	return "boot: no record\n";
}

static _Noreturn void
halt(enum fuota_status status)
{
	say("boot: ");
	say_status(status);
	say("\n");
	machine_exit(EXIT_HALTED);
}

int
main(void)
{
	uint8_t slot;

	enum fuota_status status = device_open(&boot);
	if (status == FUOTA_OK && boot.record.state == 0)
		status = format();
	if (status != FUOTA_OK)
		halt(status);
	say(what_is_due());
	const bool was_idle = boot.record.state == FUOTA_BOOT_IDLE;
	status = fuota_boot_run(&boot, &slot);
	if (status != FUOTA_OK)
		halt(status);
	if (!was_idle && boot.record.verdict != FUOTA_OK) {
		say("boot: image dropped: ");
		say_status((enum fuota_status)boot.record.verdict);
		say("\n");
	}
	say("boot: starts ");
	say_version(boot.record.running.version);
	say("\n");
	machine_start(FLASH_BASE + SLOT_0);
}
