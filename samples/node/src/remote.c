/* SPDX-License-Identifier: BSD-2-Clause */
#include "remote.h"

#include <string.h>

#include "config.h"
#include "platform.h"

/* TS006-1.0.0, package 4. */
#define PACKAGE_VERSION_REQ 0x00u
#define DEV_VERSION_REQ     0x01u

static uint8_t answer[24];
static size_t answer_len;
static uint8_t answer_port;

static void
answer_byte(unsigned byte)
{
	if (answer_len < sizeof(answer))
		answer[answer_len++] = (uint8_t)byte;
}

static void
answer_u32(uint32_t value)
{
	for (unsigned shift = 0; shift < 32; shift += 8)
		answer_byte(value >> shift & 0xff);
}

static void
firmware_management(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == PACKAGE_VERSION_REQ) {
			answer_byte(PACKAGE_VERSION_REQ);
			answer_byte(4);
			answer_byte(1);
		} else if (data[i] == DEV_VERSION_REQ) {
			answer_byte(DEV_VERSION_REQ);
			answer_u32(identity.fw_version);
			answer_u32(identity.hw_id);
		} else {
			return;
		}
	}
}

/* index u8, value i32; any number of them. The answer tells what held. */
static void
change_settings(const uint8_t *data, size_t len)
{
	bool changed = false;

	for (; len >= 5; data += 5, len -= 5) {
		const uint32_t value = data[1] | (uint32_t)data[2] << 8 |
		    (uint32_t)data[3] << 16 | (uint32_t)data[4] << 24;
		const bool held = data[0] < settings_count &&
		    config_set(data[0], (int32_t)value);
		answer_byte(data[0]);
		answer_byte(held);
		changed |= held;
	}
	if (changed)
		config_save();
}

void
remote_downlink(uint8_t port, const uint8_t *data, size_t len)
{
	answer_len = 0;
	answer_port = port;
	if (port == REMOTE_PORT_TS006)
		firmware_management(data, len);
	else if (port == REMOTE_PORT_SETTINGS)
		change_settings(data, len);
}

size_t
remote_answer(uint8_t *port, uint8_t *data, size_t size)
{
	const size_t len = answer_len;

	if (len == 0 || len > size)
		return 0;
	*port = answer_port;
	memcpy(data, answer, len);
	answer_len = 0;
	return len;
}
