/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers and checks of images as they come. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/check.h>
#include <fuota/device/header.h>

#include "portable.h"

enum fuota_status
accept(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	trace_bytes(ctx, signature, FUOTA_SIGNATURE_SIZE);
	trace_bytes(ctx, message, message_len);
	*key = key_hint[0] % FUOTA_CHECK_KEYS_MAX;
	return FUOTA_OK;
}

static void
trace_header(struct trace *trace, const struct fuota_header *h)
{
	const uint32_t values[] = { h->size, h->compression, h->delta,
		h->window_log2, h->flags, h->component, h->hw_id, h->fw_version,
		h->base_fw_version, h->security_counter, h->payload_len,
		h->image_len, h->image_crc32, h->base_id_len,
		h->target_digest_len, h->has_dependency,
		h->dependency_component, h->dependency_version,
		h->has_load_address, h->load_address };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		trace_u32(trace, values[i]);
	trace_bytes(trace, h->base_id, sizeof(h->base_id));
	trace_bytes(trace, h->target_digest, sizeof(h->target_digest));
}

struct source {
	const uint8_t *block;
	struct trace *trace;
};

static enum fuota_status
read_block(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	const struct source *source = ctx;

	memcpy(to, source->block + off, len);
	return FUOTA_OK;
}

static enum fuota_status
verify(void *ctx, const uint8_t key_hint[FUOTA_KEY_HINT_SIZE],
    const uint8_t signature[FUOTA_SIGNATURE_SIZE], const uint8_t *message,
    size_t message_len, uint8_t *key)
{
	const struct source *source = ctx;

	return accept(
	    source->trace, key_hint, signature, message, message_len, key);
}

static void
check(const uint8_t *block, size_t len, struct trace *trace)
{
	const struct fuota_check_component component = {
		.has_digest = true, .version = 0x01020000, .slot_size = 1u << 20
	};
	const struct fuota_check_device device = { .hw_id = 0x0102,
		.compressions = 1 << FUOTA_COMPRESSION_NONE |
		    1 << FUOTA_COMPRESSION_DEFLATE |
		    1 << FUOTA_COMPRESSION_CODEC,
		.deltas = 1 << FUOTA_DELTA_NONE | 1 << FUOTA_DELTA_TWO_SLOT,
		.decoder_ram = 65536,
		.components = &component,
		.component_count = 1 };
	struct source source = { .block = block, .trace = trace };
	const struct fuota_check_io io = {
		.read = read_block, .verify = verify, .ctx = &source
	};
	struct fuota_check state;

	fuota_check_init(&state, &device, &io, (uint32_t)len);
	trace_u32(trace, fuota_check_run(&state));
	trace_u32(trace, state.stage);
	trace_u32(trace, state.keys);
}

void
run_image(const char *path)
{
	size_t len;
	uint8_t *block = read_file(path, &len);
	struct fuota_header header;
	uint16_t fault = 0;
	struct trace trace;

	trace_init(&trace);
	memset(&header, 0, sizeof(header));
	trace_u32(&trace, fuota_header_decode_at(block, len, &header, &fault));
	trace_u32(&trace, fault);
	trace_header(&trace, &header);
	check(block, len, &trace);
	trace_print(&trace, "image %s", path);
	free(block);
}
