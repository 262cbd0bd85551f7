/* SPDX-License-Identifier: BSD-2-Clause */
/* Fragment counts whose code is weak by design. */
#include <stdlib.h>
#include <string.h>

#include <fuota/frag.h>

static bool
is_set(const uint8_t *bits, uint32_t i)
{
	return (bits[i / 8] << i % 8 & 0x80) != 0;
}

/*
 * Modulo a multiple of 64 the walk of the generator from one of these columns
 * always runs into the other, unless the row begins or ends between them. The
 * second column is (1 - 2^23) mod m.
 */
static void
name_twins(const struct fuota_frag_session *s, struct fuota_frag_weakness *w)
{
	const uint32_t m = s->nb_frag;

	if (m % 64 != 0 || (m & (m - 1)) == 0)
		return;
	w->twins[0] = (uint16_t)(m / 2 + 1);
	w->twins[1] = (uint16_t)((m - (((1u << 23) - 1) % m)) % m + 1);
}

/* Looks at one row; returns whether later ones could still say more. */
static bool
look_at_row(const struct fuota_frag_session *s, const uint8_t *row,
    uint8_t *covered, struct fuota_frag_weakness *w)
{
	const size_t size = FUOTA_PARITY_ROW_SIZE(s->nb_frag);
	uint16_t uncovered = 0;

	if (w->twins[0] != 0 &&
	    is_set(row, w->twins[0] - 1u) != is_set(row, w->twins[1] - 1u))
		w->twin_rows++;
	for (size_t i = 0; i < size; i++)
		covered[i] |= row[i];
	w->first_uncovered = 0;
	for (uint16_t i = s->nb_frag; i-- > 0;)
		if (!is_set(covered, i)) {
			uncovered++;
			w->first_uncovered = (uint16_t)(i + 1);
		}
	w->uncovered = uncovered;
	return uncovered > 0 || w->twins[0] != 0;
}

bool
fuota_frag_weakness(const struct fuota_frag_session *session,
    struct fuota_frag_weakness *weakness)
{
	const struct fuota_frag_session *s = session;
	uint8_t row[FUOTA_PARITY_ROW_SIZE(FUOTA_FRAG_N_MAX)];
	uint8_t covered[sizeof(row)] = { 0 };
	struct fuota_frag_weakness w = { .single = s->nb_frag == 1,
		.few = s->nb_frag < FUOTA_FRAG_FEW,
		.uncovered = s->nb_frag,
		.first_uncovered = 1 };
	bool more = true;

	name_twins(s, &w);
	for (uint32_t n = 1; n <= s->redundancy && more; n++) {
		if (fuota_parity_row(s->edition, (uint16_t)n, s->nb_frag, row,
			sizeof(row)) != FUOTA_OK)
			break;
		more = look_at_row(s, row, covered, &w);
	}
	*weakness = w;
	return w.single || w.few || w.twins[0] != 0 || w.uncovered > 0;
}

static bool
is_good(const struct fuota_frag_session *session, uint32_t frag_size,
    uint16_t (*redundancy)(uint16_t nb_frag, void *ctx), void *ctx)
{
	struct fuota_frag_session s = *session;
	struct fuota_frag_weakness w;

	const uint32_t count = (s.block_len - 1) / frag_size + 1;
	if (count > FUOTA_FRAG_N_MAX)
		return false;
	s.frag_size = (uint8_t)frag_size;
	s.nb_frag = (uint16_t)count;
	s.redundancy = redundancy(s.nb_frag, ctx);
	return s.redundancy <= FUOTA_FRAG_N_MAX - s.nb_frag &&
	    !fuota_frag_weakness(&s, &w);
}

uint8_t
fuota_frag_size_near(const struct fuota_frag_session *session, uint8_t max,
    uint16_t (*redundancy)(uint16_t nb_frag, void *ctx), void *ctx)
{
	const uint32_t size = session->frag_size;
	/* Who has whole double words of flash wants to keep them. */
	const uint32_t step = size % 8 == 0 ? 8 : 1;

	for (uint32_t d = step; d <= FUOTA_FRAG_SIZE_MAX; d += step) {
		if (d < size && is_good(session, size - d, redundancy, ctx))
			return (uint8_t)(size - d);
		if (size + d <= max &&
		    is_good(session, size + d, redundancy, ctx))
			return (uint8_t)(size + d);
	}
	return 0;
}
