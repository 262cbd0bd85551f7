/* SPDX-License-Identifier: BSD-2-Clause */
int counter = 7; /* runs in RAM */
static int scratch[64]; /* no content */
const char greeting[12] __attribute__((section(".after"))) = "hello there";

static int __attribute__((noinline)) twice(int x)
{
	scratch[x & 63]++;
	return x * 2 + scratch[0];
}

int
with_a_name_that_is_far_too_long_for_one_line(int x)
{
	return twice(x) + counter;
}

void
_start(void)
{
	for (;;)
		counter =
		    with_a_name_that_is_far_too_long_for_one_line(counter);
}
