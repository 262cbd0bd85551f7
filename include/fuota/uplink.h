/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came back, and what it answers: lines of uplinks in the shapes of
 * network servers, and lines of a campaign's script. Source: fuota-session(1).
 */
#ifndef FUOTA_UPLINK_H
#define FUOTA_UPLINK_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/campaign.h>
#include <fuota/command.h>
#include <fuota/error.h>
#include <fuota/frag.h>

#define FUOTA_UPLINK_SIZE_MAX 256u /* bytes */

struct fuota_uplink {
	uint8_t dev_eui[FUOTA_DEV_EUI_SIZE];
	uint8_t fport; /* 0: an event of a server that carries no frame */
	uint8_t bytes[FUOTA_UPLINK_SIZE_MAX]; /* FRMPayload in the clear */
	size_t len;
	uint64_t time; /* Unix seconds of reception, 0: not told */
};

/*
 * Reads one line: a plain object, an event of ChirpStack or a message of The
 * Things Stack.
 *
 * uplink  untouched on error
 *
 * Errors: FUOTA_E_FORMAT  not such an object; says what is wrong
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_uplink_parse(
    struct fuota_in line, struct fuota_uplink *uplink, struct fuota_error *err);

#define FUOTA_REQUEST_SIZE_MAX 64u /* bytes; scripts have up to 30 */

/* A downlink of a script to one device, and the answer to expect. */
struct fuota_request {
	uint8_t dev_eui[FUOTA_DEV_EUI_SIZE];
	enum fuota_package package; /* the answer's too */
	uint8_t version; /* PackageVersion */
	uint8_t bytes[FUOTA_REQUEST_SIZE_MAX]; /* FRMPayload */
	size_t len;
	const char *expect; /* command that answers; static */
	uint64_t at, expect_by; /* Unix seconds */
};

enum fuota_sent_kind {
	FUOTA_SENT_OTHER, /* a downlink that no single device answers */
	FUOTA_SENT_PLAN, /* the first line of a script */
	FUOTA_SENT_FRAGMENT,
	FUOTA_SENT_REQUEST,
};

/* A line of a script of schema fuota-script/1. */
struct fuota_sent {
	enum fuota_sent_kind kind;
	/* of a plan */
	char profile[FUOTA_CAMPAIGN_NAME_SIZE];
	enum fuota_ts004 edition;
	uint64_t start; /* Unix seconds */
	/* of a fragment */
	uint16_t n;
	struct fuota_request request;
};

/*
 * Reads one line of a script.
 *
 * sent  untouched on error
 *
 * Errors: FUOTA_E_FORMAT       not such a line; says what is wrong
 *         FUOTA_E_UNSUPPORTED  another schema, or an unknown command
 *         FUOTA_E_TRUNCATED    a request that ends too early
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_sent_parse(
    struct fuota_in line, struct fuota_sent *sent, struct fuota_error *err);

/* The request as a command; it points into request. Errors: as above. */
FUOTA_API enum fuota_status
fuota_request_decode(const struct fuota_request *request,
    struct fuota_command *command, struct fuota_error *err);

#endif
