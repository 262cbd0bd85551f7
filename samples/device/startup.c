/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector table and reset of both programs. */
#include <stdint.h>

#include "machine.h"

extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[],
    bss_end[];

int
main(void);
_Noreturn void
reset_handler(void);

_Noreturn void
reset_handler(void)
{
	const uint32_t *from = data_load;

	for (uint32_t *to = data_start; to < data_end; to++)
		*to = *from++;
	for (uint32_t *to = bss_start; to < bss_end; to++)
		*to = 0;
	machine_exit(main());
}

static _Noreturn void
fault_handler(void)
{
	say("fault\n");
	machine_exit(EXIT_FAULT);
}

union vector {
	uint32_t *stack;
	void (*handler)(void);
};

__attribute__((
    section(".vectors"), used)) static const union vector vectors[16] = {
	[0] = { .stack = stack_top },
	[1] = { .handler = reset_handler },
	[2] = { .handler = fault_handler },
	[3] = { .handler = fault_handler },
	[4] = { .handler = fault_handler },
	[5] = { .handler = fault_handler },
	[6] = { .handler = fault_handler },
};
