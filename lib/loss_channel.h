/* SPDX-License-Identifier: BSD-2-Clause */
/* A loss model as a two-state channel, and samples of it. */
#ifndef FUOTA_LIB_LOSS_CHANNEL_H
#define FUOTA_LIB_LOSS_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <fuota/loss.h>

#include "random.h"

/* Chances of the channel to turn bad and good again, per fragment. */
struct loss_channel {
	double turns_bad, turns_good;
};

/* Uniform losses are the channel without memory. */
struct loss_channel
fuota_loss_channel(const struct fuota_loss *loss);

/* Does a loss make the next one more likely? Rounding does not count. */
static inline bool
loss_has_memory(const struct loss_channel *channel)
{
	return channel->turns_bad + channel->turns_good < 1 - 1e-12;
}

/*
 * Draws which of count fragments a device loses: bit i % 64 of lost[i / 64]
 * stands for the i-th fragment sent; bits behind the last are 0.
 *
 * lost  (count + 63) / 64 words
 */
void
fuota_loss_draw(const struct fuota_loss *loss, struct random *random,
    uint64_t *lost, uint32_t count);

#endif
