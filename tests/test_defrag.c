/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rebuild session on flash that takes one write per unit, against plain
 * Gaussian elimination; then the host's rebuild.
 */
#include <stdio.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>

#include "check.h"
#include "sim/flash_sim.h"

enum {
	PAGE = 256
};

/* --- the reference: dense elimination over all m columns ----------------- */

struct reference {
	unsigned m, rank;
	uint8_t *rows; /* rows[p * m]: the row with its first one at p, or 0 */
};

static struct reference
reference_new(unsigned m)
{
	return (struct reference){ .m = m, .rows = check_alloc(m * m) };
}

static void
reference_add(struct reference *r, const uint8_t *coefficients)
{
	uint8_t *row = check_alloc(r->m);

	memcpy(row, coefficients, r->m);
	for (unsigned p = 0; p < r->m; p++) {
		if (row[p] == 0)
			continue;
		if (r->rows[p * r->m + p] == 0) {
			memcpy(r->rows + p * r->m, row, r->m);
			r->rank++;
			break;
		}
		for (unsigned i = 0; i < r->m; i++)
			row[i] ^= r->rows[p * r->m + i];
	}
	free(row);
}

static void
reference_fragment(struct reference *r, enum fuota_ts004 edition, uint16_t n)
{
	uint8_t *coefficients = check_alloc(r->m);
	uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];

	if (n <= r->m) {
		coefficients[n - 1] = 1;
	} else {
		assert_int_equal(FUOTA_OK,
		    fuota_parity_row(edition, (uint16_t)(n - r->m),
			(uint16_t)r->m, row, sizeof(row)));
		for (unsigned i = 0; i < r->m; i++)
			coefficients[i] = row[i / 8] >> (7 - i % 8) & 1;
	}
	reference_add(r, coefficients);
	free(coefficients);
}

/* --- a device ------------------------------------------------------------ */

struct device {
	struct power power;
	struct flash_sim sim;
	struct fuota_defrag defrag;
	uint32_t *memory;
	enum fuota_status (*sim_read)(
	    void *ctx, uint32_t off, uint8_t *data, uint32_t len);
	unsigned reads;
};

/* flash_sim's context comes first: what is read must have been programmed. */
static enum fuota_status
read_programmed(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	struct device *d = ctx;
	const uint32_t unit = d->sim.flash.write_size;

	d->reads++;
	for (uint32_t at = off; at < off + len; at++)
		assert_true(d->sim.programmed[at / unit]);
	return d->sim_read(&d->sim, off, data, len);
}

static enum fuota_status (*sim_prog)(
    void *ctx, uint32_t off, const uint8_t *data, uint32_t len);

static enum fuota_status
prog_through(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct device *d = ctx;

	return sim_prog(&d->sim, off, data, len);
}

static void
device_open(struct device *d, const struct fuota_frag_session *s,
    uint16_t max_lost, uint8_t write_size)
{
	const uint32_t block = (uint32_t)s->nb_frag * s->frag_size;
	const uint32_t need = block + (uint32_t)max_lost * s->frag_size;
	const size_t memory_size =
	    FUOTA_DEFRAG_MEMORY_SIZE(s->nb_frag, max_lost, s->frag_size);

	memset(d, 0, sizeof(*d));
	power_on(&d->power, CUT_NEVER, 0);
	flash_sim_init(&d->sim, &d->power, (need / PAGE + 1) * PAGE, PAGE,
	    write_size, 0xff);
	d->sim.rule = PROGRAM_ONCE;
	d->sim_read = d->sim.flash.read;
	sim_prog = d->sim.flash.prog;
	d->sim.flash.ctx = d;
	d->sim.flash.read = read_programmed;
	d->sim.flash.prog = prog_through;
	/* exactly as large as promised: ASan sees every byte beyond */
	d->memory = check_alloc(memory_size);
	memset(d->memory, 0xa5, memory_size);
	const struct fuota_defrag_params params = { .edition = s->edition,
		.nb_frag = s->nb_frag,
		.max_lost = max_lost,
		.frag_size = s->frag_size,
		.block = &d->sim.flash,
		.scratch = &d->sim.flash,
		.scratch_off = block };
	assert_int_equal(FUOTA_OK,
	    fuota_defrag_init(&d->defrag, &params, d->memory, memory_size));
}

static void
device_close(struct device *d)
{
	free(d->memory);
	d->sim.flash.ctx = &d->sim;
	flash_sim_free(&d->sim);
}

static void
device_restore(struct device *d, uint16_t max_lost)
{
	while (!fuota_defrag_is_complete(&d->defrag)) {
		d->reads = 0;
		assert_int_equal(FUOTA_OK, fuota_defrag_restore(&d->defrag));
		assert_true(d->reads <= (max_lost > 0 ? max_lost : 1u));
	}
	assert_int_equal(FUOTA_OK, fuota_defrag_restore(&d->defrag));
}

/* --- a block and its commands -------------------------------------------- */

struct campaign {
	struct fuota_frag_session session;
	struct fuota_out block, commands;
};

static struct campaign
campaign_of(struct fuota_out block, enum fuota_ts004 edition, uint8_t frag_size,
    uint16_t redundancy)
{
	struct campaign c = { .session = { .edition = edition,
				  .frag_size = frag_size,
				  .redundancy = redundancy },
		.block = block };

	assert_int_equal(
	    FUOTA_OK, fuota_frag_split(check_in(&block), &c.session, NULL));
	const uint16_t total = (uint16_t)(c.session.nb_frag + redundancy);
	c.commands = check_out(fuota_frag_bound(&c.session, total));
	assert_int_equal(FUOTA_OK,
	    fuota_frag_encode(
		&c.session, check_in(&block), 1, total, &c.commands, NULL));
	return c;
}

static struct campaign
random_campaign(struct check_random *random, size_t len, uint8_t frag_size,
    uint16_t redundancy)
{
	struct fuota_out block = check_out(len);
	const enum fuota_ts004 edition =
	    (enum fuota_ts004)(FUOTA_TS004_V1 + check_random_below(random, 3));

	block.len = len;
	check_random_bytes(random, block.data, len);
	return campaign_of(block, edition, frag_size, redundancy);
}

static void
campaign_free(struct campaign *c)
{
	free(c->block.data);
	free(c->commands.data);
}

static const uint8_t *
command(const struct campaign *c, uint16_t n)
{
	return c->commands.data +
	    (n - 1u) * FUOTA_FRAG_COMMAND_SIZE(c->session.frag_size);
}

static enum fuota_status
feed(struct device *d, const struct campaign *c, uint16_t n)
{
	return fuota_defrag_feed(&d->defrag, n,
	    command(c, n) + FUOTA_FRAG_OVERHEAD, c->session.frag_size);
}

/* --- properties ---------------------------------------------------------- */

/* The same as the session must do, on what the session accepted. */
struct expected {
	struct reference reference;
	bool *came; /* uncoded fragments */
	unsigned missing;
	bool coded_taken;
};

static enum fuota_status
expect_feed(
    struct expected *e, const struct campaign *c, uint16_t max_lost, uint16_t n)
{
	const bool known = e->reference.rank == e->reference.m;

	if (known)
		return FUOTA_OK;
	if (n > e->reference.m && !e->coded_taken && e->missing > max_lost)
		return FUOTA_E_LIMIT;
	if (n > e->reference.m) {
		e->coded_taken = true;
	} else if (!e->came[n - 1]) {
		e->came[n - 1] = true;
		e->missing--;
	}
	reference_fragment(&e->reference, c->session.edition, n);
	return FUOTA_OK;
}

static void
run_any_order(
    struct check_random *random, uint16_t m, uint8_t write_size, unsigned style)
{
	const uint8_t frag_size = (uint8_t)(write_size *
	    (1 + check_random_below(random, 40u / write_size)));
	struct campaign c = random_campaign(random,
	    (size_t)m * frag_size - check_random_below(random, frag_size),
	    frag_size, (uint16_t)(m + 40));
	const uint16_t max_lost =
	    style == 0 ? m : (uint16_t)check_random_below(random, m + 1u);
	struct expected e = { .reference = reference_new(m),
		.came = check_alloc(m * sizeof(bool)),
		.missing = m };
	struct device d;
	uint32_t next = 0;

	device_open(&d, &c.session, max_lost, write_size);
	for (unsigned i = 0; i < 20u * m + 400u; i++) {
		/* now in ascending order, now from anywhere, or mostly coded */
		const uint32_t total = m + c.session.redundancy;
		next = style == 1
		    ? (next + 1 + check_random_below(random, 2)) % total
		    : check_random_below(random, total);
		if (style == 2 && i < 4u * m)
			next = m + next % c.session.redundancy;
		const uint16_t n = (uint16_t)(next + 1);
		const enum fuota_status want = expect_feed(&e, &c, max_lost, n);
		d.reads = 0;
		assert_int_equal(want, feed(&d, &c, n));
		assert_true(d.reads <= m / 2u + max_lost + 1);
		assert_int_equal(e.reference.m - e.reference.rank,
		    fuota_defrag_needed(&d.defrag));
		assert_int_equal(e.missing, d.defrag.missing);
	}
	for (uint16_t n = 1; n <= m; n++)
		assert_int_equal(
		    !e.came[n - 1], fuota_defrag_is_missing(&d.defrag, n));
	/* fragments of the first 2m + 40 coded rows: every m is solved */
	if (fuota_defrag_needed(&d.defrag) == 0) {
		device_restore(&d, max_lost);
		assert_memory_equal(c.block.data, d.sim.bytes, c.block.len);
		assert_int_equal(FUOTA_OK, feed(&d, &c, 1));
	} else {
		assert_int_equal(
		    FUOTA_E_SEQUENCE, fuota_defrag_restore(&d.defrag));
		assert_true(e.missing > 0);
	}
	device_close(&d);
	free(e.came);
	free(e.reference.rows);
	campaign_free(&c);
}

static void
any_order_agrees_with_plain_elimination(void **state)
{
	static const uint8_t write_sizes[] = { 1, 2, 4, 8, 16, 32 };
	struct check_random random = { .state = 11 };

	(void)state;
	for (unsigned i = 0; i < 240; i += check_stride(7))
		run_any_order(&random,
		    (uint16_t)(1 + check_random_below(&random, 44)),
		    write_sizes[i % 6], i % 3);
}

/* Losses all known before the first coded fragment, as on air. */
static void
ascending_order_with_losses_rebuilds(void **state)
{
	struct check_random random = { .state = 12 };

	(void)state;
	for (unsigned i = 0; i < 40; i += check_stride(7)) {
		const uint16_t m =
		    (uint16_t)(60 + check_random_below(&random, 300));
		struct campaign c =
		    random_campaign(&random, m * 24u - 7, 24, m);
		struct device d;
		uint16_t lost = 0;
		device_open(&d, &c.session, m, 8);
		for (uint16_t n = 1; n <= m + c.session.redundancy; n++) {
			if (check_random_below(&random, 10) < 2) {
				lost = (uint16_t)(lost + (n <= m));
				continue;
			}
			assert_int_equal(FUOTA_OK, feed(&d, &c, n));
		}
		assert_int_equal(lost, d.defrag.missing);
		assert_int_equal(0, fuota_defrag_needed(&d.defrag));
		device_restore(&d, lost);
		assert_memory_equal(c.block.data, d.sim.bytes, c.block.len);
		device_close(&d);
		campaign_free(&c);
	}
}

/* --- refusals and failures ----------------------------------------------- */

static void
ram_stays_within_its_budget(void **state)
{
	(void)state;
	assert_true(FUOTA_DEFRAG_MEMORY_SIZE(2000, 200, 48) +
		sizeof(struct fuota_defrag) <=
	    3300);
	assert_int_equal(3159, FUOTA_DEFRAG_MEMORY_SIZE(2000, 200, 48));
}

static enum fuota_status
nothing_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	(void)ctx, (void)off, (void)data, (void)len;
	return FUOTA_E_FLASH;
}

static enum fuota_status
nothing_written(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	(void)ctx, (void)off, (void)data, (void)len;
	return FUOTA_E_FLASH;
}

static const struct set_up {
	const char *name;
	int edition;
	uint16_t nb_frag, max_lost;
	uint8_t frag_size, write_size;
	uint32_t flash_size, scratch_off;
	size_t memory_lacks;
	enum fuota_status want;
} set_ups[] = {
	{ "good", 1, 20, 5, 8, 4, 200, 160, 0, FUOTA_OK },
	{ "no_losses_no_scratch", 1, 20, 0, 8, 4, 160, 0, 0, FUOTA_OK },
	{ "edition_0", 0, 20, 5, 8, 4, 200, 160, 0, FUOTA_E_RANGE },
	{ "edition_4", 4, 20, 5, 8, 4, 200, 160, 0, FUOTA_E_RANGE },
	{ "nb_frag_0", 1, 0, 0, 8, 4, 200, 160, 0, FUOTA_E_RANGE },
	{ "nb_frag_16384", 1, 16384, 5, 8, 4, 1u << 20, 1u << 19, 0,
	    FUOTA_E_RANGE },
	{ "frag_size_0", 1, 20, 5, 0, 4, 200, 160, 0, FUOTA_E_RANGE },
	{ "max_lost_over_nb_frag", 1, 20, 21, 8, 4, 400, 160, 0,
	    FUOTA_E_RANGE },
	{ "frag_size_no_multiple", 1, 20, 5, 10, 4, 400, 200, 0,
	    FUOTA_E_LIMIT },
	{ "write_size_0", 1, 20, 5, 8, 0, 200, 160, 0, FUOTA_E_RANGE },
	{ "scratch_inside_the_block", 1, 20, 5, 8, 4, 200, 156, 0,
	    FUOTA_E_RANGE },
	{ "scratch_not_aligned", 1, 20, 5, 8, 4, 300, 162, 0, FUOTA_E_RANGE },
	{ "scratch_outside", 1, 20, 5, 8, 4, 199, 160, 0, FUOTA_E_SLOT },
	{ "scratch_far_outside", 1, 20, 5, 8, 4, 200, 0xfffffff8, 0,
	    FUOTA_E_SLOT },
	{ "block_outside", 1, 20, 0, 8, 4, 159, 0, 0, FUOTA_E_SLOT },
	{ "memory_a_byte_short", 1, 20, 5, 8, 4, 200, 160, 1, FUOTA_E_SPACE },
};

static void
set_up_is_checked(void **state)
{
	const struct set_up *u = *state;
	const struct fuota_flash flash = { .size = u->flash_size,
		.write_size = u->write_size,
		.read = nothing_read,
		.prog = nothing_written };
	const struct fuota_defrag_params params = {
		.edition = (enum fuota_ts004)u->edition,
		.nb_frag = u->nb_frag,
		.max_lost = u->max_lost,
		.frag_size = u->frag_size,
		.block = &flash,
		.scratch = &flash,
		.scratch_off = u->scratch_off
	};
	const size_t size =
	    FUOTA_DEFRAG_MEMORY_SIZE(u->nb_frag, u->max_lost, u->frag_size);
	uint32_t *memory = check_alloc(size);
	struct fuota_defrag d;

	assert_int_equal(u->want,
	    fuota_defrag_init(&d, &params, memory, size - u->memory_lacks));
	free(memory);
}

static void
hostile_fragments_are_refused_and_change_nothing(void **state)
{
	struct check_random random = { .state = 13 };
	struct campaign c = random_campaign(&random, 200, 10, 10);
	const uint8_t data[256] = { 0 };
	struct device d;

	(void)state;
	device_open(&d, &c.session, 5, 1);
	const struct fuota_defrag before = d.defrag;
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_defrag_feed(&d.defrag, 0, data, 10));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_defrag_feed(&d.defrag, 16384, data, 10));
	assert_int_equal(
	    FUOTA_E_RANGE, fuota_defrag_feed(&d.defrag, 65535, data, 10));
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_defrag_feed(&d.defrag, 1, data, 9));
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_defrag_feed(&d.defrag, 1, data, 11));
	assert_int_equal(
	    FUOTA_E_FORMAT, fuota_defrag_feed(&d.defrag, 1, data, 0));
	assert_int_equal(
	    FUOTA_E_LIMIT, fuota_defrag_feed(&d.defrag, 21, data, 10));
	assert_int_equal(before.missing, d.defrag.missing);
	assert_int_equal(before.lost, d.defrag.lost);
	assert_int_equal(before.solved, d.defrag.solved);
	assert_int_equal(before.restored, d.defrag.restored);
	assert_int_equal(before.has_columns, d.defrag.has_columns);
	assert_int_equal(before.broken, d.defrag.broken);
	assert_int_equal(FUOTA_E_SEQUENCE, fuota_defrag_restore(&d.defrag));
	assert_false(fuota_defrag_is_missing(&d.defrag, 0));
	assert_false(fuota_defrag_is_missing(&d.defrag, 21));
	device_close(&d);
	campaign_free(&c);
}

static void
failed_read_costs_nothing_but_a_retry(void **state)
{
	struct check_random random = { .state = 14 };
	struct campaign c = random_campaign(&random, 400, 10, 40);
	struct device d;

	(void)state;
	device_open(&d, &c.session, 10, 1);
	for (uint16_t n = 6; n <= 40; n++)
		assert_int_equal(FUOTA_OK, feed(&d, &c, n));
	for (uint16_t n = 41; fuota_defrag_needed(&d.defrag) != 0; n++)
		for (uint32_t at = 1;; at++) {
			d.sim.fail_reads = at;
			const enum fuota_status status = feed(&d, &c, n);
			const bool failed = d.sim.fail_reads == 0;
			d.sim.fail_reads = 0;
			assert_int_equal(
			    failed ? FUOTA_E_FLASH : FUOTA_OK, status);
			if (!failed)
				break;
		}
	d.sim.fail_reads = 1;
	assert_int_equal(FUOTA_E_FLASH, fuota_defrag_restore(&d.defrag));
	device_restore(&d, 10);
	assert_memory_equal(c.block.data, d.sim.bytes, c.block.len);
	device_close(&d);
	campaign_free(&c);
}

static void
failed_program_ends_the_session(void **state)
{
	struct check_random random = { .state = 15 };
	struct campaign c = random_campaign(&random, 400, 10, 40);

	(void)state;
	for (uint32_t at = 1; at <= 45; at++) {
		struct device d;
		device_open(&d, &c.session, 10, 1);
		d.sim.fail_writes = at;
		enum fuota_status status = FUOTA_OK;
		for (uint16_t n = 6; n <= 80 && status == FUOTA_OK; n++)
			status = feed(&d, &c, n);
		while (
		    status == FUOTA_OK && !fuota_defrag_is_complete(&d.defrag))
			status = fuota_defrag_restore(&d.defrag);
		assert_int_equal(FUOTA_E_FLASH, status);
		assert_false(fuota_defrag_is_complete(&d.defrag));
		assert_int_equal(FUOTA_E_FLASH, feed(&d, &c, 1));
		device_close(&d);
	}
	campaign_free(&c);
}

/* --- vectors, on the device's flash and on the host ----------------------- */

static const struct {
	enum fuota_ts004 edition;
	const char *key;
} editions[] = {
	{ FUOTA_TS004_V1, "v1" },
	{ FUOTA_TS004_V2, "v2" },
	{ FUOTA_TS004_V2_ABSN, "v2_absN" },
};

/* The commands without those that were lost. */
static struct fuota_out
received(const struct campaign *c, const json_t *lost)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(c->session.frag_size);
	struct fuota_out out = check_out(c->commands.len);
	bool *is_lost = check_alloc(FUOTA_FRAG_N_MAX + 1);
	json_t *n;
	size_t i;

	json_array_foreach(lost, i, n) is_lost[json_integer_value(n)] = true;
	for (uint16_t k = 1; k <= c->commands.len / size; k++) {
		if (is_lost[k])
			continue;
		memcpy(out.data + out.len, command(c, k), size);
		out.len += size;
	}
	free(is_lost);
	return out;
}

static void
check_on_device(const struct campaign *c, const struct fuota_out *commands,
    json_int_t completed_at)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(c->session.frag_size);
	json_int_t completed = 0;
	struct device d;

	device_open(&d, &c->session, c->session.nb_frag, 1);
	for (size_t off = 0; off < commands->len; off += size) {
		const uint8_t *each = commands->data + off;
		const uint16_t n = fuota_frag_command_n(each);
		assert_int_equal(FUOTA_OK,
		    fuota_defrag_feed(&d.defrag, n, each + FUOTA_FRAG_OVERHEAD,
			c->session.frag_size));
		if (completed == 0 && fuota_defrag_needed(&d.defrag) == 0)
			completed = n;
	}
	assert_int_equal(completed_at, completed);
	if (completed != 0) {
		device_restore(&d, c->session.nb_frag);
		assert_memory_equal(c->block.data, d.sim.bytes, c->block.len);
	}
	device_close(&d);
}

static void
check_on_host(const struct campaign *c, const struct fuota_out *commands,
    json_int_t completed_at)
{
	struct fuota_out block = check_out(c->block.len);
	struct fuota_rebuild rebuild = { .missing_map = NULL };
	struct fuota_error err;

	const enum fuota_status status = fuota_rebuild(&c->session,
	    check_in(commands), FUOTA_DEFRAG_NO_LIMIT, &block, &rebuild, &err);
	assert_int_equal(completed_at, rebuild.completed_at);
	if (completed_at != 0) {
		assert_int_equal(FUOTA_OK, status);
		assert_int_equal(c->block.len, block.len);
		assert_memory_equal(c->block.data, block.data, block.len);
	} else {
		assert_int_equal(FUOTA_E_LOSSES, status);
		assert_int_not_equal(0, rebuild.needed);
		assert_int_equal(0, block.len);
	}
	free(block.data);
}

static void
loss_patterns_complete_where_the_vector_says(void **state)
{
	const json_t *vector = *state;
	json_t *check;
	size_t i;

	for (size_t e = 0; e < CHECK_COUNT(editions); e++) {
		struct campaign c =
		    campaign_of(check_vector_block(vector), editions[e].edition,
			(uint8_t)check_integer(vector, "frag_size"),
			(uint16_t)check_integer(vector, "redundancy"));
		json_array_foreach(
		    json_object_get(vector, "decode_checks"), i, check)
		{
			const json_t *want =
			    json_object_get(check, editions[e].key);
			const json_int_t at = json_integer_value(
			    json_object_get(want, "completed_at_N"));
			struct fuota_out commands =
			    received(&c, json_object_get(check, "lost"));
			check_on_device(&c, &commands, at);
			check_on_host(&c, &commands, at);
			free(commands.data);
		}
		campaign_free(&c);
	}
}

/* --- the host's report ---------------------------------------------------- */

static void
report_says_exactly_what_is_needed(void **state)
{
	struct check_random random = { .state = 16 };

	(void)state;
	for (unsigned i = 0; i < 60; i += check_stride(7)) {
		struct campaign c = random_campaign(&random, 1000, 10, 160);
		json_t *lost = json_array();
		for (int n = 1; n <= 90; n++)
			if (n <= 80 || i % 2 == 0)
				if (check_random_below(&random, 8) == 0)
					json_array_append_new(
					    lost, json_integer(n));
		const unsigned missing = (unsigned)json_array_size(lost);
		const int tail = 101 + (int)check_random_below(&random, 12);
		for (int n = tail; n <= 260; n++)
			json_array_append_new(lost, json_integer(n));
		struct fuota_out commands = received(&c, lost);
		struct fuota_out block = check_out(c.block.len);
		uint8_t map[100];
		struct fuota_rebuild r = { .missing_map = map };
		struct fuota_error err;
		enum fuota_status status =
		    fuota_rebuild(&c.session, check_in(&commands),
			FUOTA_DEFRAG_NO_LIMIT, &block, &r, &err);
		assert_int_equal(missing, r.missing);
		for (unsigned k = 0; k < missing; k++)
			assert_int_equal(1,
			    map[json_integer_value(json_array_get(lost, k)) -
				1]);
		if (status == FUOTA_E_LOSSES) {
			/* With these, and not with one less, it is done. */
			const size_t size = 13;
			assert_in_range(r.would_complete_at, tail, 260);
			const uint16_t more =
			    (uint16_t)(r.would_complete_at - (tail - 1));
			assert_true(more >= r.needed);
			memcpy(commands.data + commands.len,
			    command(&c, (uint16_t)tail), more * size);
			commands.len += (more - 1u) * size;
			assert_int_equal(FUOTA_E_LOSSES,
			    fuota_rebuild(&c.session, check_in(&commands),
				FUOTA_DEFRAG_NO_LIMIT, &block, NULL, NULL));
			commands.len += size;
			status = fuota_rebuild(&c.session, check_in(&commands),
			    FUOTA_DEFRAG_NO_LIMIT, &block, &r, NULL);
			assert_int_equal(0, r.needed);
		}
		assert_int_equal(FUOTA_OK, status);
		assert_memory_equal(c.block.data, block.data, c.block.len);
		free(block.data);
		free(commands.data);
		json_decref(lost);
		campaign_free(&c);
	}
}

static void
limits_and_damage_are_told(void **state)
{
	struct check_random random = { .state = 17 };
	struct campaign c = random_campaign(&random, 1000, 10, 60);
	json_t *lost = json_pack("[i,i,i,i]", 1, 2, 50, 100);
	struct fuota_out commands = received(&c, lost);
	struct fuota_out block = check_out(c.block.len);
	struct fuota_error err;

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_rebuild(
		&c.session, check_in(&commands), 4, &block, NULL, &err));
	assert_int_equal(FUOTA_E_LIMIT,
	    fuota_rebuild(
		&c.session, check_in(&commands), 3, &block, NULL, &err));
	assert_non_null(strstr(err.message, "4 of 100"));
	commands.data[5] ^= 1;
	assert_int_equal(FUOTA_E_DIGEST,
	    fuota_rebuild(
		&c.session, check_in(&commands), 4, &block, NULL, &err));
	commands.data[5] ^= 1;
	block.size = c.block.len - 1;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_rebuild(
		&c.session, check_in(&commands), 4, &block, NULL, &err));
	block.size = c.block.len;
	commands.len--;
	assert_int_equal(FUOTA_E_RANGE,
	    fuota_rebuild(
		&c.session, check_in(&commands), 4, &block, NULL, &err));
	json_decref(lost);
	free(commands.data);
	free(block.data);
	campaign_free(&c);
}

static void
block_read_takes_files_and_anything_else(void **state)
{
	struct check_random random = { .state = 18 };
	struct campaign c = random_campaign(&random, 1000, 10, 60);
	struct fuota_out file = check_out(fuota_fragfile_bound(c.commands.len));
	struct fuota_block_info info;

	(void)state;
	assert_int_equal(FUOTA_OK,
	    fuota_fragfile_write(&c.session, FUOTA_FRAG_JSONL,
		check_in(&c.commands), &file, NULL));
	struct fuota_out block = check_out(file.len);
	assert_int_equal(
	    FUOTA_OK, fuota_block_read(check_in(&file), &block, &info, NULL));
	assert_true(info.is_fragments);
	assert_int_equal(160, info.rebuild.received);
	assert_int_equal(c.block.len, block.len);
	assert_memory_equal(c.block.data, block.data, block.len);
	assert_int_equal(FUOTA_OK,
	    fuota_block_read(check_in(&c.block), &block, &info, NULL));
	assert_false(info.is_fragments);
	assert_int_equal(c.block.len, block.len);
	assert_memory_equal(c.block.data, block.data, block.len);
	block.size = c.block.len - 1;
	assert_int_equal(FUOTA_E_SPACE,
	    fuota_block_read(check_in(&c.block), &block, NULL, NULL));
	free(block.data);
	free(file.data);
	campaign_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_agrees_with_plain_elimination),
		cmocka_unit_test(ascending_order_with_losses_rebuilds),
		cmocka_unit_test(ram_stays_within_its_budget),
		cmocka_unit_test(
		    hostile_fragments_are_refused_and_change_nothing),
		cmocka_unit_test(failed_read_costs_nothing_but_a_retry),
		cmocka_unit_test(failed_program_ends_the_session),
		cmocka_unit_test(report_says_exactly_what_is_needed),
		cmocka_unit_test(limits_and_damage_are_told),
		cmocka_unit_test(block_read_takes_files_and_anything_else),
	};

	json_t *vectors = check_vectors("ts004-encode.json");
	int failed = check_cases(json_object_get(vectors, "cases"),
	    loss_patterns_complete_where_the_vector_says);
	failed += CHECK_ROWS(set_ups, set_up_is_checked);
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(vectors);
	return failed;
}
