/* SPDX-License-Identifier: BSD-2-Clause */
/* A key CSV: no DevEUI twice, and no memory lost when it is refused. */
#include <stdlib.h>
#include <string.h>

#include <fuota/campaign.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuota_device_list list = { NULL, 0 };
	struct fuota_error err = { .message = "" };

	if (size > 16384)
		return 0;
	if (fuota_devices_parse((struct fuota_in){ data, size }, &list, &err) !=
	    FUOTA_OK) {
		if (err.message[0] == '\0' || list.device != NULL)
			abort();
		return 0;
	}
	for (size_t i = 0; i < list.count; i++)
		for (size_t k = 0; k < i; k++)
			if (memcmp(list.device[i].dev_eui,
				list.device[k].dev_eui,
				FUOTA_DEV_EUI_SIZE) == 0)
				abort();
	fuota_devices_free(&list);
	return 0;
}
