/* SPDX-License-Identifier: BSD-2-Clause */
/* mps2-an385 under qemu: what a board's support code would be. */
#ifndef DEVICE_MACHINE_H
#define DEVICE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of the emulation, for the script that watches it. */
enum {
	EXIT_DONE = 0,
	EXIT_HALTED = 70, /* nothing can be started */
	EXIT_FAULT = 71,
	EXIT_POWER_CUT = 75, /* as told by cut=N */
	EXIT_HANGS = 76, /* an application that does not confirm */
	EXIT_FLASH_MISUSE = 90, /* programmed what was not erased */
};

_Noreturn void
machine_exit(int status);
_Noreturn void
machine_reset(void);
/* Starts the firmware whose vector table is there. */
_Noreturn void
machine_start(uintptr_t vectors);

/* Text for the log; numbers in hex have `digits` digits. */
void
say(const char *text);
void
say_hex(uint32_t number, unsigned digits);
void
say_number(uint32_t number);
void
say_version(uint32_t version);

/*
 * The value of NAME=VALUE in the command line of this start; NULL when it is
 * not there. A word without = has an empty value.
 */
const char *
machine_option(const char *name);
uint32_t
machine_option_number(const char *name, uint32_t otherwise);

/* A file of the host: -1, or a handle; bytes read, 0 at its end. */
int
machine_open(const char *name);
size_t
machine_read(int file, void *data, size_t size);

#endif
