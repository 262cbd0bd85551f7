/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The LoRaWAN modem, simulated: it keeps keys and frame counters, speaks AT
 * commands, and answers as a network would.
 */
#ifndef NODE_MODEM_H
#define NODE_MODEM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sends one command and waits for its answer line. False when the modem
 * says ERROR or the answer does not fit.
 */
bool
modem_command(const char *command, char *answer, size_t size);
/* What the network sends down after the next uplink: "port:hex". */
void
modem_queue_downlink(const char *downlink);

#endif
