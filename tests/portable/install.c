/* SPDX-License-Identifier: BSD-2-Clause */
/* Installs, with flash that fails time and again. */
#include <stdlib.h>
#include <string.h>

#include <fuota/device/boot.h>
#include <fuota/device/crc32.h>

#include "portable.h"

enum {
	PAGE_SIZE = 2048,
	SLOT_SIZE = 64 * PAGE_SIZE,
	JOURNAL_PAGE_SIZE = 512,
	JOURNAL_SIZE = 4 * JOURNAL_PAGE_SIZE,
	WRITE_SIZE = 8,
	WINDOW_LOG2_MAX = 15,
	FAILURES = 40,
	STEP = 17, /* flash operations more until the next failure */
};

struct node {
	struct ram_flash slots[2], scratch, download, journal;
	struct fuota_boot boot;
	uint32_t fail_at;
	struct trace trace;
};

static void
init_flash(
    struct node *node, struct ram_flash *ram, uint32_t size, uint32_t page_size)
{
	ram_flash_init(ram, size, page_size, WRITE_SIZE, &node->fail_at);
}

static void
node_init(struct node *node, enum fuota_boot_layout layout)
{
	const size_t arena_size = FUOTA_INFLATE_ARENA_SIZE(WINDOW_LOG2_MAX);
	const bool single = layout == FUOTA_LAYOUT_SINGLE;

	memset(node, 0, sizeof(*node));
	trace_init(&node->trace);
	init_flash(node, &node->slots[0], SLOT_SIZE, PAGE_SIZE);
	init_flash(node, &node->slots[1], SLOT_SIZE, PAGE_SIZE);
	init_flash(node, &node->scratch, PAGE_SIZE, PAGE_SIZE);
	init_flash(node, &node->download, SLOT_SIZE, PAGE_SIZE);
	init_flash(node, &node->journal, JOURNAL_SIZE, JOURNAL_PAGE_SIZE);
	node->boot = (struct fuota_boot){ .layout = layout,
		.slots = { &node->slots[0].flash,
		    single ? NULL : &node->slots[1].flash },
		.scratch = &node->scratch.flash,
		.download = &node->download.flash,
		.journal_flash = &node->journal.flash,
		.device = { .hw_id = 0x0102,
		    .compressions = 1 << FUOTA_COMPRESSION_NONE |
			1 << FUOTA_COMPRESSION_DEFLATE |
			1 << FUOTA_COMPRESSION_CODEC,
		    .deltas = 1 << FUOTA_DELTA_NONE | 1 << FUOTA_DELTA_TWO_SLOT,
		    .decoder_ram = FUOTA_DECODE_RAM(WINDOW_LOG2_MAX) },
		.verify = accept,
		.verify_ctx = &node->trace,
		.page = allocate(FUOTA_BOOT_PAGE_SIZE(PAGE_SIZE)),
		.arena = allocate(arena_size),
		.arena_size = arena_size };
}

static void
node_free(struct node *node)
{
	ram_flash_free(&node->slots[0]);
	ram_flash_free(&node->slots[1]);
	ram_flash_free(&node->scratch);
	ram_flash_free(&node->download);
	ram_flash_free(&node->journal);
	free(node->boot.page);
	free(node->boot.arena);
}

static void
format(struct node *node, const uint8_t *base, size_t len)
{
	const struct fuota_boot_firmware running = { .len = (uint32_t)len,
		.version = 0x01020000,
		.crc32 = fuota_crc32(FUOTA_CRC32_INIT, base, len) };

	ram_flash_load(&node->slots[0], base, len);
	trace_u32(&node->trace, fuota_boot_open(&node->boot));
	trace_u32(&node->trace, fuota_boot_format(&node->boot, &running));
}

/* One start of the device; whether the new firmware is on trial after it. */
static bool
start(struct node *node, uint32_t block_len)
{
	struct fuota_boot *boot = &node->boot;
	uint8_t slot = 0xff;

	enum fuota_status status = fuota_boot_open(boot);
	if (status == FUOTA_OK && boot->record.state == FUOTA_BOOT_IDLE)
		status = fuota_boot_mark_ready(boot, block_len);
	if (status == FUOTA_OK)
		status = fuota_boot_run(boot, &slot);
	trace_u32(&node->trace, status);
	trace_u32(&node->trace, slot);
	trace_u32(&node->trace, boot->record.state);
	trace_u32(&node->trace, boot->record.page);
	return status == FUOTA_OK && boot->record.state == FUOTA_BOOT_TRIAL;
}

static bool
install(struct node *node, uint32_t block_len)
{
	for (uint32_t i = 1; i <= FAILURES; i++) {
		node->fail_at = i * STEP;
		const bool installed = start(node, block_len);
		node->fail_at = 0;
		if (installed)
			return true;
	}
	return start(node, block_len);
}

static void
run_layout(enum fuota_boot_layout layout, const char *path,
    const uint8_t *image, size_t image_len, const uint8_t *base,
    size_t base_len)
{
	struct node node;

	node_init(&node, layout);
	format(&node, base, base_len);
	ram_flash_load(&node.download, image, image_len);
	const bool installed = install(&node, (uint32_t)image_len);
	if (installed)
		trace_u32(&node.trace, fuota_boot_confirm(&node.boot));
	trace_bytes(&node.trace, node.slots[0].bytes, SLOT_SIZE);
	trace_bytes(&node.trace, node.slots[1].bytes, SLOT_SIZE);
	trace_bytes(&node.trace, node.journal.bytes, JOURNAL_SIZE);
	trace_print(&node.trace, "install %s, layout %d, %s", path, layout,
	    installed ? "installed" : "not installed");
	node_free(&node);
}

void
run_install(const char *image_path, const char *base_path)
{
	size_t image_len, base_len;
	uint8_t *image = read_file(image_path, &image_len);
	uint8_t *base = read_file(base_path, &base_len);

	for (int layout = FUOTA_LAYOUT_BANKS; layout <= FUOTA_LAYOUT_SINGLE;
	     layout++)
		run_layout((enum fuota_boot_layout)layout, image_path, image,
		    image_len, base, base_len);
	free(image);
	free(base);
}
