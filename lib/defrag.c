/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>

#include "fail.h"
#include "memory_flash.h"

enum {
	/* Rows to look at for the one that would complete a block. */
	LOOK_AHEAD = 512,
};

/* A session of the device's decoder and what it is given to work with. */
struct device {
	struct fuota_defrag defrag;
	struct fuota_flash flash;
	uint32_t *memory;
	uint8_t *received; /* a byte for every uncoded fragment */
};

static void
device_close(struct device *device)
{
	free(device->flash.ctx);
	free(device->memory);
	free(device->received);
}

static enum fuota_status
device_open(struct device *device, const struct fuota_frag_session *s,
    uint16_t max_lost, struct fuota_error *err)
{
	const uint16_t lost = max_lost < s->nb_frag ? max_lost : s->nb_frag;
	const size_t block_size = (size_t)s->nb_frag * s->frag_size;
	const size_t size = block_size + (size_t)lost * s->frag_size;
	const size_t memory_size =
	    FUOTA_DEFRAG_MEMORY_SIZE(s->nb_frag, lost, s->frag_size);
	const struct fuota_defrag_params params = { .edition = s->edition,
		.nb_frag = s->nb_frag,
		.max_lost = lost,
		.frag_size = s->frag_size,
		.block = &device->flash,
		.scratch = &device->flash,
		.scratch_off = (uint32_t)block_size };

	device->flash = fuota_memory_flash(malloc(size), (uint32_t)size);
	device->memory = malloc(memory_size);
	device->received = calloc(1, s->nb_frag);
	if (device->flash.ctx == NULL || device->memory == NULL ||
	    device->received == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const enum fuota_status status = fuota_defrag_init(
	    &device->defrag, &params, device->memory, memory_size);
	return status == FUOTA_OK
	    ? FUOTA_OK
	    : fuota_fail_status(err, status, FUOTA_NO_OFFSET);
}

/* --- feeding ------------------------------------------------------------- */

/* Whether every fragment was of use; *limited: one was over max_lost. */
static enum fuota_status
feed_all(struct device *device, const struct fuota_frag_session *s,
    struct fuota_in commands, struct fuota_rebuild *rebuild, bool *limited,
    struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(s->frag_size);

	for (size_t off = 0; off < commands.len; off += size) {
		const uint8_t *command = commands.data + off;
		const uint16_t n = fuota_frag_command_n(command);
		const enum fuota_status status =
		    fuota_defrag_feed(&device->defrag, n,
			command + FUOTA_FRAG_OVERHEAD, s->frag_size);
		if (status == FUOTA_E_LIMIT)
			*limited = true;
		else if (status != FUOTA_OK)
			return fuota_fail(err, status, off, "N = %u: %s", n,
			    fuota_status_text(status));
		rebuild->received++;
		if (n <= s->nb_frag)
			device->received[n - 1] = 1;
		if (n > rebuild->highest_n)
			rebuild->highest_n = n;
		if (rebuild->completed_at == 0 &&
		    fuota_defrag_needed(&device->defrag) == 0)
			rebuild->completed_at = n;
	}
	return FUOTA_OK;
}

static void
count_missing(const struct device *device, uint16_t nb_frag,
    struct fuota_rebuild *rebuild)
{
	for (uint16_t i = 0; i < nb_frag; i++) {
		const uint8_t missing = device->received[i] == 0;
		rebuild->missing = (uint16_t)(rebuild->missing + missing);
		if (rebuild->missing_map != NULL)
			rebuild->missing_map[i] = missing;
	}
	rebuild->needed = fuota_defrag_needed(&device->defrag);
}

/* Which N solves it depends on the rows alone: feeds zeros in their place. */
static void
look_ahead(struct device *device, const struct fuota_frag_session *s,
    struct fuota_rebuild *rebuild)
{
	const uint8_t zeros[FUOTA_FRAG_SIZE_MAX] = { 0 };
	const unsigned start =
	    rebuild->highest_n > s->nb_frag ? rebuild->highest_n : s->nb_frag;
	const unsigned tries = (unsigned)rebuild->needed + LOOK_AHEAD;

	for (unsigned n = start + 1;
	     n <= FUOTA_FRAG_N_MAX && n - start <= tries; n++) {
		if (fuota_defrag_feed(&device->defrag, (uint16_t)n, zeros,
			s->frag_size) != FUOTA_OK)
			return;
		if (fuota_defrag_needed(&device->defrag) == 0) {
			rebuild->would_complete_at = (uint16_t)n;
			return;
		}
	}
}

static enum fuota_status
fail_losses(const struct fuota_frag_session *s,
    const struct fuota_rebuild *rebuild, struct fuota_error *err)
{
	const unsigned next =
	    (rebuild->highest_n > s->nb_frag ? rebuild->highest_n
					     : s->nb_frag) +
	    1u;
	char ahead[80] = "";

	if (rebuild->would_complete_at != 0)
		snprintf(ahead, sizeof(ahead),
		    "; coded fragments N = %u..%u would complete it", next,
		    rebuild->would_complete_at);
	return fuota_fail(err, FUOTA_E_LOSSES, FUOTA_NO_OFFSET,
	    "%u more fragments needed: %u of %u uncoded ones missing, %u equations for them%s",
	    rebuild->needed, rebuild->missing, s->nb_frag,
	    rebuild->missing - rebuild->needed, ahead);
}

/* --- the block ----------------------------------------------------------- */

static enum fuota_status
restore_all(struct device *device, struct fuota_error *err)
{
	while (!fuota_defrag_is_complete(&device->defrag)) {
		const enum fuota_status status =
		    fuota_defrag_restore(&device->defrag);
		if (status != FUOTA_OK)
			return fuota_fail_status(err, status, FUOTA_NO_OFFSET);
	}
	return FUOTA_OK;
}

static enum fuota_status
take_block(const struct device *device, const struct fuota_frag_session *s,
    struct fuota_out *block, struct fuota_error *err)
{
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, device->flash.ctx, s->block_len);
	if (memcmp(digest, s->block_sha256, sizeof(digest)) != 0)
		return fuota_fail(err, FUOTA_E_DIGEST, FUOTA_NO_OFFSET,
		    "SHA-256 of the rebuilt %u bytes is not the session's",
		    s->block_len);
	memcpy(block->data, device->flash.ctx, s->block_len);
	block->len = s->block_len;
	return FUOTA_OK;
}

static enum fuota_status
rebuild_with(struct device *device, const struct fuota_frag_session *s,
    struct fuota_in commands, uint16_t max_lost, struct fuota_out *block,
    struct fuota_rebuild *rebuild, struct fuota_error *err)
{
	bool limited = false;

	enum fuota_status status = device_open(device, s, max_lost, err);
	if (status != FUOTA_OK)
		return status;
	status = feed_all(device, s, commands, rebuild, &limited, err);
	if (status != FUOTA_OK)
		return status;
	count_missing(device, s->nb_frag, rebuild);
	if (rebuild->needed != 0 && limited)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%u of %u uncoded fragments missing, the device can compute %u",
		    rebuild->missing, s->nb_frag, max_lost);
	if (rebuild->needed != 0) {
		look_ahead(device, s, rebuild);
		return fail_losses(s, rebuild, err);
	}
	status = restore_all(device, err);
	return status == FUOTA_OK ? take_block(device, s, block, err) : status;
}

static enum fuota_status
compare_all(const struct fuota_frag_session *s, struct fuota_in commands,
    struct fuota_in sent, struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(s->frag_size);

	for (size_t off = 0; off < commands.len; off += size) {
		const uint16_t n = fuota_frag_command_n(commands.data + off);
		if (memcmp(commands.data + off,
			sent.data + (size_t)(n - 1) * size, size) != 0)
			return fuota_fail(err, FUOTA_E_DIGEST, FUOTA_NO_OFFSET,
			    "fragment %u is not one of this block", n);
	}
	return FUOTA_OK;
}

/*
 * Fragments that the rebuild did not need are part of what will be sent: a
 * device that loses others would build on them.
 */
static enum fuota_status
check_commands(const struct fuota_frag_session *s, struct fuota_in commands,
    const struct fuota_out *block, struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(s->frag_size);
	const struct fuota_in rebuilt = { .data = block->data,
		.len = s->block_len };
	uint16_t highest = 1;

	for (size_t off = 0; off < commands.len; off += size)
		if (fuota_frag_command_n(commands.data + off) > highest)
			highest = fuota_frag_command_n(commands.data + off);
	struct fuota_out sent = { .size = fuota_frag_bound(s, highest) };
	sent.data = malloc(sent.size);
	if (sent.data == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	enum fuota_status status =
	    fuota_frag_encode(s, rebuilt, 1, highest, &sent, err);
	if (status == FUOTA_OK)
		status = compare_all(s, commands,
		    (struct fuota_in){ .data = sent.data, .len = sent.len },
		    err);
	free(sent.data);
	return status;
}

enum fuota_status
fuota_rebuild(const struct fuota_frag_session *session,
    struct fuota_in commands, uint16_t max_lost, struct fuota_out *block,
    struct fuota_rebuild *rebuild, struct fuota_error *err)
{
	struct device device = { .memory = NULL };
	struct fuota_rebuild result = {
		.missing_map = rebuild != NULL ? rebuild->missing_map : NULL
	};

	enum fuota_status status = fuota_frag_check(session, err);
	if (status != FUOTA_OK)
		return status;
	if (commands.len % FUOTA_FRAG_COMMAND_SIZE(session->frag_size) != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu bytes are no whole commands of %zu bytes",
		    commands.len, FUOTA_FRAG_COMMAND_SIZE(session->frag_size));
	if (block->size < session->block_len)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "block has %u bytes, buffer %zu", session->block_len,
		    block->size);
	status = rebuild_with(
	    &device, session, commands, max_lost, block, &result, err);
	device_close(&device);
	if (status == FUOTA_OK)
		status = check_commands(session, commands, block, err);
	if (rebuild != NULL)
		*rebuild = result;
	return status;
}

/* --- any input ----------------------------------------------------------- */

static enum fuota_status
read_fragments(struct fuota_in in, struct fuota_out *block,
    struct fuota_block_info *info, struct fuota_error *err)
{
	struct fuota_out commands = { .data = malloc(in.len / 2 + 1),
		.size = in.len / 2 };

	if (commands.data == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	enum fuota_status status =
	    fuota_fragfile_read(in, &info->session, &commands, err);
	if (status == FUOTA_OK) {
		const struct fuota_in fed = { .data = commands.data,
			.len = commands.len };
		status = fuota_rebuild(&info->session, fed,
		    FUOTA_DEFRAG_NO_LIMIT, block, &info->rebuild, err);
	}
	free(commands.data);
	return status;
}

size_t
fuota_block_bound(struct fuota_in in)
{
	return fuota_fragfile_detect(in)
	    ? FUOTA_FRAG_N_MAX * FUOTA_FRAG_SIZE_MAX
	    : in.len;
}

enum fuota_status
fuota_block_read(struct fuota_in in, struct fuota_out *block,
    struct fuota_block_info *info, struct fuota_error *err)
{
	struct fuota_block_info local;

	if (info == NULL)
		info = &local;
	memset(info, 0, sizeof(*info));
	info->is_fragments = fuota_fragfile_detect(in);
	if (info->is_fragments)
		return read_fragments(in, block, info, err);
	if (block->size < in.len)
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "input has %zu bytes, buffer %zu", in.len, block->size);
	memcpy(block->data, in.data, in.len);
	block->len = in.len;
	return FUOTA_OK;
}
