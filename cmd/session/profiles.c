/* SPDX-License-Identifier: BSD-2-Clause */
/* fuota-session profiles: what classes of devices can take, and why. */
#include <stdlib.h>

#include <fuota/fragfile.h>

#include "session.h"

static const struct option options[] = {
	CMD_OPTION_JSON,
	CMD_OPTIONS,
};

static const struct {
	unsigned bit;
	const char *text;
} quirks[] = {
	{ FUOTA_QUIRK_INCREASING_N,
	    "ignores a fragment whose N is not above the last one: lost "
	    "fragments cannot be sent again, only further coded ones" },
	{ FUOTA_QUIRK_OVER_LIMIT_SUCCESS,
	    "reports success with a broken block when more fragments are lost "
	    "than it can repair" },
	{ FUOTA_QUIRK_TAIL_OVERRUN,
	    "counts losses at the end of the uncoded fragments late and "
	    "overruns a buffer" },
	{ FUOTA_QUIRK_LATE_UNCODED_CORRUPTS,
	    "an uncoded fragment after a coded one corrupts the block" },
	{ FUOTA_QUIRK_NEEDS_CODED,
	    "completes only after one coded fragment, also without a loss" },
	{ FUOTA_QUIRK_SINGLE_COMMAND,
	    "takes one command in a message: trailing bytes become commands" },
	{ FUOTA_QUIRK_NO_GROUP_STATUS,
	    "McGroupStatusReq is not implemented: its mask is executed as a "
	    "command, or the message is dropped" },
	{ FUOTA_QUIRK_NO_CLASS_B,
	    "answers McClassBSessionReq but runs class C, or not at all" },
	{ FUOTA_QUIRK_GROUP_ZERO,
	    "uses the time-out of multicast group 0 for every group" },
	{ FUOTA_QUIRK_INDEX_ZERO,
	    "has one fragmentation session: another FragIndex than 0 is "
	    "refused" },
};

static const char *const decoders[] = {
	[FUOTA_DECODER_DEVICE] = "libfuota's device library",
	[FUOTA_DECODER_LORAMAC_NODE] = "LoRaMac-node",
	[FUOTA_DECODER_LBM] = "LoRa Basics Modem",
	[FUOTA_DECODER_ZEPHYR_LOWMEM] = "Zephyr, low-memory decoder",
	[FUOTA_DECODER_ZEPHYR_SEMTECH] = "Zephyr, Semtech decoder",
};

static void
put_version(FILE *to, const char *name, uint8_t version)
{
	if (version == 0)
		fprintf(to, " %s none", name);
	else
		fprintf(to, " %s v%u", name, version);
}

static void
put_limit(FILE *to, const char *name, uint32_t value)
{
	if (value != 0)
		fprintf(to, "  %s %u\n", name, value);
}

static void
put_profile(FILE *to, const struct fuota_profile *p)
{
	uint8_t v[FUOTA_PACKAGE_COUNT];

	session_versions(p, v);
	fprintf(to, "%s: %s\n ", p->name, decoders[p->decoder]);
	put_version(to, "clocksync", v[FUOTA_PACKAGE_CLOCKSYNC]);
	put_version(to, "multicastsetup", v[FUOTA_PACKAGE_MULTICASTSETUP]);
	fprintf(to, " fragmentation %s", fuota_ts004_name(p->ts004));
	put_version(
	    to, "firmwaremanagement", v[FUOTA_PACKAGE_FIRMWAREMANAGEMENT]);
	put_version(to, "multipackage", v[FUOTA_PACKAGE_MULTIPACKAGE]);
	fprintf(to, "\n  root key %s\n",
	    p->root_key == FUOTA_ROOT_APP_KEY ? "AppKey (1.1)"
					      : "GenAppKey (1.0.x)");
	put_limit(to, "uncoded fragments, at most", p->nb_frag_max);
	put_limit(to, "FragSize, at most", p->frag_size_max);
	if (p->frag_size_multiple > 1)
		put_limit(to, "FragSize, a multiple of", p->frag_size_multiple);
	put_limit(to, "lost uncoded fragments, at most", p->lost_max);
	put_limit(to, "slot, bytes", p->slot_size);
	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if ((p->quirks & quirks[i].bit) != 0)
			fprintf(to, "  - %s\n", quirks[i].text);
}

static json_t *
profile_json(const struct fuota_profile *p)
{
	json_t *list = json_array();
	uint8_t v[FUOTA_PACKAGE_COUNT];

	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++)
		if ((p->quirks & quirks[i].bit) != 0)
			json_array_append_new(
			    list, json_string(quirks[i].text));
	session_versions(p, v);
	return json_pack("{s:s,s:s,s:i,s:i,s:s,s:i,s:i,s:s,s:i,s:i,s:i,s:i,s:i,"
			 "s:o}",
	    "name", p->name, "stack", decoders[p->decoder], "clocksync",
	    v[FUOTA_PACKAGE_CLOCKSYNC], "multicastsetup",
	    v[FUOTA_PACKAGE_MULTICASTSETUP], "ts004",
	    fuota_ts004_name(p->ts004), "firmwaremanagement",
	    v[FUOTA_PACKAGE_FIRMWAREMANAGEMENT], "multipackage",
	    v[FUOTA_PACKAGE_MULTIPACKAGE], "root_key",
	    p->root_key == FUOTA_ROOT_APP_KEY ? "app-key" : "gen-app-key",
	    "max_nb_frag", p->nb_frag_max, "max_frag_size", p->frag_size_max,
	    "frag_size_multiple", p->frag_size_multiple, "max_lost",
	    p->lost_max, "slot_size", (int)p->slot_size, "quirks", list);
}

enum cmd_exit
session_profiles(struct cmd *cmd, int argc, char **argv)
{
	struct session_text text;
	struct fuota_profile named;
	const struct fuota_profile *p;
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		cmd_option(cmd, ch);
	if (argc - optind > 1)
		cmd_usage(cmd, "profiles: one name at most");
	json_t *list = json_array();
	session_text_open(cmd, &text);
	if (optind < argc) {
		named = session_profile(cmd, argv[optind]);
		put_profile(text.stream, &named);
		json_array_append_new(list, profile_json(&named));
	}
	for (size_t i = 0; optind == argc; i++) {
		if ((p = fuota_profile_at(i)) == NULL)
			break;
		put_profile(text.stream, p);
		json_array_append_new(list, profile_json(p));
	}
	if (cmd->json) {
		fclose(text.stream);
		free(text.data);
		cmd_write_json(cmd,
		    json_pack("{s:s,s:o}", "schema", "fuota-profiles/1",
			"profiles", list));
		return CMD_OK;
	}
	json_decref(list);
	session_text_write(cmd, &text);
	return CMD_OK;
}
