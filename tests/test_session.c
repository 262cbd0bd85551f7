/* SPDX-License-Identifier: BSD-2-Clause */
/* The device side of TS004, against vectors and against a whole server. */
#include <stdio.h>

#include <openssl/evp.h>

#include <fuota/device/bytes.h>
#include <fuota/device/session.h>
#include <fuota/frag.h>
#include <fuota/mckey.h>

#include "check.h"
#include "sim/flash_sim.h"

enum {
	PAGE = 256,
	DOWNLOAD_SIZE = 128 * 1024,
	MEMORY_SIZE = 2048,
	MAX_LOST = 20,
};

/* --- a device --------------------------------------------------------------*/

struct node {
	struct power power;
	struct flash_sim sim;
	struct fuota_session_device device;
	struct fuota_session session;
	uint32_t *memory;
	struct fuota_aes_key key; /* DataBlockIntKey */
	EVP_MAC_CTX *cmac;
	uint32_t least[4]; /* SessionCnt, the non-volatile memory */
	uint8_t refused_descriptor;
	bool fail_store, fail_load, fail_cmac;
	uint8_t now[64], later[64];
	struct fuota_session_reply reply;
};

static bool
accept_descriptor(void *ctx, const struct fuota_session_setup *setup)
{
	const struct node *node = ctx;

	return setup->descriptor[0] != node->refused_descriptor;
}

static enum fuota_status
load_count(void *ctx, uint8_t frag_index, uint32_t *least)
{
	const struct node *node = ctx;

	assert_true(frag_index < 4);
	*least = node->least[frag_index];
	return node->fail_load ? FUOTA_E_FLASH : FUOTA_OK;
}

static enum fuota_status
store_count(void *ctx, uint8_t frag_index, uint32_t least)
{
	struct node *node = ctx;

	if (node->fail_store)
		return FUOTA_E_FLASH;
	assert_true(least > node->least[frag_index]);
	node->least[frag_index] = least;
	return FUOTA_OK;
}

static enum fuota_status
cmac_start(void *ctx)
{
	struct node *node = ctx;
	char cipher[] = "AES-128-CBC";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
		OSSL_PARAM_construct_end(),
	};

	if (node->fail_cmac)
		return FUOTA_E_FLASH;
	EVP_MAC_CTX_free(node->cmac);
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	node->cmac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	assert_int_equal(1,
	    EVP_MAC_init(
		node->cmac, node->key.bytes, sizeof(node->key.bytes), params));
	return FUOTA_OK;
}

static enum fuota_status
cmac_feed(void *ctx, const uint8_t *data, size_t len)
{
	struct node *node = ctx;

	assert_int_equal(1, EVP_MAC_update(node->cmac, data, len));
	return FUOTA_OK;
}

static enum fuota_status
cmac_finish(void *ctx, uint8_t mic[FUOTA_SESSION_MIC_SIZE])
{
	struct node *node = ctx;
	uint8_t tag[16];
	size_t len;

	assert_int_equal(1, EVP_MAC_final(node->cmac, tag, &len, sizeof(tag)));
	memcpy(mic, tag, FUOTA_SESSION_MIC_SIZE);
	return FUOTA_OK;
}

static void
node_open(struct node *node, enum fuota_ts004 edition)
{
	memset(node, 0, sizeof(*node));
	node->refused_descriptor = 0xee;
	power_on(&node->power, CUT_NEVER, 0);
	flash_sim_init(&node->sim, &node->power, DOWNLOAD_SIZE, PAGE, 1, 0xff);
	/* what an earlier download has left */
	node->sim.rule = PROGRAM_ONCE;
	uint8_t *dirt = check_alloc(DOWNLOAD_SIZE);
	memset(dirt, 0x5a, DOWNLOAD_SIZE);
	flash_sim_load(&node->sim, dirt, DOWNLOAD_SIZE);
	free(dirt);
	/* exactly as large as promised: ASan sees every byte beyond */
	node->memory = check_alloc(MEMORY_SIZE);
	node->device = (struct fuota_session_device){ .edition = edition,
		.max_lost = MAX_LOST,
		.download = &node->sim.flash,
		.memory = node->memory,
		.memory_size = MEMORY_SIZE,
		.accept = accept_descriptor,
		.ctx = node };
	if (edition != FUOTA_TS004_V1) {
		node->device.load_count = load_count;
		node->device.store_count = store_count;
		node->device.cmac_start = cmac_start;
		node->device.cmac_feed = cmac_feed;
		node->device.cmac_finish = cmac_finish;
	}
	fuota_session_init(&node->session, &node->device);
}

static void
node_close(struct node *node)
{
	EVP_MAC_CTX_free(node->cmac);
	flash_sim_free(&node->sim);
	free(node->memory);
}

static enum fuota_status
receive_from(struct node *node, const uint8_t *frame, size_t len, uint8_t group)
{
	/* a copy of its exact size: ASan sees every byte beyond */
	uint8_t *copy = check_alloc(len > 0 ? len : 1);

	memcpy(copy, frame, len);
	node->reply = (struct fuota_session_reply){
		.now = { .data = node->now, .size = sizeof(node->now) },
		.later = { .data = node->later, .size = sizeof(node->later) },
	};
	const enum fuota_status status = fuota_session_receive(
	    &node->session, copy, len, group, &node->reply);
	free(copy);
	return status;
}

static enum fuota_status
receive_hex(struct node *node, const char *hex, uint8_t group)
{
	struct fuota_out frame = check_hex(hex);
	const enum fuota_status status =
	    receive_from(node, frame.data, frame.len, group);

	free(frame.data);
	return status;
}

static void
work_all(struct node *node)
{
	while (fuota_session_has_work(&node->session))
		assert_int_equal(FUOTA_OK, fuota_session_work(&node->session));
}

static void
assert_bytes(const char *hex, const struct fuota_out *out)
{
	char got[2 * 64 + 1] = "";

	for (size_t i = 0; i < out->len; i++)
		snprintf(got + 2 * i, 3, "%02x", out->data[i]);
	assert_string_equal(hex, got);
}

/* One frame by unicast, and both kinds of answers it gets. */
static enum fuota_status
exchange(
    struct node *node, const char *down, const char *now, const char *later)
{
	const enum fuota_status status =
	    receive_hex(node, down, FUOTA_SESSION_UNICAST);

	assert_bytes(now, &node->reply.now);
	assert_bytes(later, &node->reply.later);
	return status;
}

/* --- vectors ---------------------------------------------------------------*/

/* Frames of one row to one fresh device, in order. */
struct dialogue {
	const char *name;
	enum fuota_ts004 edition;
	struct {
		const char *down;
		enum fuota_status status;
		const char *now, *later;
		uint8_t group; /* 0: unicast, else multicast group + 1 */
	} steps[9];
};

#define FRAGMENT_10 "000102030405060708ff"
#define SETUP_1     "02010a000a000000000000"
#define SETUP_2     "02010a000a000000000000050011223344"
#define SETUP_2_6   "02010a000a000000000000060011223344"

static const struct dialogue dialogues[] = {
	/* tests/vectors/ts00x-commands.json, by the names of its commands */
	{ "v1_answers_its_version", FUOTA_TS004_V1,
	    { { "00", FUOTA_OK, "000301", "", 0 } } },
	{ "v2_answers_its_version", FUOTA_TS004_V2,
	    { { "00", FUOTA_OK, "000302", "", 0 } } },
	{ "absn_is_a_v2_to_the_server", FUOTA_TS004_V2_ABSN,
	    { { "00", FUOTA_OK, "000302", "", 0 } } },
	{ "v1_small_session_of_the_transcript", FUOTA_TS004_V1,
	    { { "00", FUOTA_OK, "000301", "", 0 },
		{ SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 1 },
		{ "080200" FRAGMENT_10, FUOTA_OK, "", "", 1 },
		{ "0101", FUOTA_OK, "", "0102000800", 0 },
		{ "0100", FUOTA_OK, "", "0102000800", 0 },
		{ "0300", FUOTA_OK, "0300", "", 0 },
		{ "0300", FUOTA_OK, "0304", "", 0 },
		{ "0301", FUOTA_E_SEQUENCE, "", "", 1 } } },
	{ "v2_status_and_errors_of_the_transcript", FUOTA_TS004_V2,
	    { { "00", FUOTA_OK, "000302", "", 0 },
		/* as the specification has it, unlike that device */
		{ "0101", FUOTA_OK, "", "0104", 0 },
		{ "02030a000a080000000000000000000000", FUOTA_OK, "0201", "",
		    0 },
		{ SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ SETUP_2, FUOTA_OK, "0210", "", 0 },
		{ SETUP_2_6, FUOTA_OK, "0200", "", 0 },
		{ "0302", FUOTA_OK, "0306", "", 0 },
		{ "0300", FUOTA_OK, "0300", "", 0 } } },
	{ "v1_frame_of_three_commands", FUOTA_TS004_V1,
	    { { "0002020a0032000000000000"
		"0101",
		FUOTA_OK, "0003010200", "0100000a00", 0 } } },
	{ "v1_setup_example", FUOTA_TS004_V1,
	    { { "0201150032001a00000000", FUOTA_OK, "0200", "", 0 } } },
	{ "v1_largest_setup_exceeds_the_memory", FUOTA_TS004_V1,
	    { { "023fff3fff07fe01020304", FUOTA_OK, "02c2", "", 0 } } },
	{ "v1_unknown_algorithm", FUOTA_TS004_V1,
	    { { "0210ad01ef0b8378563412", FUOTA_OK, "0241", "", 0 } } },
	{ "v2_largest_setup_exceeds_the_memory", FUOTA_TS004_V2,
	    { { "023fff3fff47fe01020304ffffdeadbeef", FUOTA_OK, "02c2", "",
		0 } } },
	{ "v2_unknown_session_has_no_more_to_say", FUOTA_TS004_V2,
	    { { "0106", FUOTA_OK, "", "0104", 0 } } },
	{ "v1_unknown_session_cannot_be_told", FUOTA_TS004_V1,
	    { { "0101", FUOTA_E_SEQUENCE, "", "", 0 } } },
	/* the vectors' invalid frames */
	{ "setup_one_byte_short", FUOTA_TS004_V1,
	    { { "020a0032000000000000", FUOTA_E_TRUNCATED, "", "", 0 } } },
	{ "empty_frame", FUOTA_TS004_V1, { { "", FUOTA_E_EMPTY, "", "", 0 } } },
	{ "fragment_with_half_a_head", FUOTA_TS004_V1,
	    { { "0800", FUOTA_E_TRUNCATED, "", "", 0 } } },
	{ "v1_setup_to_a_v2_device", FUOTA_TS004_V2,
	    { { "02013200320000000000000000", FUOTA_E_TRUNCATED, "", "",
		0 } } },
	{ "v2_command_to_a_v1_device", FUOTA_TS004_V1,
	    { { "0400", FUOTA_E_UNSUPPORTED, "", "", 0 } } },
	/* hostile */
	{ "unknown_command_ends_the_frame", FUOTA_TS004_V1,
	    { { "00050000", FUOTA_E_UNSUPPORTED, "000301", "", 0 } } },
	{ "n_0", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080000" FRAGMENT_10, FUOTA_E_RANGE, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000a00", 0 } } },
	/* N has 14 bits on air: what is above is another FragIndex */
	{ "n_over_16383_is_another_index", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080140" FRAGMENT_10, FUOTA_E_SEQUENCE, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000a00", 0 } } },
	{ "fragment_too_short", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100000102030405060708", FUOTA_E_FORMAT, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000a00", 0 } } },
	{ "fragment_too_long", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10 "00", FUOTA_E_FORMAT, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000a00", 0 } } },
	{ "coded_fragment_before_setup", FUOTA_TS004_V2,
	    { { "080b00" FRAGMENT_10, FUOTA_E_SEQUENCE, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0104", 0 } } },
	{ "data_are_never_taken_for_commands", FUOTA_TS004_V1,
	    { { "080100"
		"0300030003000300",
		  FUOTA_E_SEQUENCE, "", "", 0 },
		{ SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "00080100" FRAGMENT_10, FUOTA_E_SEQUENCE, "000301", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000a00", 0 } } },
	{ "nb_frag_0", FUOTA_TS004_V1,
	    { { "020100000a000000000000", FUOTA_OK, "0202", "", 0 } } },
	{ "nb_frag_over_16383", FUOTA_TS004_V1,
	    { { "0201004001000000000000", FUOTA_OK, "0202", "", 0 } } },
	{ "frag_size_0", FUOTA_TS004_V1,
	    { { "02010a0000000000000000", FUOTA_OK, "0202", "", 0 } } },
	{ "padding_of_a_whole_fragment", FUOTA_TS004_V1,
	    { { "02010a000a000a00000000", FUOTA_OK, "0202", "", 0 } } },
	{ "wrong_descriptor", FUOTA_TS004_V1,
	    { { "02010a000a0000ee000000", FUOTA_OK, "0208", "", 0 } } },
	{ "all_objections_at_once", FUOTA_TS004_V2,
	    { { SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ "02010a00ff08ffee000000000011223344", FUOTA_OK, "021b", "",
		    0 },
		{ "0101", FUOTA_OK, "",
		    "010001"
		    "0009",
		    0 } } },
	{ "second_index_is_unsupported_while_one_is_in_use", FUOTA_TS004_V2,
	    { { SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ "02110a000a000000000000050011223344", FUOTA_OK, "0244", "",
		    0 },
		{ "0101", FUOTA_OK, "", "010000000a", 0 },
		{ "0300", FUOTA_OK, "0300", "", 0 },
		{ "02110a000a000000000000050011223344", FUOTA_OK, "0240", "",
		    0 } } },
	{ "v1_index_in_use_has_to_be_deleted_first", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ "02010b000a000000000000", FUOTA_OK, "0204", "", 0 },
		{ "0101", FUOTA_OK, "", "0101000900", 0 },
		{ "0300", FUOTA_OK, "0300", "", 0 },
		{ "02010b000a000000000000", FUOTA_OK, "0200", "", 0 },
		{ "0101", FUOTA_OK, "", "0100000b00", 0 } } },
	{ "v1_repeated_setup_changes_nothing", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "0101", FUOTA_OK, "", "0101000900", 0 } } },
	{ "v2_session_replaced_half_way", FUOTA_TS004_V2,
	    { { SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ SETUP_2_6, FUOTA_OK, "0200", "", 0 },
		{ "0101", FUOTA_OK, "", "010000000a", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0100010009", 0 } } },
	{ "v2_setup_may_be_repeated_until_the_first_fragment", FUOTA_TS004_V2,
	    { { SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ SETUP_2, FUOTA_OK, "0200", "", 0 },
		{ "0300", FUOTA_OK, "0300", "", 0 },
		{ SETUP_2, FUOTA_OK, "0200", "", 0 } } },
	{ "group_that_is_not_heard", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_E_LIMIT, "", "", 2 },
		{ "0101", FUOTA_E_LIMIT, "", "", 2 },
		{ "0101", FUOTA_OK, "", "0100000a00", 1 } } },
	{ "setup_by_multicast_is_dropped", FUOTA_TS004_V1,
	    { { SETUP_1, FUOTA_E_SEQUENCE, "", "", 1 },
		{ "00", FUOTA_E_SEQUENCE, "", "", 1 },
		{ "0300", FUOTA_E_SEQUENCE, "", "", 1 } } },
	{ "v1_one_fragment_block_needs_no_matrix", FUOTA_TS004_V1,
	    { { "020101000a000900000000", FUOTA_OK, "0200", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0101000000", 0 },
		{ "0100", FUOTA_OK, "", "", 0 },
		{ "080100" FRAGMENT_10, FUOTA_OK, "", "", 0 },
		{ "0101", FUOTA_OK, "", "0101000000", 0 } } },
	{ "reserved_bits_are_ignored", FUOTA_TS004_V2,
	    { { "02c10a000a800000000000050011223344", FUOTA_OK, "0200", "", 0 },
		{ "01f9", FUOTA_OK, "", "010000000a", 0 },
		{ "03fc", FUOTA_OK, "0300", "", 0 } } },
};

static void
dialogue_goes_so(void **state)
{
	const struct dialogue *d = *state;
	struct node node;

	node_open(&node, d->edition);
	for (size_t i = 0; i < CHECK_COUNT(d->steps); i++) {
		if (d->steps[i].down == NULL)
			break;
		const uint8_t group = d->steps[i].group == 0
		    ? FUOTA_SESSION_UNICAST
		    : (uint8_t)(d->steps[i].group - 1);
		assert_int_equal(d->steps[i].status,
		    receive_hex(&node, d->steps[i].down, group));
		assert_bytes(d->steps[i].now, &node.reply.now);
		assert_bytes(d->steps[i].later, &node.reply.later);
	}
	node_close(&node);
}

/* --- whole sessions --------------------------------------------------------*/

struct campaign {
	struct fuota_frag_session frag;
	struct fuota_out block, commands, setup;
};

static void
put_setup(struct campaign *c, const uint8_t mic[FUOTA_BLOCK_MIC_SIZE])
{
	const struct fuota_frag_session *f = &c->frag;
	uint8_t *p = c->setup.data;

	p[0] = 2;
	p[1] = (uint8_t)(f->frag_index << 4 | 3);
	fuota_put_u16(p + 2, f->nb_frag);
	p[4] = f->frag_size;
	p[5] = f->edition == FUOTA_TS004_V1 ? 1 : 0x41;
	p[6] = f->padding;
	memcpy(p + 7, "desc", 4);
	c->setup.len = 11;
	if (f->edition == FUOTA_TS004_V1)
		return;
	fuota_put_u16(p + 11, f->session_cnt);
	memcpy(p + 13, mic, 4);
	c->setup.len = 17;
}

static void
campaign_make(struct campaign *c, struct check_random *random,
    const struct fuota_aes_key *key, enum fuota_ts004 edition)
{
	const size_t len = 1 + check_random_below(random, 4000);
	uint8_t mic[FUOTA_BLOCK_MIC_SIZE];

	memset(c, 0, sizeof(*c));
	c->block = check_out(len);
	c->block.len = len;
	check_random_bytes(random, c->block.data, len);
	c->frag = (struct fuota_frag_session){ .edition = edition,
		.frag_size = (uint8_t)(20 + check_random_below(random, 100)),
		.frag_index = (uint8_t)check_random_below(random, 4),
		.session_cnt = (uint16_t)(edition == FUOTA_TS004_V1
			? 0
			: check_random_below(random, 65536)),
		.redundancy = 120 };
	assert_int_equal(
	    FUOTA_OK, fuota_frag_split(check_in(&c->block), &c->frag, NULL));
	const uint16_t total = (uint16_t)(c->frag.nb_frag + c->frag.redundancy);
	c->commands = check_out(fuota_frag_bound(&c->frag, total));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(
		&c->frag, check_in(&c->block), 1, total, &c->commands, NULL));
	const struct fuota_block_mic header = { .session_cnt =
						    c->frag.session_cnt,
		.frag_index = c->frag.frag_index,
		.descriptor = { 'd', 'e', 's', 'c' } };
	assert_int_equal(FUOTA_OK,
	    fuota_block_mic(key, &header, check_in(&c->block), mic, NULL));
	c->setup = check_out(17);
	put_setup(c, mic);
}

static void
campaign_free(struct campaign *c)
{
	free(c->block.data);
	free(c->commands.data);
	free(c->setup.data);
}

static enum fuota_status
send_fragment(struct node *node, const struct campaign *c, uint16_t n)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(c->frag.frag_size);

	return receive_from(node, c->commands.data + (n - 1u) * size, size,
	    (uint8_t)check_random_below(&node->power.random, 2));
}

/* Frames that must not change anything, whenever they come. */
static void
send_noise(struct node *node)
{
	static const char *const noise[] = { "", "08", "0800", "080000", "0501",
		"ff", "02", "0200", "0801", "04", "03", "00", "0101" };
	struct check_random *random = &node->power.random;
	uint8_t bytes[40] = { 0x08 };

	receive_hex(node, noise[check_random_below(random, CHECK_COUNT(noise))],
	    FUOTA_SESSION_UNICAST);
	/* a fragment of a length that no session here has */
	check_random_bytes(random, bytes + 1, 18);
	receive_from(node, bytes, 19, FUOTA_SESSION_UNICAST);
}

/* Uncoded ones, some lost, coded ones, all in disorder and with repeats. */
static void
send_all(struct node *node, const struct campaign *c, bool noise)
{
	struct check_random *random = &node->power.random;
	const uint16_t m = c->frag.nb_frag;

	for (uint16_t n = 1; n <= m; n++) {
		const uint16_t some =
		    (uint16_t)(1 + check_random_below(random, m));
		if (check_random_below(random, 8) == 0)
			continue;
		send_fragment(node, c, n);
		if (check_random_below(random, 4) == 0)
			send_fragment(node, c, some);
		if (noise)
			send_noise(node);
	}
	for (uint16_t i = 1; i <= c->frag.redundancy; i++) {
		if (node->session.state > FUOTA_SESSION_RECEIVE)
			return;
		const enum fuota_status status =
		    send_fragment(node, c, (uint16_t)(m + i));
		assert_true(status == FUOTA_OK || status == FUOTA_E_LIMIT);
		/* now and then one that was lost comes late */
		if (status == FUOTA_E_LIMIT ||
		    check_random_below(random, 10) == 0)
			send_fragment(node, c,
			    (uint16_t)(1 + check_random_below(random, m)));
		if (m < 4) /* coded fragments of these may all be zero */
			send_fragment(node, c, (uint16_t)(1 + i % m));
	}
}

static void
start(struct node *node, const struct campaign *c)
{
	char want[8];

	assert_int_equal(FUOTA_OK,
	    receive_from(
		node, c->setup.data, c->setup.len, FUOTA_SESSION_UNICAST));
	snprintf(want, sizeof(want), "02%02x", c->frag.frag_index << 6);
	assert_bytes(want, &node->reply.now);
}

static void
random_sessions_end_with_the_block(void **state)
{
	const struct dialogue *row = *state;
	struct check_random random = { 0x7357 };

	for (unsigned run = 0; run < 60; run++) {
		struct node node;
		struct campaign c;
		node_open(&node, row->edition);
		node.power.random.state = random.state + run;
		check_random_bytes(&random, node.key.bytes, 16);
		campaign_make(&c, &random, &node.key, row->edition);
		start(&node, &c);
		if (run % 2 == 0)
			work_all(&node);
		send_all(&node, &c, run % 3 == 0);
		work_all(&node);
		assert_int_equal(FUOTA_SESSION_COMPLETE, node.session.state);
		assert_int_equal(
		    c.block.len, fuota_session_block_len(&node.session));
		assert_memory_equal(c.block.data, node.sim.bytes, c.block.len);
		campaign_free(&c);
		node_close(&node);
	}
}

static const struct dialogue editions[] = {
	{ "v1", FUOTA_TS004_V1, { { 0 } } },
	{ "v2", FUOTA_TS004_V2, { { 0 } } },
	{ "v2_absn", FUOTA_TS004_V2_ABSN, { { 0 } } },
};

/* A server of the other code: 1.0.0 cannot know, 2.0.0 tells by the MIC. */
static void
other_code_is_told_by_the_mic(void **state)
{
	struct check_random random = { 5 };
	struct node node;
	struct campaign c;

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	do {
		campaign_make(&c, &random, &node.key, FUOTA_TS004_V2_ABSN);
	} while (c.frag.nb_frag < 20);
	start(&node, &c);
	for (uint16_t n = 3; n <= c.frag.nb_frag + 100; n++)
		send_fragment(&node, &c, n);
	work_all(&node);
	assert_int_equal(FUOTA_SESSION_DAMAGED, node.session.state);
	/* MICError, all received, none missing; then the request for the Ack */
	const uint8_t status[] = { 1, (uint8_t)(c.frag.frag_index << 1 | 1) };
	receive_from(&node, status, sizeof(status), FUOTA_SESSION_UNICAST);
	assert_int_equal(2, node.reply.later.data[1]);
	assert_int_equal(0, node.reply.later.data[4]);
	struct fuota_out up = { .data = node.now, .size = sizeof(node.now) };
	assert_int_equal(FUOTA_OK, fuota_session_received(&node.session, &up));
	assert_int_equal(4, up.data[0]);
	assert_int_equal(4 | c.frag.frag_index, up.data[1]);
	campaign_free(&c);
	node_close(&node);
}

/* keys.json: setups and answers of another stack run as a device. */

static bool
is_lost(const json_t *lost, uint16_t n)
{
	for (size_t i = 0; i < json_array_size(lost); i++)
		if (json_integer_value(json_array_get(lost, i)) == n)
			return true;
	return false;
}

static void
mic_vector_is_answered(const json_t *v)
{
	const json_t *lbm = json_object_get(v, "lbm_device");
	const json_t *data = json_object_get(v, "data");
	struct node node;
	struct fuota_out block = check_sha256_counter(
	    check_string(data, "seed"), (size_t)check_integer(data, "size"));
	struct fuota_out key = check_hex(check_string(v, "DataBlockIntKey"));
	struct campaign c = {
		.block = block,
		.frag = { .edition = FUOTA_TS004_V2,
		    .frag_size = (uint8_t)check_integer(v, "frag_size"),
		    .frag_index = (uint8_t)check_integer(v, "frag_index"),
		    .session_cnt = (uint16_t)check_integer(v, "session_cnt"),
		    .redundancy = 40 },
	};

	node_open(&node, FUOTA_TS004_V2);
	node.refused_descriptor = 0xed;
	memcpy(node.key.bytes, key.data, 16);
	free(key.data);
	assert_int_equal(
	    FUOTA_OK, fuota_frag_split(check_in(&block), &c.frag, NULL));
	const uint16_t total = (uint16_t)(c.frag.nb_frag + 40);
	c.commands = check_out(fuota_frag_bound(&c.frag, total));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(
		&c.frag, check_in(&block), 1, total, &c.commands, NULL));
	receive_hex(&node, check_string(v, "FragSessionSetupReq"),
	    FUOTA_SESSION_UNICAST);
	if (lbm != NULL)
		assert_bytes(json_string_value(json_array_get(
				 json_object_get(lbm, "setup_answer"), 0)),
		    &node.reply.now);
	for (uint16_t n = 1; n <= total; n++)
		if (!is_lost(json_object_get(lbm, "lost"), n))
			receive_from(&node,
			    c.commands.data +
				(n - 1u) *
				    FUOTA_FRAG_COMMAND_SIZE(c.frag.frag_size),
			    FUOTA_FRAG_COMMAND_SIZE(c.frag.frag_size),
			    FUOTA_SESSION_UNICAST);
	work_all(&node);
	assert_int_equal(FUOTA_SESSION_COMPLETE, node.session.state);
	struct fuota_out up = { .data = node.now, .size = sizeof(node.now) };
	assert_int_equal(FUOTA_OK, fuota_session_received(&node.session, &up));
	if (lbm != NULL)
		assert_bytes(
		    check_string(lbm, "FragDataBlockReceivedReq"), &up);
	campaign_free(&c);
	node_close(&node);
}

static void
mic_vectors_are_answered_as_by_another_stack(void **state)
{
	json_t *root = check_vectors("keys.json");
	const json_t *list = json_object_get(root, "data_block_mic");

	(void)state;
	assert_true(json_array_size(list) > 0);
	for (size_t i = 0; i < json_array_size(list); i++)
		mic_vector_is_answered(json_array_get(list, i));
	json_decref(root);
}

static void
received_request_is_repeated_until_answered(void **state)
{
	struct node node;
	uint8_t room[4];
	struct fuota_out small = { .data = room, .size = sizeof(room) };

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	exchange(&node, "022101000a4009deadbeef02014e1a1f31", "0280", "");
	receive_hex(&node,
	    "080180"
	    "bd000000000000000000",
	    0xff);
	work_all(&node);
	assert_true(node.session.ack_due);
	assert_int_equal(
	    FUOTA_E_SPACE, fuota_session_received(&node.session, &small));
	exchange(&node, "0401", "", ""); /* of another session */
	assert_true(node.session.ack_due);
	receive_hex(&node, "0402", 0); /* not by multicast */
	assert_true(node.session.ack_due);
	exchange(&node, "0402", "", "");
	assert_false(node.session.ack_due);
	assert_int_equal(
	    FUOTA_OK, fuota_session_received(&node.session, &small));
	assert_int_equal(0, small.len);
	node_close(&node);
}

/* --- limits and failures ---------------------------------------------------*/

static void
count_that_cannot_be_stored_takes_no_fragment(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	exchange(&node, SETUP_2, "0200", "");
	node.fail_store = true;
	assert_int_equal(
	    FUOTA_E_FLASH, exchange(&node, "080100" FRAGMENT_10, "", ""));
	exchange(&node, "0101", "", "010000000a");
	node.fail_store = false;
	assert_int_equal(
	    FUOTA_OK, exchange(&node, "080100" FRAGMENT_10, "", ""));
	assert_int_equal(6, node.least[0]);
	exchange(&node, "0101", "", "0100010009");
	node_close(&node);
}

static void
count_that_cannot_be_loaded_counts_as_replay(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	node.fail_load = true;
	exchange(&node, SETUP_2, "0210", "");
	node_close(&node);
}

static void
last_count_is_used_once_and_for_ever(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	exchange(&node, "02010a000a000000000000ffff11223344", "0200", "");
	exchange(&node, "080100" FRAGMENT_10, "", "");
	assert_int_equal(65536, node.least[0]);
	fuota_session_init(&node.session, &node.device); /* a reset */
	exchange(&node, "02010a000a000000000000ffff11223344", "0210", "");
	/* each index has a count of its own */
	exchange(&node, "02110a000a000000000000000011223344", "0240", "");
	node_close(&node);
}

static void
more_lost_than_memory_is_told(void **state)
{
	struct check_random random = { 11 };
	struct node node;
	struct campaign c;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	do {
		campaign_make(&c, &random, &node.key, FUOTA_TS004_V1);
	} while (c.frag.nb_frag < MAX_LOST + 5);
	start(&node, &c);
	work_all(&node);
	for (uint16_t n = MAX_LOST + 2; n <= c.frag.nb_frag; n++)
		assert_int_equal(FUOTA_OK, send_fragment(&node, &c, n));
	assert_int_equal(FUOTA_E_LIMIT,
	    send_fragment(&node, &c, (uint16_t)(c.frag.nb_frag + 1)));
	const uint8_t status[] = { 1, (uint8_t)(c.frag.frag_index << 1 | 1) };
	receive_from(&node, status, sizeof(status), FUOTA_SESSION_UNICAST);
	assert_int_equal(1, node.reply.later.data[4]); /* no matrix memory */
	/* a repeated uncoded one brings it back within reach */
	send_fragment(&node, &c, 1);
	receive_from(&node, status, sizeof(status), FUOTA_SESSION_UNICAST);
	assert_int_equal(0, node.reply.later.data[4]);
	campaign_free(&c);
	node_close(&node);
}

/* Every setup is taken whole or refused; memory one byte short is too short. */
static void
setup_that_exceeds_a_limit_by_one_is_refused(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	node.device.memory_size = FUOTA_DEFRAG_MEMORY_SIZE(10, 10, 10);
	exchange(&node, SETUP_1, "0200", "");
	exchange(&node, "0300", "0300", "");
	node.device.memory_size--;
	exchange(&node, SETUP_1, "0202", "");
	node.device.memory_size = MEMORY_SIZE;
	/* 6553 fragments of 20 bytes are the region; the lost have no room */
	node.device.max_lost = 0;
	exchange(&node, "0201991914000000000000", "0200", "");
	exchange(&node, "0300", "0300", "");
	exchange(&node, "02019a1914000000000000", "0202", "");
	node.device.max_lost = 1;
	exchange(&node, "0201991914000000000000", "0202", "");
	node_close(&node);
}

static void
frag_size_must_suit_the_flash(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	node.sim.flash.write_size = 8;
	exchange(&node, SETUP_1, "0202", "");
	exchange(&node, "02010a0010000000000000", "0200", "");
	node_close(&node);
}

static void
scratch_area_of_its_own(void **state)
{
	struct check_random random = { 21 };
	struct node node;
	struct campaign c;
	struct flash_sim scratch;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	flash_sim_init(&scratch, &node.power, 4096, PAGE, 1, 0xff);
	scratch.rule = PROGRAM_ONCE;
	uint8_t dirt[4096] = { 0 };
	flash_sim_load(&scratch, dirt, sizeof(dirt));
	node.device.scratch = &scratch.flash;
	do {
		campaign_make(&c, &random, &node.key, FUOTA_TS004_V1);
	} while (c.frag.nb_frag < MAX_LOST);
	start(&node, &c);
	send_all(&node, &c, false);
	work_all(&node);
	assert_int_equal(FUOTA_SESSION_COMPLETE, node.session.state);
	assert_memory_equal(c.block.data, node.sim.bytes, c.block.len);
	flash_sim_free(&scratch);
	campaign_free(&c);
	node_close(&node);
}

/* The k-th operation of flash fails, for every k: never a wrong block. */
static void
flash_errors_end_the_session_or_are_survived(void **state)
{
	struct check_random random = { 31 };
	struct campaign c;
	struct node node;

	(void)state;
	memset(&node, 0, sizeof(node));
	do {
		campaign_make(&c, &random, &node.key, FUOTA_TS004_V2);
	} while (c.frag.nb_frag < MAX_LOST);
	for (unsigned reads = 0; reads < 2; reads++) {
		bool failed = true;
		for (uint32_t k = 1; failed; k += 1 + k / 16) {
			node_open(&node, FUOTA_TS004_V2);
			uint32_t *fail = reads ? &node.sim.fail_reads
					       : &node.sim.fail_writes;
			*fail = k;
			start(&node, &c);
			for (uint16_t n = 2; n <= c.frag.nb_frag + 60; n++)
				send_fragment(&node, &c, n);
			while (fuota_session_has_work(&node.session))
				fuota_session_work(&node.session);
			failed = *fail == 0;
			if (node.session.state == FUOTA_SESSION_COMPLETE)
				assert_memory_equal(
				    c.block.data, node.sim.bytes, c.block.len);
			else
				assert_true(failed);
			node_close(&node);
		}
	}
	campaign_free(&c);
}

static void
failing_cmac_ends_the_session(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V2);
	node.fail_cmac = true;
	exchange(&node, "022101000a4009deadbeef02014e1a1f31", "0280", "");
	receive_hex(&node,
	    "080180"
	    "bd000000000000000000",
	    0xff);
	while (fuota_session_has_work(&node.session))
		fuota_session_work(&node.session);
	assert_int_equal(FUOTA_SESSION_FAILED, node.session.state);
	assert_false(node.session.ack_due);
	node_close(&node);
}

static void
answers_without_room_are_not_begun(void **state)
{
	struct node node;
	uint8_t small[FUOTA_SESSION_ANSWER_MAX - 1];
	const uint8_t setup[] = { 2, 1, 10, 0, 10, 0, 0, 0, 0, 0, 0 };
	const uint8_t status[] = { 1, 1 };
	struct fuota_session_reply reply = {
		.now = { .data = small, .size = sizeof(small) },
		.later = { .data = small, .size = sizeof(small) },
	};

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_session_receive(&node.session, setup, sizeof(setup),
		FUOTA_SESSION_UNICAST, &reply));
	assert_int_equal(FUOTA_SESSION_NONE, node.session.state);
	exchange(&node, SETUP_1, "0200", "");
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_session_receive(&node.session, status, sizeof(status),
		FUOTA_SESSION_UNICAST, &reply));
	assert_int_equal(0, reply.now.len + reply.later.len);
	node_close(&node);
}

static void
delay_is_that_of_the_setup(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	exchange(&node, "02010a000a070000000000", "0200", "");
	assert_int_equal(0, node.reply.delay_s);
	exchange(&node, "0101", "", "0100000a00");
	assert_int_equal(2048, node.reply.delay_s);
	assert_int_equal(2048, fuota_session_delay(&node.session));
	exchange(&node, "0300", "0300", "");
	exchange(&node, SETUP_1, "0200", "");
	exchange(&node, "0101", "", "0100000a00");
	assert_int_equal(16, node.reply.delay_s);
	node_close(&node);
}

static void
v1_block_that_is_done_makes_room_for_the_next(void **state)
{
	struct node node;

	(void)state;
	node_open(&node, FUOTA_TS004_V1);
	exchange(&node, "020101000a000900000000", "0200", "");
	exchange(&node, "080100" FRAGMENT_10, "", "");
	assert_int_equal(FUOTA_SESSION_COMPLETE, node.session.state);
	exchange(&node, SETUP_1, "0200", "");
	assert_int_equal(FUOTA_SESSION_ERASE, node.session.state);
	node_close(&node);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_code_is_told_by_the_mic),
		cmocka_unit_test(mic_vectors_are_answered_as_by_another_stack),
		cmocka_unit_test(received_request_is_repeated_until_answered),
		cmocka_unit_test(count_that_cannot_be_stored_takes_no_fragment),
		cmocka_unit_test(count_that_cannot_be_loaded_counts_as_replay),
		cmocka_unit_test(last_count_is_used_once_and_for_ever),
		cmocka_unit_test(more_lost_than_memory_is_told),
		cmocka_unit_test(setup_that_exceeds_a_limit_by_one_is_refused),
		cmocka_unit_test(frag_size_must_suit_the_flash),
		cmocka_unit_test(scratch_area_of_its_own),
		cmocka_unit_test(flash_errors_end_the_session_or_are_survived),
		cmocka_unit_test(failing_cmac_ends_the_session),
		cmocka_unit_test(answers_without_room_are_not_begun),
		cmocka_unit_test(delay_is_that_of_the_setup),
		cmocka_unit_test(v1_block_that_is_done_makes_room_for_the_next),
	};

	return CHECK_ROWS(dialogues, dialogue_goes_so) +
	    CHECK_ROWS(editions, random_sessions_end_with_the_block) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
