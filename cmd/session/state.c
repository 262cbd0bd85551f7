/* SPDX-License-Identifier: BSD-2-Clause */
/* The answers of one device, the last of each kind. */
#include <string.h>

#include "state.h"

static bool
flag(const struct fuota_command *c, const char *name)
{
	uint32_t value = 0;

	return fuota_command_get(c, name, &value) && value != 0;
}

static uint32_t
number(const struct fuota_command *c, const char *name)
{
	uint32_t value = 0;

	(void)fuota_command_get(c, name, &value);
	return value;
}

/* --- an answer of each kind -----------------------------------------------*/

static void
take_version(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->versions[c->spec->package] = (uint8_t)number(c, "PackageVersion");
}

static void
take_packages(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	for (size_t i = 0; i < c->item_count; i++)
		if (c->items[i].number[0] < FUOTA_PACKAGE_COUNT)
			s->versions[c->items[i].number[0]] =
			    (uint8_t)c->items[i].number[1];
}

static void
take_clock(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	s->seen |= SEEN_CLOCK;
	s->device_time = number(c, "DeviceTime");
	s->token = number(c, "TokenReq");
	s->answer_required = flag(c, "AnsRequired");
	s->clock_time = u->time;
}

static void
take_group(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_GROUP;
	s->group_error = flag(c, "IDError");
}

static void
take_class(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	s->seen |= SEEN_CLASS;
	s->class_bare = (c->breaches & 1u << FUOTA_BREACH_BARE) != 0;
	s->freq_error = flag(c, "FreqError");
	s->dr_error = flag(c, "DRError");
	s->group_undefined = flag(c, "McGroupUndefined");
	s->start_missed = flag(c, "StartMissed");
	s->has_time_to_start =
	    fuota_command_get(c, "TimeToStart", &s->time_to_start);
	s->class_time = u->time;
}

static void
take_setup(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	/* what was said of the session before is no longer so */
	s->seen &= ~(unsigned)(SEEN_STATUS | SEEN_RECEIVED);
	s->seen |= SEEN_SETUP;
	s->memory_error = flag(c, "NotEnoughMemory");
	s->algo_error =
	    flag(c, "EncodingUnsupported") || flag(c, "FragAlgoUnsupported");
	s->index_error = flag(c, "FragIndexUnsupported");
	s->descriptor_error = flag(c, "WrongDescriptor");
	s->replay = flag(c, "SessionCntReplay");
}

static void
take_status(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_STATUS;
	s->no_session = flag(c, "SessionDoesNotExist");
	s->status_memory_error =
	    flag(c, "MemoryError") || flag(c, "NotEnoughMatrixMemory");
	s->status_mic_error = flag(c, "MICError");
	s->received = number(c, "NbFragReceived");
	s->missing = number(c, "MissingFrag");
}

static void
take_received(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_RECEIVED;
	s->mic_error = flag(c, "MICError");
	s->received_index = number(c, "FragIndex");
}

static void
take_firmware(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_FIRMWARE;
	s->fw_version = number(c, "FWVersion");
	s->hw_version = number(c, "HWVersion");
}

static void
take_image(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_IMAGE;
	s->image_status = number(c, "UpImageStatus");
	s->next_version = number(c, "NextFirmwareVersion");
}

static void
take_reboot(struct device_state *s, const struct fuota_command *c,
    const struct fuota_uplink *u)
{
	(void)u;
	s->seen |= SEEN_REBOOT;
	s->reboot_in = number(c, "Countdown") + number(c, "RebootTime");
}

static const struct {
	const char *command;
	void (*take)(struct device_state *s, const struct fuota_command *c,
	    const struct fuota_uplink *u);
} takers[] = {
	{ "PackageVersionAns", take_version },
	{ "DevPackageAns", take_packages },
	{ "AppTimeReq", take_clock },
	{ "McGroupSetupAns", take_group },
	{ "McClassCSessionAns", take_class },
	{ "McClassBSessionAns", take_class },
	{ "FragSessionSetupAns", take_setup },
	{ "FragSessionStatusAns", take_status },
	{ "FragDataBlockReceivedReq", take_received },
	{ "DevVersionAns", take_firmware },
	{ "DevUpgradeImageAns", take_image },
	{ "DevRebootCountdownAns", take_reboot },
	{ "DevRebootTimeAns", take_reboot },
};

static bool
is_answer(const struct fuota_command *c)
{
	const size_t len = strlen(c->spec->name);

	return len > 3 && strcmp(c->spec->name + len - 3, "Ans") == 0;
}

/* What the request says of its answer; false: it answers nothing. */
static bool
pair(struct device_state *s, const struct requests *requests,
    const struct fuota_command *c, const struct fuota_uplink *u)
{
	struct fuota_command asked;
	uint16_t breaches;

	if (requests == NULL)
		return true;
	switch (requests_pair(
	    requests, &s->requests, c, u->time, &asked, &breaches)) {
	case PAIRING_ANSWERS:
		s->breaches |= breaches;
		s->has_class_start =
		    fuota_command_get(&asked, "SessionTime", &s->class_start) ||
		    s->has_class_start;
		break;
	case PAIRING_OTHER:
		s->other_answer = c->spec->name;
		return false;
	case PAIRING_UNASKED:
		if (is_answer(c))
			s->unasked = c->spec->name;
		break;
	}
	return true;
}

static void
take(struct device_state *s, const struct requests *requests,
    const struct fuota_command *c, const struct fuota_uplink *u)
{
	s->breaches |= c->breaches;
	if (!pair(s, requests, c, u))
		return;
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (strcmp(takers[i].command, c->spec->name) == 0)
			takers[i].take(s, c, u);
}

/* --- frames ---------------------------------------------------------------*/

static void
take_message(struct device_state *s, const struct requests *requests,
    const struct fuota_command *message,
    const struct fuota_command_context *codec, const struct fuota_uplink *u)
{
	struct fuota_command part;

	s->breaches |= message->breaches;
	if (!pair(s, requests, message, u))
		return;
	/* Its parts answer parts of the one request. */
	for (size_t i = 0; i < message->item_count; i++)
		if (fuota_command_part(message, codec, i, &part, NULL) ==
		    FUOTA_OK)
			take(s, NULL, &part, u);
}

static void
note_problem(struct device_state *s, const struct fuota_uplink *u,
    const struct fuota_error *err)
{
	snprintf(s->problem, sizeof(s->problem), "port %u, byte %zu: %s",
	    u->fport, err->offset, err->message);
}

/* A version that the device reported itself outranks its profile. */
static void
find_versions(const struct device_state *s, const struct fuota_profile *profile,
    uint8_t versions[FUOTA_PACKAGE_COUNT])
{
	session_versions(profile, versions);
	for (unsigned i = 0; i < FUOTA_PACKAGE_COUNT; i++)
		if (s->versions[i] != 0 &&
		    s->versions[i] <=
			fuota_package_newest((enum fuota_package)i))
			versions[i] = s->versions[i];
}

void
state_feed(struct device_state *s, const struct fuota_profile *profile,
    const struct requests *requests, enum fuota_package package,
    const struct fuota_uplink *u)
{
	struct fuota_command_context codec = { package, FUOTA_UP, { 0 } };
	const struct fuota_in frame = { u->bytes, u->len };
	struct fuota_command command;
	struct fuota_error err;
	size_t offset = 0;

	find_versions(s, profile, codec.versions);
	s->answers++;
	do {
		if (fuota_command_decode(
			&codec, frame, &offset, &command, &err) != FUOTA_OK) {
			note_problem(s, u, &err);
			return;
		}
		if (codec.package == FUOTA_PACKAGE_MULTIPACKAGE)
			take_message(s, requests, &command, &codec, u);
		else
			take(s, requests, &command, u);
	} while (offset < frame.len);
}
