/* SPDX-License-Identifier: BSD-2-Clause */
/* --region: one of the library's table, and --dwell within it. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "models.h"

const struct fuota_region *
cmd_region(const struct cmd *cmd, const char *name)
{
	const struct fuota_region *region = fuota_region_find(name);
	char shown[64], names[256] = "";

	if (region != NULL)
		return region;
	for (size_t i = 0; fuota_region_at(i) != NULL; i++) {
		const size_t used = strlen(names);
		snprintf(names + used, sizeof(names) - used, "%s%s",
		    i > 0 ? ", " : "", fuota_region_at(i)->name);
	}
	cmd_usage(cmd, "--region: '%s' is none of %s",
	    cmd_escape(shown, sizeof(shown), name), names);
}

void
cmd_check_dwell(
    const struct cmd *cmd, const struct fuota_region *region, unsigned flags)
{
	if ((flags & FUOTA_REGION_DWELL) != 0 &&
	    region->data_rates == region->data_rates_dwell)
		cmd_usage(
		    cmd, "%s has no dwell time on downlinks", region->name);
}
