/* SPDX-License-Identifier: BSD-2-Clause */
/* What uplinks tell of a device, and what to do about it. */
#ifndef FUOTA_CMD_STATE_H
#define FUOTA_CMD_STATE_H

#include <fuota/campaign.h>

#include "requests.h"

/* --- state.c --------------------------------------------------------------*/

#define STATE_PROBLEM_SIZE 300

/* The last answer of each kind; a member is valid when its bit is in seen. */
enum seen {
	SEEN_GROUP = 0x01,
	SEEN_CLASS = 0x02,
	SEEN_SETUP = 0x04,
	SEEN_STATUS = 0x08,
	SEEN_RECEIVED = 0x10, /* FragDataBlockReceivedReq */
	SEEN_IMAGE = 0x20,
	SEEN_FIRMWARE = 0x40,
	SEEN_CLOCK = 0x80,
	SEEN_REBOOT = 0x100,
};

struct device_state {
	uint8_t dev_eui[FUOTA_DEV_EUI_SIZE];
	unsigned seen;
	unsigned answers; /* uplinks that were read */
	struct request_chain requests; /* of the script */
	const char *other_answer, *unasked; /* the last such command */
	uint16_t breaches;
	uint8_t versions[FUOTA_PACKAGE_COUNT]; /* reported; 0: not */
	bool group_error;
	bool class_bare, freq_error, dr_error, group_undefined, start_missed;
	bool has_time_to_start;
	uint32_t time_to_start;
	uint64_t class_time; /* of reception */
	bool has_class_start;
	uint32_t class_start; /* GPS seconds, of the request it answers */
	bool memory_error, algo_error, index_error, descriptor_error, replay;
	bool no_session, status_memory_error, status_mic_error;
	uint32_t received, missing;
	bool mic_error; /* of SEEN_RECEIVED */
	uint32_t received_index;
	uint32_t image_status, next_version, fw_version, hw_version;
	uint32_t device_time, token;
	bool answer_required;
	uint64_t clock_time;
	uint32_t reboot_in;
	char problem[STATE_PROBLEM_SIZE]; /* the last frame not understood */
};

/*
 * Takes an uplink of a package's port in; what cannot be decoded goes to
 * state->problem.
 *
 * requests  what the script asked; NULL without one
 */
void
state_feed(struct device_state *state, const struct fuota_profile *profile,
    const struct requests *requests, enum fuota_package package,
    const struct fuota_uplink *uplink);

/* --- verdict.c ------------------------------------------------------------*/

struct verdict_input {
	const struct fuota_profile *profile;
	const struct fuota_frag_session *session; /* NULL: not known */
	uint16_t last_n; /* highest N that was sent, 0: not known */
	const struct fuota_campaign *campaign; /* NULL: not known */
	const struct requests *requests; /* NULL: not known */
	uint64_t at; /* Unix seconds: what is due by then; 0: everything */
	uint32_t tolerance; /* seconds of a device's clock */
	bool has_fw_version;
	uint32_t fw_version;
};

enum next_step {
	NEXT_WAIT,
	NEXT_REPEAT_SETUP,
	NEXT_RESYNC,
	NEXT_TOP_UP,
	NEXT_VERIFY, /* ask DevUpgradeImageReq or DevVersionReq */
	NEXT_REBOOT,
	NEXT_DONE,
	NEXT_NEW_SESSION,
	NEXT_HOPELESS,
	NEXT_COUNT
};

struct verdict {
	const char *state; /* a word */
	char means[240]; /* a sentence */
	enum next_step next;
	uint32_t top_up; /* coded fragments */
	uint32_t overdue, pending; /* requests without an answer */
	/* the downlink to send now, an answer or the next step; len 0: none */
	uint8_t fport;
	uint8_t downlink[FUOTA_REQUEST_SIZE_MAX];
	size_t downlink_len;
};
void
verdict_of(const struct device_state *state, const struct verdict_input *in,
    struct verdict *verdict);
/* Whether a request should have been answered by now. */
bool
request_is_overdue(
    const struct request *request, const struct verdict_input *in);
const char *
next_step_text(enum next_step step);

#endif
