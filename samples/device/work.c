/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work of one fragment: flash reads and instructions, at most, in a
 * session of NbFrag 2000, FragSize 48, 200 lost. qemu's -icount makes an
 * instruction take a nanosecond, so SysTick counts them in forties. What is
 * in the fragments does not matter, and is anything.
 */
#include <string.h>

#include <fuota/device/defrag.h>

#include "machine.h"

enum {
	NB_FRAG = 2000,
	MAX_LOST = 200,
	FRAG_SIZE = 48,
	STEP = NB_FRAG / MAX_LOST, /* every tenth fragment is lost */
	COUNT_PER_TICK = 40,
	TICKS = 0x1000000,
	AREA_SIZE = (NB_FRAG + MAX_LOST) * FRAG_SIZE,
};

#define AREA     ((uint8_t *)0x21000000u)
#define SYST_CSR (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018u)

int
main(void);

static uint32_t reads;

static enum fuota_status
read_area(void *ctx, uint32_t off, uint8_t *data, uint32_t len)
{
	(void)ctx;
	reads++;
	memcpy(data, AREA + off, len);
	return FUOTA_OK;
}

static enum fuota_status
prog_area(void *ctx, uint32_t off, const uint8_t *data, uint32_t len)
{
	(void)ctx;
	memcpy(AREA + off, data, len);
	return FUOTA_OK;
}

static const struct fuota_flash flash = {
	.size = AREA_SIZE, .write_size = 8, .read = read_area, .prog = prog_area
};
static uint32_t
    memory[FUOTA_DEFRAG_MEMORY_SIZE(NB_FRAG, MAX_LOST, FRAG_SIZE) / 4 + 1];
static struct fuota_defrag defrag;

/* --- what calls came to ----------------------------------------------------*/

struct worst {
	const char *name;
	uint32_t calls, reads, ticks;
};

static uint32_t began;

static void
begin(void)
{
	reads = 0;
	began = SYST_CVR;
}

static void
end(struct worst *w)
{
	const uint32_t ticks = (began - SYST_CVR) % TICKS;

	w->calls++;
	w->reads = reads > w->reads ? reads : w->reads;
	w->ticks = ticks > w->ticks ? ticks : w->ticks;
}

static void
report(const struct worst *w)
{
	say(w->name);
	say(": ");
	say_number(w->reads);
	say(" reads, ");
	say_number(w->ticks * COUNT_PER_TICK);
	say(" instructions at most in ");
	say_number(w->calls);
	say(" calls\n");
}

/* --- the session -----------------------------------------------------------*/

static bool
is_lost(uint16_t n)
{
	return n % STEP == 0;
}

static enum fuota_status
feed(uint16_t n, struct worst *w)
{
	uint8_t data[FRAG_SIZE];

	memset(data, n, sizeof(data));
	begin();
	const enum fuota_status status =
	    fuota_defrag_feed(&defrag, n, data, sizeof(data));
	end(w);
	return status;
}

static enum fuota_status
restore(struct worst *w)
{
	begin();
	const enum fuota_status status = fuota_defrag_restore(&defrag);
	end(w);
	return status;
}

static enum fuota_status
start(enum fuota_ts004 edition)
{
	const struct fuota_defrag_params params = { .edition = edition,
		.nb_frag = NB_FRAG,
		.max_lost = MAX_LOST,
		.frag_size = FRAG_SIZE,
		.block = &flash,
		.scratch = &flash,
		.scratch_off = NB_FRAG * FRAG_SIZE };

	return fuota_defrag_init(&defrag, &params, memory, sizeof(memory));
}

/* With `late`, lost ones come after all when half of the columns are there. */
static enum fuota_status
run(enum fuota_ts004 edition, bool late)
{
	struct worst uncoded = { .name = "  uncoded fragment" },
		     coded = { .name = "  coded fragment" },
		     after = { .name = "  uncoded after coded" },
		     lost = { .name = "  computing a lost one" };
	enum fuota_status status = start(edition);
	uint16_t n = 1;

	for (; status == FUOTA_OK && n <= NB_FRAG; n++)
		if (!is_lost(n))
			status = feed(n, &uncoded);
	while (status == FUOTA_OK &&
	    fuota_defrag_needed(&defrag) > (late ? MAX_LOST / 2 : 0))
		status = feed(n++, &coded);
	for (n = NB_FRAG; status == FUOTA_OK && late && n > 0 &&
	     fuota_defrag_needed(&defrag) > 0;
	     n--)
		if (is_lost(n))
			status = feed(n, &after);
	while (status == FUOTA_OK && !fuota_defrag_is_complete(&defrag))
		status = restore(&lost);
	if (!late)
		report(&uncoded);
	report(late ? &after : &coded);
	if (!late)
		report(&lost);
	return status;
}

int
main(void)
{
	SYST_RVR = TICKS - 1;
	SYST_CVR = 0;
	SYST_CSR = 5; /* processor clock, no interrupt */
	say("TS004 1.0.0\n");
	enum fuota_status status = run(FUOTA_TS004_V1, false);
	if (status == FUOTA_OK)
		status = run(FUOTA_TS004_V1, true);
	say("TS004 2.0.0\n");
	if (status == FUOTA_OK)
		status = run(FUOTA_TS004_V2, false);
	if (status == FUOTA_OK)
		status = run(FUOTA_TS004_V2, true);
	return status == FUOTA_OK ? EXIT_DONE : EXIT_HALTED;
}
