/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/device/bytes.h>
#include <fuota/frag.h>

#include "fail.h"
#include "frag_command.h"
#include "rowsum.h"

_Static_assert(sizeof(((struct fuota_frag_session *)0)->block_sha256) ==
	crypto_hash_sha256_BYTES,
    "SHA-256");

/* --- the session --------------------------------------------------------- */

static enum fuota_status
check_chosen(const struct fuota_frag_session *s, struct fuota_error *err)
{
	if (s->edition < FUOTA_TS004_V1 || s->edition > FUOTA_TS004_V2_ABSN)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "TS004 edition %d is not known", (int)s->edition);
	if (s->frag_size == 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "FragSize is 0, not 1..%u", FUOTA_FRAG_SIZE_MAX);
	if (s->frag_index > 3 || s->mc_group_bit_mask > 15 ||
	    s->block_ack_delay > 7)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "FragIndex %u, McGroupBitMask %u or BlockAckDelay %u exceeds 3, 15 or 7",
		    s->frag_index, s->mc_group_bit_mask, s->block_ack_delay);
	if (s->edition == FUOTA_TS004_V1 && s->session_cnt != 0)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "SessionCnt %u given, TS004 1.0.0 has none",
		    s->session_cnt);
	return FUOTA_OK;
}

static enum fuota_status
check_count(const struct fuota_frag_session *s, struct fuota_error *err)
{
	if (s->redundancy > FUOTA_FRAG_N_MAX - s->nb_frag)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u fragments and %u coded ones exceed %u", s->nb_frag,
		    s->redundancy, FUOTA_FRAG_N_MAX);
	return FUOTA_OK;
}

enum fuota_status
fuota_frag_split(struct fuota_in block, struct fuota_frag_session *session,
    struct fuota_error *err)
{
	struct fuota_frag_session s = *session;

	enum fuota_status status = check_chosen(&s, err);
	if (status != FUOTA_OK)
		return status;
	if (block.len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "data block is empty");
	const size_t count = (block.len - 1) / s.frag_size + 1;
	if (count > FUOTA_FRAG_N_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%zu bytes need %zu fragments of %u bytes, at most %u can be numbered",
		    block.len, count, s.frag_size, FUOTA_FRAG_N_MAX);
	s.nb_frag = (uint16_t)count;
	s.padding = (uint8_t)(count * s.frag_size - block.len);
	s.block_len = (uint32_t)block.len;
	crypto_hash_sha256(s.block_sha256, block.data, block.len);
	status = check_count(&s, err);
	if (status == FUOTA_OK)
		*session = s;
	return status;
}

enum fuota_status
fuota_frag_check(
    const struct fuota_frag_session *session, struct fuota_error *err)
{
	const struct fuota_frag_session *s = session;

	enum fuota_status status = check_chosen(s, err);
	if (status != FUOTA_OK)
		return status;
	if (s->nb_frag == 0 || s->nb_frag > FUOTA_FRAG_N_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "NbFrag is %u, not 1..%u", s->nb_frag, FUOTA_FRAG_N_MAX);
	status = check_count(s, err);
	if (status != FUOTA_OK)
		return status;
	if (s->padding >= s->frag_size ||
	    s->block_len != (uint32_t)s->nb_frag * s->frag_size - s->padding)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "block of %u bytes is not %u fragments of %u less padding %u",
		    s->block_len, s->nb_frag, s->frag_size, s->padding);
	return FUOTA_OK;
}

/* --- commands ------------------------------------------------------------ */

uint16_t
fuota_frag_command_n(const uint8_t *command)
{
	return fuota_get_u16(command + 1) & FUOTA_FRAG_N_MAX;
}

uint8_t
fuota_frag_command_index(const uint8_t *command)
{
	return command[2] >> 6;
}

static void
put_head(uint8_t *command, uint8_t frag_index, uint16_t n)
{
	command[0] = FUOTA_FRAG_CID;
	fuota_put_u16(command + 1, (uint16_t)(frag_index << 14 | n));
}

static void
put_uncoded(const struct fuota_frag_session *s, struct fuota_in block,
    uint16_t n, uint8_t *data)
{
	const size_t off = (size_t)(n - 1) * s->frag_size;
	const size_t left = block.len - off;
	const size_t len = left < s->frag_size ? left : s->frag_size;

	memcpy(data, block.data + off, len);
	memset(data + len, 0, s->frag_size - len);
}

/* Coded fragments from row number `first`, in passes of rows that fit. */
static enum fuota_status
put_coded(const struct fuota_frag_session *s, struct fuota_in block,
    uint16_t first, size_t count, uint8_t *data)
{
	const struct rowsum_columns columns = {
		.bytes = block, .count = s->nb_frag, .size = s->frag_size
	};
	const size_t stride = FUOTA_FRAG_COMMAND_SIZE(s->frag_size);
	const size_t row_size = ROWSUM_ROW_STRIDE(s->nb_frag);
	const size_t rows_max =
	    count < ROWSUM_ROWS_MAX ? count : ROWSUM_ROWS_MAX;
	uint8_t *rows = calloc(rows_max, row_size);
	struct rowsum_work *work = rowsum_work_new();
	enum fuota_status status =
	    rows == NULL || work == NULL ? FUOTA_E_MEMORY : FUOTA_OK;

	for (size_t done = 0; done < count && status == FUOTA_OK;) {
		const size_t left = count - done;
		const size_t n = left < rows_max ? left : rows_max;
		for (size_t i = 0; i < n && status == FUOTA_OK; i++)
			status = fuota_parity_row(s->edition,
			    (uint16_t)(first + done + i), s->nb_frag,
			    rows + i * row_size, row_size);
		if (status == FUOTA_OK)
			rowsum(&columns, rows, row_size, n,
			    data + done * stride, stride, work);
		done += n;
	}
	rowsum_work_free(work);
	free(rows);
	return status;
}

size_t
fuota_frag_bound(const struct fuota_frag_session *session, uint16_t count)
{
	return count * FUOTA_FRAG_COMMAND_SIZE(session->frag_size);
}

static enum fuota_status
check_encode(const struct fuota_frag_session *s, struct fuota_in block,
    uint16_t first, uint16_t count, const struct fuota_out *out,
    struct fuota_error *err)
{
	const enum fuota_status status = fuota_frag_check(s, err);
	if (status != FUOTA_OK)
		return status;
	if (block.len != s->block_len)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "block of %zu bytes, the session is for %u", block.len,
		    s->block_len);
	if (first == 0 || first > FUOTA_FRAG_N_MAX ||
	    count > FUOTA_FRAG_N_MAX - first + 1)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%u fragments from N = %u are not within 1..%u", count,
		    first, FUOTA_FRAG_N_MAX);
	if (out->size < fuota_frag_bound(s, count))
		return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
		    "%u fragments need %zu bytes, buffer has %zu", count,
		    fuota_frag_bound(s, count), out->size);
	return FUOTA_OK;
}

enum fuota_status
fuota_frag_encode(const struct fuota_frag_session *session,
    struct fuota_in block, uint16_t first, uint16_t count,
    struct fuota_out *out, struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(session->frag_size);
	size_t uncoded = 0;

	enum fuota_status status =
	    check_encode(session, block, first, count, out, err);
	if (status != FUOTA_OK)
		return status;
	for (size_t i = 0; i < count; i++) {
		const uint16_t n = (uint16_t)(first + i);
		uint8_t *command = out->data + i * size;
		put_head(command, session->frag_index, n);
		if (n > session->nb_frag)
			continue;
		put_uncoded(session, block, n, command + FUOTA_FRAG_OVERHEAD);
		uncoded++;
	}
	if (uncoded < count)
		status = put_coded(session, block,
		    (uint16_t)(first + uncoded - session->nb_frag),
		    count - uncoded,
		    out->data + uncoded * size + FUOTA_FRAG_OVERHEAD);
	if (status != FUOTA_OK)
		return fuota_fail_status(err, status, FUOTA_NO_OFFSET);
	out->len = count * size;
	return FUOTA_OK;
}
