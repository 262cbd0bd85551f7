/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is this file? Each kind of object becomes one JSON object, which is
 * printed as it is or as text. Nothing here says that anything is genuine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/defrag.h>
#include <fuota/delta.h>
#include <fuota/device/bytes.h>
#include <fuota/device/crc32.h>
#include <fuota/device/sha256.h>
#include <fuota/firmware.h>
#include <fuota/fragfile.h>
#include <fuota/image.h>
#include <fuota/key.h>
#include <fuota/object.h>
#include <fuota/version.h>

#include "common/base.h"
#include "common/cmd.h"
#include "common/costs.h"
#include "common/explain.h"

enum option_code {
	OPT_EXPLAIN = CMD_OPT_FIRST,
	OPT_DELTA,
	OPT_BASE,
};

enum {
	BSDIFF_HEADER_SIZE = 32,
	MCUBOOT_HEADER_SIZE = 32,
	HEX_MAX = 32, /* bytes */
};

static const char usage[] =
    "usage: fuota-info [-hqV] [-o file] [--explain] [--json] [file]\n"
    "       fuota-info --delta [-hqV] [--base file] [--elf file | --map file]\n"
    "                  [--svg file] [-o file] [--json] [image]\n"
    "Describes firmware, a FUOTA image, a fragment file, a patch, a public key\n"
    "or an MCUboot image. Nothing is verified: that is fuota-verify's.\n"
    "\n"
    "      --explain         every byte range of a FUOTA image with its meaning\n"
    "      --delta           where the bytes of an image by the codec went\n"
    "      --base FILE       for that: the firmware it is a delta of\n" COSTS_USAGE
    "      --json            as JSON\n"
    "  -o, --output FILE     instead of standard output\n"
    "  -q, --quiet           no remarks\n"
    "  -h, --help            this text\n"
    "  -V, --version         version of the tool\n";

static const struct option options[] = {
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "delta", no_argument, NULL, OPT_DELTA },
	{ "base", required_argument, NULL, OPT_BASE },
	COSTS_OPTIONS,
	CMD_OPTION_JSON,
	CMD_OPTIONS,
};

/* --- values --------------------------------------------------------------*/

static void
set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

static void
set_integer(json_t *o, const char *key, size_t value)
{
	set(o, key, json_integer((json_int_t)value));
}

static void
set_hex32(json_t *o, const char *key, uint32_t value)
{
	set(o, key, json_sprintf("0x%08x", value));
}

static void
set_bytes(json_t *o, const char *key, const uint8_t *bytes, size_t len)
{
	char text[2 * HEX_MAX + 1] = "";

	for (size_t i = 0; i < len && i < HEX_MAX; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	set(o, key, json_string(text));
}

static void
set_version(json_t *o, const char *key, uint32_t version)
{
	char text[FUOTA_VERSION_TEXT_SIZE];

	fuota_version_format(version, text);
	set(o, key, json_string(text));
}

static void
set_digests(json_t *o, struct fuota_in in)
{
	struct fuota_sha256 sha;
	uint8_t digest[FUOTA_SHA256_SIZE];

	set_hex32(o, "crc32", fuota_crc32(FUOTA_CRC32_INIT, in.data, in.len));
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, in.data, in.len);
	fuota_sha256_finish(&sha, digest);
	set_bytes(o, "sha256", digest, sizeof(digest));
}

/* --- firmware ------------------------------------------------------------*/

static void
describe_firmware(const struct cmd *cmd, struct fuota_in in, json_t *o)
{
	const struct fuota_firmware_params params = { .fill = 0xff };
	struct fuota_out out =
	    cmd_alloc(cmd, fuota_firmware_bound(&params, in));
	struct fuota_firmware_info info;
	struct fuota_error err;

	if (fuota_firmware_read(&params, in, &out, &info, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	set_integer(o, "firmware_len", out.len);
	set_digests(o, (struct fuota_in){ .data = out.data, .len = out.len });
	if (info.has_base_address) {
		set_hex32(o, "base_address", info.base_address);
		set_integer(o, "parts", info.part_count);
		set_integer(o, "fill_len", info.fill_len);
	}
	if (info.has_entry)
		set_hex32(o, "entry", info.entry);
	cmd_free_out(&out);
}

/* --- FUOTA image ---------------------------------------------------------*/

static void
describe_tlvs(const struct fuota_header *h, json_t *o)
{
	if (h->has_load_address)
		set_hex32(o, "load_address", h->load_address);
	if (h->base_id_len != 0)
		set_bytes(o, "base_id", h->base_id, h->base_id_len);
	if (h->target_digest_len != 0)
		set_bytes(
		    o, "target_digest", h->target_digest, h->target_digest_len);
	if (!h->has_dependency)
		return;
	set_integer(o, "dependency_component", h->dependency_component);
	set_version(o, "dependency_version", h->dependency_version);
}

static json_t *
describe_signatures(const struct fuota_image *image)
{
	json_t *list = json_array();

	for (size_t i = 0; i < fuota_image_signature_count(image); i++) {
		struct fuota_signature s;
		json_t *o = json_object();
		fuota_image_signature(image, i, &s);
		set_bytes(o, "key_hint", s.key_hint, sizeof(s.key_hint));
		json_array_append_new(list, o);
	}
	return list;
}

/* As --page-size of fuota-delta takes them. */
static json_t *
pages_text(const struct fuota_pages *pages)
{
	char text[96] = "";
	size_t len = 0;

	for (unsigned i = 0; i < pages->runs; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%u",
		    i > 0 ? "," : "", pages->size[i]);
		if (i + 1 < pages->runs && pages->count[i] > 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "x%u", pages->count[i]);
	}
	return json_string(text);
}

static void
describe_in_place(const struct fuota_image *image, json_t *o)
{
	struct fuota_flash_plan plan;
	bool down;

	/* a payload that is not sound is for others to tell */
	if (fuota_delta_in_place(image, &plan, &down, NULL) != FUOTA_OK)
		return;
	set(o, "order", json_string(down ? "down" : "up"));
	set(o, "pages", pages_text(&plan.pages));
	set_integer(o, "ring_pages", plan.ring);
	set_integer(o, "headroom_pages", plan.headroom);
}

static void
describe_image(const struct cmd *cmd, struct fuota_in in, json_t *o)
{
	struct fuota_image image;
	struct fuota_error err;

	if (fuota_image_parse(in, &image, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	const struct fuota_header *h = &image.header;
	set_integer(o, "format_version", 1);
	set_integer(o, "header_len", h->size);
	set(o, "compression", json_string(explain_compression(h->compression)));
	set(o, "delta", json_string(explain_delta(h->delta)));
	if (h->window_log2 != 0)
		set_integer(o, "window", (size_t)1 << h->window_log2);
	describe_in_place(&image, o);
	set(o, "development",
	    json_boolean((h->flags & FUOTA_FLAG_DEVELOPMENT) != 0));
	set(o, "uuid_bound",
	    json_boolean((h->flags & FUOTA_FLAG_PRODUCT_UUID) != 0));
	set_integer(o, "component", h->component);
	set_hex32(o, "hw_id", h->hw_id);
	set_version(o, "fw_version", h->fw_version);
	if (h->base_fw_version != 0)
		set_version(o, "base_fw_version", h->base_fw_version);
	set_integer(o, "security_counter", h->security_counter);
	set_integer(o, "payload_len", h->payload_len);
	set_integer(o, "image_len", h->image_len);
	set_hex32(o, "image_crc32", h->image_crc32);
	describe_tlvs(h, o);
	set_integer(o, "padding_len", image.padding.len);
	set(o, "signatures", describe_signatures(&image));
}

/* --- keys ----------------------------------------------------------------*/

static void
describe_public_key(const struct cmd *cmd, struct fuota_in in, json_t *o)
{
	struct fuota_public_key key;
	struct fuota_error err;
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	if (fuota_public_key_parse(in, &key, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	fuota_public_key_hint(&key, hint);
	set_bytes(o, "key_hint", hint, sizeof(hint));
	set_bytes(o, "ed25519", key.bytes, sizeof(key.bytes));
}

/* --- foreign objects -----------------------------------------------------*/

/* bsdiff's integers: 63 bits and a sign bit on top. */
static json_t *
bsdiff_integer(const uint8_t *p)
{
	const uint64_t raw =
	    fuota_get_u32(p) | (uint64_t)fuota_get_u32(p + 4) << 32;
	const json_int_t value = (json_int_t)(raw & INT64_MAX);

	return json_integer(raw >> 63 != 0 ? -value : value);
}

static void
describe_bsdiff(const struct cmd *cmd, struct fuota_in in, json_t *o)
{
	if (in.len < BSDIFF_HEADER_SIZE)
		cmd_fail_text(cmd, cmd->input, FUOTA_E_TRUNCATED,
		    "BSDIFF40 header has %zu of %d bytes", in.len,
		    (int)BSDIFF_HEADER_SIZE);
	set(o, "control_len", bsdiff_integer(in.data + 8));
	set(o, "diff_len", bsdiff_integer(in.data + 16));
	set(o, "new_len", bsdiff_integer(in.data + 24));
}

static void
describe_mcuboot(struct fuota_in in, json_t *o)
{
	const uint8_t *p = in.data;

	set_hex32(o, "load_address", fuota_get_u32(p + 4));
	set_integer(o, "header_len", fuota_get_u16(p + 8));
	set_integer(o, "protected_tlv_len", fuota_get_u16(p + 10));
	set_integer(o, "payload_len", fuota_get_u32(p + 12));
	set_hex32(o, "flags", fuota_get_u32(p + 16));
	set(o, "fw_version",
	    json_sprintf("%u.%u.%u+%u", p[20], p[21], fuota_get_u16(p + 22),
		fuota_get_u32(p + 24)));
}

/* --- fragment file -------------------------------------------------------*/

static json_t *
describe(const struct cmd *cmd, struct fuota_in in, bool nested);

static void
describe_session(const struct fuota_frag_session *s, json_t *o)
{
	set(o, "ts004", json_string(fuota_ts004_name(s->edition)));
	set_integer(o, "nb_frag", s->nb_frag);
	set_integer(o, "frag_size", s->frag_size);
	set_integer(o, "padding", s->padding);
	set_integer(o, "redundancy", s->redundancy);
	set_integer(o, "frag_index", s->frag_index);
	set_integer(o, "session_cnt", s->session_cnt);
	set_bytes(o, "descriptor", s->descriptor, sizeof(s->descriptor));
	set_integer(o, "data_block_len", s->block_len);
	set_bytes(
	    o, "data_block_sha256", s->block_sha256, sizeof(s->block_sha256));
}

static void
describe_fragments(const struct cmd *cmd, struct fuota_in in, json_t *o)
{
	struct fuota_out commands = cmd_alloc(cmd, in.len / 2);
	struct fuota_frag_session session;
	struct fuota_rebuild rebuild = { .missing_map = NULL };
	struct fuota_error err;

	if (fuota_fragfile_read(in, &session, &commands, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	struct fuota_out block = cmd_alloc(cmd, session.block_len);
	const struct fuota_in fed = { .data = commands.data,
		.len = commands.len };
	const enum fuota_status status = fuota_rebuild(
	    &session, fed, FUOTA_DEFRAG_NO_LIMIT, &block, &rebuild, &err);
	if (status != FUOTA_OK && status != FUOTA_E_LOSSES)
		cmd_fail(cmd, &err);
	describe_session(&session, o);
	set_integer(o, "fragments", rebuild.received);
	set_integer(o, "missing", rebuild.missing);
	set_integer(o, "needed", rebuild.needed);
	if (status == FUOTA_OK)
		set(o, "data_block",
		    describe(cmd,
			(struct fuota_in){
			    .data = block.data, .len = block.len },
			true));
	cmd_free_out(&block);
	cmd_free_out(&commands);
}

/* --- any object ----------------------------------------------------------*/

/* Keys that their first line does not give away, as minisign's bare base64. */
static enum fuota_object
recognise(struct fuota_in in)
{
	const enum fuota_object object = fuota_object_recognise(in);

	if (object == FUOTA_OBJECT_BINARY && in.len <= FUOTA_KEY_FILE_MAX &&
	    fuota_key_detect(in) == FUOTA_KEY_KIND_PUBLIC)
		return FUOTA_OBJECT_PUBLIC_KEY;
	return object;
}

static void
describe_as(const struct cmd *cmd, struct fuota_in in, enum fuota_object object,
    json_t *o)
{
	switch (object) {
	case FUOTA_OBJECT_BINARY:
	case FUOTA_OBJECT_HEX:
	case FUOTA_OBJECT_ELF:
		describe_firmware(cmd, in, o);
		break;
	case FUOTA_OBJECT_IMAGE:
		describe_image(cmd, in, o);
		break;
	case FUOTA_OBJECT_FRAGMENTS:
		describe_fragments(cmd, in, o);
		break;
	case FUOTA_OBJECT_BSDIFF40:
		describe_bsdiff(cmd, in, o);
		break;
	case FUOTA_OBJECT_MCUBOOT:
		describe_mcuboot(in, o);
		break;
	case FUOTA_OBJECT_PUBLIC_KEY:
		describe_public_key(cmd, in, o);
		break;
	case FUOTA_OBJECT_SREC:
	case FUOTA_OBJECT_SECRET_KEY: /* named, and no more than that */
		break;
	}
}

/* A data block is what it is; keys and fragments are not looked for in it. */
static json_t *
describe(const struct cmd *cmd, struct fuota_in in, bool nested)
{
	enum fuota_object object = recognise(in);
	json_t *o = cmd_json_object(cmd);

	if (nested && object != FUOTA_OBJECT_IMAGE &&
	    object != FUOTA_OBJECT_MCUBOOT)
		object = FUOTA_OBJECT_BINARY;
	if (!nested)
		set(o, "schema", json_string("fuota-info/1"));
	set(o, "object", json_string(fuota_object_name(object)));
	if (object != FUOTA_OBJECT_SECRET_KEY)
		set_integer(o, "len", in.len);
	if (nested && object == FUOTA_OBJECT_BINARY)
		set_digests(o, in);
	else
		describe_as(cmd, in, object, o);
	return o;
}

static void
explain(struct cmd *cmd, struct fuota_in in)
{
	struct fuota_image image;
	struct fuota_error err;

	if (fuota_object_recognise(in) != FUOTA_OBJECT_IMAGE)
		cmd_usage(cmd, "--explain is for FUOTA images, this is a %s",
		    fuota_object_name(fuota_object_recognise(in)));
	if (fuota_image_parse(in, &image, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	json_t *o = describe(cmd, in, false);
	json_t *ranges = explain_ranges(&image);
	set(o, "ranges", ranges);
	if (!cmd->json) {
		explain_write(cmd, ranges);
		json_decref(o);
		return;
	}
	cmd_write_json(cmd, o);
}

/* --- where the bytes of a delta went ---------------------------------------*/

struct arguments {
	bool explain, delta;
	const char *base;
	struct costs_options costs;
};

static void
account_delta(struct cmd *cmd, struct fuota_in in, const struct arguments *a)
{
	struct fuota_out block = cmd_alloc(cmd, fuota_block_bound(in));
	struct fuota_in base = { 0 };
	struct fuota_image image;
	struct fuota_error err;
	size_t len;

	if (fuota_block_read(in, &block, NULL, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	const struct fuota_in bytes = { .data = block.data, .len = block.len };
	if (fuota_image_parse(bytes, &image, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	if (a->base != NULL)
		base = cmd_read_base(cmd, a->base, NULL);
	struct costs *costs = costs_count(cmd, &image, base, &a->costs);
	costs_stage_svg(cmd, costs, &a->costs);
	char *text = costs_text(cmd, costs, &len);
	cmd_write_text(cmd, text, len);
	free(text);
	costs_free(costs);
	cmd_free_in(&base);
	cmd_free_out(&block);
}

static struct arguments
parse_options(struct cmd *cmd, int argc, char **argv)
{
	struct arguments a = { 0 };
	int ch;

	while ((ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) !=
	    -1) {
		if (ch == OPT_EXPLAIN)
			a.explain = true;
		else if (ch == OPT_DELTA)
			a.delta = true;
		else if (ch == OPT_BASE)
			a.base = optarg;
		else if (!costs_option(cmd, &a.costs, ch))
			cmd_option(cmd, ch);
	}
	if (a.explain && a.delta)
		cmd_usage(cmd, "--explain or --delta, not both");
	if (!a.delta &&
	    (a.base != NULL || a.costs.elf != NULL || a.costs.map != NULL ||
		a.costs.svg != NULL))
		cmd_usage(
		    cmd, "--base, --elf, --map and --svg go with --delta");
	return a;
}

int
main(int argc, char **argv)
{
	struct cmd cmd = { .name = "fuota-info", .usage = usage };
	const struct arguments arguments = parse_options(&cmd, argc, argv);

	struct fuota_in in = cmd_read(&cmd, argc, argv, FUOTA_FRAGFILE_MAX);
	if (arguments.explain)
		explain(&cmd, in);
	else if (arguments.delta)
		account_delta(&cmd, in, &arguments);
	else
		cmd_write_result(&cmd, describe(&cmd, in, false));
	cmd_free_in(&in);
	return CMD_OK;
}
