/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board of any architecture for the sample node: linked into firmware that
 * is compared, not run. scripts/arch-corpus puts it in place of the node's own
 * platform, start-up and system calls.
 */
#include <stdio.h>
#include <string.h>

#include "platform.h"
#include "version.h"

volatile uint32_t board_ticks;
volatile uint8_t board_uart[16];

void
platform_init(void)
{
	board_uart[1] = 3;
}

_Noreturn void
platform_halt(int status)
{
	for (;;)
		board_uart[2] = (uint8_t)status;
}

void
tick_handler(void)
{
	board_ticks++;
}

uint32_t
tick_ms(void)
{
	return board_ticks;
}

void
uart_put(char c)
{
	board_uart[0] = (uint8_t)c;
}

void
uart_text(const char *text)
{
	while (*text != '\0')
		uart_put(*text++);
}

int
uart_get(void)
{
	return board_uart[3];
}

static uint8_t pages[NVM_PAGE_COUNT][NVM_PAGE_SIZE];

void
nvm_erase(unsigned page)
{
	memset(pages[page], 0xff, NVM_PAGE_SIZE);
}

bool
nvm_program(unsigned page, size_t off, const void *data, size_t len)
{
	if (off > NVM_PAGE_SIZE || len > NVM_PAGE_SIZE - off)
		return false;
	memcpy(pages[page] + off, data, len);
	return true;
}

const uint8_t *
nvm_page(unsigned page)
{
	return pages[page];
}

const struct identity identity = { .magic = IDENTITY_MAGIC,
	.fw_version = NODE_VERSION,
	.hw_id = NODE_HARDWARE };

#ifdef __PICOLIBC__
static int
put(char c, FILE *file)
{
	(void)file;
	uart_put(c);
	return c;
}

static FILE board_file = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdin = &board_file;
FILE *const stdout = &board_file;
FILE *const stderr = &board_file;

_Noreturn void
_exit(int status)
{
	platform_halt(status);
}
#endif

#ifdef __AVR__
int
setvbuf(FILE *file, char *buffer, int mode, size_t size)
{
	(void)file;
	(void)buffer;
	(void)mode;
	(void)size;
	return 0;
}
#endif
