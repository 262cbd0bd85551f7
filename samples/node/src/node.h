/* SPDX-License-Identifier: BSD-2-Clause */
/* The node's day: sample, check alarms, send, sleep. */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <stdint.h>

void
node_init(void);
/* Lives for so many seconds of simulated time. */
void
node_run(uint32_t seconds);

#endif
