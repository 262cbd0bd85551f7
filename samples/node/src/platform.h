/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine: console UART, millisecond tick, non-volatile pages, halt. */
#ifndef NODE_PLATFORM_H
#define NODE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDENTITY_MAGIC 0x65646f6eu /* "node" */

/* Behind the 48 vectors, at offset 192 of the firmware. */
struct identity {
	uint32_t magic;
	uint32_t fw_version; /* TS006 FWversion */
	uint32_t hw_id; /* TS006 HWversion */
	uint32_t component;
};
extern const struct identity identity;

void
platform_init(void);
/* Ends the emulation with this exit status; loops on a machine. */
_Noreturn void
platform_halt(int status);
void
tick_handler(void);
/* Milliseconds since reset. */
uint32_t
tick_ms(void);

void
uart_put(char c);
void
uart_text(const char *text);
/* The next character, or -1. */
int
uart_get(void);

/* Two pages of non-volatile memory, erased to 0xff. */
#define NVM_PAGE_SIZE  2048u /* bytes */
#define NVM_PAGE_COUNT 2u
void
nvm_erase(unsigned page);
/* Programs bytes; bits only go from 1 to 0. False outside the page. */
bool
nvm_program(unsigned page, size_t off, const void *data, size_t len);
const uint8_t *
nvm_page(unsigned page);

#endif
