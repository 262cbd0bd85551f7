/* SPDX-License-Identifier: BSD-2-Clause */
/* The uplink: all valid readings as Cayenne LPP or CBOR. */
#ifndef NODE_PAYLOAD_H
#define NODE_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"

#define PAYLOAD_PORT_LPP  2u
#define PAYLOAD_PORT_CBOR 3u

/*
 * Fills at most size bytes; readings that do not fit are left out, those
 * further down the list first. Returns the length.
 */
size_t
payload_encode(enum payload_format format, uint8_t *data, size_t size);
/* One LPP item of 3 or 4 bytes, scaled as its type wants; 0 when too long. */
size_t
lpp_item(uint8_t channel, uint8_t type, int32_t value, unsigned decimals,
    uint8_t *data, size_t size);

#endif
