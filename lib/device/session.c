/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/session.h>

enum cid {
	PACKAGE_VERSION = 0,
	STATUS = 1,
	SETUP = 2,
	DELETE = 3,
	BLOCK_RECEIVED = 4,
	DATA_FRAGMENT = 8,
};

enum {
	PACKAGE_IDENTIFIER = 3,
	FRAGMENT_HEAD_SIZE = 3, /* CID, FragIndex and N */
	SETUP_V1_SIZE = 10,
	SETUP_V2_SIZE = 16,
	B0_SIZE = 16,
	/* FragSessionSetupAns */
	NO_ALGORITHM = 0x01,
	NO_MEMORY = 0x02,
	NO_INDEX = 0x04,
	WRONG_DESCRIPTOR = 0x08,
	REPLAY = 0x10,
	/* FragSessionStatusAns */
	MEMORY_ERROR = 0x01,
	MIC_ERROR = 0x02,
	NO_SESSION = 0x04,
	/* other answers */
	DELETE_NO_SESSION = 0x04,
	RECEIVED_MIC_ERROR = 0x04,
};

static bool
is_v1(const struct fuota_session *s)
{
	return s->device->edition == FUOTA_TS004_V1;
}

static bool
exists(const struct fuota_session *s, uint8_t frag_index)
{
	return s->state != FUOTA_SESSION_NONE &&
	    s->setup.frag_index == frag_index;
}

/* The block is not there yet, and still may come. */
static bool
is_under_way(const struct fuota_session *s)
{
	return s->state >= FUOTA_SESSION_ERASE && s->state <= FUOTA_SESSION_MIC;
}

static bool
hears(const struct fuota_session *s, uint8_t group)
{
	return group == FUOTA_SESSION_UNICAST ||
	    (group < 4 && (s->setup.mc_group_bit_mask >> group & 1) != 0);
}

static bool
has_room(const struct fuota_out *out)
{
	return out->size - out->len >= FUOTA_SESSION_ANSWER_MAX;
}

static void
put(struct fuota_out *out, uint8_t byte)
{
	out->data[out->len++] = byte;
}

void
fuota_session_init(
    struct fuota_session *session, const struct fuota_session_device *device)
{
	memset(session, 0, sizeof(*session));
	session->device = device;
}

uint32_t
fuota_session_block_len(const struct fuota_session *session)
{
	const struct fuota_session_setup *setup = &session->setup;

	if (session->state == FUOTA_SESSION_NONE)
		return 0;
	return (uint32_t)setup->nb_frag * setup->frag_size - setup->padding;
}

uint16_t
fuota_session_delay(const struct fuota_session *session)
{
	return (uint16_t)(16u << session->setup.block_ack_delay);
}

/* --- FragSessionSetup ------------------------------------------------------*/

static void
read_setup(const uint8_t *p, bool v1, struct fuota_session_setup *setup)
{
	memset(setup, 0, sizeof(*setup)); /* compared whole */
	setup->frag_index = p[0] >> 4 & 3;
	setup->mc_group_bit_mask = p[0] & 15;
	setup->nb_frag = fuota_get_u16(p + 1);
	setup->frag_size = p[3];
	setup->block_ack_delay = p[4] & 7;
	setup->padding = p[5];
	memcpy(setup->descriptor, p + 6, sizeof(setup->descriptor));
	if (v1)
		return;
	setup->ack_reception = (p[4] & 0x40) != 0;
	setup->session_cnt = fuota_get_u16(p + 10);
	memcpy(setup->mic, p + 12, sizeof(setup->mic));
}

static struct fuota_defrag_params
params_of(const struct fuota_session_device *device,
    const struct fuota_session_setup *setup)
{
	const bool apart = device->scratch != NULL;
	const uint16_t most = setup->nb_frag;

	return (struct fuota_defrag_params){
		.edition = device->edition,
		.nb_frag = setup->nb_frag,
		.max_lost = device->max_lost < most ? device->max_lost : most,
		.frag_size = setup->frag_size,
		.block = device->download,
		.scratch = apart ? device->scratch : device->download,
		.scratch_off =
		    apart ? 0 : (uint32_t)setup->nb_frag * setup->frag_size,
	};
}

/* Without memory nothing is begun, but all else is checked. */
static bool
is_taken_by_memory(struct fuota_session *s,
    const struct fuota_session_setup *setup,
    const struct fuota_defrag_params *p)
{
	return setup->padding < setup->frag_size &&
	    fuota_defrag_init(&s->defrag, p, s->device->memory, 0) ==
	    FUOTA_E_SPACE &&
	    s->device->memory_size >=
	    FUOTA_DEFRAG_MEMORY_SIZE(p->nb_frag, p->max_lost, p->frag_size);
}

/*
 * A setup is repeated when its answer got lost. In 2.0.0 this may go on until
 * the first fragment; later the count has been used up.
 */
static bool
is_repeat(
    const struct fuota_session *s, const struct fuota_session_setup *setup)
{
	return is_under_way(s) && (is_v1(s) || !s->counted) &&
	    memcmp(setup, &s->setup, sizeof(*setup)) == 0;
}

static bool
is_index_free(
    const struct fuota_session *s, const struct fuota_session_setup *setup)
{
	if (s->state == FUOTA_SESSION_NONE)
		return true;
	if (s->setup.frag_index != setup->frag_index)
		return false;
	return !is_v1(s) || !is_under_way(s) || is_repeat(s, setup);
}

static bool
is_replay(
    const struct fuota_session *s, const struct fuota_session_setup *setup)
{
	uint32_t least;

	return !is_v1(s) &&
	    (s->device->load_count(s->device->ctx, setup->frag_index, &least) !=
		    FUOTA_OK ||
		setup->session_cnt < least);
}

static uint8_t
objections(struct fuota_session *s, const struct fuota_session_setup *setup,
    const struct fuota_defrag_params *p)
{
	const struct fuota_session_device *device = s->device;
	uint8_t bits = 0;

	if (!is_taken_by_memory(s, setup, p))
		bits |= NO_MEMORY;
	if (!is_index_free(s, setup))
		bits |= NO_INDEX;
	if (device->accept != NULL && !device->accept(device->ctx, setup))
		bits |= WRONG_DESCRIPTOR;
	if (is_replay(s, setup))
		bits |= REPLAY;
	return bits;
}

static void
begin(struct fuota_session *s, const struct fuota_session_setup *setup,
    const struct fuota_defrag_params *p)
{
	const struct fuota_session_device *device = s->device;

	fuota_session_init(s, device);
	s->setup = *setup;
	/* checked before: it takes these */
	fuota_defrag_init(&s->defrag, p, device->memory, device->memory_size);
	s->state = FUOTA_SESSION_ERASE;
}

static void
execute_setup(struct fuota_session *s, const uint8_t *p, struct fuota_out *out)
{
	struct fuota_session_setup setup;

	read_setup(p, is_v1(s), &setup);
	const struct fuota_defrag_params params = params_of(s->device, &setup);
	uint8_t bits = objections(s, &setup, &params);
	if ((p[4] >> 3 & 7) != 0)
		bits |= NO_ALGORITHM;
	if (bits == 0 && !is_repeat(s, &setup))
		begin(s, &setup, &params);
	put(out, SETUP);
	put(out, (uint8_t)(setup.frag_index << 6 | bits));
}

/* --- status and delete -----------------------------------------------------*/

static uint8_t
status_bits(const struct fuota_session *s)
{
	uint8_t bits = 0;

	if (s->state == FUOTA_SESSION_FAILED ||
	    (s->over_memory && !s->defrag.has_columns &&
		s->defrag.missing > s->defrag.params.max_lost))
		bits |= MEMORY_ERROR;
	if (!is_v1(s) && s->state == FUOTA_SESSION_DAMAGED)
		bits |= MIC_ERROR;
	return bits;
}

static void
put_status(const struct fuota_session *s, struct fuota_out *out)
{
	const uint16_t missing = s->defrag.missing;
	const uint8_t number[3] = { (uint8_t)s->received,
		(uint8_t)(s->setup.frag_index << 6 | s->received >> 8),
		(uint8_t)(missing < 255 ? missing : 255) };

	if (!is_v1(s))
		put(out, status_bits(s));
	for (size_t i = 0; i < sizeof(number); i++)
		put(out, number[i]);
	if (is_v1(s))
		put(out, status_bits(s));
}

/* 1.0.0 has no way to say that there is no such session. */
static enum fuota_status
execute_status(struct fuota_session *s, uint8_t byte, uint8_t group,
    struct fuota_session_reply *reply)
{
	const bool everybody = (byte & 1) != 0;
	uint16_t delay = 16;

	if (exists(s, byte >> 1 & 3)) {
		if (!hears(s, group))
			return FUOTA_E_LIMIT;
		if (!everybody && s->defrag.missing == 0)
			return FUOTA_OK;
		put(&reply->later, STATUS);
		put_status(s, &reply->later);
		delay = fuota_session_delay(s);
	} else if (is_v1(s)) {
		return FUOTA_E_SEQUENCE;
	} else {
		put(&reply->later, STATUS);
		put(&reply->later, NO_SESSION);
	}
	if (reply->delay_s < delay)
		reply->delay_s = delay;
	return FUOTA_OK;
}

static void
execute_delete(struct fuota_session *s, uint8_t byte, struct fuota_out *out)
{
	const uint8_t frag_index = byte & 3;

	put(out, DELETE);
	if (exists(s, frag_index)) {
		fuota_session_init(s, s->device);
		put(out, frag_index);
	} else {
		put(out, frag_index | DELETE_NO_SESSION);
	}
}

/* --- DataFragment ----------------------------------------------------------*/

/* The count is used up with the first fragment; before that nothing counts. */
static enum fuota_status
use_count(struct fuota_session *s)
{
	if (is_v1(s) || s->counted)
		return FUOTA_OK;
	if (s->device->store_count(s->device->ctx, s->setup.frag_index,
		s->setup.session_cnt + 1u) != FUOTA_OK)
		return FUOTA_E_FLASH;
	s->counted = true;
	return FUOTA_OK;
}

static void
count_fragment(struct fuota_session *s)
{
	if (s->received < FUOTA_FRAG_N_MAX)
		s->received++;
}

static void
block_is_there(struct fuota_session *s)
{
	s->done = 0;
	s->state = is_v1(s) ? FUOTA_SESSION_COMPLETE : FUOTA_SESSION_MIC;
}

static enum fuota_status
feed(struct fuota_session *s, uint16_t n, const uint8_t *data)
{
	const enum fuota_status status =
	    fuota_defrag_feed(&s->defrag, n, data, s->setup.frag_size);

	s->over_memory = s->over_memory || status == FUOTA_E_LIMIT;
	if (s->defrag.broken)
		s->state = FUOTA_SESSION_FAILED;
	else if (fuota_defrag_is_complete(&s->defrag))
		block_is_there(s);
	else if (fuota_defrag_needed(&s->defrag) == 0)
		s->state = FUOTA_SESSION_RESTORE;
	return status;
}

static enum fuota_status
execute_fragment(
    struct fuota_session *s, const uint8_t *frame, size_t len, uint8_t group)
{
	if (len < FRAGMENT_HEAD_SIZE)
		return FUOTA_E_TRUNCATED;
	const uint16_t index_n = fuota_get_u16(frame + 1);
	const uint16_t n = index_n & FUOTA_FRAG_N_MAX;
	if (!exists(s, (uint8_t)(index_n >> 14)))
		return FUOTA_E_SEQUENCE;
	if (!hears(s, group))
		return FUOTA_E_LIMIT;
	if (s->state > FUOTA_SESSION_RECEIVE)
		return FUOTA_OK; /* not needed any more */
	if (len - FRAGMENT_HEAD_SIZE != s->setup.frag_size)
		return FUOTA_E_FORMAT;
	if (n == 0)
		return FUOTA_E_RANGE;
	enum fuota_status status = use_count(s);
	while (status == FUOTA_OK && s->state == FUOTA_SESSION_ERASE)
		status = fuota_session_work(s);
	if (status != FUOTA_OK)
		return status;
	count_fragment(s);
	return feed(s, n, frame + FRAGMENT_HEAD_SIZE);
}

/* --- work ------------------------------------------------------------------*/

static uint32_t
whole_pages(const struct fuota_flash *flash, uint32_t len)
{
	return (len + flash->page_size - 1) / flash->page_size *
	    flash->page_size;
}

/* The pages of block and scratch area, one after the other. */
static enum fuota_status
erase_next(struct fuota_session *s)
{
	const struct fuota_defrag_params *p = &s->defrag.params;
	const bool apart = p->scratch != p->block;
	const uint32_t size = p->frag_size;
	const uint32_t waiting = p->max_lost * size;
	const uint32_t block =
	    whole_pages(p->block, p->nb_frag * size + (apart ? 0 : waiting));
	const uint32_t scratch = apart ? whole_pages(p->scratch, waiting) : 0;
	const struct fuota_flash *flash =
	    s->done < block ? p->block : p->scratch;

	if (flash->erase(flash->ctx,
		s->done < block ? s->done : s->done - block) != FUOTA_OK)
		return FUOTA_E_FLASH;
	s->done += flash->page_size;
	if (s->done >= block + scratch)
		s->state = FUOTA_SESSION_RECEIVE;
	return FUOTA_OK;
}

static enum fuota_status
restore_next(struct fuota_session *s)
{
	const enum fuota_status status = fuota_defrag_restore(&s->defrag);

	if (fuota_defrag_is_complete(&s->defrag))
		block_is_there(s);
	return status;
}

static enum fuota_status
start_mic(struct fuota_session *s)
{
	const struct fuota_session_device *device = s->device;
	const struct fuota_session_setup *setup = &s->setup;
	uint8_t b0[B0_SIZE] = { 0x49, 0, 0, setup->frag_index };

	fuota_put_u16(b0 + 1, setup->session_cnt);
	memcpy(b0 + 4, setup->descriptor, sizeof(setup->descriptor));
	fuota_put_u32(b0 + 12, fuota_session_block_len(s));
	const enum fuota_status status = device->cmac_start(device->ctx);
	return status != FUOTA_OK
	    ? status
	    : device->cmac_feed(device->ctx, b0, sizeof(b0));
}

static enum fuota_status
finish_mic(struct fuota_session *s)
{
	uint8_t mic[FUOTA_SESSION_MIC_SIZE];

	const enum fuota_status status =
	    s->device->cmac_finish(s->device->ctx, mic);
	if (status != FUOTA_OK)
		return status;
	s->state = memcmp(mic, s->setup.mic, sizeof(mic)) == 0
	    ? FUOTA_SESSION_COMPLETE
	    : FUOTA_SESSION_DAMAGED;
	s->ack_due = s->setup.ack_reception;
	return FUOTA_OK;
}

/* The solver's memory is free by now: a fragment is read to it. */
static enum fuota_status
mic_next(struct fuota_session *s)
{
	const struct fuota_session_device *device = s->device;
	const uint32_t left = fuota_session_block_len(s) - s->done;
	const uint32_t size = s->setup.frag_size;
	const uint32_t n = left < size ? left : size;
	uint8_t *piece = s->defrag.memory;
	enum fuota_status status = FUOTA_OK;

	if (s->done == 0)
		status = start_mic(s);
	if (status == FUOTA_OK)
		status = device->download->read(
		    device->download->ctx, s->done, piece, n);
	if (status == FUOTA_OK)
		status = device->cmac_feed(device->ctx, piece, n);
	s->done += n;
	return status == FUOTA_OK && n == left ? finish_mic(s) : status;
}

bool
fuota_session_has_work(const struct fuota_session *session)
{
	return session->state == FUOTA_SESSION_ERASE ||
	    session->state == FUOTA_SESSION_RESTORE ||
	    session->state == FUOTA_SESSION_MIC;
}

enum fuota_status
fuota_session_work(struct fuota_session *session)
{
	enum fuota_status status = FUOTA_OK;

	if (session->state == FUOTA_SESSION_ERASE)
		status = erase_next(session);
	else if (session->state == FUOTA_SESSION_RESTORE)
		status = restore_next(session);
	else if (session->state == FUOTA_SESSION_MIC)
		status = mic_next(session);
	if (status == FUOTA_OK)
		return FUOTA_OK;
	session->state = FUOTA_SESSION_FAILED;
	return FUOTA_E_FLASH;
}

enum fuota_status
fuota_session_received(
    const struct fuota_session *session, struct fuota_out *out)
{
	if (!session->ack_due)
		return FUOTA_OK;
	if (!has_room(out))
		return FUOTA_E_SPACE;
	put(out, BLOCK_RECEIVED);
	put(out,
	    (uint8_t)(session->setup.frag_index |
		(session->state == FUOTA_SESSION_DAMAGED ? RECEIVED_MIC_ERROR
							 : 0)));
	return FUOTA_OK;
}

/* --- frames ----------------------------------------------------------------*/

/* Payload bytes of a command that the server sends; -1: there is none. */
static int
payload_size(const struct fuota_session *s, uint8_t cid)
{
	switch (cid) {
	case PACKAGE_VERSION:
		return 0;
	case STATUS:
	case DELETE:
		return 1;
	case SETUP:
		return is_v1(s) ? SETUP_V1_SIZE : SETUP_V2_SIZE;
	case BLOCK_RECEIVED:
		return is_v1(s) ? -1 : 1;
	default:
		return -1;
	}
}

/* One command of known size. All but the status are for one device alone. */
static enum fuota_status
execute(struct fuota_session *s, uint8_t cid, const uint8_t *p, uint8_t group,
    struct fuota_session_reply *reply)
{
	if (cid == STATUS)
		return has_room(&reply->later)
		    ? execute_status(s, p[0], group, reply)
		    : FUOTA_E_SPACE;
	if (group != FUOTA_SESSION_UNICAST)
		return FUOTA_E_SEQUENCE;
	if (cid == BLOCK_RECEIVED) {
		if (exists(s, p[0] & 3))
			s->ack_due = false;
		return FUOTA_OK;
	}
	if (!has_room(&reply->now))
		return FUOTA_E_SPACE;
	if (cid == SETUP) {
		execute_setup(s, p, &reply->now);
	} else if (cid == DELETE) {
		execute_delete(s, p[0], &reply->now);
	} else {
		put(&reply->now, PACKAGE_VERSION);
		put(&reply->now, PACKAGE_IDENTIFIER);
		put(&reply->now, is_v1(s) ? 1 : 2);
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_session_receive(struct fuota_session *session, const uint8_t *data,
    size_t len, uint8_t group, struct fuota_session_reply *reply)
{
	enum fuota_status first = FUOTA_OK;

	if (len == 0)
		return FUOTA_E_EMPTY;
	/* It must be alone: what follows other commands is no fragment. */
	if (data[0] == DATA_FRAGMENT)
		return execute_fragment(session, data, len, group);
	while (len > 0) {
		const uint8_t cid = data[0];
		const int size = payload_size(session, cid);
		enum fuota_status status = FUOTA_OK;
		if (size < 0)
			status = cid == DATA_FRAGMENT ? FUOTA_E_SEQUENCE
						      : FUOTA_E_UNSUPPORTED;
		else if (len - 1 < (size_t)size)
			status = FUOTA_E_TRUNCATED;
		else
			status = execute(session, cid, data + 1, group, reply);
		if (first == FUOTA_OK)
			first = status;
		if (size < 0 || status == FUOTA_E_TRUNCATED ||
		    status == FUOTA_E_SPACE)
			break;
		data += 1 + (size_t)size;
		len -= 1 + (size_t)size;
	}
	return first;
}
