/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/check.h>
#include <fuota/device/crc32.h>
#include <fuota/device/inflate.h>

enum {
	RECORD_MAGIC_SIZE = 2,
	PADDING_MAX = FUOTA_FRAG_SIZE_MAX - 1,
};

static const uint8_t context[FUOTA_CONTEXT_SIZE] = "FUOTA-image-v1";

static enum fuota_status
read_block(struct fuota_check *c, uint32_t off, uint8_t *to, uint32_t len)
{
	return c->io->read(c->io->ctx, off, to, len);
}

/* --- bounds and lengths --------------------------------------------------*/

/* M is put together in place: the header is read to where it stands in it. */
static uint8_t *
message_header(struct fuota_check *c, bool bound)
{
	return c->message + FUOTA_CONTEXT_SIZE + (bound ? FUOTA_UUID_SIZE : 0);
}

static enum fuota_status
read_header(struct fuota_check *c, uint8_t *to, uint16_t size)
{
	for (uint16_t off = 0; off < size;) {
		const uint16_t left = (uint16_t)(size - off);
		const uint16_t n = left < FUOTA_CHECK_PIECE_SIZE
		    ? left
		    : (uint16_t)FUOTA_CHECK_PIECE_SIZE;
		const enum fuota_status status =
		    read_block(c, off, to + off, n);
		if (status != FUOTA_OK)
			return status;
		off = (uint16_t)(off + n);
	}
	return FUOTA_OK;
}

static enum fuota_status
check_header(struct fuota_check *c)
{
	uint8_t *to = message_header(c, false);
	uint16_t size;

	if (c->block_len == 0)
		return FUOTA_E_EMPTY;
	if (c->block_len < 4)
		return FUOTA_E_TRUNCATED;
	enum fuota_status status = read_header(c, to, 4);
	if (status == FUOTA_OK)
		status = fuota_header_peek(to, &size);
	if (status != FUOTA_OK)
		return status;
	if (c->block_len < size)
		return FUOTA_E_TRUNCATED;
	status = read_header(c, to, size);
	if (status == FUOTA_OK)
		status = fuota_header_decode(to, size, &c->header);
	if (status != FUOTA_OK)
		return status;
	c->stage = FUOTA_CHECK_LENGTHS;
	return FUOTA_OK;
}

/* Zero bytes to the end of the block, fewer than a fragment has. */
static enum fuota_status
check_padding(struct fuota_check *c, uint32_t off)
{
	if (c->block_len - off > PADDING_MAX)
		return FUOTA_E_TRAILING;
	while (off < c->block_len) {
		const uint32_t left = c->block_len - off;
		const uint32_t n = left < FUOTA_CHECK_PIECE_SIZE
		    ? left
		    : FUOTA_CHECK_PIECE_SIZE;
		const enum fuota_status status =
		    read_block(c, off, c->piece, n);
		if (status != FUOTA_OK)
			return status;
		for (uint32_t i = 0; i < n; i++)
			if (c->piece[i] != 0)
				return FUOTA_E_TRAILING;
		off += n;
	}
	return FUOTA_OK;
}

static enum fuota_status
count_signatures(struct fuota_check *c, uint32_t *off)
{
	while (c->block_len - *off >= RECORD_MAGIC_SIZE) {
		const enum fuota_status status =
		    read_block(c, *off, c->piece, RECORD_MAGIC_SIZE);
		if (status != FUOTA_OK)
			return status;
		if (c->piece[0] != 'Q' || c->piece[1] != 'D')
			return FUOTA_OK;
		if (c->block_len - *off < FUOTA_SIGNATURE_RECORD_SIZE)
			return FUOTA_E_TRUNCATED;
		if (c->signature_count == FUOTA_SIGNATURES_MAX)
			return FUOTA_E_TOO_LARGE;
		c->signature_count++;
		*off += FUOTA_SIGNATURE_RECORD_SIZE;
	}
	return FUOTA_OK;
}

static uint32_t
signatures_off(const struct fuota_check *c)
{
	return c->header.size + c->header.payload_len;
}

static enum fuota_status
check_lengths(struct fuota_check *c)
{
	if (c->header.payload_len > c->block_len - c->header.size)
		return FUOTA_E_TRUNCATED;
	uint32_t off = signatures_off(c);
	enum fuota_status status = count_signatures(c, &off);
	if (status == FUOTA_OK)
		status = check_padding(c, off);
	if (status != FUOTA_OK)
		return status;
	fuota_sha256_init(&c->sha);
	c->off = c->header.size;
	c->stage = FUOTA_CHECK_HASH;
	return FUOTA_OK;
}

/* --- signature -----------------------------------------------------------*/

/* The rest of M: context, UUID, and the hash behind the header. */
static void
finish_message(struct fuota_check *c)
{
	const bool bound = (c->header.flags & FUOTA_FLAG_PRODUCT_UUID) != 0;
	uint8_t *header = message_header(c, bound);

	memmove(header, message_header(c, false), c->header.size);
	memcpy(c->message, context, sizeof(context));
	if (bound)
		memcpy(c->message + sizeof(context), c->device->uuid,
		    FUOTA_UUID_SIZE);
	fuota_sha256_finish(&c->sha, header + c->header.size);
	c->message_len = (uint16_t)(header + c->header.size +
	    FUOTA_SHA256_SIZE - c->message);
}

static enum fuota_status
hash_piece(struct fuota_check *c)
{
	const uint32_t left = signatures_off(c) - c->off;
	const uint32_t n =
	    left < FUOTA_CHECK_PIECE_SIZE ? left : FUOTA_CHECK_PIECE_SIZE;

	const enum fuota_status status = read_block(c, c->off, c->piece, n);
	if (status != FUOTA_OK)
		return status;
	fuota_sha256_feed(&c->sha, c->piece, n);
	c->crc = fuota_crc32(c->crc, c->piece, n);
	c->off += n;
	if (n < left)
		return FUOTA_OK;
	finish_message(c);
	c->stage = FUOTA_CHECK_SIGNATURES;
	return FUOTA_OK;
}

static unsigned
count_bits(uint32_t bits)
{
	unsigned count = 0;

	for (; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

static bool
enough_signatures(const struct fuota_check *c)
{
	const unsigned required = c->device->signatures_required;

	return count_bits(c->keys) >= (required > 0 ? required : 1);
}

/* One record. One that does not hold is no refusal yet: the next may. */
static enum fuota_status
check_signature(struct fuota_check *c)
{
	uint8_t key = FUOTA_CHECK_KEYS_MAX;

	/* Without the UUID that was signed nothing can be checked. */
	if ((c->header.flags & FUOTA_FLAG_PRODUCT_UUID) != 0 &&
	    !c->device->has_uuid)
		return FUOTA_E_SIGNATURE;
	if (c->signature == c->signature_count) {
		if (!enough_signatures(c))
			return FUOTA_E_SIGNATURE;
		c->stage = FUOTA_CHECK_FACTS;
		return FUOTA_OK;
	}
	enum fuota_status status = read_block(c,
	    signatures_off(c) + c->signature * FUOTA_SIGNATURE_RECORD_SIZE,
	    c->piece, FUOTA_SIGNATURE_RECORD_SIZE);
	if (status != FUOTA_OK)
		return status;
	c->signature++;
	const uint8_t *hint = c->piece + RECORD_MAGIC_SIZE;
	status = c->io->verify(c->io->ctx, hint, hint + FUOTA_KEY_HINT_SIZE,
	    c->message, c->message_len, &key);
	if (status == FUOTA_OK && key < FUOTA_CHECK_KEYS_MAX)
		c->keys |= (uint32_t)1 << key;
	return FUOTA_OK;
}

/* --- facts of the device -------------------------------------------------*/

static const struct fuota_check_component *
find_component(const struct fuota_check_device *device, uint8_t id)
{
	for (size_t i = 0; i < device->component_count; i++)
		if (device->components[i].id == id)
			return &device->components[i];
	return NULL;
}

static enum fuota_status
check_identity(struct fuota_check *c)
{
	const struct fuota_check_device *device = c->device;
	const struct fuota_header *h = &c->header;

	if (h->hw_id != device->hw_id)
		return FUOTA_E_HARDWARE;
	if (device->has_uuid && (h->flags & FUOTA_FLAG_PRODUCT_UUID) == 0)
		return FUOTA_E_HARDWARE;
	c->component = find_component(device, h->component);
	if (c->component == NULL)
		return FUOTA_E_COMPONENT;
	if ((h->flags & FUOTA_FLAG_DEVELOPMENT) != 0 && !device->development)
		return FUOTA_E_DEVELOPMENT;
	return FUOTA_OK;
}

static enum fuota_status
check_base(const struct fuota_check *c)
{
	const struct fuota_header *h = &c->header;

	if (h->base_fw_version != 0 &&
	    h->base_fw_version != c->component->version)
		return FUOTA_E_BASE;
	if (h->base_id_len == 0)
		return FUOTA_OK;
	if (!c->component->has_digest ||
	    memcmp(h->base_id, c->component->digest, h->base_id_len) != 0)
		return FUOTA_E_BASE;
	return FUOTA_OK;
}

static enum fuota_status
check_dependency(const struct fuota_check *c)
{
	const struct fuota_header *h = &c->header;

	if (!h->has_dependency)
		return FUOTA_OK;
	const struct fuota_check_component *other =
	    find_component(c->device, h->dependency_component);
	return other == NULL || other->version < h->dependency_version
	    ? FUOTA_E_DEPENDENCY
	    : FUOTA_OK;
}

static enum fuota_status
check_limits(const struct fuota_check *c)
{
	const struct fuota_check_device *device = c->device;
	const struct fuota_header *h = &c->header;

	if (h->image_len > c->component->slot_size)
		return FUOTA_E_SLOT;
	if ((device->compressions >> h->compression & 1) == 0 ||
	    (device->deltas >> h->delta & 1) == 0)
		return FUOTA_E_LIMIT;
	/* The codec's need stands in its stream; its decoder looks at it. */
	if (h->compression == FUOTA_COMPRESSION_DEFLATE &&
	    FUOTA_INFLATE_ARENA_SIZE(h->window_log2) > device->decoder_ram)
		return FUOTA_E_LIMIT;
	return FUOTA_OK;
}

static enum fuota_status
check_facts(struct fuota_check *c)
{
	enum fuota_status status = check_identity(c);

	if (status == FUOTA_OK)
		status = check_base(c);
	if (status == FUOTA_OK)
		status = check_dependency(c);
	if (status != FUOTA_OK)
		return status;
	if (c->header.security_counter < c->component->min_counter)
		return FUOTA_E_COUNTER;
	status = check_limits(c);
	if (status != FUOTA_OK)
		return status;
	c->stage = FUOTA_CHECK_CONTENT;
	return FUOTA_OK;
}

/* What was hashed is the firmware, unless a decoder has yet to make it. */
static enum fuota_status
check_content(struct fuota_check *c)
{
	const struct fuota_header *h = &c->header;

	if (h->compression == FUOTA_COMPRESSION_NONE &&
	    h->delta == FUOTA_DELTA_NONE) {
		if (c->crc != h->image_crc32)
			return FUOTA_E_CRC;
		if (memcmp(h->target_digest,
			c->message + c->message_len - FUOTA_SHA256_SIZE,
			h->target_digest_len) != 0)
			return FUOTA_E_DIGEST;
	}
	c->done = true;
	return FUOTA_OK;
}

/* --- the steps -----------------------------------------------------------*/

void
fuota_check_init(struct fuota_check *check,
    const struct fuota_check_device *device, const struct fuota_check_io *io,
    uint32_t block_len)
{
	memset(check, 0, sizeof(*check));
	check->device = device;
	check->io = io;
	check->block_len = block_len;
	check->crc = FUOTA_CRC32_INIT;
}

static enum fuota_status
take_step(struct fuota_check *c)
{
	switch ((enum fuota_check_stage)c->stage) {
	case FUOTA_CHECK_HEADER:
		return check_header(c);
	case FUOTA_CHECK_LENGTHS:
		return check_lengths(c);
	case FUOTA_CHECK_HASH:
		return hash_piece(c);
	case FUOTA_CHECK_SIGNATURES:
		return check_signature(c);
	case FUOTA_CHECK_FACTS:
		return check_facts(c);
	case FUOTA_CHECK_CONTENT:
		return check_content(c);
	}
	return FUOTA_E_SEQUENCE;
}

enum fuota_status
fuota_check_step(struct fuota_check *check)
{
	if (check->refused == FUOTA_OK && !check->done)
		check->refused = (uint8_t)take_step(check);
	return (enum fuota_status)check->refused;
}

enum fuota_status
fuota_check_run(struct fuota_check *check)
{
	enum fuota_status status;

	do
		status = fuota_check_step(check);
	while (status == FUOTA_OK && !check->done);
	return status;
}

uint8_t
fuota_check_ts006(enum fuota_status status)
{
	if (status == FUOTA_OK)
		return 3;
	if (status == FUOTA_E_EMPTY)
		return 0;
	return status >= FUOTA_E_HARDWARE ? 2 : 1;
}
