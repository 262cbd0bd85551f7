/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "machine.h"

enum {
	SYS_OPEN = 0x01,
	SYS_WRITE0 = 0x04,
	SYS_READ = 0x06,
	SYS_GET_CMDLINE = 0x15,
	SYS_EXIT_EXTENDED = 0x20,
	ADP_STOPPED_APPLICATION = 0x20026,
	COMMAND_LINE_SIZE = 512,
};

#define SCB_AIRCR   (*(volatile uint32_t *)0xe000ed0cu)
#define SCB_VTOR    (*(volatile uint32_t *)0xe000ed08u)
#define AIRCR_RESET 0x05fa0004u

static uint32_t
semihosting(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

_Noreturn void
machine_exit(int status)
{
	const uint32_t block[2] = { ADP_STOPPED_APPLICATION, (uint32_t)status };

	semihosting(SYS_EXIT_EXTENDED, block);
	for (;;)
		__asm__ volatile("wfi");
}

_Noreturn void
machine_reset(void)
{
	SCB_AIRCR = AIRCR_RESET;
	for (;;)
		__asm__ volatile("wfi");
}

_Noreturn void
machine_start(uintptr_t vectors)
{
	const uint32_t *table = (const uint32_t *)vectors;

	SCB_VTOR = (uint32_t)vectors;
	__asm__ volatile("msr msp, %0\n\tbx %1"
			 :
			 : "r"(table[0]), "r"(table[1])
			 : "memory");
	for (;;)
		;
}

void
say(const char *text)
{
	semihosting(SYS_WRITE0, text);
}

void
say_hex(uint32_t number, unsigned digits)
{
	char text[9];

	for (unsigned i = 0; i < digits; i++)
		text[i] =
		    "0123456789abcdef"[number >> 4 * (digits - 1 - i) & 15];
	text[digits] = '\0';
	say(text);
}

void
say_number(uint32_t number)
{
	char text[11], *p = text + sizeof(text) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	say(p);
}

void
say_version(uint32_t version)
{
	for (int shift = 24; shift >= 8; shift -= 8) {
		say_number(version >> shift & 255);
		if (shift > 8)
			say(".");
	}
}

static const char *
command_line(void)
{
	static char line[COMMAND_LINE_SIZE];
	struct {
		char *text;
		uint32_t size;
	} block = { line, sizeof(line) - 1 };

	if (line[0] == '\0' && semihosting(SYS_GET_CMDLINE, &block) != 0)
		line[0] = '\0';
	return line;
}

/* Values end at a space: the copy of the last one asked for. */
const char *
machine_option(const char *name)
{
	static char value[256];
	const size_t len = strlen(name);

	for (const char *p = command_line(); *p != '\0';) {
		const char *end = strchr(p, ' ');
		const size_t word = end != NULL ? (size_t)(end - p) : strlen(p);
		if (word >= len && memcmp(p, name, len) == 0 &&
		    (word == len || p[len] == '=')) {
			const size_t skip = word > len ? len + 1 : len;
			const size_t n = word - skip;
			if (n >= sizeof(value))
				return NULL;
			memcpy(value, p + skip, n);
			value[n] = '\0';
			return value;
		}
		p += word;
		p += *p == ' ';
	}
	return NULL;
}

uint32_t
machine_option_number(const char *name, uint32_t otherwise)
{
	const char *p = machine_option(name);
	uint32_t number = 0;

	if (p == NULL || *p == '\0')
		return otherwise;
	for (; *p >= '0' && *p <= '9'; p++)
		number = number * 10 + (uint32_t)(*p - '0');
	return number;
}

int
machine_open(const char *name)
{
	const struct {
		const char *name;
		uint32_t mode, len;
	} block = { name, 0, strlen(name) };

	return (int)semihosting(SYS_OPEN, &block);
}

size_t
machine_read(int file, void *data, size_t size)
{
	const struct {
		int file;
		void *data;
		uint32_t size;
	} block = { file, data, size };

	return size - semihosting(SYS_READ, &block);
}
