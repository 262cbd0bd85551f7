/* SPDX-License-Identifier: BSD-2-Clause */
#include "greeting.h"
#include "machine.h"

void
greet(uint32_t version)
{
	say("app: this is ");
	say_version(version);
	say("\n");
}
