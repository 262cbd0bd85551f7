/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first 16 bytes make a device, the rest is its data block. Whatever the
 * device is, an image passes only when its facts agree, and steps end.
 */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/check.h>

#include "fuzz.h"

enum {
	DEVICE_SIZE = 16,
	STEPS_SPARE = 16, /* beside those that hash */
};

struct block {
	const uint8_t *data;
	size_t len;
	unsigned believed; /* bit i: the i-th signature holds */
	unsigned asked;
};

static enum fuota_status
read_block(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	const struct block *b = ctx;

	check(off <= b->len && len <= b->len - off);
	memcpy(to, b->data + off, len);
	return FUOTA_OK;
}

static enum fuota_status
verify(void *ctx, const uint8_t *hint, const uint8_t *signature,
    const uint8_t *message, size_t len, uint8_t *key)
{
	struct block *b = ctx;

	(void)hint, (void)signature, (void)message, (void)len;
	*key = (uint8_t)b->asked;
	return (b->believed >> b->asked++ & 1) != 0 ? FUOTA_OK
						    : FUOTA_E_SIGNATURE;
}

static void
facts_agree(const struct fuota_check *c)
{
	const struct fuota_header *h = &c->header;

	check(c->keys != 0 && c->component != NULL);
	check(h->hw_id == c->device->hw_id);
	check(h->component == c->component->id);
	check(h->security_counter >= c->component->min_counter);
	check(h->image_len <= c->component->slot_size);
	check(h->base_fw_version == 0 ||
	    h->base_fw_version == c->component->version);
	check(
	    (h->flags & FUOTA_FLAG_DEVELOPMENT) == 0 || c->device->development);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < DEVICE_SIZE || size > 1 << 18)
		return 0;
	const struct fuota_check_component component = { .id = data[0] & 3,
		.version = 0x01020000,
		.min_counter = data[1],
		.slot_size = fuota_get_u24(data + 2) };
	const struct fuota_check_device device = { .hw_id =
						       fuota_get_u16(data + 5),
		.development = data[7] & 1,
		.has_uuid = data[7] >> 1 & 1,
		.compressions = data[8],
		.deltas = data[9],
		.signatures_required = data[10] & 3,
		.decoder_ram = fuota_get_u24(data + 11),
		.components = &component,
		.component_count = 1 };
	struct block block = { data + DEVICE_SIZE, size - DEVICE_SIZE, data[14],
		0 };
	const struct fuota_check_io io = { read_block, verify, &block };
	struct fuota_check state;
	enum fuota_status status;
	size_t steps = size / FUOTA_CHECK_PIECE_SIZE + STEPS_SPARE;

	fuota_check_init(&state, &device, &io, (uint32_t)block.len);
	do
		status = fuota_check_step(&state);
	while (status == FUOTA_OK && !state.done && steps-- > 0);
	check(steps > 0 && fuota_check_ts006(status) <= 3);
	if (status == FUOTA_OK)
		facts_agree(&state);
	return 0;
}
