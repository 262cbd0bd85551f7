/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands from the network: settings on port 10, TS006 on port 203. */
#ifndef NODE_REMOTE_H
#define NODE_REMOTE_H

#include <stddef.h>
#include <stdint.h>

#define REMOTE_PORT_SETTINGS 10u
#define REMOTE_PORT_TS006    203u

/* Answers wait for the next uplink. */
void
remote_downlink(uint8_t port, const uint8_t *data, size_t len);
/* The waiting answer and its port; 0 when there is none. Takes it away. */
size_t
remote_answer(uint8_t *port, uint8_t *data, size_t size);

#endif
