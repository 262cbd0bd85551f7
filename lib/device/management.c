/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/device/management.h>

enum cid {
	PACKAGE_VERSION = 0,
	DEV_VERSION = 1,
	REBOOT_TIME = 2,
	REBOOT_COUNTDOWN = 3,
	UPGRADE_IMAGE = 4,
	DELETE_IMAGE = 5,
};

enum {
	PACKAGE_IDENTIFIER = 4,
	PACKAGE_EDITION = 1,
	/* DevDeleteImageAns */
	NO_VALID_IMAGE = 0x01,
	INVALID_VERSION = 0x02,
};

/* Payload bytes of every request, by CID. */
static const uint8_t payload_sizes[] = { 0, 0, 4, 3, 0, 4 };

static const uint32_t cancel_time = 0xffffffff, cancel_countdown = 0xffffff;

static enum fuota_status
image_of(const struct fuota_boot_record *record)
{
	if (record->state == FUOTA_BOOT_READY)
		return FUOTA_OK;
	return record->verdict != FUOTA_OK ? (enum fuota_status)record->verdict
					   : FUOTA_E_EMPTY;
}

void
fuota_management_load(
    struct fuota_management *management, const struct fuota_boot *boot)
{
	management->fw_version = boot->record.running.version;
	management->hw_version = boot->device.hw_id;
	management->image = image_of(&boot->record);
	management->image_version = boot->record.other.version;
}

static void
schedule(
    struct fuota_management_reply *reply, enum fuota_reboot reboot, uint32_t s)
{
	reply->reboot = reboot;
	reply->seconds = s;
}

/* The request is a time, the answer a duration; 0: that cannot be done. */
static uint32_t
until(const struct fuota_management *m, uint32_t time)
{
	uint32_t now;

	if (m->time == NULL || !m->time(m->ctx, &now) || time <= now)
		return 0;
	return time - now;
}

/* The seconds to answer; a request to reboot now has no answer. */
static uint32_t
take_reboot(
    uint32_t seconds, uint32_t cancel, struct fuota_management_reply *reply)
{
	if (seconds == cancel)
		schedule(reply, FUOTA_REBOOT_CANCEL, 0);
	else if (seconds > 0)
		schedule(reply, FUOTA_REBOOT_IN, seconds);
	return seconds;
}

static uint8_t *
answer(struct fuota_out *out, uint8_t cid, size_t size)
{
	uint8_t *p = out->data + out->len;

	p[0] = cid;
	out->len += 1 + size;
	return p + 1;
}

static void
reboot_time(const struct fuota_management *m, uint32_t time,
    struct fuota_management_reply *reply)
{
	if (time == 0) {
		schedule(reply, FUOTA_REBOOT_NOW, 0);
		return;
	}
	const uint32_t left = time == cancel_time ? time : until(m, time);
	fuota_put_u32(answer(&reply->answers, REBOOT_TIME, 4),
	    take_reboot(left, cancel_time, reply));
}

static void
reboot_countdown(uint32_t seconds, struct fuota_management_reply *reply)
{
	if (seconds == 0) {
		schedule(reply, FUOTA_REBOOT_NOW, 0);
		return;
	}
	fuota_put_u24(answer(&reply->answers, REBOOT_COUNTDOWN, 3),
	    take_reboot(seconds, cancel_countdown, reply));
}

static void
upgrade_image(const struct fuota_management *m, struct fuota_out *out)
{
	const bool valid = m->image == FUOTA_OK;
	uint8_t *p = answer(out, UPGRADE_IMAGE, valid ? 5 : 1);

	p[0] = fuota_check_ts006(m->image);
	if (valid)
		fuota_put_u32(p + 1, m->image_version);
}

static enum fuota_status
delete_image(
    struct fuota_management *m, uint32_t version, struct fuota_out *out)
{
	uint8_t bits = 0;

	if (m->image != FUOTA_OK) {
		bits = NO_VALID_IMAGE;
	} else if (m->image_version != version) {
		bits = INVALID_VERSION;
	} else {
		const enum fuota_status status = m->remove(m->ctx);
		if (status != FUOTA_OK)
			return status;
		m->image = FUOTA_E_EMPTY;
	}
	answer(out, DELETE_IMAGE, 1)[0] = bits;
	return FUOTA_OK;
}

static enum fuota_status
execute(struct fuota_management *m, enum cid cid, const uint8_t *p,
    struct fuota_management_reply *reply)
{
	struct fuota_out *out = &reply->answers;
	uint8_t *to;

	switch (cid) {
	case PACKAGE_VERSION:
		to = answer(out, PACKAGE_VERSION, 2);
		to[0] = PACKAGE_IDENTIFIER;
		to[1] = PACKAGE_EDITION;
		break;
	case DEV_VERSION:
		to = answer(out, DEV_VERSION, 8);
		fuota_put_u32(to, m->fw_version);
		fuota_put_u32(to + 4, m->hw_version);
		break;
	case REBOOT_TIME:
		reboot_time(m, fuota_get_u32(p), reply);
		break;
	case REBOOT_COUNTDOWN:
		reboot_countdown(fuota_get_u24(p), reply);
		break;
	case UPGRADE_IMAGE:
		upgrade_image(m, out);
		break;
	case DELETE_IMAGE:
		return delete_image(m, fuota_get_u32(p), out);
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_management_receive(struct fuota_management *management,
    const uint8_t *data, size_t len, bool multicast,
    struct fuota_management_reply *reply)
{
	enum fuota_status first = FUOTA_OK;

	schedule(reply, FUOTA_REBOOT_UNCHANGED, 0);
	if (multicast)
		return FUOTA_E_SEQUENCE;
	if (len == 0)
		return FUOTA_E_EMPTY;
	while (len > 0 && reply->reboot != FUOTA_REBOOT_NOW) {
		const uint8_t cid = data[0];
		if (cid >= sizeof(payload_sizes))
			return first != FUOTA_OK ? first : FUOTA_E_UNSUPPORTED;
		const size_t size = payload_sizes[cid];
		if (len - 1 < size)
			return first != FUOTA_OK ? first : FUOTA_E_TRUNCATED;
		if (reply->answers.size - reply->answers.len <
		    FUOTA_MANAGEMENT_ANSWER_MAX)
			return first != FUOTA_OK ? first : FUOTA_E_SPACE;
		const enum fuota_status status =
		    execute(management, (enum cid)cid, data + 1, reply);
		if (first == FUOTA_OK)
			first = status;
		data += 1 + size;
		len -= 1 + size;
	}
	return first;
}
