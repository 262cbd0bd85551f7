/* SPDX-License-Identifier: BSD-2-Clause */
/* What the encoder finds out about firmware by looking at it. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/bytes.h>

#include "codec_detect.h"
#include "codec_guess.h"
#include "device/codec_arch.h"

enum {
	PLACES = 4096, /* that are looked at */
	VALUES = 65536, /* that might point at them */
	VOTES = 1 << 20,
	PAGE = 256, /* firmware begins at a multiple of it */
	PAGE_XTENSA = 16, /* behind a header of the boot loader */
	ENOUGH = 8, /* votes */
};

/* Beginnings of functions, with the bit that pointers to them have. */
static uint32_t
find_pushes(struct fuota_in in, uint32_t *at)
{
	uint32_t n = 0;

	/* PUSH {..., lr} */
	for (size_t i = 0; i + 2 <= in.len && n < PLACES; i += 2)
		if (in.data[i + 1] == 0xb5)
			at[n++] = (uint32_t)i + 1;
	return n;
}

static bool
is_thumb(unsigned arch)
{
	return arch == FUOTA_CODEC_THUMB || arch == FUOTA_CODEC_THUMB2;
}

static bool
is_text(uint8_t c)
{
	return c >= ' ' && c <= '~';
}

/* Beginnings of texts: behind a zero, some characters. */
static uint32_t
find_texts(struct fuota_in in, uint32_t *at, uint32_t n)
{
	for (size_t i = 1; i + 4 <= in.len && n < PLACES; i++)
		if (in.data[i - 1] == 0 && is_text(in.data[i]) &&
		    is_text(in.data[i + 1]) && is_text(in.data[i + 2]) &&
		    is_text(in.data[i + 3]))
			at[n++] = (uint32_t)i;
	return n;
}

/* What a LUI and the instruction behind it make together. */
static uint32_t
riscv_pair(struct fuota_in in, uint32_t at)
{
	const uint32_t w = fuota_get_u32(in.data + at);

	if ((w & 0x7f) != 0x37 || in.len - at < 8)
		return 0;
	const uint32_t low = fuota_get_u32(in.data + at + 4);
	if ((low >> 15 & 31) != (w >> 7 & 31) || (low & 0x7f) != 0x13)
		return 0;
	return (w & 0xfffff000) + sign_extend(low >> 20, 12);
}

/* What an instruction loads from beside the code. */
static uint32_t
loaded(struct fuota_in in, unsigned arch, uint32_t at)
{
	const struct arch *a = arch_numbered(arch);
	const uint32_t w = fuota_get_u32(in.data + at);
	const struct form *form = form_of(a, w, 4);
	const uint32_t from = form_base(form, at) + form_get(a, form, w);

	if (form->kind != K_LOAD || from > in.len - 4 || (from & 3))
		return 0;
	return fuota_get_u32(in.data + from);
}

/* Numbers that might be addresses. */
static uint32_t
find_values(struct fuota_in in, unsigned arch, uint32_t *values)
{
	const bool thumb = is_thumb(arch);
	uint32_t n = 0;

	for (uint32_t at = 0; at + 4 <= in.len && n + 2 <= VALUES; at++) {
		uint32_t v = 0;
		if (arch == FUOTA_CODEC_XTENSA)
			v = loaded(in, arch, at);
		else if (!(at & 3))
			v = fuota_get_u32(in.data + at);
		if (v >= PAGE && (!thumb || ((v & 1) && v >> 28 <= 1)))
			values[n++] = v;
		if (arch == FUOTA_CODEC_RISCV && !(at & 1) &&
		    riscv_pair(in, at) != 0)
			values[n++] = riscv_pair(in, at);
		if (arch == FUOTA_CODEC_THUMB2 && !(at & 1) &&
		    (fuota_codec_moved(in, at) & 1))
			values[n++] = fuota_codec_moved(in, at);
	}
	return n;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
compare_in_page(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a % PAGE;
	const uint32_t y = *(const uint32_t *)b % PAGE;

	return (x > y) - (x < y);
}

/* The same number many times tells no more than once. */
static uint32_t
unique(uint32_t *v, uint32_t n)
{
	uint32_t count = 0;

	qsort(v, n, sizeof(*v), compare);
	for (uint32_t i = 0; i < n; i++)
		if (i == 0 || v[i] != v[i - 1])
			v[count++] = v[i];
	return count;
}

/* Every value may point at every place that is in its place of a page. */
static uint32_t
vote(const uint32_t *values, uint32_t value_count, uint32_t *places, uint32_t n,
    uint32_t page, uint32_t *votes)
{
	uint32_t first[PAGE + 1], k = 0, count = 0;

	qsort(places, n, sizeof(*places), compare_in_page);
	for (uint32_t i = 0; i <= PAGE; i++) {
		while (k < n && places[k] % PAGE < i)
			k++;
		first[i] = k;
	}
	for (uint32_t i = 0; i < value_count; i++)
		for (uint32_t r = values[i] % page; r < PAGE; r += page)
			for (k = first[r]; k < first[r + 1]; k++)
				if (values[i] >= places[k] && count < VOTES)
					votes[count++] = values[i] - places[k];
	return count;
}

/* The load address with the most votes; how many it has. */
static uint32_t
count_votes(uint32_t *votes, uint32_t count, uint32_t *load)
{
	uint32_t most = 0, same = 0;

	qsort(votes, count, sizeof(*votes), compare);
	for (uint32_t i = 0; i < count; i++) {
		same = i > 0 && votes[i] == votes[i - 1] ? same + 1 : 1;
		if (same > most) {
			most = same;
			*load = votes[i];
		}
	}
	return most;
}

static bool
guess_load(struct fuota_in in, unsigned arch, uint32_t *load)
{
	const bool thumb = is_thumb(arch);
	const uint32_t page = arch == FUOTA_CODEC_XTENSA ? PAGE_XTENSA : PAGE;
	uint32_t *places = malloc(PLACES * sizeof(*places));
	uint32_t *values = malloc(VALUES * sizeof(*values));
	uint32_t *votes = malloc(VOTES * sizeof(*votes));
	uint32_t most = 0;

	if (places != NULL && values != NULL && votes != NULL) {
		uint32_t n = thumb
		    ? find_pushes(in, places)
		    : fuota_codec_calls(arch, in, places, PLACES / 2);
		if (!thumb)
			n = find_texts(in, places, n);
		n = unique(places, n);
		const uint32_t value_count =
		    unique(values, find_values(in, arch, values));
		const uint32_t count =
		    vote(values, value_count, places, n, page, votes);
		most = count_votes(votes, count, load);
	}
	free(places);
	free(values);
	free(votes);
	return most >= ENOUGH;
}

/* Most of the address that a LUI or an AUIPC there begins. */
static uint32_t
riscv_upper(uint32_t w, uint32_t place)
{
	const uint32_t upper = w & 0xfffff000;

	if ((w & 0x7f) == 0x37)
		return upper;
	return (w & 0x7f) == 0x17 ? (place + upper) & 0xfffff000 : 0;
}

/* A word that might be an address in RAM, or what makes most of one. */
static uint32_t
ram_value(struct fuota_in in, unsigned arch, uint32_t at, uint32_t load)
{
	const uint32_t w = fuota_get_u32(in.data + at);

	if (arch == FUOTA_CODEC_XTENSA)
		return loaded(in, arch, at);
	if (arch == FUOTA_CODEC_RISCV)
		return riscv_upper(w, load + at);
	if (arch == FUOTA_CODEC_THUMB2 && fuota_codec_moved(in, at) != 0)
		return fuota_codec_moved(in, at);
	return at & 3 ? 0 : w;
}

/* The upper 12 bits that are most frequent among words that are not flash. */
static uint16_t
guess_ram(struct fuota_in in, unsigned arch, uint32_t load)
{
	enum {
		USUAL = 0x200,
		FAVOUR = 8
	}; /* times; others are code too */
	static const uint16_t places[] = { 0x200, 0x002, 0x100, 0x1ff, 0x201,
		0x240, 0x300, 0x3ff, 0x3fc, 0x3fb, 0x800, 0xc00 };
	const bool halves =
	    arch == FUOTA_CODEC_RISCV || arch == FUOTA_CODEC_THUMB2;
	const unsigned step = arch == FUOTA_CODEC_XTENSA ? 1 : halves ? 2 : 4;
	uint32_t most = 0;
	uint16_t ram = USUAL;

	for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++) {
		uint32_t n = 0;
		for (uint32_t i = 0; i + 4 <= in.len; i += step) {
			const uint32_t w = ram_value(in, arch, i, load);
			n += w >> 20 == places[k] && !(w & 3) &&
			    w - load >= in.len;
		}
		if (places[k] == USUAL && (step == 4 || is_thumb(arch)))
			n *= FAVOUR;
		if (n > most) {
			most = n;
			ram = places[k];
		}
	}
	return ram;
}

static const char *
arch_name(unsigned number)
{
	static const char *const names[FUOTA_CODEC_ARCH_COUNT] = {
		[FUOTA_CODEC_NONE] = "none",
		[FUOTA_CODEC_THUMB] = "thumb",
		[FUOTA_CODEC_ARM] = "arm",
		[FUOTA_CODEC_RISCV] = "riscv",
		[FUOTA_CODEC_XTENSA] = "xtensa",
		[FUOTA_CODEC_AVR] = "avr",
		[FUOTA_CODEC_THUMB2] = "thumb2",
	};
	return number < FUOTA_CODEC_ARCH_COUNT ? names[number] : NULL;
}

unsigned
fuota_codec_arch(const char *name)
{
	unsigned i = 0;

	while (i < FUOTA_CODEC_ARCH_COUNT && strcmp(name, arch_name(i)) != 0)
		i++;
	return i;
}

void
fuota_codec_guess(struct fuota_in in, const struct fuota_transform *params,
    struct fuota_codec *c)
{
	c->arch = (uint8_t)fuota_codec_detect(in);
	if (params->arch != NULL)
		c->arch = (uint8_t)fuota_codec_arch(params->arch);
	if (c->arch == FUOTA_CODEC_NONE && params->arch == NULL &&
	    guess_load(in, FUOTA_CODEC_THUMB, &c->load))
		c->arch = FUOTA_CODEC_THUMB;
	c->load = 0;
	if (params->has_load_address)
		c->load = params->load_address;
	else if (c->arch != FUOTA_CODEC_AVR &&
	    !guess_load(in, c->arch, &c->load))
		c->load = 8u << 24;
	c->ram =
	    c->arch == FUOTA_CODEC_AVR ? 0 : guess_ram(in, c->arch, c->load);
}
