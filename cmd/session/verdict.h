/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a verdict, for cmd/session/verdict*.c. */
#ifndef FUOTA_CMD_VERDICT_H
#define FUOTA_CMD_VERDICT_H

#include "state.h"

/* Sets state, the next step and the sentence. */
__attribute__((format(printf, 4, 5))) void
verdict_say(struct verdict *v, const char *state, enum next_step next,
    const char *format, ...);

/* By the status of the session; false: it tells nothing. */
bool
verdict_of_block(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v);

/* By the answers to the set-up. */
void
verdict_of_setup(const struct device_state *s, const struct verdict_input *in,
    struct verdict *v);

#endif
