/* SPDX-License-Identifier: BSD-2-Clause */
/* A public key in another form. */
#include <string.h>

#include "common/key.h"

static const char usage[] =
    "usage: fuota-pubkey [-hqV] [-o FILE] [--format FORMAT] [--name NAME]\n"
    "           [--passphrase-file FILE | --passphrase-fd N] [KEY]\n"
    "  -f, --format FORMAT     pem (default), hex, minisign, openssh, c-header\n"
    "  -n, --name NAME         of the arrays in a C header (fuota_public_key)\n"
    "      --passphrase-file FILE  for an encrypted secret key, its first line\n"
    "      --passphrase-fd N   the same from an open descriptor\n"
    "  -o, --output FILE       write there instead of standard output\n"
    "  -q, --quiet             no remarks\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n";

enum {
	OPT_PASSPHRASE_FILE = CMD_OPT_FIRST,
	OPT_PASSPHRASE_FD,
	FORMAT_C_HEADER, /* beside enum fuota_key_format */
};

static const struct option options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "name", required_argument, NULL, 'n' },
	{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE },
	{ "passphrase-fd", required_argument, NULL, OPT_PASSPHRASE_FD },
	CMD_OPTIONS,
};

static const struct {
	const char *name;
	int format;
} formats[] = {
	{ "pem", FUOTA_KEY_PEM },
	{ "hex", FUOTA_KEY_HEX },
	{ "minisign", FUOTA_KEY_MINISIGN },
	{ "openssh", FUOTA_KEY_OPENSSH },
	{ "c-header", FORMAT_C_HEADER },
};

struct request {
	int format;
	const char *name;
	struct cmd_passphrase passphrase;
};

static int
parse_format(const struct cmd *cmd, const char *text)
{
	char shown[64];

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(text, formats[i].name) == 0)
			return formats[i].format;
	cmd_usage(cmd,
	    "--format: '%s' is not pem, hex, minisign, openssh or c-header",
	    cmd_escape(shown, sizeof(shown), text));
}

static struct request
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct request r = { .format = FUOTA_KEY_PEM,
		.passphrase = { .fd = -1 } };
	int ch;

	while ((ch = getopt_long(
		    argc, argv, "f:n:" CMD_OPTSTRING, options, NULL)) != -1) {
		if (ch == 'f')
			r.format = parse_format(cmd, optarg);
		else if (ch == 'n')
			r.name = optarg;
		else if (ch == OPT_PASSPHRASE_FILE)
			r.passphrase.file = optarg;
		else if (ch == OPT_PASSPHRASE_FD)
			r.passphrase.fd =
			    (int)cmd_u32(cmd, "passphrase-fd", optarg, 0, 1023);
		else
			cmd_option(cmd, ch);
	}
	if (r.name != NULL && r.format != FORMAT_C_HEADER)
		cmd_usage(cmd, "--name is for --format c-header only");
	if (r.passphrase.file != NULL && r.passphrase.fd >= 0)
		cmd_usage(cmd,
		    "--passphrase-file and --passphrase-fd exclude each other");
	return r;
}

/* The public half of a secret key, or a public key itself. */
static struct fuota_public_key
read_key(struct cmd *cmd, const char *path, struct cmd_passphrase *source)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	struct fuota_in passphrase = { 0 };
	struct fuota_public_key public;
	struct fuota_key *key = NULL;
	struct fuota_error err;
	enum fuota_status status;

	cmd->input = is_stdin ? "standard input" : path;
	struct fuota_in in =
	    cmd_read_key_file(cmd, cmd->input, is_stdin ? 0 : -1, CMD_KEY_ANY);
	const enum fuota_key_kind kind = fuota_key_detect(in);
	if (kind == FUOTA_KEY_KIND_ENCRYPTED)
		passphrase = cmd_passphrase(cmd, source, cmd->input, false);
	if (kind == FUOTA_KEY_KIND_SECRET || kind == FUOTA_KEY_KIND_ENCRYPTED)
		status = fuota_key_parse(in, passphrase, &key, &err);
	else
		status = fuota_public_key_parse(in, &public, &err);
	cmd_passphrase_done(source, &passphrase);
	cmd_free_secret(&in);
	if (status != FUOTA_OK)
		cmd_fail(cmd, &err);
	if (key != NULL)
		fuota_key_public(key, &public);
	fuota_key_free(&key);
	return public;
}

static void
write_key(struct cmd *cmd, const struct request *r,
    const struct fuota_public_key *key)
{
	struct fuota_out out = cmd_alloc(cmd, FUOTA_KEY_TEXT_MAX);
	struct fuota_error err;
	const enum fuota_status status = r->format == FORMAT_C_HEADER
	    ? fuota_public_key_c_header(key,
		  r->name != NULL ? r->name : "fuota_public_key", &out, &err)
	    : fuota_public_key_encode(
		  key, (enum fuota_key_format)r->format, &out, &err);

	if (status == FUOTA_E_RANGE)
		cmd_usage(cmd, "--name: %s", err.message);
	if (status != FUOTA_OK)
		cmd_fail(cmd, &err);
	const union {
		const uint8_t *bytes;
		const char *text;
	} at = { .bytes = out.data };
	cmd_write_text(cmd, at.text, out.len);
	cmd_free_out(&out);
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-pubkey", .usage = usage };

	cmd_hold_secrets(&cmd);
	struct request r = parse_options(&cmd, argc, argv);
	if (argc - optind > 1)
		cmd_usage(&cmd, "one key at most, %d given", argc - optind);
	const struct fuota_public_key key =
	    read_key(&cmd, optind < argc ? argv[optind] : "-", &r.passphrase);
	write_key(&cmd, &r, &key);
	return CMD_OK;
}
