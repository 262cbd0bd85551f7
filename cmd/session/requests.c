/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "requests.h"

enum {
	FIRST_CAPACITY = 1024
};

void
requests_add(const struct cmd *cmd, struct requests *all,
    struct request_chain *chain, const struct fuota_request *sent)
{
	if (all->count == all->capacity) {
		const size_t capacity =
		    all->capacity == 0 ? FIRST_CAPACITY : all->capacity * 2;
		struct request *grown =
		    realloc(all->request, capacity * sizeof(*grown));
		if (grown == NULL)
			cmd_fail_text(cmd, NULL, FUOTA_E_MEMORY,
			    "out of memory for %zu requests", capacity);
		all->request = grown;
		all->capacity = capacity;
	}
	all->request[all->count++] = (struct request){ .sent = *sent };
	const uint32_t place = (uint32_t)all->count;
	if (chain->last == 0)
		chain->first = place;
	else
		all->request[chain->last - 1].next = place;
	chain->last = place;
}

struct request *
requests_next(const struct requests *all, const struct request_chain *chain,
    const struct request *after)
{
	const uint32_t place = after == NULL ? chain->first : after->next;

	return place == 0 ? NULL : &all->request[place - 1];
}

/* Group, session and class answers: their first byte is the verdict. */
static bool
has_status(const struct fuota_command *answer)
{
	uint32_t value;

	return fuota_command_get(answer, "IDError", &value) ||
	    fuota_command_get(answer, "FreqError", &value) ||
	    fuota_command_get(answer, "NotEnoughMemory", &value);
}

/* The bits of the answer's first byte, whatever they are called. */
static uint8_t
status_of(const struct fuota_command *answer)
{
	uint32_t bits = 0;

	for (int i = 0; i < answer->spec->field_count; i++) {
		const struct fuota_field *f = &answer->spec->fields[i];
		if (f->offset == 0 && f->size == 1)
			bits |= answer->number[i] << f->shift;
	}
	return (uint8_t)bits;
}

static void
mark(struct request *request, const struct fuota_command *answer)
{
	const uint8_t status = status_of(answer);

	if (!request->answered) {
		request->status = status;
	} else if (has_status(answer) && request->status != status) {
		request->contradicts = true;
		request->other = status;
	}
	request->answered = true;
}

enum pairing
requests_pair(const struct requests *all, const struct request_chain *chain,
    const struct fuota_command *answer, uint64_t time,
    struct fuota_command *asked, uint16_t *breaches)
{
	enum pairing pairing = PAIRING_UNASKED;
	struct request *found = NULL, *r = NULL;
	struct fuota_command command;

	while ((r = requests_next(all, chain, r)) != NULL) {
		if (strcmp(r->sent.expect, answer->spec->name) != 0 ||
		    r->sent.package != answer->spec->package ||
		    (time != 0 && time < r->sent.at) ||
		    fuota_request_decode(&r->sent, &command, NULL) != FUOTA_OK)
			continue;
		const uint16_t bits =
		    fuota_command_check_answer(&command, answer);
		if ((bits & 1u << FUOTA_BREACH_OTHER_ANSWER) != 0) {
			if (found == NULL)
				pairing = PAIRING_OTHER;
			continue;
		}
		pairing = PAIRING_ANSWERS;
		found = r;
		*asked = command;
		*breaches = bits;
		if (!r->answered)
			break;
	}
	if (found != NULL)
		mark(found, answer);
	return pairing;
}
