/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NOR flash that loses power.
 *
 * Several regions share one supply, which counts erase and program
 * operations and cuts before, inside or after the one it is told to. A cut
 * leaves the device's code by longjmp(), as a reset would. An operation that
 * is cut inside leaves bits that read differently each time until the page is
 * erased. Misuse by the code under test fails the test: unaligned or
 * out-of-range access, a write unit programmed twice, and a unit programmed
 * that a cut has left undefined.
 */
#ifndef FUOTA_TESTS_FLASH_SIM_H
#define FUOTA_TESTS_FLASH_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <fuota/device/flash.h>

#include "check.h"

enum cut {
	CUT_NEVER,
	CUT_BEFORE,
	CUT_INSIDE,
	CUT_AFTER,
};

/* One for all regions of a device. */
struct power {
	jmp_buf lost; /* where a cut goes */
	uint64_t operations; /* erases and programs since power_on() */
	uint64_t cut_at; /* the operation to cut, counted from 0 */
	enum cut cut;
	struct check_random random;
};

enum program_rule {
	PROGRAM_ONCE, /* a unit takes one write (STM32 double words) */
	PROGRAM_CLEAR_BITS, /* a unit may be written again, clearing bits */
};

struct flash_sim {
	struct fuota_flash flash; /* what the device gets */
	struct power *power;
	enum program_rule rule;
	uint8_t *bytes;
	uint8_t *unstable; /* a mask for every byte */
	bool *programmed; /* for every write unit */
	uint32_t *wear; /* erases of every page */
	uint32_t fail_reads; /* 1: the next read fails, 2: the one after */
	uint32_t fail_writes;
	/* for good: the page of which writes fail, counted from 1, or all */
	uint32_t bad_page;
	bool unreadable;
};

#define FLASH_SIM_ALL_PAGES UINT32_MAX

void
power_on(struct power *power, enum cut cut, uint64_t cut_at);

void
flash_sim_init(struct flash_sim *sim, struct power *power, uint32_t size,
    uint32_t page_size, uint8_t write_size, uint8_t erased);
void
flash_sim_free(struct flash_sim *sim);
/* Contents without going through the device: erased, then written. */
void
flash_sim_load(struct flash_sim *sim, const uint8_t *data, uint32_t len);
void
flash_sim_copy(struct flash_sim *to, const struct flash_sim *from);
uint32_t
flash_sim_wear_max(const struct flash_sim *sim);

#endif
