/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a device breaks the specification and can still be understood. */
#include "command_table.h"

const char *
fuota_breach_text(enum fuota_breach breach)
{
	switch (breach) {
	case FUOTA_BREACH_RFU:
		return "reserved bits are set";
	case FUOTA_BREACH_EXTRA:
		return "a status bit that this version does not have";
	case FUOTA_BREACH_LONG_FORM:
		return "fields follow although the session does not exist";
	case FUOTA_BREACH_BARE:
		return "the status byte is missing";
	case FUOTA_BREACH_DRAFT:
		return "unknown CID: in no published version of the package";
	case FUOTA_BREACH_PACKAGE:
		return "names another package than that of its port";
	case FUOTA_BREACH_ITEMS:
		return "groups are not those of AnsGroupMask";
	case FUOTA_BREACH_N_ZERO:
		return "fragment number 0: they count from 1";
	case FUOTA_BREACH_NOT_ALONE:
		return "not alone in its message";
	case FUOTA_BREACH_EMPTY_RANGE:
		return "StopByte is below StartByte";
	case FUOTA_BREACH_SHORT_ANSWER:
		return "fewer bytes than were asked for";
	case FUOTA_BREACH_OTHER_ANSWER:
		return "answers for another index, group or token";
	case FUOTA_BREACH_COUNT:
		break;
	}
	return "no breach";
}

static bool
both(const struct fuota_command *a, const char *name_a,
    const struct fuota_command *b, const char *name_b, uint32_t *x, uint32_t *y)
{
	return fuota_command_get(a, name_a, x) &&
	    fuota_command_get(b, name_b, y);
}

uint16_t
fuota_command_check_answer(
    const struct fuota_command *request, const struct fuota_command *answer)
{
	static const char *const echoed[] = { "McGroupID", "FragIndex",
		"Token" };
	struct fuota_command checked = { .breaches = answer->breaches };
	struct fuota_in data;
	uint32_t x, y;

	for (size_t i = 0; i < sizeof(echoed) / sizeof(echoed[0]); i++)
		if (both(request, echoed[i], answer, echoed[i], &x, &y) &&
		    x != y)
			fuota_command_breach(
			    &checked, FUOTA_BREACH_OTHER_ANSWER);
	if (both(request, "ReqGroupMask", answer, "AnsGroupMask", &x, &y) &&
	    (y & ~x) != 0)
		fuota_command_breach(&checked, FUOTA_BREACH_OTHER_ANSWER);
	if (both(request, "StartByte", answer, "BaseByte", &x, &y) && x != y)
		fuota_command_breach(&checked, FUOTA_BREACH_OTHER_ANSWER);
	if (both(request, "StartByte", request, "StopByte", &x, &y) &&
	    fuota_command_get_bytes(answer, "Data", &data) && y >= x &&
	    data.len < y - x + 1)
		fuota_command_breach(&checked, FUOTA_BREACH_SHORT_ANSWER);
	return checked.breaches;
}
