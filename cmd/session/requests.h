/* SPDX-License-Identifier: BSD-2-Clause */
/* What a campaign's script asked of devices, and which answers came. */
#ifndef FUOTA_CMD_REQUESTS_H
#define FUOTA_CMD_REQUESTS_H

#include <fuota/uplink.h>

#include "session.h"

struct request {
	struct fuota_request sent;
	uint32_t next; /* of the same device, index + 1; 0: none */
	bool answered;
	bool contradicts; /* two answers with other status bytes */
	uint8_t status, other; /* of the first answer, of the other */
};

struct requests {
	struct request *request; /* of all devices, in the script's order */
	size_t count, capacity;
};

/* The requests of one device. */
struct request_chain {
	uint32_t first, last; /* index + 1; 0: none */
};

void
requests_add(const struct cmd *cmd, struct requests *all,
    struct request_chain *chain, const struct fuota_request *sent);

/* Of a chain, in order; from NULL to NULL. */
struct request *
requests_next(const struct requests *all, const struct request_chain *chain,
    const struct request *after);

/* How an answer goes with what was asked. */
enum pairing {
	PAIRING_ANSWERS,
	PAIRING_OTHER, /* for another index, group or token */
	PAIRING_UNASKED /* nothing of this kind was asked */
};

/*
 * Finds the request that an answer is for and marks it as answered: the first
 * open one that fits, else one that was answered before.
 *
 * time     of reception, Unix seconds; 0: not told
 * asked    is filled for PAIRING_ANSWERS
 * breaches gets the bits that only show against the request
 */
enum pairing
requests_pair(const struct requests *all, const struct request_chain *chain,
    const struct fuota_command *answer, uint64_t time,
    struct fuota_command *asked, uint16_t *breaches);

#endif
