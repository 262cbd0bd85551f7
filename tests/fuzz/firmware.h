/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds for every firmware format: the bound is exact, errors are told. */
#ifndef FUOTA_FUZZ_FIRMWARE_H
#define FUOTA_FUZZ_FIRMWARE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/firmware.h>

#include "fuzz.h"

static int
check_firmware(
    enum fuota_firmware_format format, const uint8_t *data, size_t size)
{
	const struct fuota_firmware_params params = { .format = format,
		.fill = 0xff };
	const struct fuota_in in = { data, size };
	struct fuota_firmware_info info;
	struct fuota_error err;

	const size_t bound = fuota_firmware_bound(&params, in);
	check(bound <= FUOTA_FIRMWARE_MAX);
	struct fuota_out out = { malloc(bound + 1), bound, 77 };
	check(out.data != NULL);
	const enum fuota_status status =
	    fuota_firmware_read(&params, in, &out, &info, &err);
	if (status == FUOTA_OK) {
		check(out.len == bound && bound > 0 && info.part_count > 0);
		check(info.fill_len < bound && info.has_base_address);
	} else {
		check(out.len == 77 && err.status == status);
		check(status / 10 == 3 && err.message[0] != '\0');
	}
	free(out.data);
	return 0;
}

#endif
