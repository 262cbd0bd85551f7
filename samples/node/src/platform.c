/* SPDX-License-Identifier: BSD-2-Clause */
/* mps2-an385: CMSDK UART 0, SysTick at 25 MHz, semihosting to end a run. */
#include "platform.h"

#define REG(address) (*(volatile uint32_t *)(address))

#define UART_DATA    REG(0x40004000u)
#define UART_STATE   REG(0x40004004u)
#define UART_CTRL    REG(0x40004008u)
#define UART_BAUDDIV REG(0x40004010u)
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u

#define SYST_CSR REG(0xe000e010u)
#define SYST_RVR REG(0xe000e014u)
#define SYST_CVR REG(0xe000e018u)

#define CLOCK_HZ 25000000u
#define BAUD     115200u

#define SYS_EXIT_EXTENDED       0x20u
#define ADP_STOPPED_APPLICATION 0x20026u

static volatile uint32_t ticks;

void
platform_init(void)
{
	UART_BAUDDIV = CLOCK_HZ / BAUD;
	UART_CTRL = 3;
	SYST_RVR = CLOCK_HZ / 1000 - 1;
	SYST_CVR = 0;
	SYST_CSR = 7;
}

_Noreturn void
platform_halt(int status)
{
	const uint32_t block[2] = { ADP_STOPPED_APPLICATION, (uint32_t)status };
	register uint32_t operation __asm__("r0") = SYS_EXIT_EXTENDED;
	register const uint32_t *argument __asm__("r1") = block;

	__asm__ volatile("bkpt 0xab"
			 :
			 : "r"(operation), "r"(argument)
			 : "memory");
	for (;;)
		__asm__ volatile("wfi");
}

void
tick_handler(void)
{
	ticks++;
}

uint32_t
tick_ms(void)
{
	return ticks;
}

void
uart_put(char c)
{
	if (c == '\n')
		uart_put('\r');
	while ((UART_STATE & UART_TX_FULL) != 0)
		;
	UART_DATA = (uint8_t)c;
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
	if ((UART_STATE & UART_RX_FULL) == 0)
		return -1;
	return (int)(UART_DATA & 0xff);
}

/* RAM that reset leaves alone, treated like NOR flash. */
extern uint8_t nvm_start[];

const uint8_t *
nvm_page(unsigned page)
{
	return nvm_start + page * NVM_PAGE_SIZE;
}

void
nvm_erase(unsigned page)
{
	uint8_t *at = nvm_start + page * NVM_PAGE_SIZE;
	for (size_t i = 0; i < NVM_PAGE_SIZE; i++)
		at[i] = 0xff;
}

bool
nvm_program(unsigned page, size_t off, const void *data, size_t len)
{
	if (page >= NVM_PAGE_COUNT || off > NVM_PAGE_SIZE ||
	    len > NVM_PAGE_SIZE - off)
		return false;
	const uint8_t *from = data;
	uint8_t *at = nvm_start + page * NVM_PAGE_SIZE + off;
	for (size_t i = 0; i < len; i++)
		at[i] &= from[i];
	return true;
}
