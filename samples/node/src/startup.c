/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector table, identity block, reset, faults. Cortex-M3. */
#include <stdint.h>

#include "platform.h"
#include "version.h"

extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[],
    bss_end[];

#define SCB_VTOR (*(volatile uint32_t *)0xe000ed08u)
#define SCB_CFSR (*(volatile uint32_t *)0xe000ed28u)

int
main(void);
_Noreturn void
reset_handler(void);

static void
fault_handler(void)
{
	uart_text("fault, cfsr ");
	for (int shift = 28; shift >= 0; shift -= 4)
		uart_put("0123456789abcdef"[SCB_CFSR >> shift & 15]);
	uart_put('\n');
	platform_halt(70);
}

/* An address as a table entry: a pointer, which the linker can relocate. */
union vector {
	uint32_t *stack;
	void (*handler)(void);
};

extern const union vector vectors[48];

_Noreturn void
reset_handler(void)
{
	SCB_VTOR = (uint32_t)(uintptr_t)vectors;
	const uint32_t *from = data_load;
	for (uint32_t *to = data_start; to < data_end; to++)
		*to = *from++;
	for (uint32_t *to = bss_start; to < bss_end; to++)
		*to = 0;
	platform_halt(main());
}

__attribute__((section(".vectors"), used)) const union vector vectors[48] = {
	[0] = { .stack = stack_top },
	[1] = { .handler = reset_handler },
	[2] = { .handler = fault_handler },
	[3] = { .handler = fault_handler },
	[4] = { .handler = fault_handler },
	[5] = { .handler = fault_handler },
	[6] = { .handler = fault_handler },
	[11] = { .handler = fault_handler },
	[15] = { .handler = tick_handler },
};

/* At a fixed offset, so that a bootloader can read it without running us. */
__attribute__((section(".identity"), used)) const struct identity identity = {
	.magic = IDENTITY_MAGIC,
	.fw_version = NODE_VERSION,
	.hw_id = NODE_HARDWARE,
	.component = 0,
};
