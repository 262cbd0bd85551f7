/* SPDX-License-Identifier: BSD-2-Clause */
/* Loss rates that are read are sound models, and classes count them all. */
#include <stdlib.h>

#include <fuota/loss.h>

#include "fuzz.h"

enum {
	DEVICES = 256,
	CLASSES = 8
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuota_loss_device devices[DEVICES];
	struct fuota_loss_class classes[CLASSES];
	const struct fuota_in in = { .data = data, .len = size };
	size_t count = 0, total = 0;
	struct fuota_error err = { 0 };

	const enum fuota_status status =
	    fuota_loss_parse_csv(in, devices, DEVICES, &count, &err);
	if (status != FUOTA_OK) {
		if (err.status != status || err.message[0] == '\0')
			abort();
		return 0;
	}
	if (count == 0 || count > fuota_loss_csv_bound(in))
		abort();
	for (size_t i = 0; i < count; i++)
		if (fuota_loss_check(&devices[i].loss, NULL) != FUOTA_OK)
			abort();
	const size_t made =
	    fuota_loss_classes(devices, count, classes, CLASSES);
	for (size_t i = 0; i < made; i++)
		total += classes[i].count;
	if (made == 0 || made > CLASSES || total != count)
		abort();
	return 0;
}
