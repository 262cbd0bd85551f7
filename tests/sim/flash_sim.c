/* SPDX-License-Identifier: BSD-2-Clause */
#include "flash_sim.h"

#include <stdio.h>

void
power_on(struct power *power, enum cut cut, uint64_t cut_at)
{
	power->operations = 0;
	power->cut = cut;
	power->cut_at = cut_at;
	if (power->random.state == 0)
		power->random.state = 0x9e3779b97f4a7c15u;
}

static bool
is_cut(const struct power *power, enum cut cut)
{
	return power->cut == cut && power->operations == power->cut_at;
}

static void
lose(struct power *power)
{
	longjmp(power->lost, 1);
}

static uint32_t
units(const struct flash_sim *sim)
{
	return sim->flash.size / sim->flash.write_size;
}

static uint32_t
pages(const struct flash_sim *sim)
{
	return sim->flash.size / sim->flash.page_size;
}

static enum fuota_status
sim_read(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	struct flash_sim *sim = ctx;

	if (off > sim->flash.size || len > sim->flash.size - off)
		fail_msg("read of %u bytes at %u outside the region", len, off);
	if (sim->unreadable || (sim->fail_reads != 0 && --sim->fail_reads == 0))
		return FUOTA_E_FLASH;
	for (uint32_t i = 0; i < len; i++) {
		const uint8_t mask = sim->unstable[off + i];
		data[i] = sim->bytes[off + i];
		if (mask != 0)
			data[i] ^=
			    mask & (uint8_t)check_random(&sim->power->random);
	}
	return FUOTA_OK;
}

/* What programming makes of a byte: bits leave the erased state only. */
static uint8_t
programmed_byte(const struct flash_sim *sim, uint32_t off, uint8_t value)
{
	const uint8_t old = sim->bytes[off];

	return sim->flash.erased == 0xff ? old & value : old | value;
}

static void
program_unit(struct flash_sim *sim, uint32_t unit, const uint8_t *data)
{
	const uint32_t size = sim->flash.write_size, off = unit * size;

	for (uint32_t i = 0; i < size; i++) {
		if (sim->unstable[off + i] != 0)
			fail_msg("program at %u, undefined by a cut", off + i);
		if (sim->programmed[unit] && sim->rule == PROGRAM_ONCE)
			fail_msg("unit at %u programmed twice", off);
		const uint8_t now = programmed_byte(sim, off + i, data[i]);
		if (now != data[i])
			fail_msg("program at %u sets bits back", off + i);
		sim->bytes[off + i] = now;
	}
	sim->programmed[unit] = true;
}

/* Some bits have made it, some have not, some cannot decide. */
static void
tear(struct flash_sim *sim, uint32_t off, uint32_t len, const uint8_t *wanted)
{
	for (uint32_t i = 0; i < len; i++) {
		const uint8_t want =
		    wanted != NULL ? wanted[i] : sim->flash.erased;
		const uint8_t differ = sim->bytes[off + i] ^ want;
		sim->bytes[off + i] ^=
		    differ & (uint8_t)check_random(&sim->power->random);
		sim->unstable[off + i] |=
		    differ & (uint8_t)check_random(&sim->power->random);
	}
	for (uint32_t unit = off / sim->flash.write_size;
	     unit < (off + len) / sim->flash.write_size; unit++)
		sim->programmed[unit] = true;
}

/*
 * The power went just at the end: everything reads right, for now, but one
 * bit has not got charge enough to read so every time.
 */
static void
leave_marginal(struct flash_sim *sim, uint32_t off, uint32_t len)
{
	struct check_random *random = &sim->power->random;

	sim->unstable[off + check_random_below(random, len)] |=
	    (uint8_t)(1u << check_random_below(random, 8));
}

static bool
write_fails(struct flash_sim *sim, uint32_t off)
{
	if (sim->bad_page == FLASH_SIM_ALL_PAGES ||
	    sim->bad_page == off / sim->flash.page_size + 1)
		return true;
	return sim->fail_writes != 0 && --sim->fail_writes == 0;
}

static enum fuota_status
sim_prog(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	struct flash_sim *sim = ctx;
	struct power *power = sim->power;
	const uint32_t size = sim->flash.write_size;

	if (off > sim->flash.size || len > sim->flash.size - off)
		fail_msg("program of %u bytes at %u outside", len, off);
	if (off % size != 0 || len % size != 0)
		fail_msg("program of %u bytes at %u, unit %u", len, off, size);
	if (write_fails(sim, off))
		return FUOTA_E_FLASH;
	if (is_cut(power, CUT_BEFORE))
		lose(power);
	const bool cut = is_cut(power, CUT_INSIDE);
	const uint32_t count = len / size;
	const bool marginal = cut && check_random_below(&power->random, 4) == 0;
	const uint32_t whole = cut && !marginal
	    ? check_random_below(&power->random, count)
	    : count;
	for (uint32_t i = 0; i < whole; i++)
		program_unit(sim, off / size + i, data + i * (size_t)size);
	if (marginal) {
		leave_marginal(sim, off, len);
		lose(power);
	}
	if (cut) {
		tear(
		    sim, off + whole * size, size, data + whole * (size_t)size);
		lose(power);
	}
	if (is_cut(power, CUT_AFTER))
		lose(power);
	power->operations++;
	return FUOTA_OK;
}

static void
erase_page(struct flash_sim *sim, uint32_t off)
{
	const uint32_t size = sim->flash.page_size;

	memset(sim->bytes + off, sim->flash.erased, size);
	memset(sim->unstable + off, 0, size);
	for (uint32_t i = 0; i < size / sim->flash.write_size; i++)
		sim->programmed[off / sim->flash.write_size + i] = false;
}

static enum fuota_status
sim_erase(void *ctx, uint32_t off)
{
	struct flash_sim *sim = ctx;
	struct power *power = sim->power;

	if (off >= sim->flash.size || off % sim->flash.page_size != 0)
		fail_msg("erase at %u, no page starts there", off);
	if (write_fails(sim, off))
		return FUOTA_E_FLASH;
	if (is_cut(power, CUT_BEFORE))
		lose(power);
	sim->wear[off / sim->flash.page_size]++;
	if (is_cut(power, CUT_INSIDE)) {
		tear(sim, off, sim->flash.page_size, NULL);
		lose(power);
	}
	erase_page(sim, off);
	if (is_cut(power, CUT_AFTER))
		lose(power);
	power->operations++;
	return FUOTA_OK;
}

void
flash_sim_init(struct flash_sim *sim, struct power *power, uint32_t size,
    uint32_t page_size, uint8_t write_size, uint8_t erased)
{
	assert_int_equal(0, size % page_size);
	*sim = (struct flash_sim){
		.flash = { .ctx = sim,
		    .size = size,
		    .page_size = page_size,
		    .write_size = write_size,
		    .erased = erased,
		    .read = sim_read,
		    .prog = sim_prog,
		    .erase = sim_erase },
		.power = power,
		.bytes = check_alloc(size),
		.unstable = check_alloc(size),
	};
	sim->programmed = check_alloc(units(sim) * sizeof(bool));
	sim->wear = check_alloc(pages(sim) * sizeof(uint32_t));
	memset(sim->bytes, erased, size);
}

void
flash_sim_free(struct flash_sim *sim)
{
	free(sim->bytes);
	free(sim->unstable);
	free(sim->programmed);
	free(sim->wear);
}

void
flash_sim_load(struct flash_sim *sim, const uint8_t *data, uint32_t len)
{
	const uint32_t unit = sim->flash.write_size;

	assert_true(len <= sim->flash.size);
	for (uint32_t off = 0; off < sim->flash.size;
	     off += sim->flash.page_size)
		erase_page(sim, off);
	if (len > 0)
		memcpy(sim->bytes, data, len);
	for (uint32_t i = 0; i < (len + unit - 1) / unit; i++)
		sim->programmed[i] = true;
}

void
flash_sim_copy(struct flash_sim *to, const struct flash_sim *from)
{
	assert_int_equal(to->flash.size, from->flash.size);
	memcpy(to->bytes, from->bytes, from->flash.size);
	memcpy(to->unstable, from->unstable, from->flash.size);
	memcpy(to->programmed, from->programmed, units(from) * sizeof(bool));
	memcpy(to->wear, from->wear, pages(from) * sizeof(uint32_t));
}

uint32_t
flash_sim_wear_max(const struct flash_sim *sim)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < pages(sim); i++)
		most = sim->wear[i] > most ? sim->wear[i] : most;
	return most;
}
