/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands around the fragments. Each command is a file in session/. */
#include <string.h>

#include "session/session.h"

static const char usage[] =
    "usage: fuota-session [-hqV] [-o file] command [option ...] [file ...]\n"
    "Commands of TS003 to TS007 for devices, network servers and campaigns.\n"
    "\n"
    "encode [file]               JSON Lines of commands to hexadecimal frames\n"
    "decode [file]               hexadecimal frames to JSON Lines of commands\n"
    "      --package NAME         clocksync, multicastsetup, fragmentation,\n"
    "                             firmwaremanagement or multipackage\n"
    "      --package-version N    its version, the newest by default\n"
    "      --direction up|down    decode: up by default\n"
    "      --fport N              the package by its port\n"
    "      --profile NAME|FILE    package versions of these devices\n"
    "      --skip-unknown         decode: report what cannot be read, go on\n"
    "keys                        multicast keys of devices and groups\n"
    "      --root SOURCE          a device's root key; SOURCE is FILE or fd:N\n"
    "      --keys SOURCE          CSV of devices and their root keys\n"
    "      --lorawan 1.0|1.1      what a root key is when the CSV does not say\n"
    "      --mc-key SOURCE        the group's McKey\n"
    "      --new-mc-key FILE      a new random McKey, written to FILE\n"
    "      --campaign-secret SOURCE  a McKey derived from this secret\n"
    "      --campaign NAME        for this campaign\n"
    "      --mc-addr HEX          the group's address\n"
    "      --block FILE           a data block: its MIC for each device\n"
    "      --session-cnt N        the SessionCnt that the MIC covers\n"
    "      --frag-index N         the FragIndex that it covers\n"
    "      --descriptor HEX       the descriptor that it covers\n"
    "      --show                 print the derived keys too\n"
    "script campaign.yaml file   every downlink of a campaign, in order\n"
    "      --keys SOURCE          CSV of devices and their root keys\n"
    "      --mc-key SOURCE        the group's McKey, or\n"
    "      --campaign-secret SOURCE  the secret it is derived from\n"
    "      --ledger FILE          SessionCnts used so far (TS004 2.0.0)\n"
    "      --session-cnt N        the same SessionCnt for every device\n"
    "      --profile NAME|FILE    instead of the campaign's\n"
    "      --format FORMAT        jsonl, hex, mqtt, tts, chirpstack-queue,\n"
    "                             chirpstack-fuota, aws or thingpark\n"
    "      --application ID       of the network server\n"
    "      --tenant ID            of The Things Stack, ttn by default\n"
    "      --device-profile ID    of ChirpStack\n"
    "      --group ID             multicast group, or device that stands for it\n"
    "      --gateway ID           that sends the fragments; repeatable\n"
    "      --role ARN             of AWS, that reads the image\n"
    "      --image-uri URI        where AWS finds the image\n"
    "      --show-keys            put the group's keys into the output\n"
    "interpret [file]            uplinks to the state of each device\n"
    "      --profile NAME|FILE    what these devices run\n"
    "      --script FILE          the script that was sent, in JSON Lines:\n"
    "                             each answer is matched with its request\n"
    "      --at TIME              what is due by then is missing, by default\n"
    "                             when the last uplink came\n"
    "      --frags FILE           without a script: the fragment file\n"
    "      --campaign FILE        without a script: the campaign\n"
    "      --fw-version VERSION   what runs after the update\n"
    "      --tolerance SECONDS    of a device's clock, 10 by default\n"
    "profiles [name]             what classes of devices can take, and quirks\n"
    "      --json                 as JSON\n"
    "\n"
    "  -o, --output FILE          instead of standard output\n"
    "  -q, --quiet                no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct {
	const char *name;
	enum cmd_exit (*run)(struct cmd *cmd, int argc, char **argv);
} commands[] = {
	{ "encode", session_encode },
	{ "decode", session_decode },
	{ "keys", session_keys },
	{ "script", session_script },
	{ "interpret", session_interpret },
	{ "profiles", session_profiles },
};

static const struct option options[] = {
	CMD_OPTIONS,
};

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-session", .usage = usage };
	int ch;

	/* "+": stop at the command, whose options are its own */
	while ((ch = getopt_long(
		    argc, argv, "+" CMD_OPTSTRING, options, NULL)) != -1)
		cmd_option(&cmd, ch);
	if (optind == argc)
		cmd_usage(&cmd,
		    "a command is needed: encode, decode, keys, script, "
		    "interpret or profiles");
	const char *name = argv[optind];
	argc -= optind;
	argv += optind;
	optind = 0; /* start anew, also with GNU's extensions */
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		/* getopt_long() puts argv[0] before its messages */
		static char tool[] = "fuota-session";
		argv[0] = tool;
		json_decref(cmd_json_object(&cmd)); /* JSON without memory */
		cmd_crypto_memory(&cmd);
		return (int)commands[i].run(&cmd, argc, argv);
	}
	cmd_usage(&cmd, "no such command; try 'fuota-session -h'");
}
