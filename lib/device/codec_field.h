/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of firmware, fuota-codec(5): what an address in a copied place
 * becomes when the things it points to have moved. A prediction is only ever
 * that: when it is wrong the field is sent.
 */
#ifndef FUOTA_DEVICE_CODEC_FIELD_H
#define FUOTA_DEVICE_CODEC_FIELD_H

#include "codec_arch.h"
#include "codec_pair.h"
#include "codec_store.h"

/* --- sources -----------------------------------------------------------------*/

static uint32_t
shift_of(uint32_t source)
{
	return source | (source & 0x40000000u) << 1;
}

static struct source
source_of(const struct fuota_codec *c, uint32_t source)
{
	if (source & FROM_NEW)
		return (struct source){ .at = c->pos - (source & ~FROM_NEW),
			.from_new = true };
	return (struct source){ .at = c->pos + shift_of(source) };
}

/* --- calls -------------------------------------------------------------------*/

static bool
is_address(enum kind kind)
{
	return kind >= K_CALL;
}

/*
 * A call at byte at: its distance as an address, which is the same wherever it
 * is called from, and back.
 */
static uint32_t
call_absolute(const struct fuota_codec *c, uint32_t w, uint32_t at, bool make)
{
	const struct arch *a = arch_of(c);
	const struct form *form = form_of(a, w, 4);
	if (form->kind != K_CALL)
		return w;
	/* in units of the form, so that nothing is lost */
	const uint32_t base = form_base(form, at) &
	    UINT32_MAX << (a->pieces[form->piece] >> 5 & 31);
	return form_put(
	    a, form, w, form_get(a, form, w) + (make ? base : 0u - base));
}

/* --- what is copied ----------------------------------------------------------*/

static void
set(struct field *f, enum kind kind, uint8_t len, uint32_t raw)
{
	f->kind = kind;
	f->len = len;
	f->raw = f->predicted = f->key = raw;
}

/* Is w, aligned, perhaps an address? */
static bool
find_word(const struct fuota_codec *c, struct field *f, uint32_t w)
{
	enum {
		VECTORS = 16
	}; /* bytes; small numbers are not addresses */
	const uint32_t target = w - c->load;

	if (target < c->old_len && target >= VECTORS) {
		set(f, K_POINTER, 4, w);
		f->key = target & ~1u;
		f->has_target = true;
		return true;
	}
	if (w >> 20 != c->ram)
		return false;
	set(f, K_RAM, 4, w);
	return true;
}

static bool
inside(const struct fuota_codec *c, const struct source *s, uint32_t target)
{
	target = place_in(c, s->from_new, target, 1); /* a position again */
	return target >= s->from && target < s->to;
}

/* Of n bytes w, what the next ones are. */
static const struct form *
next_form(const struct fuota_codec *c, uint32_t w, uint32_t n)
{
	const struct arch *a = arch_of(c);
	const struct form *form = form_of(a, w, n);

	while (c->down && form->len < n) {
		n--;
		w >>= 8;
		form = form_of(a, w, n);
	}
	return form;
}

/* The instruction that n bytes w of the old firmware begin with. */
NOINLINE static void
find_form(const struct fuota_codec *c, struct field *f, uint32_t w, uint32_t n)
{
	const struct form *form = next_form(c, w, n);

	set(f, form->kind, form->len, next_of(c, w, n, form->len));
	f->form = form;
}

/* The same of the new firmware, where only calls are changed. */
NOINLINE static void
find_new(const struct fuota_codec *c, struct field *f, uint32_t w, uint32_t n)
{
	const struct form *form = next_form(c, w, n);
	uint8_t len = form->len;

	if (arch_of(c)->unit == 2 && form->kind > K_CALL)
		len = 2; /* halves are known better */
	set(f, form->kind == K_CALL ? K_CALL : K_PLAIN, len,
	    next_of(c, w, n, len));
	f->by = BY_NEW;
	f->form = form;
}

/* What the form points to from where it is copied from. */
NOINLINE static void
find_target(
    const struct fuota_codec *c, const struct source *s, struct field *f)
{
	f->key = form_get(arch_of(c), f->form, f->raw);
	if (!is_address(f->kind))
		return;
	f->key += form_base(f->form, place_in(c, s->from_new, s->at, f->len));
	if (f->by == BY_NEW || f->key < c->old_len)
		f->has_target = f->kind == K_CALL || !inside(c, s, f->key);
	else if (f->len > 2) { /* nothing that far: something else */
		const uint8_t len = arch_of(c)->unit == 2 ? 2 : f->len;
		set(f, K_PLAIN, len, next_of(c, f->raw, f->len, len));
	}
}

/*
 * What comes next, when it is copied from s with left bytes to go; not yet
 * predicted, so that the stack is free again when it is.
 */
static void
find_field(
    struct coder *x, const struct source *s, uint32_t left, struct field *f)
{
	const struct fuota_codec *c = x->c;
	uint32_t n = left < 4 ? left : 4;

	memset(f, 0, sizeof(*f));
	if (s->from_new && c->pos - s->at < n)
		n = c->pos - s->at; /* what is not there yet */
	const uint32_t w = read_source(x, s->from_new, s->at, n);
	const uint32_t odd =
	    next_place(c, 0) | place_in(c, s->from_new, s->at, 0);
	if (c->arch == FUOTA_CODEC_NONE || n < 2 ||
	    (odd & (arch_of(c)->unit - 1u))) {
		set(f, K_BYTE, 1, next_of(c, w, n, 1));
		f->by = s->from_new ? BY_NEW : BY_COPY;
	} else if (s->from_new)
		find_new(c, f, w, n);
	else if (n < 4 || (odd & 3) ||
	    (RAM_IN_FORMS && !arch_of(c)->has_words) || !find_word(c, f, w))
		find_form(c, f, w, n);
	if (is_address(f->kind) ||
	    (RAM_IN_FORMS && f->kind == K_RAM && f->form != NULL))
		find_target(c, s, f);
	if (HAS_PAIRS && arch_of(c)->has_pairs && f->kind == K_PLAIN &&
	    f->len == 4 && f->by != BY_NEW) {
		f->is_pair = true; /* perhaps */
		f->other = s->at;
	}
}

/* --- prediction --------------------------------------------------------------*/

/* How far what is at the old place f->key moved. */
static uint32_t
target_moved(const struct fuota_codec *c, struct field *f)
{
	uint32_t shift;

	if (sub_find(c, SUB_TARGET, f->key, &shift) != SUB_NONE) {
		f->by = BY_CACHE;
		return shift;
	}
	shift = map_find(c, f->key);
	f->by = shift != 0 ? BY_MAP : BY_COPY;
	return shift;
}

/* An instruction without an address may be known from before. */
static void
predict_plain(const struct fuota_codec *c, struct field *f)
{
	uint32_t value;
	const enum sub_state state = sub_find(c, SUB_PLAIN, f->raw, &value);

	if (state == SUB_AGAIN) {
		f->predicted = value;
		f->by = BY_CACHE;
	} else if (state == SUB_ONCE) {
		f->other = value;
		f->has_other = true;
	}
}

/* How far what is at the old address f->key of RAM moved. */
static uint32_t
ram_moved(const struct fuota_codec *c, struct field *f)
{
	uint32_t distance;
	unsigned at = 0;

	if (!ram_near(c, f->key, &at, &distance))
		return 0;
	const uint8_t *entry = c->heap + c->rams + at * ENTRY;
	f->by = distance == 0 ? BY_CACHE : BY_MAP;
	return sign_extend(fuota_get_u24(entry + 3), 24);
}

static void
predict_ram(const struct fuota_codec *c, struct field *f)
{
	const uint32_t address = f->key + ram_moved(c, f);

	f->predicted = !RAM_IN_FORMS || f->form == NULL
	    ? address
	    : form_put(arch_of(c), f->form, f->raw, address);
}

static void
predict_pair(const struct fuota_codec *c, struct field *f)
{
	const uint32_t base = f->other;

	f->other = f->has_target ? c->load + f->key + target_moved(c, f)
				 : f->key + ram_moved(c, f);
	f->predicted =
	    pair_put(pair_half(c->arch, f->raw), f->raw, f->other - base);
	if (f->predicted == f->raw)
		f->by = BY_COPY;
}

/* The target of a call from the new firmware has not moved. */
static void
predict_target(const struct fuota_codec *c, struct field *f)
{
	const bool is_new = f->by == BY_NEW;
	const uint32_t shift = is_new ? 0 : target_moved(c, f);

	if (f->form == NULL) {
		f->predicted += shift;
		return;
	}
	f->predicted = form_aim(
	    arch_of(c), f->form, f->raw, next_place(c, f->len), f->key + shift);
	if (f->predicted == f->raw && !is_new)
		f->by = BY_COPY;
}

/*
 * Is f, found at its other, half of an address in flash or RAM? Then other is
 * what to take from it again.
 */
NOINLINE static void
find_pair(struct coder *x, struct field *f)
{
	const struct fuota_codec *c = x->c;
	const uint32_t place = place_in(c, false, f->other, 4);
	uint32_t address;

	f->is_pair = pair_address(
	    x, f->raw, place, next_place(c, 4) - place, &f->other, &address);
	if (!f->is_pair)
		return;
	f->has_target = address - c->load < c->old_len;
	f->is_pair = f->has_target || address >> 20 == c->ram;
	if (!f->is_pair)
		return;
	f->kind = f->has_target ? K_ADR : K_RAM;
	f->key = f->has_target ? address - c->load : address;
}

NOINLINE static void
predict_found(const struct fuota_codec *c, struct field *f)
{
	if (HAS_PAIRS && f->is_pair)
		predict_pair(c, f);
	else if (f->has_target)
		predict_target(c, f);
	else if (f->kind == K_PLAIN && f->by != BY_NEW)
		predict_plain(c, f);
	else if (f->kind == K_RAM)
		predict_ram(c, f);
}

/* Halves of pairs are looked for here, where that takes the least stack. */
static inline void
predict_field(struct coder *x, struct field *f)
{
	if (HAS_PAIRS && f->is_pair)
		find_pair(x, f);
	predict_found(x->c, f);
}

/* Where the form that f was points to when it became v. */
static bool
form_target(const struct fuota_codec *c, const struct field *f, uint32_t v,
    uint32_t *to)
{
	const struct arch *a = arch_of(c);

	*to =
	    form_base(f->form, next_place(c, f->len)) + form_get(a, f->form, v);
	return (v & f->form->mask) == f->form->value;
}

static void
learn_ram(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	if (RAM_IN_FORMS && f->form != NULL) {
		if ((v & f->form->mask) != f->form->value)
			return;
		v = form_get(arch_of(c), f->form, v);
	}
	if (v >> 20 == c->ram)
		ram_put(c, f->key, v);
}

static void
learn_pair(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	uint32_t address;

	if (!pair_became(c, f, v, &address))
		return;
	if (f->kind == K_RAM && address >> 20 == c->ram)
		ram_put(c, f->key, address);
	if (f->kind != K_RAM && address - c->load < c->image_len)
		sub_put(
		    c, SUB_TARGET, f->key, address - c->load - f->key, false);
}

/* What v in place of a prediction tells about the next. */
NOINLINE static void
learn(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	uint32_t to;

	if (f->by == BY_NEW)
		return;
	if (v == f->predicted && (f->by == BY_CACHE || f->kind != K_RAM))
		return;
	if (HAS_PAIRS && f->is_pair) {
		learn_pair(c, f, v);
		return;
	}
	if (f->kind == K_RAM)
		learn_ram(c, f, v);
	if (f->kind == K_POINTER && v - c->load < c->image_len)
		sub_put(c, SUB_TARGET, f->key, v - f->raw, false);
	if ((f->kind == K_CALL || f->kind == K_JUMP) &&
	    form_target(c, f, v, &to) && to < c->image_len)
		sub_put(c, SUB_TARGET, f->key, to - f->key, false);
	if (f->kind == K_PLAIN)
		sub_put(c, SUB_PLAIN, f->key, v, f->has_other && v == f->other);
}

#endif
