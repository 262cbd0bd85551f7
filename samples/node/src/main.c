/* SPDX-License-Identifier: BSD-2-Clause */
/* Sensor node for agriculture: says who it is, tests itself, takes commands. */
#include <stdio.h>

#include "console.h"
#include "node.h"
#include "platform.h"
#include "selftest.h"
#include "version.h"

int
main(void);

int
main(void)
{
	platform_init();
	setvbuf(stdout, NULL, _IONBF, 0);
	node_init();
	printf("\nsensor node %s\n", NODE_VERSION_TEXT);
	const unsigned failed = selftest_run(false);
	node_init();
	console_run();
	return failed == 0 ? 0 : 1;
}
