/* SPDX-License-Identifier: BSD-2-Clause */
/* A new Ed25519 key pair in two new files. */
#include <string.h>

#include <sodium.h>

#include "common/key.h"

static const char usage[] =
    "usage: fuota-keygen [-hqV] [--encrypt] [--passphrase-file FILE]\n"
    "           [--passphrase-fd N] -s SECRET -p PUBLIC\n"
    "  -s, --secret FILE       the secret key, PKCS#8 PEM, mode 0600\n"
    "  -p, --public FILE       the public key, SubjectPublicKeyInfo PEM\n"
    "      --encrypt           encrypt the secret key with a passphrase\n"
    "      --passphrase-file FILE  its first line; implies --encrypt\n"
    "      --passphrase-fd N   the same from an open descriptor\n"
    "  -q, --quiet             no remarks\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n";

enum {
	OPT_ENCRYPT = CMD_OPT_FIRST,
	OPT_PASSPHRASE_FILE,
	OPT_PASSPHRASE_FD,
};

/* not CMD_OPTIONS: there is no single output */
static const struct option options[] = {
	{ "secret", required_argument, NULL, 's' },
	{ "public", required_argument, NULL, 'p' },
	{ "encrypt", no_argument, NULL, OPT_ENCRYPT },
	{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE },
	{ "passphrase-fd", required_argument, NULL, OPT_PASSPHRASE_FD },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "quiet", no_argument, NULL, 'q' },
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *secret;
	const char *public;
	struct cmd_passphrase passphrase;
	bool encrypt;
};

static struct request
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct request r = { .passphrase = { .fd = -1 } };
	int ch;

	while ((ch = getopt_long(argc, argv, "s:p:hVq", options, NULL)) != -1) {
		if (ch == 's')
			r.secret = optarg;
		else if (ch == 'p')
			r.public = optarg;
		else if (ch == OPT_PASSPHRASE_FILE)
			r.passphrase.file = optarg;
		else if (ch == OPT_PASSPHRASE_FD)
			r.passphrase.fd =
			    (int)cmd_u32(cmd, "passphrase-fd", optarg, 0, 1023);
		else if (ch == OPT_ENCRYPT)
			r.encrypt = true;
		else
			cmd_option(cmd, ch);
	}
	if (optind < argc)
		cmd_usage(
		    cmd, "no arguments are taken, %d given", argc - optind);
	if (r.secret == NULL || r.public == NULL)
		cmd_usage(cmd, "-s SECRET and -p PUBLIC are required");
	if (strcmp(r.secret, "-") == 0 || strcmp(r.public, "-") == 0)
		cmd_usage(cmd, "keys go to files, not to standard output");
	if (r.passphrase.file != NULL && r.passphrase.fd >= 0)
		cmd_usage(cmd,
		    "--passphrase-file and --passphrase-fd exclude each other");
	r.encrypt =
	    r.encrypt || r.passphrase.file != NULL || r.passphrase.fd >= 0;
	return r;
}

static void
write_pair(struct cmd *cmd, const struct request *r,
    const struct fuota_key *key, struct fuota_in passphrase)
{
	uint8_t text[FUOTA_KEY_TEXT_MAX];
	struct fuota_out out = { .data = text, .size = sizeof(text) };
	struct fuota_public_key public;
	struct fuota_error err;

	if (fuota_key_encode(key, passphrase, &out, &err) != FUOTA_OK)
		cmd_fail_at(cmd, r->secret, &err);
	cmd_write_new(cmd, r->secret, out.data, out.len, 0600);
	sodium_memzero(text, sizeof(text));
	fuota_key_public(key, &public);
	if (fuota_public_key_encode(&public, FUOTA_KEY_PEM, &out, &err) !=
	    FUOTA_OK)
		cmd_fail_at(cmd, r->public, &err);
	cmd_write_new(cmd, r->public, out.data, out.len, 0644);
	cmd_keep_files(cmd); /* both are there */
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-keygen", .usage = usage };
	struct fuota_in passphrase = { 0 };
	struct fuota_key *key = NULL;
	struct fuota_error err;

	cmd_hold_secrets(&cmd);
	struct request r = parse_options(&cmd, argc, argv);
	if (r.encrypt)
		passphrase =
		    cmd_passphrase(&cmd, &r.passphrase, r.secret, true);
	else if (cmd_passphrase_in_environment())
		cmd_warn(&cmd,
		    "FUOTA_KEY_PASSPHRASE is set, but without --encrypt the key is not encrypted");
	if (fuota_key_generate(&key, &err) != FUOTA_OK)
		cmd_fail_at(&cmd, r.secret, &err);
	write_pair(&cmd, &r, key, passphrase);
	cmd_passphrase_done(&r.passphrase, &passphrase);
	fuota_key_free(&key);
	return CMD_OK;
}
