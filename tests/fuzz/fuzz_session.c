/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device side of TS004 that is sent any frames: nothing outside its memory
 * and flash, nothing programmed twice or that was not erased, answers that
 * the server's decoder reads without a breach.
 *
 * Input: edition, write size, then frames: group, length, bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <fuota/command.h>
#include <fuota/device/session.h>

#include "fuzz.h"

enum {
	HEAD = 2,
	FLASH_SIZE = 8192,
	PAGE = 256,
	MEMORY_SIZE = 600,
	MAX_LOST = 12,
};

struct node {
	uint8_t bytes[FLASH_SIZE];
	bool written[FLASH_SIZE];
	uint32_t least[4];
	uint32_t fed;
};

static void
check_range(uint32_t off, uint32_t len)
{
	if (off > FLASH_SIZE || len > FLASH_SIZE - off)
		abort();
}

static enum fuota_status
read_flash(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	struct node *n = ctx;

	check_range(off, len);
	memcpy(data, n->bytes + off, len);
	return FUOTA_OK;
}

static enum fuota_status
prog_flash(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct node *n = ctx;

	check_range(off, len);
	for (uint32_t i = off; i < off + len; i++) {
		if (n->written[i])
			abort();
		n->written[i] = true;
	}
	memcpy(n->bytes + off, data, len);
	return FUOTA_OK;
}

static enum fuota_status
erase_flash(void *ctx, uint32_t off)
{
	struct node *n = ctx;

	check_range(off, PAGE);
	memset(n->bytes + off, 0xff, PAGE);
	memset(n->written + off, 0, PAGE * sizeof(n->written[0]));
	return FUOTA_OK;
}

static enum fuota_status
load_count(void *ctx, uint8_t frag_index, uint32_t *least)
{
	const struct node *n = ctx;

	*least = n->least[frag_index];
	return FUOTA_OK;
}

static enum fuota_status
store_count(void *ctx, uint8_t frag_index, uint32_t least)
{
	struct node *n = ctx;

	if (least <= n->least[frag_index] || least > 65536)
		abort();
	n->least[frag_index] = least;
	return FUOTA_OK;
}

/* Stands in for the CMAC: what a fuzzer can find out. */
static enum fuota_status
cmac_start(void *ctx)
{
	struct node *n = ctx;

	n->fed = 0;
	return FUOTA_OK;
}

static enum fuota_status
cmac_feed(void *ctx, const uint8_t *data, size_t len)
{
	struct node *n = ctx;

	for (size_t i = 0; i < len; i++)
		n->fed += data[i] & 1;
	return FUOTA_OK;
}

static enum fuota_status
cmac_finish(void *ctx, uint8_t mic[FUOTA_SESSION_MIC_SIZE])
{
	const struct node *n = ctx;

	memset(mic, n->fed & 1 ? 0xff : 0, FUOTA_SESSION_MIC_SIZE);
	return FUOTA_OK;
}

/* The server understands it. */
static void
check_answers(const struct fuota_out *out, enum fuota_ts004 edition)
{
	struct fuota_command_context codec = {
		.package = FUOTA_PACKAGE_FRAGMENTATION, .direction = FUOTA_UP
	};
	const struct fuota_in frame = { .data = out->data, .len = out->len };
	struct fuota_command command;

	codec.versions[codec.package] = edition == FUOTA_TS004_V1 ? 1 : 2;
	if (out->len > out->size)
		abort();
	for (size_t off = 0; off < frame.len;)
		if (fuota_command_decode(&codec, frame, &off, &command, NULL) !=
			FUOTA_OK ||
		    command.breaches != 0)
			abort();
}

static void
send_frame(struct fuota_session *session, uint8_t group, const uint8_t *data,
    size_t len)
{
	uint8_t *frame = malloc(len + 1), *now = malloc(32),
		*later = malloc(16);
	struct fuota_session_reply reply = {
		.now = { .data = now, .size = 32 },
		.later = { .data = later, .size = 16 },
	};

	memcpy(frame, data, len);
	fuota_session_receive(
	    session, frame, len, (group & 4) != 0 ? group & 3 : 0xff, &reply);
	check_answers(&reply.now, session->device->edition);
	check_answers(&reply.later, session->device->edition);
	free(frame);
	if ((group & 8) != 0)
		while (fuota_session_has_work(session))
			if (fuota_session_work(session) != FUOTA_OK)
				abort();
	reply.now.len = 0;
	if (fuota_session_received(session, &reply.now) != FUOTA_OK)
		abort();
	check_answers(&reply.now, session->device->edition);
	if (session->state > FUOTA_SESSION_FAILED ||
	    fuota_session_block_len(session) > FLASH_SIZE)
		abort();
	free(now);
	free(later);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_session session;

	if (size < HEAD)
		return 0;
	struct node *node = calloc(1, sizeof(*node));
	uint32_t *memory = malloc(MEMORY_SIZE);
	const struct fuota_flash flash = { .ctx = node,
		.size = FLASH_SIZE,
		.page_size = PAGE,
		.write_size = (uint8_t)(1u << data[1] % 6),
		.erased = 0xff,
		.read = read_flash,
		.prog = prog_flash,
		.erase = erase_flash };
	const struct fuota_session_device device = {
		.edition = (enum fuota_ts004)(1 + data[0] % 3),
		.max_lost = MAX_LOST,
		.download = &flash,
		.memory = memory,
		.memory_size = MEMORY_SIZE,
		.load_count = load_count,
		.store_count = store_count,
		.cmac_start = cmac_start,
		.cmac_feed = cmac_feed,
		.cmac_finish = cmac_finish,
		.ctx = node
	};
	memset(node->written, 1, sizeof(node->written));
	fuota_session_init(&session, &device);
	data += HEAD;
	size -= HEAD;
	while (size >= 2) {
		const size_t len = data[1] < size - 2 ? data[1] : size - 2;
		send_frame(&session, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	free(memory);
	free(node);
	return 0;
}
