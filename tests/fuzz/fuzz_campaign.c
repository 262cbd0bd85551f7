/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A campaign file. What is taken has what every later step relies on; what is
 * refused is told in words.
 */
#include <string.h>

#include <fuota/campaign.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_campaign c;
	struct fuota_error err = { .message = "" };

	if (size > 8192)
		return 0;
	if (fuota_campaign_parse((struct fuota_in){ data, size }, &c, &err) !=
	    FUOTA_OK) {
		check(err.message[0] != '\0');
		return 0;
	}
	check(c.region != NULL && c.start > c.now && c.duty_cycle > 0 &&
	    c.gateways > 0 && c.uplink_interval > 0 && c.mc_group_id < 4 &&
	    c.min_mc_fcnt < c.max_mc_fcnt && c.name[0] != '\0');
	return 0;
}
