/* SPDX-License-Identifier: BSD-2-Clause */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/loss.h>

#include "fail.h"
#include "loss_channel.h"

enum fuota_status
fuota_loss_check(const struct fuota_loss *loss, struct fuota_error *err)
{
	/* Written so that NaN fails. */
	if (!(loss->rate >= 0 && loss->rate < 1))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "loss rate %g is not from 0 to below 1", loss->rate);
	if (!(loss->late_share >= 0 && loss->late_share <= 1))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "share of late devices %g is not from 0 to 1",
		    loss->late_share);
	if (!(loss->burst == 0 || (loss->burst >= 1 && loss->burst <= 1e6)))
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "mean burst of %g fragments is not 0, or 1 to 1000000",
		    loss->burst);
	if (loss->burst > 0 && loss->burst * (1 - loss->rate) < loss->rate)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "bursts of %g fragments are too short for a loss of %g: "
		    "at least %g",
		    loss->burst, loss->rate, loss->rate / (1 - loss->rate));
	return FUOTA_OK;
}

struct loss_channel
fuota_loss_channel(const struct fuota_loss *loss)
{
	/* Uniform losses have bursts of 1 / (1 - rate), by chance. */
	if (loss->burst <= 1 / (1 - loss->rate))
		return (struct loss_channel){ loss->rate, 1 - loss->rate };
	return (struct loss_channel){
		loss->rate / (loss->burst * (1 - loss->rate)), 1 / loss->burst
	};
}

static void
set_range(uint64_t *lost, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		lost[i / 64] |= UINT64_C(1) << i % 64;
}

/* How long the channel stays in a state that it leaves with chance p. */
static uint32_t
draw_stay(struct random *random, double p, uint32_t most)
{
	if (p >= 1)
		return 1;
	const double stay = floor(log1p(-random_unit(random)) / log1p(-p));
	return stay < most ? (uint32_t)stay + 1 : most;
}

static void
draw_bursts(const struct loss_channel *channel, double rate,
    struct random *random, uint64_t *lost, uint32_t count)
{
	bool bad = random_unit(random) < rate;

	for (uint32_t at = 0; at < count; bad = !bad) {
		const uint32_t stay = draw_stay(random,
		    bad ? channel->turns_good : channel->turns_bad, count - at);
		if (bad)
			set_range(lost, at, at + stay);
		at += stay;
	}
}

void
fuota_loss_draw(const struct fuota_loss *loss, struct random *random,
    uint64_t *lost, uint32_t count)
{
	const struct loss_channel channel = fuota_loss_channel(loss);
	const uint32_t words = (count + 63) / 64;

	memset(lost, 0, words * sizeof(*lost));
	if (loss->late_share > 0 && random_unit(random) < loss->late_share)
		set_range(lost, 0,
		    loss->late_frags < count ? loss->late_frags : count);
	if (loss->rate <= 0)
		return;
	if (loss_has_memory(&channel)) {
		draw_bursts(&channel, loss->rate, random, lost, count);
		return;
	}
	for (uint32_t i = 0; i < words; i++)
		lost[i] |= random_bits(random, (uint64_t)(loss->rate * 0x1p64));
	if (count % 64 != 0)
		lost[words - 1] &= (UINT64_C(1) << count % 64) - 1;
}

static int
compare_losses(const void *left, const void *right)
{
	const struct fuota_loss_device *a = left, *b = right;
	const double keys[][2] = { { a->loss.rate, b->loss.rate },
		{ a->loss.burst, b->loss.burst },
		{ a->loss.late_share, b->loss.late_share },
		{ a->loss.late_frags, b->loss.late_frags } };

	for (unsigned i = 0; i < 4; i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? 1 : -1;
	return 0;
}

static bool
same_losses(const struct fuota_loss *a, const struct fuota_loss *b)
{
	return a->rate <= b->rate && a->rate >= b->rate &&
	    a->burst <= b->burst && a->burst >= b->burst &&
	    a->late_share <= b->late_share && a->late_share >= b->late_share &&
	    a->late_frags == b->late_frags;
}

/* A class that holds both: as bad as either. */
static void
raise_losses(struct fuota_loss *loss, const struct fuota_loss *other)
{
	loss->burst = fmax(loss->burst, other->burst);
	loss->late_share = fmax(loss->late_share, other->late_share);
	if (other->late_frags > loss->late_frags)
		loss->late_frags = other->late_frags;
}

size_t
fuota_loss_classes(struct fuota_loss_device *devices, size_t device_count,
    struct fuota_loss_class *classes, size_t class_max)
{
	size_t count = 0, in_class = 0, most = 0;

	if (class_max == 0 || device_count == 0)
		return 0;
	qsort(devices, device_count, sizeof(*devices), compare_losses);
	for (size_t i = 0; i < device_count; i++) {
		const struct fuota_loss *loss = &devices[i].loss;
		const bool same =
		    count > 0 && same_losses(&classes[count - 1].loss, loss);
		/* The worst half of the classes is exact, the rest even. */
		if (count == class_max / 2 && !same && most == 0)
			most = (device_count - i) / (class_max - count) + 1;
		if (count == 0 ||
		    (!same && (most == 0 || in_class >= most) &&
			count < class_max)) {
			classes[count++] =
			    (struct fuota_loss_class){ .loss = *loss };
			in_class = 0;
		}
		raise_losses(&classes[count - 1].loss, loss);
		classes[count - 1].count++;
		in_class++;
	}
	return count;
}
