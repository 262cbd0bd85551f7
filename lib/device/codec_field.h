/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of firmware, fuota-codec(5): what an address in a copied place
 * becomes when the things it points to have moved. A prediction is only ever
 * that: when it is wrong the field is sent.
 */
#ifndef FUOTA_DEVICE_CODEC_FIELD_H
#define FUOTA_DEVICE_CODEC_FIELD_H

#include "codec_arch.h"
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

/* --- prediction --------------------------------------------------------------*/

static uint32_t
target_moved(const struct fuota_codec *c, struct field *f, uint32_t target)
{
	uint32_t shift;

	f->key = target;
	f->has_target = true;
	if (sub_find(c, SUB_TARGET, target, &shift) != SUB_NONE) {
		f->by = BY_CACHE;
		return shift;
	}
	shift = map_find(c, target);
	f->by = shift != 0 ? BY_MAP : BY_COPY;
	return shift;
}

static void
set(struct field *f, enum kind kind, uint8_t len, uint32_t raw)
{
	f->kind = kind;
	f->len = len;
	f->raw = f->predicted = raw;
}

/* An instruction without an address may be known from before. */
static void
predict_plain(const struct fuota_codec *c, struct field *f)
{
	uint32_t value;
	const enum sub_state state = sub_find(c, SUB_PLAIN, f->raw, &value);

	f->key = f->raw;
	if (state == SUB_AGAIN) {
		f->predicted = value;
		f->by = BY_CACHE;
	} else if (state == SUB_ONCE) {
		f->other = value;
		f->has_other = true;
	}
}

static void
predict_ram(const struct fuota_codec *c, struct field *f, uint32_t address)
{
	uint32_t distance;
	unsigned at = 0;

	f->key = address;
	if (!ram_near(c, address, &at, &distance))
		return;
	const uint8_t *entry = c->heap + c->rams + at * ENTRY;
	address += sign_extend(fuota_get_u24(entry + 3), 24);
	f->predicted = !RAM_IN_FORMS || f->form == NULL
	    ? address
	    : form_put(arch_of(c), f->form, f->raw, address);
	f->by = distance == 0 ? BY_CACHE : BY_MAP;
}

/* An aligned word that may be an address. */
static bool
predict_word(const struct fuota_codec *c, struct field *f, uint32_t w)
{
	enum {
		VECTORS = 16
	}; /* bytes; small numbers are not addresses */
	const uint32_t target = w - c->load;

	if (target < c->old_len && target >= VECTORS) {
		set(f, K_POINTER, 4, w);
		f->predicted = w + target_moved(c, f, target & ~1u);
		return true;
	}
	if (w >> 20 != c->ram)
		return false;
	set(f, K_RAM, 4, w);
	predict_ram(c, f, w);
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

static void
predict_form(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t w, uint32_t n)
{
	const struct arch *a = arch_of(c);
	const struct form *form = next_form(c, w, n);
	enum kind kind = form->kind;
	uint8_t len = form->len;
	uint32_t target = 0;

	if (is_address(kind))
		target = form_base(form, place_in(c, false, s->at, len)) +
		    form_get(a, form, next_of(c, w, n, len));
	const bool is_far = target >= c->old_len;
	if (is_far && len > 2) { /* nothing that far: something else */
		kind = K_PLAIN;
		if (a->unit == 2)
			len = 2;
	}
	set(f, kind, len, next_of(c, w, n, len));
	f->form = form;
	if (kind == K_PLAIN)
		predict_plain(c, f);
	if (RAM_IN_FORMS && kind == K_RAM)
		predict_ram(c, f, form_get(a, form, f->raw));
	if (!is_address(kind))
		return;
	f->key = target;
	if (is_far || (kind != K_CALL && inside(c, s, target)))
		return;
	target += target_moved(c, f, target);
	f->predicted = form_aim(a, form, f->raw, next_place(c, len), target);
	if (f->predicted == f->raw)
		f->by = BY_COPY;
}

/* The place it points to is the same when it has not moved. */
static void
predict_new(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t w, uint32_t n)
{
	const struct arch *a = arch_of(c);
	const struct form *form = next_form(c, w, n);

	uint8_t len = form->len;

	if (a->unit == 2 && form->kind > K_CALL) /* halves are known better */
		len = 2;
	set(f, K_PLAIN, len, next_of(c, w, n, len));
	f->by = BY_NEW;
	if (form->kind == K_CALL) {
		f->kind = K_CALL;
		f->predicted =
		    form_aim(a, form, f->raw, next_place(c, form->len),
			form_base(form, place_in(c, true, s->at, form->len)) +
			    form_get(a, form, f->raw));
	}
}

/*
 * What comes next, when it is copied from s with left bytes to go. Not inlined:
 * its stack is free again when the field is decoded.
 */
static void
predict(struct coder *x, const struct source *s, uint32_t left, struct field *f)
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
		predict_new(c, f, s, w, n);
	else if (n < 4 || (odd & 3) ||
	    (RAM_IN_FORMS && !arch_of(c)->has_words) || !predict_word(c, f, w))
		predict_form(c, f, s, w, n);
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
	if (f->by == BY_CACHE && v == f->predicted)
		return;
	if (RAM_IN_FORMS && f->form != NULL) {
		if ((v & f->form->mask) != f->form->value)
			return;
		v = form_get(arch_of(c), f->form, v);
	}
	if (v >> 20 == c->ram)
		ram_put(c, f->key, v);
}

/* What v in place of a prediction tells about the next. */
NOINLINE static void
learn(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	uint32_t to;

	if (f->by == BY_NEW)
		return;
	if (f->kind == K_RAM) {
		learn_ram(c, f, v);
		return;
	}
	if (v == f->predicted)
		return;
	if (f->kind == K_POINTER && v - c->load < c->image_len)
		sub_put(c, SUB_TARGET, f->key, v - f->raw, false);
	if ((f->kind == K_CALL || f->kind == K_JUMP) &&
	    form_target(c, f, v, &to) && to < c->image_len)
		sub_put(c, SUB_TARGET, f->key, to - f->key, false);
	if (f->kind == K_PLAIN)
		sub_put(c, SUB_PLAIN, f->key, v, f->has_other && v == f->other);
}

#endif
