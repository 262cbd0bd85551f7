/* SPDX-License-Identifier: BSD-2-Clause */
/* Symbols of an ELF or a map file: every byte has one range, names are text. */
#include <stdlib.h>
#include <string.h>

#include <fuota/symbols.h>

#include "fuzz.h"

enum {
	IMAGE_LEN = 100
};

static void
check_text(const char *text)
{
	check(strlen(text) <= FUOTA_SYMBOL_NAME_MAX);
	for (; *text != '\0'; text++)
		check(*text > 0x20 && *text < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fuota_in in = { data, size };
	struct fuota_symbols s = { 0 };
	struct fuota_error err;
	uint32_t at = 0;

	const enum fuota_status status =
	    fuota_symbols_read(in, IMAGE_LEN, &s, &err);
	if (status != FUOTA_OK) {
		check(s.list == NULL && err.status == status);
		check(status / 10 == 3 && err.message[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < s.count; i++) {
		check(s.list[i].off == at && s.list[i].len > 0);
		at += s.list[i].len;
		check_text(s.list[i].name);
		check_text(s.list[i].section);
	}
	check(at == IMAGE_LEN);
	fuota_symbols_free(&s);
	return 0;
}
