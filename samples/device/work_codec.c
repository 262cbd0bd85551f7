/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work of decoding a codec payload: instructions, counted as work.c does,
 * in pieces of 256 bytes of output so that SysTick does not wrap. Options:
 * payload=FILE, new=FILE, and old=FILE for a delta.
 */
#include <string.h>

#include <fuota/device/codec.h>

#include "machine.h"

enum {
	COUNT_PER_TICK = 40,
	TICKS = 0x1000000,
	PIECE = 256, /* bytes of output */
	AREA_SIZE = 0x400000, /* bytes of each file at most */
	STATE_SIZE = 32768, /* bytes, of the largest profile */
};

/* 16 MB of memory that the machine has beside its RAM. */
#define OLD      ((uint8_t *)0x21000000u)
#define PAYLOAD  ((uint8_t *)0x21400000u)
#define WANTED   ((uint8_t *)0x21800000u)
#define MADE     ((uint8_t *)0x21c00000u)
#define SYST_CSR (*(volatile uint32_t *)0xe000e010u)
#define SYST_RVR (*(volatile uint32_t *)0xe000e014u)
#define SYST_CVR (*(volatile uint32_t *)0xe000e018u)

int
main(void);

static uint32_t state[STATE_SIZE / 4];

static enum fuota_status
read_area(void *ctx, enum fuota_codec_source source, uint32_t off, uint8_t *to,
    size_t len)
{
	const uint8_t *from = OLD;

	(void)ctx;
	if (source == FUOTA_CODEC_PAYLOAD)
		from = PAYLOAD;
	if (source == FUOTA_CODEC_NEW)
		from = MADE;
	memcpy(to, from + off, len);
	return FUOTA_OK;
}

static const struct fuota_codec_io io = { .read = read_area };

static uint32_t
load(const char *option, uint8_t *area)
{
	const char *name = machine_option(option);
	const int file = name != NULL ? machine_open(name) : -1;

	return file < 0 ? 0 : (uint32_t)machine_read(file, area, AREA_SIZE);
}

/* Instructions since the counter stood at `began`. */
static uint32_t
since(uint32_t began)
{
	return (began - SYST_CVR) % TICKS * COUNT_PER_TICK;
}

/* Thousands of instructions and the most of a piece. */
struct work {
	uint32_t thousands, rest, worst;
};

static void
add(struct work *w, uint32_t instructions)
{
	w->rest += instructions;
	w->thousands += w->rest / 1000;
	w->rest %= 1000;
	if (instructions > w->worst)
		w->worst = instructions;
}

static enum fuota_status
decode(struct fuota_codec *c, uint32_t len, struct work *w)
{
	struct fuota_out out = { .data = MADE };
	enum fuota_status status = FUOTA_OK;

	while (status == FUOTA_OK && out.len < len) {
		const size_t left = len - out.len;
		const uint32_t began = SYST_CVR;
		out.size = out.len + (left < PIECE ? left : PIECE);
		status = fuota_codec_run(c, &io, &out);
		add(w, since(began));
	}
	return status == FUOTA_OK ? fuota_codec_finish(c) : status;
}

static void
report(const char *name, uint32_t number)
{
	say(name);
	say(" ");
	say_number(number);
	say("\n");
}

int
main(void)
{
	struct fuota_codec *c = (struct fuota_codec *)(void *)state;
	struct work all = { 0 };

	SYST_RVR = TICKS - 1;
	SYST_CVR = 0;
	SYST_CSR = 5; /* processor clock, no interrupt */
	const uint32_t old_len = load("old", OLD);
	const uint32_t len = load("new", WANTED);
	const uint32_t payload_len = load("payload", PAYLOAD);
	const uint32_t began = SYST_CVR;
	enum fuota_status status =
	    fuota_codec_init(c, sizeof(state), &io, old_len, len, payload_len);
	const uint32_t start = since(began);
	if (status == FUOTA_OK)
		status = decode(c, len, &all);
	report("status", (uint32_t)status);
	report("same", memcmp(MADE, WANTED, len) == 0);
	report("bytes", len);
	report("start_instructions", start);
	report("run_thousands", all.thousands);
	report("piece_instructions", all.worst);
	return status == FUOTA_OK ? EXIT_DONE : EXIT_HALTED;
}
