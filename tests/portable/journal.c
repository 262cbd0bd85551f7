/* SPDX-License-Identifier: BSD-2-Clause */
/* Records appended, with programs that fail and starts in between. */
#include <fuota/device/journal.h>

#include "portable.h"

enum {
	PAGES = 4,
	PAGE_SIZE = 512
};

void
run_journal(void)
{
	struct random random = { 3 };
	uint32_t fail_at = 0;
	struct ram_flash ram;
	struct fuota_journal journal;
	struct trace trace;

	trace_init(&trace);
	ram_flash_init(&ram, PAGES * PAGE_SIZE, PAGE_SIZE, 8, &fail_at);
	for (unsigned start = 0; start < 20; start++) {
		fail_at = start % 3 == 1 ? 1 + random_below(&random, 6) : 0;
		trace_u32(&trace, fuota_journal_open(&journal, &ram.flash));
		trace_u32(&trace, journal.sequence);
		trace_bytes(&trace, journal.data, sizeof(journal.data));
		trace_u32(&trace, fuota_journal_settle(&journal));
		for (unsigned i = 0; i < start; i++) {
			uint8_t data[FUOTA_JOURNAL_DATA_SIZE];
			random_bytes(&random, data, sizeof(data));
			trace_u32(&trace, fuota_journal_append(&journal, data));
		}
	}
	trace_bytes(&trace, ram.bytes, ram.flash.size);
	trace_print(&trace, "journal");
	ram_flash_free(&ram);
}
