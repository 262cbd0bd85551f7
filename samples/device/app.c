/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application: hands downlinks to the device side of TS004 and TS006, and
 * an image that is complete to the update. frames=FILE names the downlinks:
 * lines of FPort, group (0..3, or u for unicast), FRMPayload in hex. ts004=2
 * or ts004=2-absn takes another edition than 1.0.0; int_key= is DataBlockIntKey
 * in hex.
 */
#include <string.h>

#include <fuota/device/management.h>
#include <fuota/device/session.h>

#include "device.h"
#include "flash.h"
#include "greeting.h"
#include "machine.h"
#include "session_v2.h"

enum {
	FRAME_MAX = 256,
	NB_FRAG_MAX = 2048,
	FRAG_SIZE_MAX = 240,
	MAX_LOST = 200,
};

int
main(void);

__attribute__((section(".identity"), used)) static const struct {
	uint32_t magic, fw_version;
	uintptr_t len;
} identity = { IDENTITY_MAGIC, APP_VERSION, (uintptr_t)image_len };

static struct fuota_boot boot;
static struct fuota_session session;
static uint32_t solver_memory
    [(FUOTA_DEFRAG_MEMORY_SIZE(NB_FRAG_MAX, MAX_LOST, FRAG_SIZE_MAX) + 3) / 4];
static struct fuota_session_device session_device = {
	.edition = FUOTA_TS004_V1,
	.max_lost = MAX_LOST,
	.download = &flash_download,
	.memory = solver_memory,
	.memory_size = sizeof(solver_memory),
};

/* --- uplinks ---------------------------------------------------------------*/

static void
send(uint8_t port, const struct fuota_out *up)
{
	if (up->len == 0)
		return;
	say("  up   ");
	say_number(port);
	say(" ");
	for (size_t i = 0; i < up->len; i++)
		say_hex(up->data[i], 2);
	say("\n");
}

/* --- TS006 -----------------------------------------------------------------*/

static enum fuota_status
remove_image(void *ctx)
{
	(void)ctx;
	return fuota_boot_cancel(&boot);
}

static struct fuota_management management = { .remove = remove_image };

static void
manage(const uint8_t *data, size_t len, bool multicast)
{
	uint8_t room[64];
	struct fuota_management_reply reply = {
		.answers = { .data = room, .size = sizeof(room) },
	};

	fuota_management_receive(&management, data, len, multicast, &reply);
	send(FUOTA_MANAGEMENT_FPORT, &reply.answers);
	if (reply.reboot == FUOTA_REBOOT_UNCHANGED ||
	    reply.reboot == FUOTA_REBOOT_CANCEL)
		return;
	say("app: reboots\n"); /* a countdown ends at once in this sample */
	machine_reset();
}

/* --- TS004 -----------------------------------------------------------------*/

static void
take_block(void)
{
	const uint32_t len = fuota_session_block_len(&session);

	say("app: block of ");
	say_number(len);
	say(" bytes complete, ");
	say_number(session.received);
	say(" fragments received, ");
	say_number(session.defrag.lost);
	say(" were lost\n");
	const enum fuota_status status = fuota_boot_mark_ready(&boot, len);
	fuota_management_load(&management, &boot);
	if (status != FUOTA_OK)
		management.image = status;
	if (status == FUOTA_OK) {
		say("app: the image is good, marked ready\n");
		return;
	}
	say("app: refused: ");
	say_status(status);
	say("\n");
}

static void
transport(const uint8_t *data, size_t len, uint8_t group)
{
	uint8_t now[32], later[32];
	struct fuota_session_reply reply = {
		.now = { .data = now, .size = sizeof(now) },
		.later = { .data = later, .size = sizeof(later) },
	};
	const uint8_t before = session.state;

	fuota_session_receive(&session, data, len, group, &reply);
	send(FUOTA_SESSION_FPORT, &reply.now);
	while (fuota_session_has_work(&session))
		fuota_session_work(&session); /* and feed the watchdog */
	send(FUOTA_SESSION_FPORT, &reply.later);
	if (session.state == before)
		return;
	if (session.state == FUOTA_SESSION_COMPLETE)
		take_block();
	if (session.state == FUOTA_SESSION_DAMAGED)
		say("app: the block's MIC is wrong\n");
	reply.later.len = 0;
	fuota_session_received(&session, &reply.later);
	send(FUOTA_SESSION_FPORT, &reply.later);
}

/* --- downlinks from a file -------------------------------------------------*/

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t
from_hex(const char *text, uint8_t *data, size_t size)
{
	size_t len = 0;

	while (len < size && digit(text[0]) >= 0 && digit(text[1]) >= 0) {
		data[len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return len;
}

static enum fuota_status
choose_edition(void)
{
	static uint8_t int_key[16];
	const char *ts004 = machine_option("ts004");

	if (ts004 == NULL || ts004[0] != '2')
		return FUOTA_OK;
	session_device.edition =
	    ts004[1] == '-' ? FUOTA_TS004_V2_ABSN : FUOTA_TS004_V2;
	const char *key = machine_option("int_key");
	if (key == NULL || from_hex(key, int_key, 16) != 16)
		return FUOTA_E_RANGE;
	return session_v2_init(&session_device, int_key);
}

static void
receive(const char *line)
{
	uint8_t data[FRAME_MAX], port = 0;

	while (digit(*line) >= 0 && *line <= '9')
		port = (uint8_t)(port * 10 + digit(*line++));
	if (line[0] != ' ' || line[1] == '\0' || line[2] != ' ')
		return;
	const bool multicast = line[1] != 'u';
	const uint8_t group =
	    multicast ? (uint8_t)(line[1] - '0') : FUOTA_SESSION_UNICAST;
	const size_t len = from_hex(line + 3, data, sizeof(data));
	if (port != FUOTA_SESSION_FPORT || len == 0 || data[0] != 8) {
		say("  down ");
		say_number(port);
		say(line + 2);
		say("\n");
	}
	if (port == FUOTA_SESSION_FPORT)
		transport(data, len, group);
	else if (port == FUOTA_MANAGEMENT_FPORT)
		manage(data, len, multicast);
}

static void
receive_all(const char *name)
{
	static char line[2 * FRAME_MAX + 16];
	const int file = machine_open(name);
	size_t len = 0;

	if (file < 0) {
		say("app: no downlinks\n");
		return;
	}
	while (machine_read(file, line + len, 1) == 1) {
		if (line[len] != '\n') {
			len += len < sizeof(line) - 2;
			continue;
		}
		line[len] = '\0';
		len = 0;
		receive(line);
	}
}

int
main(void)
{
	const enum fuota_status status = device_open(&boot);

	greet(APP_VERSION);
	if (status != FUOTA_OK)
		return EXIT_HALTED;
	if (machine_option("hang") != NULL) {
		say("app: hangs before it confirms\n");
		return EXIT_HANGS;
	}
	if (boot.record.state == FUOTA_BOOT_TRIAL)
		say("app: runs well, confirms\n");
	if (fuota_boot_confirm(&boot) != FUOTA_OK)
		return EXIT_HALTED;
	fuota_management_load(&management, &boot);
	if (choose_edition() != FUOTA_OK)
		return EXIT_HALTED;
	fuota_session_init(&session, &session_device);
	const char *frames = machine_option("frames");
	if (frames != NULL)
		receive_all(frames);
	return EXIT_DONE;
}
