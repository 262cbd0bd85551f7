/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device side of TS004, 1.0.0 and 2.0.0: frames of FPort 201 in, answers
 * out, the data block in flash at the end. Freestanding.
 *
 *	fuota_session_init(&session, &device);
 *	on a downlink:
 *		fuota_session_receive(&session, data, len, group, &reply);
 *		send reply.now, and reply.later after a random delay
 *		while (fuota_session_has_work(&session))
 *			fuota_session_work(&session); and feed the watchdog
 *		look at session.state
 *
 * One session at a time, with any FragIndex. It is in RAM: a reset ends it.
 * Hostile frames end up as a status that is not FUOTA_OK, for the log; what
 * must be answered has been answered all the same.
 *
 * Source: TS004-1.0.0 sections 3 and 4; TS004-2.0.0 sections 3 and 4.
 */
#ifndef FUOTA_DEVICE_SESSION_H
#define FUOTA_DEVICE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/device/defrag.h>
#include <fuota/device/flash.h>
#include <fuota/status.h>

#define FUOTA_SESSION_FPORT      201u
#define FUOTA_SESSION_UNICAST    0xffu /* as group: not multicast */
#define FUOTA_SESSION_MIC_SIZE   4u /* bytes */
#define FUOTA_SESSION_ANSWER_MAX 5u /* bytes of one answer with its CID */

/* What a FragSessionSetupReq asks for. */
struct fuota_session_setup {
	uint8_t frag_index; /* 0..3 */
	uint8_t mc_group_bit_mask; /* bit g: multicast group g is heard */
	uint8_t frag_size; /* bytes */
	uint8_t padding; /* bytes at the end of the last fragment */
	uint8_t block_ack_delay; /* 0..7 */
	bool ack_reception; /* 2.0.0 */
	uint16_t nb_frag;
	uint16_t session_cnt; /* 2.0.0 */
	uint8_t descriptor[4]; /* wire order */
	uint8_t mic[FUOTA_SESSION_MIC_SIZE]; /* 2.0.0, wire order */
};

/*
 * What the application brings along. Kept by reference; must outlive the
 * session. Members said to be of 2.0.0 may be NULL for FUOTA_TS004_V1.
 */
struct fuota_session_device {
	enum fuota_ts004 edition;
	uint16_t max_lost; /* lost fragments to be able to compute */
	/* The data block goes to its start. Erased page by page as needed. */
	const struct fuota_flash *download;
	/* max_lost fragments; NULL: behind the block in the download area */
	const struct fuota_flash *scratch;
	/* FUOTA_DEFRAG_MEMORY_SIZE() of the largest session to be accepted */
	uint32_t *memory;
	size_t memory_size; /* bytes */
	/* Whether the Descriptor is wanted; NULL: any is. */
	bool (*accept)(void *ctx, const struct fuota_session_setup *setup);
	/*
	 * 2.0.0: the least SessionCnt that is still acceptable for an index,
	 * 0..65536, in memory that survives everything; 0 on a new device.
	 */
	enum fuota_status (*load_count)(
	    void *ctx, uint8_t frag_index, uint32_t *least);
	enum fuota_status (*store_count)(
	    void *ctx, uint8_t frag_index, uint32_t least);
	/*
	 * 2.0.0: AES-CMAC under DataBlockIntKey. A start drops what was
	 * begun; finish gives the first bytes of the CMAC.
	 */
	enum fuota_status (*cmac_start)(void *ctx);
	enum fuota_status (*cmac_feed)(
	    void *ctx, const uint8_t *data, size_t len);
	enum fuota_status (*cmac_finish)(
	    void *ctx, uint8_t mic[FUOTA_SESSION_MIC_SIZE]);
	void *ctx; /* of these callbacks */
};

enum fuota_session_state {
	FUOTA_SESSION_NONE = 0,
	FUOTA_SESSION_ERASE = 1, /* accepted; there is work */
	FUOTA_SESSION_RECEIVE = 2,
	FUOTA_SESSION_RESTORE = 3, /* enough fragments; there is work */
	FUOTA_SESSION_MIC = 4, /* 2.0.0: block is there; there is work */
	FUOTA_SESSION_COMPLETE = 5, /* the block is in the download area */
	FUOTA_SESSION_DAMAGED = 6, /* 2.0.0: it is, but its MIC is wrong */
	FUOTA_SESSION_FAILED = 7, /* flash or CMAC failed: over */
};

/* The members are for reading, between calls. */
struct fuota_session {
	const struct fuota_session_device *device;
	struct fuota_defrag defrag;
	struct fuota_session_setup setup;
	uint32_t done; /* bytes erased, or put into the CMAC */
	uint16_t received; /* DataFragments until the block was there */
	uint8_t state; /* enum fuota_session_state */
	bool counted; /* 2.0.0: the SessionCnt is in non-volatile memory */
	bool over_memory; /* more fragments lost than can be computed */
	bool ack_due; /* 2.0.0: FragDataBlockReceivedReq not answered yet */
};
_Static_assert(sizeof(struct fuota_session) <= 128, "RAM budget");

/*
 * Answers to one frame. The caller sets data and size of both buffers and
 * len to 0; a frame's command that finds less than FUOTA_SESSION_ANSWER_MAX
 * bytes left in one of them is not executed, nor is any after it.
 */
struct fuota_session_reply {
	struct fuota_out now; /* with the next uplink */
	struct fuota_out later; /* after a delay, see delay_s */
	/* Send `later` after a random time from 0 to below this many seconds. */
	uint16_t delay_s;
};

FUOTA_API void
fuota_session_init(
    struct fuota_session *session, const struct fuota_session_device *device);

/*
 * Executes the commands of one frame.
 *
 * data, len  FRMPayload in the clear
 * group      multicast group 0..3 that it came by, FUOTA_SESSION_UNICAST else
 *
 * A setup that the device cannot take is answered with the bits of the
 * specification, and the session that was there goes on:
 *   FragAlgo unsupported    another FragAlgo than 0
 *   not enough memory       the block or the scratch area exceed the flash,
 *                           the session the RAM, FragSize is no multiple of
 *                           the write size, NbFrag, FragSize or Padding are
 *                           out of range
 *   FragIndex unsupported   another session exists; in 1.0.0 also one with
 *                           this index, unless its block is done with or the
 *                           request repeats the one that was accepted
 *   wrong Descriptor        accept() says no
 *   SessionCnt replay       it is not above the last, or that is not known
 * In 2.0.0 an accepted setup replaces the session of that index.
 *
 * Errors, of the first command that has one:
 *         FUOTA_E_EMPTY        no command
 *         FUOTA_E_TRUNCATED    ends inside a command
 *         FUOTA_E_UNSUPPORTED  unknown CID: it and what follows is ignored
 *         FUOTA_E_SPACE        no room for an answer
 *         FUOTA_E_SEQUENCE     a fragment for a session that is not there, or
 *                              one behind other commands
 *         FUOTA_E_LIMIT        a fragment from a group that is not heard, or
 *                              more are lost than can be computed
 *         FUOTA_E_RANGE        N is 0
 *         FUOTA_E_FORMAT       a fragment of another length than FragSize
 *         FUOTA_E_FLASH        of a callback
 */
FUOTA_API enum fuota_status
fuota_session_receive(struct fuota_session *session, const uint8_t *data,
    size_t len, uint8_t group, struct fuota_session_reply *reply);

/* Whether fuota_session_work() has something to do. */
FUOTA_API bool
fuota_session_has_work(const struct fuota_session *session);

/*
 * One piece of work: erases a page, computes a lost fragment, or puts one
 * fragment into the CMAC. A fragment that arrives before all pages are erased
 * has to wait for the rest of them.
 *
 * Errors: FUOTA_E_FLASH  a callback failed: session->state tells whether the
 *                        session is over
 */
FUOTA_API enum fuota_status
fuota_session_work(struct fuota_session *session);

/* Bytes of the data block without padding; 0 when there is no session. */
FUOTA_API uint32_t
fuota_session_block_len(const struct fuota_session *session);

/*
 * 2.0.0: appends the FragDataBlockReceivedReq that is due, after a delay as
 * for reply.later. Send it again, now and then, until session->ack_due is
 * false. Nothing when none is due.
 *
 * Errors: FUOTA_E_SPACE
 */
FUOTA_API enum fuota_status
fuota_session_received(
    const struct fuota_session *session, struct fuota_out *out);

/* Below how many seconds the random delay of this session's answers is. */
FUOTA_API uint16_t
fuota_session_delay(const struct fuota_session *session);

#endif
