/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of a script: a request that is taken can be decoded, and its answer
 * is an uplink of its package; what is refused is told in words.
 */
#include <string.h>

#include <fuota/uplink.h>

#include "fuzz.h"

static void
check_request(const struct fuota_request *request)
{
	struct fuota_command command, answer;
	struct fuota_error err;

	check(request->len > 0 && request->len <= sizeof(request->bytes));
	check(fuota_request_decode(request, &command, &err) == FUOTA_OK);
	check(fuota_command_init(&answer, request->package, request->version,
		  FUOTA_UP, request->expect, &err) == FUOTA_OK);
	check((fuota_command_check_answer(&command, &answer) >>
		  FUOTA_BREACH_COUNT) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_sent sent;
	struct fuota_error err = { .message = "" };

	if (size > 8192)
		return 0;
	if (fuota_sent_parse((struct fuota_in){ data, size }, &sent, &err) !=
	    FUOTA_OK) {
		check(err.message[0] != '\0');
		return 0;
	}
	switch (sent.kind) {
	case FUOTA_SENT_PLAN:
		check(memchr(sent.profile, '\0', sizeof(sent.profile)) != NULL);
		check(sent.start != 0);
		break;
	case FUOTA_SENT_FRAGMENT:
		check(sent.n >= 1 && sent.n <= FUOTA_FRAG_N_MAX);
		break;
	case FUOTA_SENT_REQUEST:
		check_request(&sent.request);
		break;
	case FUOTA_SENT_OTHER:
		break;
	}
	return 0;
}
