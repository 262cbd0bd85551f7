/* SPDX-License-Identifier: BSD-2-Clause */
/* A program with a data segment that is copied from flash, a gap and bss. */
volatile unsigned counter = 0x11223344;
volatile unsigned zeroed[16];
const char late[] __attribute__((section(".late"))) = "behind the gap";

void
reset(void)
{
	for (;;)
		zeroed[counter++ % 16] = late[counter % 8];
}

__attribute__((section(".vectors"),
    used)) void *const vectors[] = { (void *)0x20001000, (void *)reset };
