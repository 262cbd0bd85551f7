/* SPDX-License-Identifier: BSD-2-Clause */
/* Firmware to an unsigned FUOTA image. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/device/crc32.h>
#include <fuota/device/sha256.h>
#include <fuota/firmware.h>
#include <fuota/image.h>

#include "common/cmd.h"

enum {
	VENDOR_MAX = 31, /* types 0x60..0x7e */
	VENDOR_LEN_MAX = 255, /* bytes */
};

enum option_code {
	OPT_HW_ID = CMD_OPT_FIRST,
	OPT_FW_VERSION,
	OPT_BASE_FW_VERSION,
	OPT_COUNTER,
	OPT_COMPONENT,
	OPT_DEV,
	OPT_PRODUCT_UUID,
	OPT_DEPENDS,
	OPT_LOAD_ADDRESS,
	OPT_DIGEST,
	OPT_VENDOR,
	OPT_FILL,
	OPT_FORMAT,
};

static const char usage[] =
    "usage: fuota-image [-hqV] [-o file] --hw-id n --fw-version version\n"
    "                   [option ...] [firmware]\n"
    "Makes an unsigned FUOTA image of firmware: raw binary, Intel HEX or ELF.\n"
    "\n"
    "      --hw-id N              hardware the image is for (TS006 HWversion)\n"
    "      --fw-version VERSION   X.Y.Z, X.Y.Z.B or a number (TS006 FWversion)\n"
    "      --base-fw-version V    version that must be running; 0: any (default)\n"
    "      --counter N            security counter, 0 by default\n"
    "      --component N          what of the device it updates; 0: application\n"
    "      --dev                  development image: release devices refuse it\n"
    "      --product-uuid UUID    bind the signature to a product; never sent\n"
    "      --depends N:VERSION    needs component N in at least this version\n"
    "      --load-address ADDRESS where it runs; auto: as HEX or ELF say\n"
    "      --digest 16|32|none    bytes of the firmware's SHA-256 (none)\n"
    "      --vendor TYPE:HEX      vendor TLV 0x60..0x7e; repeatable\n"
    "      --fill BYTE            fills gaps of HEX and ELF (0xff)\n"
    "      --format FORMAT        auto (default), bin, hex or elf\n"
    "  -o, --output FILE          instead of standard output\n"
    "  -q, --quiet                no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct option options[] = {
	{ "hw-id", required_argument, NULL, OPT_HW_ID },
	{ "fw-version", required_argument, NULL, OPT_FW_VERSION },
	{ "base-fw-version", required_argument, NULL, OPT_BASE_FW_VERSION },
	{ "counter", required_argument, NULL, OPT_COUNTER },
	{ "component", required_argument, NULL, OPT_COMPONENT },
	{ "dev", no_argument, NULL, OPT_DEV },
	{ "product-uuid", required_argument, NULL, OPT_PRODUCT_UUID },
	{ "depends", required_argument, NULL, OPT_DEPENDS },
	{ "load-address", required_argument, NULL, OPT_LOAD_ADDRESS },
	{ "digest", required_argument, NULL, OPT_DIGEST },
	{ "vendor", required_argument, NULL, OPT_VENDOR },
	{ "fill", required_argument, NULL, OPT_FILL },
	{ "format", required_argument, NULL, OPT_FORMAT },
	CMD_OPTIONS,
};

struct job {
	struct cmd cmd;
	struct fuota_firmware_params firmware;
	struct fuota_header header;
	bool has_hw_id, has_fw_version, load_address_auto;
	struct fuota_tlv vendor[VENDOR_MAX];
	size_t vendor_count;
};

/* The text behind the colon; ends the program when there is none. */
static const char *
split(const struct cmd *cmd, const char *option, char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL)
		cmd_usage(cmd, "--%s: no ':' in its argument", option);
	*colon = '\0';
	return colon + 1;
}

static void
take_depends(struct job *job, char *text)
{
	const char *version = split(&job->cmd, "depends", text);

	if (job->header.has_dependency)
		cmd_usage(&job->cmd, "--depends can be given once");
	job->header.has_dependency = true;
	job->header.dependency_component =
	    cmd_u8(&job->cmd, "depends", text, 0, 255);
	job->header.dependency_version =
	    cmd_version(&job->cmd, "depends", version);
}

static void
take_load_address(struct job *job, const char *text)
{
	job->load_address_auto = strcmp(text, "auto") == 0;
	if (job->load_address_auto)
		return;
	job->header.has_load_address = true;
	job->header.load_address =
	    cmd_u32(&job->cmd, "load-address", text, 0, UINT32_MAX);
}

static void
take_digest(struct job *job, const char *text)
{
	if (strcmp(text, "none") != 0 && strcmp(text, "16") != 0 &&
	    strcmp(text, "32") != 0)
		cmd_usage(&job->cmd, "--digest is 16, 32 or none");
	job->header.target_digest_len = (uint8_t)atoi(text);
}

static int
by_type(const void *a, const void *b)
{
	const struct fuota_tlv *x = a, *y = b;

	return x->type - y->type;
}

static void
take_vendor(struct job *job, char *text)
{
	const char *hex = split(&job->cmd, "vendor", text);
	const size_t len = strlen(hex) / 2;

	if (job->vendor_count == VENDOR_MAX)
		cmd_usage(&job->cmd, "--vendor: more than %d", VENDOR_MAX);
	if (len > VENDOR_LEN_MAX)
		cmd_usage(&job->cmd, "--vendor: %zu bytes, more than %d", len,
		    VENDOR_LEN_MAX);
	uint8_t *value = cmd_malloc(&job->cmd, len);
	cmd_hex(&job->cmd, "vendor", hex, value, len);
	job->vendor[job->vendor_count++] = (struct fuota_tlv){
		.type = cmd_u8(&job->cmd, "vendor", text,
		    FUOTA_TLV_VENDOR_FIRST, FUOTA_TLV_VENDOR_LAST),
		.value = { .data = value, .len = len }
	};
	qsort(job->vendor, job->vendor_count, sizeof(job->vendor[0]), by_type);
}

static void
take_format(struct job *job, const char *text)
{
	for (int f = FUOTA_FIRMWARE_AUTO; f <= FUOTA_FIRMWARE_ELF; f++) {
		job->firmware.format = (enum fuota_firmware_format)f;
		if (strcmp(text,
			fuota_firmware_format_name(job->firmware.format)) == 0)
			return;
	}
	cmd_usage(&job->cmd, "--format is auto, bin, hex or elf");
}

static void
take_option(struct job *job, int ch)
{
	struct cmd *cmd = &job->cmd;
	struct fuota_header *h = &job->header;
	uint8_t uuid[FUOTA_UUID_SIZE];

	switch (ch) {
	case OPT_HW_ID:
		job->has_hw_id = true;
		h->hw_id = cmd_u32(cmd, "hw-id", optarg, 0, UINT32_MAX);
		break;
	case OPT_FW_VERSION:
		job->has_fw_version = true;
		h->fw_version = cmd_version(cmd, "fw-version", optarg);
		break;
	case OPT_BASE_FW_VERSION:
		h->base_fw_version =
		    cmd_version(cmd, "base-fw-version", optarg);
		break;
	case OPT_COUNTER:
		h->security_counter =
		    cmd_u32(cmd, "counter", optarg, 0, UINT32_MAX);
		break;
	case OPT_COMPONENT:
		h->component = cmd_u8(cmd, "component", optarg, 0, 255);
		break;
	case OPT_DEV:
		h->flags |= FUOTA_FLAG_DEVELOPMENT;
		break;
	case OPT_PRODUCT_UUID: /* the signer needs its value, we do not */
		cmd_uuid(cmd, "product-uuid", optarg, uuid);
		h->flags |= FUOTA_FLAG_PRODUCT_UUID;
		break;
	case OPT_DEPENDS:
		take_depends(job, optarg);
		break;
	case OPT_LOAD_ADDRESS:
		take_load_address(job, optarg);
		break;
	case OPT_DIGEST:
		take_digest(job, optarg);
		break;
	case OPT_VENDOR:
		take_vendor(job, optarg);
		break;
	case OPT_FILL:
		job->firmware.fill = cmd_u8(cmd, "fill", optarg, 0, 255);
		break;
	case OPT_FORMAT:
		take_format(job, optarg);
		break;
	default:
		cmd_option(cmd, ch);
	}
}

static void
describe_firmware(struct job *job, struct fuota_in firmware)
{
	struct fuota_sha256 sha;

	job->header.image_len = (uint32_t)firmware.len;
	job->header.image_crc32 =
	    fuota_crc32(FUOTA_CRC32_INIT, firmware.data, firmware.len);
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, firmware.data, firmware.len);
	fuota_sha256_finish(&sha, job->header.target_digest);
}

static void
take_base_address(struct job *job, const struct fuota_firmware_info *info)
{
	if (!job->load_address_auto)
		return;
	if (!info->has_base_address)
		cmd_usage(&job->cmd,
		    "--load-address auto: a raw binary does not say its address");
	job->header.has_load_address = true;
	job->header.load_address = info->base_address;
}

int
main(int argc, char **argv)
{
	struct job job = { .cmd = { .name = "fuota-image", .usage = usage },
		.firmware = { .fill = 0xff } };
	struct fuota_firmware_info info;
	struct fuota_error err;
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (!job.has_hw_id || !job.has_fw_version)
		cmd_usage(&job.cmd, "--hw-id and --fw-version are required");

	struct fuota_in in =
	    cmd_read(&job.cmd, argc, argv, FUOTA_FIRMWARE_FILE_MAX);
	struct fuota_out firmware =
	    cmd_alloc(&job.cmd, fuota_firmware_bound(&job.firmware, in));
	if (fuota_firmware_read(&job.firmware, in, &firmware, &info, &err) !=
	    FUOTA_OK)
		cmd_fail(&job.cmd, &err);
	const struct fuota_in payload = { .data = firmware.data,
		.len = firmware.len };
	describe_firmware(&job, payload);
	take_base_address(&job, &info);
	struct fuota_out image =
	    cmd_alloc(&job.cmd, fuota_image_bound(payload.len));
	if (fuota_image_encode(&job.header, job.vendor, job.vendor_count,
		payload, &image, &err) != FUOTA_OK)
		cmd_fail(&job.cmd, &err);
	cmd_write(&job.cmd, &image);
	cmd_free_out(&image);
	cmd_free_out(&firmware);
	cmd_free_in(&in);
	for (size_t i = 0; i < job.vendor_count; i++)
		cmd_free_in(&job.vendor[i].value);
	return CMD_OK;
}
