/* SPDX-License-Identifier: BSD-2-Clause */
/* When and how to send: join, data rate, duty cycle, retries. EU868. */
#ifndef NODE_MAC_H
#define NODE_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_PAYLOAD_MAX 115u /* bytes; data rate 3 */

struct mac_status {
	bool joined;
	uint8_t data_rate;
	uint32_t address;
	uint32_t joins, uplinks, unanswered, downlinks;
	uint32_t air_ms; /* spent since the start */
};

void
mac_init(void);
/* One join request when it is time; true when joined. */
bool
mac_join(void);
/* Largest payload at the data rate in use. */
size_t
mac_payload_max(void);
/*
 * Sends when the duty cycle allows, sleeping until it does. A downlink that
 * comes with the answer goes to the command interpreter. False when there
 * was no acknowledgement.
 */
bool
mac_send(uint8_t port, const uint8_t *data, size_t len);
struct mac_status
mac_status(void);
/* Air time that a payload needs; milliseconds. */
uint32_t
mac_air_ms(uint8_t data_rate, size_t payload_len);

#endif
