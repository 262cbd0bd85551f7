/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A FUOTA image. What parses is covered without gaps and writes back to the
 * same bytes; device and host agree on every verdict of form.
 */
#include <string.h>

#include <fuota/device/check.h>
#include <fuota/image.h>

#include "fuzz.h"

static enum fuota_status
read_block(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	const struct fuota_in *in = ctx;

	check(off <= in->len && len <= in->len - off);
	check(len <= FUOTA_CHECK_PIECE_SIZE);
	memcpy(to, in->data + off, len);
	return FUOTA_OK;
}

/* Every signature holds: what comes behind it is reached. */
static enum fuota_status
believe(void *ctx, const uint8_t *hint, const uint8_t *signature,
    const uint8_t *message, size_t len, uint8_t *key)
{
	(void)ctx;
	check(hint[0] + signature[63] >= 0);
	check(len <= FUOTA_HEADER_MESSAGE_MAX &&
	    memcmp(message, "FUOTA", 5) == 0);
	*key = 0;
	return FUOTA_OK;
}

static enum fuota_status
ask_device(struct fuota_in in)
{
	static const struct fuota_check_component application = {
		.slot_size = UINT32_MAX
	};
	static const struct fuota_check_device device = { .compressions = 7,
		.deltas = 7,
		.development = true,
		.components = &application,
		.component_count = 1 };
	const struct fuota_check_io io = { read_block, believe, &in };
	struct fuota_check state;

	fuota_check_init(&state, &device, &io, (uint32_t)in.len);
	return fuota_check_run(&state);
}

static void
writes_back(struct fuota_in in, const struct fuota_image *image)
{
	static uint8_t again[1 << 20];
	struct fuota_out out = { again, sizeof(again), 0 };

	check(fuota_image_rewrite(image, &image->header, image->payload, &out,
		  NULL) == FUOTA_OK);
	check(out.len == image->header_bytes.len + image->payload.len);
	check(memcmp(again, in.data, out.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuota_in in = { data, size };
	struct fuota_image image;
	struct fuota_error err;

	if (size > 1 << 19)
		return 0;
	const enum fuota_status host = fuota_image_parse(in, &image, &err);
	const enum fuota_status device = ask_device(in);
	if (host != FUOTA_OK) {
		check(err.status == host && err.message[0] != '\0');
		check(device == host);
		return 0;
	}
	check(device == FUOTA_OK || device / 10 == 1 || device / 10 == 5);
	check(image.header_bytes.len + image.payload.len +
		image.signatures.len + image.padding.len ==
	    size);
	writes_back(in, &image);
	return 0;
}
