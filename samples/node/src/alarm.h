/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules over readings; an alarm ends when the value is back by a margin. */
#ifndef NODE_ALARM_H
#define NODE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum alarm_id {
	ALARM_FROST,
	ALARM_DRY,
	ALARM_BATTERY,
	ALARM_COUNT,
};

void
alarm_init(void);
/* Looks at the latest readings; true when an alarm has begun. */
bool
alarm_check(void);
bool
alarm_active(enum alarm_id id);
const char *
alarm_name(enum alarm_id id);

#endif
