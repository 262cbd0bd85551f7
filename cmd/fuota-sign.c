/* SPDX-License-Identifier: BSD-2-Clause */
/* An image with one or more signatures, by keys or by external signers. */
#include <string.h>

#include <fuota/sign.h>

#include "common/key.h"

static const char usage[] =
    "usage: fuota-sign [-hqV] [-o FILE] [OPTIONS] {--key FILE | --key-fd N |\n"
    "           --signer CMD --pubkey FILE | --attach FILE --pubkey FILE}...\n"
    "           [IMAGE]\n"
    "       fuota-sign [-o FILE] [--product-uuid UUID] --emit-message [IMAGE]\n"
    "  -k, --key FILE          sign with this secret key; repeatable\n"
    "      --key-fd N          the same, the key is read from descriptor N\n"
    "      --passphrase-file FILE  for encrypted keys, the first line\n"
    "      --passphrase-fd N   the same from an open descriptor\n"
    "      --signer CMD        a program that gets the message on standard\n"
    "                          input and writes the 64 bytes of a signature\n"
    "      --signer-timeout S  seconds until it is killed (30)\n"
    "      --attach FILE       a signature made elsewhere: raw, hex or base64\n"
    "  -p, --pubkey FILE       what the signature by --signer or --attach must\n"
    "                          hold under; one for each, in the same order\n"
    "  -e, --emit-message      write the message to be signed, nothing else\n"
    "      --product-uuid UUID the product an image is bound to; also --uuid\n"
    "      --resign            drop the signatures that the image has\n"
    "      --last-counter N    security counter of the last release\n"
    "      --force             sign although the counter looks wrong\n"
    "  -o, --output FILE       write there instead of standard output\n"
    "  -q, --quiet             no remarks\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n";

enum {
	OPT_KEY_FD = CMD_OPT_FIRST,
	OPT_PASSPHRASE_FILE,
	OPT_PASSPHRASE_FD,
	OPT_SIGNER,
	OPT_SIGNER_TIMEOUT,
	OPT_ATTACH,
	OPT_UUID,
	OPT_RESIGN,
	OPT_LAST_COUNTER,
	OPT_FORCE,
	SIGNATURE_FILE_MAX = 1024, /* bytes */
	TIMEOUT_DEFAULT = 30, /* seconds */
	TIMEOUT_MAX = 3600,
};

static const struct option options[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "key-fd", required_argument, NULL, OPT_KEY_FD },
	{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE },
	{ "passphrase-fd", required_argument, NULL, OPT_PASSPHRASE_FD },
	{ "signer", required_argument, NULL, OPT_SIGNER },
	{ "signer-timeout", required_argument, NULL, OPT_SIGNER_TIMEOUT },
	{ "attach", required_argument, NULL, OPT_ATTACH },
	{ "pubkey", required_argument, NULL, 'p' },
	{ "emit-message", no_argument, NULL, 'e' },
	{ "product-uuid", required_argument, NULL, OPT_UUID },
	{ "uuid", required_argument, NULL, OPT_UUID },
	{ "resign", no_argument, NULL, OPT_RESIGN },
	{ "last-counter", required_argument, NULL, OPT_LAST_COUNTER },
	{ "force", no_argument, NULL, OPT_FORCE },
	CMD_OPTIONS,
};

/* Where a signature comes from, in the order of the command line. */
struct source {
	enum {
		SOURCE_KEY,
		SOURCE_SIGNER,
		SOURCE_ATTACH,
	} kind;
	const char *name; /* file or command */
	int fd; /* of a key, or -1 */
	const char *pubkey; /* of a signer or an attached signature */
};

struct request {
	struct source sources[FUOTA_SIGNATURES_MAX];
	size_t source_count;
	size_t external_count; /* of them signers and attached signatures */
	const char *pubkeys[FUOTA_SIGNATURES_MAX];
	size_t pubkey_count;
	struct cmd_passphrase passphrase;
	unsigned timeout; /* seconds */
	uint8_t uuid[FUOTA_UUID_SIZE];
	bool has_uuid, resign, emit, force, has_last;
	uint32_t last; /* security counter */
};

/* --- options ------------------------------------------------------------- */

static struct source *
add_source(const struct cmd *cmd, struct request *r, const char *name)
{
	if (r->source_count == FUOTA_SIGNATURES_MAX)
		cmd_usage(cmd, "more than %u signatures", FUOTA_SIGNATURES_MAX);
	struct source *s = &r->sources[r->source_count++];
	*s = (struct source){ .kind = SOURCE_KEY, .name = name, .fd = -1 };
	return s;
}

static void
add_external(const struct cmd *cmd, struct request *r, int ch)
{
	add_source(cmd, r, optarg)->kind =
	    ch == OPT_SIGNER ? SOURCE_SIGNER : SOURCE_ATTACH;
	r->external_count++;
}

static void
add_pubkey(const struct cmd *cmd, struct request *r)
{
	if (r->pubkey_count == FUOTA_SIGNATURES_MAX)
		cmd_usage(
		    cmd, "more than %u public keys", FUOTA_SIGNATURES_MAX);
	r->pubkeys[r->pubkey_count++] = optarg;
}

static bool
key_option(const struct cmd *cmd, struct request *r, int ch)
{
	if (ch == 'k')
		add_source(cmd, r, optarg);
	else if (ch == OPT_KEY_FD)
		add_source(cmd, r, "key descriptor")->fd =
		    (int)cmd_u32(cmd, "key-fd", optarg, 0, 1023);
	else if (ch == OPT_SIGNER || ch == OPT_ATTACH)
		add_external(cmd, r, ch);
	else if (ch == 'p')
		add_pubkey(cmd, r);
	else if (ch == OPT_PASSPHRASE_FILE)
		r->passphrase.file = optarg;
	else if (ch == OPT_PASSPHRASE_FD)
		r->passphrase.fd =
		    (int)cmd_u32(cmd, "passphrase-fd", optarg, 0, 1023);
	else if (ch == OPT_SIGNER_TIMEOUT)
		r->timeout =
		    cmd_u32(cmd, "signer-timeout", optarg, 1, TIMEOUT_MAX);
	else
		return false;
	return true;
}

static bool
image_option(const struct cmd *cmd, struct request *r, int ch)
{
	if (ch == 'e') {
		r->emit = true;
	} else if (ch == OPT_RESIGN) {
		r->resign = true;
	} else if (ch == OPT_FORCE) {
		r->force = true;
	} else if (ch == OPT_UUID) {
		cmd_uuid(cmd, "product-uuid", optarg, r->uuid);
		r->has_uuid = true;
	} else if (ch == OPT_LAST_COUNTER) {
		r->last = cmd_u32(cmd, "last-counter", optarg, 0, UINT32_MAX);
		r->has_last = true;
	} else {
		return false;
	}
	return true;
}

/* The n-th public key belongs to the n-th signer or attached signature. */
static void
pair_public_keys(const struct cmd *cmd, struct request *r)
{
	if (r->pubkey_count != r->external_count)
		cmd_usage(cmd,
		    "%zu signers and attached signatures need as many --pubkey, %zu given",
		    r->external_count, r->pubkey_count);
	for (size_t i = 0, next = 0; i < r->source_count; i++)
		if (r->sources[i].kind != SOURCE_KEY)
			r->sources[i].pubkey = r->pubkeys[next++];
}

/* Each stream is read once: the image, keys and signatures cannot share it. */
static void
check_streams(const struct cmd *cmd, const struct request *r, bool image_stdin)
{
	if (image_stdin && r->passphrase.fd == 0)
		cmd_usage(cmd, "image and passphrase are both standard input");
	for (size_t i = 0; i < r->source_count; i++) {
		const struct source *s = &r->sources[i];
		if (s->kind == SOURCE_KEY && strcmp(s->name, "-") == 0)
			cmd_usage(cmd, "--key: use --key-fd 0 instead of '-'");
		if (image_stdin &&
		    (s->fd == 0 ||
			(s->kind == SOURCE_ATTACH &&
			    strcmp(s->name, "-") == 0)))
			cmd_usage(cmd,
			    "image and key or signature are both standard input");
	}
}

static void
check_request(const struct cmd *cmd, struct request *r, int argc, char **argv)
{
	const bool image_stdin =
	    optind >= argc || strcmp(argv[optind], "-") == 0;

	if (r->emit && (r->source_count > 0 || r->pubkey_count > 0))
		cmd_usage(cmd, "--emit-message takes no keys and signatures");
	if (!r->emit && r->source_count == 0)
		cmd_usage(cmd,
		    "--key, --key-fd, --signer, --attach or --emit-message is required");
	if (r->passphrase.file != NULL && r->passphrase.fd >= 0)
		cmd_usage(cmd,
		    "--passphrase-file and --passphrase-fd exclude each other");
	pair_public_keys(cmd, r);
	check_streams(cmd, r, image_stdin);
}

static struct request
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct request r = { .passphrase = { .fd = -1 },
		.timeout = TIMEOUT_DEFAULT };
	int ch;

	while ((ch = getopt_long(
		    argc, argv, "k:p:e" CMD_OPTSTRING, options, NULL)) != -1)
		if (!key_option(cmd, &r, ch) && !image_option(cmd, &r, ch))
			cmd_option(cmd, ch);
	check_request(cmd, &r, argc, argv);
	return r;
}

/* --- one signature --------------------------------------------------------*/

static void
sign_with_key(const struct cmd *cmd, const struct source *s,
    struct cmd_passphrase *passphrase, struct fuota_in message,
    struct fuota_signed *by)
{
	struct fuota_error err;
	struct fuota_key *key = cmd_secret_key(cmd, s->name, s->fd, passphrase);

	fuota_key_public(key, &by->key);
	const enum fuota_status status =
	    fuota_key_sign(key, message.data, message.len, by->signature, &err);
	fuota_key_free(&key);
	if (status != FUOTA_OK)
		cmd_fail_at(cmd, s->name, &err);
}

static void
read_signature(
    const struct cmd *cmd, const struct source *s, struct fuota_signed *by)
{
	struct fuota_error err;
	struct fuota_in in = cmd_read_file(cmd, s->name, SIGNATURE_FILE_MAX);

	if (fuota_signature_parse(in, by->signature, &err) != FUOTA_OK)
		cmd_fail_at(cmd, s->name, &err);
	cmd_free_in(&in);
}

/* Said here with the name of what made it; the library checks once more. */
static void
check_external(const struct cmd *cmd, const struct source *s,
    struct fuota_in message, const struct fuota_signed *by)
{
	if (fuota_ed25519_verify(
		by->signature, message.data, message.len, &by->key) != FUOTA_OK)
		cmd_fail_text(cmd, s->name, FUOTA_E_SIGNATURE,
		    "signature does not match the public key and this image");
}

static void
get_signature(const struct cmd *cmd, struct request *r, size_t i,
    struct fuota_in message, struct fuota_signed *by)
{
	const struct source *s = &r->sources[i];

	switch (s->kind) {
	case SOURCE_KEY:
		sign_with_key(cmd, s, &r->passphrase, message, by);
		return;
	case SOURCE_SIGNER:
		by->key = cmd_public_key(cmd, s->pubkey);
		cmd_run_signer(
		    cmd, s->name, message, r->timeout, by->signature);
		break;
	case SOURCE_ATTACH:
		by->key = cmd_public_key(cmd, s->pubkey);
		read_signature(cmd, s, by);
		break;
	}
	check_external(cmd, s, message, by);
}

/* --- the image ------------------------------------------------------------*/

static void
check_counter(const struct cmd *cmd, const struct request *r,
    const struct fuota_image *image)
{
	struct fuota_error err;

	if (fuota_counter_check(image->header.security_counter,
		r->has_last ? &r->last : NULL, &err) == FUOTA_OK)
		return;
	if (!r->force)
		cmd_fail_text(cmd, cmd->input, err.status,
		    "%s; --force signs it", err.message);
	cmd_warn(cmd, "%s", err.message);
}

static void
sign(struct cmd *cmd, struct request *r, const struct fuota_image *image,
    struct fuota_in message)
{
	struct fuota_signed list[FUOTA_SIGNATURES_MAX];
	struct fuota_error err;

	check_counter(cmd, r, image);
	for (size_t i = 0; i < r->source_count; i++)
		get_signature(cmd, r, i, message, &list[i]);
	struct fuota_out out =
	    cmd_alloc(cmd, fuota_sign_bound(image, r->source_count));
	if (fuota_sign_attach(image, r->has_uuid ? r->uuid : NULL, list,
		r->source_count, &out, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	cmd_write(cmd, &out);
	cmd_free_out(&out);
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-sign", .usage = usage };
	uint8_t bytes[FUOTA_MESSAGE_MAX];
	struct fuota_out message = { .data = bytes, .size = sizeof(bytes) };
	struct fuota_image image;
	struct fuota_error err;

	cmd_hold_secrets(&cmd);
	struct request r = parse_options(&cmd, argc, argv);
	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_IMAGE_MAX);
	if (fuota_image_parse(in, &image, &err) != FUOTA_OK ||
	    fuota_image_message(
		&image, r.has_uuid ? r.uuid : NULL, &message, &err) != FUOTA_OK)
		cmd_fail(&cmd, &err);
	if (r.resign)
		image.signatures.len = 0;
	if (r.emit)
		cmd_write(&cmd, &message);
	else
		sign(&cmd, &r, &image,
		    (struct fuota_in){ .data = bytes, .len = message.len });
	cmd_free_in(&in);
	return CMD_OK;
}
