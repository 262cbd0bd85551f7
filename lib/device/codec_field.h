/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of firmware, fuota-codec(5): what an address in a copied place
 * becomes when the things it points to have moved. A prediction is only ever
 * that: when it is wrong the field is sent.
 */
#ifndef FUOTA_DEVICE_CODEC_FIELD_H
#define FUOTA_DEVICE_CODEC_FIELD_H

#include "codec_store.h"
#include "codec_thumb.h"

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

/* --- architectures -----------------------------------------------------------*/

static const struct form form_none = { 0, 0, K_BYTE, 1, 0, 0 };
static const struct arch arch_none = { .forms = &form_none, .unit = 1 };

static bool
is_built_in(unsigned arch)
{
	return arch < FUOTA_CODEC_ARCH_COUNT &&
	    (arch == FUOTA_CODEC_NONE || (FUOTA_CODEC_ARCHS >> arch & 1));
}

static const struct arch *
arch_of(const struct fuota_codec *c)
{
	if (is_built_in(FUOTA_CODEC_THUMB) && c->arch == FUOTA_CODEC_THUMB)
		return &arch_thumb;
	return &arch_none;
}

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
	const uint32_t base = form_base(form, at);

	if (form->kind != K_CALL)
		return w;
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
	if (sub_find(c, SUB_TARGET, target, &shift)) {
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

/* An aligned word that may be an address. */
static bool
predict_word(const struct fuota_codec *c, struct field *f, uint32_t w)
{
	enum {
		VECTORS = 16
	}; /* bytes; small numbers are not addresses */
	const uint32_t target = w - c->load;
	uint32_t distance;
	unsigned at = 0;

	if (target < c->old_len && target >= VECTORS) {
		set(f, K_POINTER, 4, w);
		f->predicted = w + target_moved(c, f, target & ~1u);
		return true;
	}
	if (w >> 20 != c->ram)
		return false;
	set(f, K_RAM, 4, w);
	f->key = w;
	if (ram_near(c, w, &at, &distance)) {
		const uint8_t *entry = c->heap + c->rams + at * ENTRY;
		f->predicted = w + sign_extend(fuota_get_u24(entry + 3), 24);
		f->by = distance == 0 ? BY_CACHE : BY_MAP;
	}
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

/* A halfword without an address may be known from before. */
static void
predict_half(const struct fuota_codec *c, struct field *f)
{
	uint32_t value;

	f->key = f->raw;
	if (!sub_find(c, SUB_HALF, f->raw, &value))
		return;
	if (value >> 16) {
		f->predicted = value & 0xffff;
		f->by = BY_CACHE;
	} else {
		f->other = value & 0xffff;
		f->has_other = true;
	}
}

static void
predict_form(const struct fuota_codec *c, struct field *f,
    const struct source *s, uint32_t w, uint32_t n)
{
	const struct arch *a = arch_of(c);
	const struct form *form = next_form(c, w, n);
	uint32_t target = 0;

	if (is_address(form->kind))
		target = form_base(form, place_in(c, false, s->at, form->len)) +
		    form_get(a, form, next_of(c, w, n, form->len));
	const bool is_far = target >= c->old_len;
	/* nothing that far: two halfwords of something else */
	if (form->len == 4 && is_far)
		form = form_of(a, 0, 2);
	set(f, form->kind, form->len, next_of(c, w, n, form->len));
	f->form = form;
	if (form->kind == K_HALF)
		predict_half(c, f);
	if (!is_address(form->kind))
		return;
	f->key = target;
	if (is_far || (form->kind != K_CALL && inside(c, s, target)))
		return;
	target += target_moved(c, f, target);
	f->predicted =
	    form_aim(a, form, f->raw, next_place(c, form->len), target);
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

	f->by = BY_NEW;
	if (form->kind == K_CALL) {
		w = next_of(c, w, n, form->len);
		set(f, K_CALL, form->len, w);
		f->predicted = form_aim(a, form, w, next_place(c, form->len),
		    form_base(form, place_in(c, true, s->at, form->len)) +
			form_get(a, form, w));
	} else
		set(f, K_HALF, 2, next_of(c, w, n, 2));
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
	else if (n < 4 || (odd & 3) || !predict_word(c, f, w))
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

/* What v in place of a prediction tells about the next. */
NOINLINE static void
learn(struct fuota_codec *c, const struct field *f, uint32_t v)
{
	uint32_t to;

	if (f->by == BY_NEW)
		return;
	if (f->kind == K_RAM) {
		if (v >> 20 == c->ram &&
		    !(f->by == BY_CACHE && v == f->predicted))
			ram_put(c, f->key, v);
		return;
	}
	if (v == f->predicted)
		return;
	if (f->kind == K_POINTER && v - c->load < c->image_len)
		sub_put(c, SUB_TARGET, f->key, v - f->raw);
	if ((f->kind == K_CALL || f->kind == K_JUMP) &&
	    form_target(c, f, v, &to) && to < c->image_len)
		sub_put(c, SUB_TARGET, f->key, to - f->key);
	if (f->kind == K_HALF)
		sub_put(c, SUB_HALF, f->key,
		    v | (uint32_t)(f->has_other && v == f->other) << 16);
}

#endif
