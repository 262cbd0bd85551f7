/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of fragment files: what it takes can be written and read again
 * to the same session and commands; the whole way to a block never crashes,
 * and a block it gives has the length and digest that the file states.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>

#include "fuzz.h"

static void
check_round_trip(
    const struct fuota_frag_session *session, const struct fuota_out *commands)
{
	const struct fuota_in in = { .data = commands->data,
		.len = commands->len };
	struct fuota_out file = { .size = fuota_fragfile_bound(in.len) };
	struct fuota_out again = { .size = in.len };
	struct fuota_frag_session got;

	file.data = malloc(file.size);
	again.data = malloc(in.len + 1);
	if (fuota_fragfile_write(session, FUOTA_FRAG_JSONL, in, &file, NULL) !=
	    FUOTA_OK)
		abort();
	const struct fuota_in written = { .data = file.data, .len = file.len };
	if (!fuota_fragfile_detect(written) ||
	    fuota_fragfile_read(written, &got, &again, NULL) != FUOTA_OK ||
	    got.block_len != session->block_len || again.len != in.len ||
	    memcmp(again.data, in.data, in.len) != 0)
		abort();
	free(again.data);
	free(file.data);
}

static void
check_block(struct fuota_in in)
{
	struct fuota_out block = { .data = malloc(in.len + 1), .size = in.len };
	struct fuota_block_info info;
	uint8_t digest[32];

	if (fuota_block_read(in, &block, &info, NULL) == FUOTA_OK &&
	    info.is_fragments) {
		crypto_hash_sha256(digest, block.data, block.len);
		if (block.len != info.session.block_len ||
		    memcmp(digest, info.session.block_sha256, 32) != 0)
			abort();
	}
	free(block.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuota_in in = { .data = data, .len = size };
	struct fuota_frag_session session;
	struct fuota_out commands = { .data = malloc(size / 2 + 1),
		.size = size / 2 };

	const enum fuota_status status =
	    fuota_fragfile_read(in, &session, &commands, NULL);
	if (status == FUOTA_E_SPACE)
		abort();
	if (status == FUOTA_OK) {
		check_round_trip(&session, &commands);
		if (session.nb_frag <= 600) /* bounds the time, not the form */
			check_block(in);
	}
	free(commands.data);
	return 0;
}
