/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of TS003, TS004, TS005, TS006 and TS007, once.
 * Offsets and sizes count the payload behind the CID, in bytes.
 */
#include <string.h>

#include "command_table.h"

#define COUNT(array) (uint8_t)(sizeof(array) / sizeof((array)[0]))

#define V1    0x02u
#define V2    0x04u
#define V1_V2 (V1 | V2)

#define CLOCK        FUOTA_PACKAGE_CLOCKSYNC
#define MULTICAST    FUOTA_PACKAGE_MULTICASTSETUP
#define FRAG         FUOTA_PACKAGE_FRAGMENTATION
#define FIRMWARE     FUOTA_PACKAGE_FIRMWAREMANAGEMENT
#define MULTIPACKAGE FUOTA_PACKAGE_MULTIPACKAGE

/* one field, one command a line */
/* clang-format off */

/* name, byte offset, bytes, lowest bit, bits */
#define BITS(name, offset, size, shift, width) \
	{ name, FUOTA_FIELD_UNSIGNED, offset, size, shift, width, false }
#define EXTRA(name, offset, size, shift, width) \
	{ name, FUOTA_FIELD_UNSIGNED, offset, size, shift, width, true }
#define UINT(name, offset, size) BITS(name, offset, size, 0, (size) * 8)
#define SINT32(name, offset) { name, FUOTA_FIELD_SIGNED, offset, 4, 0, 32, false }
#define ADDRESS(name, offset) { name, FUOTA_FIELD_ADDRESS, offset, 4, 0, 32, false }
#define FREQUENCY(name, offset) { name, FUOTA_FIELD_FREQUENCY, offset, 3, 0, 24, false }
#define BYTES(name, offset, size) { name, FUOTA_FIELD_BYTES, offset, size, 0, 0, false }
#define REST(name, offset) { name, FUOTA_FIELD_REST, offset, 0, 0, 0, false }
#define PREFIX(name) { name, FUOTA_FIELD_PREFIX, 0, 0, 0, 0, false }

#define FIELDS(array) array, COUNT(array)
#define NO_FIELDS NULL, 0

static const struct fuota_field package_version_ans[] = {
	UINT("PackageIdentifier", 0, 1),
	UINT("PackageVersion", 1, 1),
};
static const struct fuota_field unknown[] = {
	REST("Data", 0),
};

/* TS003 */
static const struct fuota_field app_time_req[] = {
	UINT("DeviceTime", 0, 4),
	BITS("AnsRequired", 4, 1, 4, 1),
	BITS("TokenReq", 4, 1, 0, 4),
};
static const struct fuota_field app_time_ans[] = {
	SINT32("TimeCorrection", 0),
	BITS("TokenAns", 4, 1, 0, 4),
};
static const struct fuota_field periodicity_req[] = {
	BITS("Period", 0, 1, 0, 4),
};
static const struct fuota_field periodicity_ans[] = {
	BITS("NotSupported", 0, 1, 0, 1),
	UINT("Time", 1, 4),
};
static const struct fuota_field force_resync[] = {
	BITS("NbTransmissions", 0, 1, 0, 3),
};

/* TS005 */
static const struct fuota_field group_status_req[] = {
	BITS("ReqGroupMask", 0, 1, 0, 4),
};
static const struct fuota_field group_status_ans[] = {
	BITS("NbTotalGroups", 0, 1, 4, 3),
	BITS("AnsGroupMask", 0, 1, 0, 4),
};
static const struct fuota_field group_status_item[] = {
	UINT("McGroupID", 0, 1),
	ADDRESS("McAddr", 1),
};
static const struct fuota_field group_setup_req[] = {
	BITS("McGroupID", 0, 1, 0, 2),
	ADDRESS("McAddr", 1),
	BYTES("McKeyEncrypted", 5, 16),
	UINT("MinMcFCnt", 21, 4),
	UINT("MaxMcFCnt", 25, 4),
};
static const struct fuota_field group_setup_ans[] = {
	BITS("IDError", 0, 1, 2, 1),
	BITS("McGroupID", 0, 1, 0, 2),
};
static const struct fuota_field group_delete_req[] = {
	BITS("McGroupID", 0, 1, 0, 2),
};
static const struct fuota_field group_delete_ans[] = {
	BITS("McGroupUndefined", 0, 1, 2, 1),
	BITS("McGroupID", 0, 1, 0, 2),
};
static const struct fuota_field class_c_req[] = {
	BITS("McGroupID", 0, 1, 0, 2),
	UINT("SessionTime", 1, 4),
	BITS("TimeOut", 5, 1, 0, 4),
	FREQUENCY("DLFreqHz", 6),
	UINT("DR", 9, 1),
};
static const struct fuota_field class_b_req[] = {
	BITS("McGroupID", 0, 1, 0, 2),
	UINT("SessionTime", 1, 4),
	BITS("Periodicity", 5, 1, 4, 3),
	BITS("TimeOut", 5, 1, 0, 4),
	FREQUENCY("DLFreqHz", 6),
	UINT("DR", 9, 1),
};
/* Deployed version 1 devices set bit 5 too when the start was missed. */
static const struct fuota_field session_ans_v1[] = {
	EXTRA("StartMissed", 0, 1, 5, 1),
	BITS("McGroupUndefined", 0, 1, 4, 1),
	BITS("FreqError", 0, 1, 3, 1),
	BITS("DRError", 0, 1, 2, 1),
	BITS("McGroupID", 0, 1, 0, 2),
	UINT("TimeToStart", 1, 3),
};
static const struct fuota_field session_ans_v2[] = {
	BITS("StartMissed", 0, 1, 5, 1),
	BITS("McGroupUndefined", 0, 1, 4, 1),
	BITS("FreqError", 0, 1, 3, 1),
	BITS("DRError", 0, 1, 2, 1),
	BITS("McGroupID", 0, 1, 0, 2),
	UINT("TimeToStart", 1, 3),
};

/* TS004 */
static const struct fuota_field session_status_req[] = {
	BITS("FragIndex", 0, 1, 1, 2),
	BITS("Participants", 0, 1, 0, 1),
};
static const struct fuota_field session_status_ans_v1[] = {
	BITS("FragIndex", 0, 2, 14, 2),
	BITS("NbFragReceived", 0, 2, 0, 14),
	UINT("MissingFrag", 2, 1),
	BITS("NotEnoughMatrixMemory", 3, 1, 0, 1),
};
static const struct fuota_field session_status_ans_v2[] = {
	BITS("SessionDoesNotExist", 0, 1, 2, 1),
	BITS("MICError", 0, 1, 1, 1),
	BITS("MemoryError", 0, 1, 0, 1),
	BITS("FragIndex", 1, 2, 14, 2),
	BITS("NbFragReceived", 1, 2, 0, 14),
	UINT("MissingFrag", 3, 1),
};
static const struct fuota_field session_setup_req_v1[] = {
	BITS("FragIndex", 0, 1, 4, 2),
	BITS("McGroupBitMask", 0, 1, 0, 4),
	UINT("NbFrag", 1, 2),
	UINT("FragSize", 3, 1),
	BITS("FragAlgo", 4, 1, 3, 3),
	BITS("BlockAckDelay", 4, 1, 0, 3),
	UINT("Padding", 5, 1),
	BYTES("Descriptor", 6, 4),
};
static const struct fuota_field session_setup_req_v2[] = {
	BITS("FragIndex", 0, 1, 4, 2),
	BITS("McGroupBitMask", 0, 1, 0, 4),
	UINT("NbFrag", 1, 2),
	UINT("FragSize", 3, 1),
	BITS("AckReception", 4, 1, 6, 1),
	BITS("FragAlgo", 4, 1, 3, 3),
	BITS("BlockAckDelay", 4, 1, 0, 3),
	UINT("Padding", 5, 1),
	BYTES("Descriptor", 6, 4),
	UINT("SessionCnt", 10, 2),
	BYTES("MIC", 12, 4),
};
static const struct fuota_field session_setup_ans_v1[] = {
	BITS("FragIndex", 0, 1, 6, 2),
	BITS("WrongDescriptor", 0, 1, 3, 1),
	BITS("FragIndexUnsupported", 0, 1, 2, 1),
	BITS("NotEnoughMemory", 0, 1, 1, 1),
	BITS("EncodingUnsupported", 0, 1, 0, 1),
};
static const struct fuota_field session_setup_ans_v2[] = {
	BITS("FragIndex", 0, 1, 6, 2),
	BITS("SessionCntReplay", 0, 1, 4, 1),
	BITS("WrongDescriptor", 0, 1, 3, 1),
	BITS("FragIndexUnsupported", 0, 1, 2, 1),
	BITS("NotEnoughMemory", 0, 1, 1, 1),
	BITS("FragAlgoUnsupported", 0, 1, 0, 1),
};
static const struct fuota_field session_delete_req[] = {
	BITS("FragIndex", 0, 1, 0, 2),
};
static const struct fuota_field session_delete_ans[] = {
	BITS("SessionDoesNotExist", 0, 1, 2, 1),
	BITS("FragIndex", 0, 1, 0, 2),
};
static const struct fuota_field block_received_req[] = {
	BITS("MICError", 0, 1, 2, 1),
	BITS("FragIndex", 0, 1, 0, 2),
};
static const struct fuota_field block_received_ans[] = {
	BITS("FragIndex", 0, 1, 0, 2),
};
static const struct fuota_field data_fragment[] = {
	BITS("FragIndex", 0, 2, 14, 2),
	BITS("N", 0, 2, 0, 14),
	REST("Data", 2),
};

/* TS006 */
static const struct fuota_field dev_version_ans[] = {
	UINT("FWVersion", 0, 4),
	UINT("HWVersion", 4, 4),
};
static const struct fuota_field reboot_time[] = {
	UINT("RebootTime", 0, 4),
};
static const struct fuota_field reboot_countdown[] = {
	UINT("Countdown", 0, 3),
};
static const struct fuota_field upgrade_image_ans[] = {
	BITS("UpImageStatus", 0, 1, 0, 2),
	UINT("NextFirmwareVersion", 1, 4),
};
static const struct fuota_field delete_image_req[] = {
	UINT("FirmwareToDeleteVersion", 0, 4),
};
static const struct fuota_field delete_image_ans[] = {
	BITS("ErrorInvalidVersion", 0, 1, 1, 1),
	BITS("ErrorNoValidImage", 0, 1, 0, 1),
};

/* TS007 */
static const struct fuota_field dev_package_ans[] = {
	BITS("NbTotalPackages", 0, 1, 0, 4),
};
static const struct fuota_field dev_package_item[] = {
	UINT("PackageIdentifier", 0, 1),
	UINT("PackageVersion", 1, 1),
	UINT("FPort", 2, 1),
};
static const struct fuota_field message[] = {
	BITS("Token", 0, 1, 0, 2),
};
static const struct fuota_field buffer_req[] = {
	PREFIX("PackageIDPrefix"),
	UINT("StartByte", 0, 1),
	UINT("StopByte", 1, 1),
};
static const struct fuota_field buffer_frag[] = {
	UINT("Error", 0, 1),
	UINT("BaseByte", 0, 1),
	REST("Data", 1),
	BITS("Token", 0, 1, 0, 2),
};

#define FIXED(size) size, 0, 0, 0, NULL, 0, 0, 0, 0
#define OPTIONAL(size, more, mask, value) \
	size, more, mask, value, NULL, 0, 0, 0, 0
#define PER_BIT(size, items, item_size, bits) \
	size, 0, 0, 0, FIELDS(items), item_size, bits, 0
#define PER_COUNT(size, items, item_size, bits) \
	size, 0, 0, 0, FIELDS(items), item_size, 0, bits

#define ON_TIME_SET 0xfcu /* bits 2..7 of a session answer: all errors */

static const struct fuota_command_spec specs[] = {
	{ CLOCK, V1_V2, FUOTA_DOWN, 0, "PackageVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ CLOCK, V1_V2, FUOTA_UP, 0, "PackageVersionAns", FIELDS(package_version_ans), FIXED(2), 0 },
	{ CLOCK, V1_V2, FUOTA_UP, 1, "AppTimeReq", FIELDS(app_time_req), FIXED(5), 0 },
	{ CLOCK, V1_V2, FUOTA_DOWN, 1, "AppTimeAns", FIELDS(app_time_ans), FIXED(5), FUOTA_COMMAND_NO_ANSWER },
	{ CLOCK, V1_V2, FUOTA_DOWN, 2, "DeviceAppTimePeriodicityReq", FIELDS(periodicity_req), FIXED(1), 0 },
	{ CLOCK, V1_V2, FUOTA_UP, 2, "DeviceAppTimePeriodicityAns", FIELDS(periodicity_ans), FIXED(5), 0 },
	{ CLOCK, V1, FUOTA_DOWN, 3, "ForceDeviceResyncReq", FIELDS(force_resync), FIXED(1), FUOTA_COMMAND_NO_ANSWER },
	{ CLOCK, V2, FUOTA_DOWN, 3, "ForceDeviceResyncCmd", FIELDS(force_resync), FIXED(1), FUOTA_COMMAND_NO_ANSWER },

	{ MULTICAST, V1_V2, FUOTA_DOWN, 0, "PackageVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ MULTICAST, V1_V2, FUOTA_UP, 0, "PackageVersionAns", FIELDS(package_version_ans), FIXED(2), 0 },
	{ MULTICAST, V1_V2, FUOTA_DOWN, 1, "McGroupStatusReq", FIELDS(group_status_req), FIXED(1), 0 },
	{ MULTICAST, V1_V2, FUOTA_UP, 1, "McGroupStatusAns", FIELDS(group_status_ans), PER_BIT(1, group_status_item, 5, 0x0f), 0 },
	{ MULTICAST, V1_V2, FUOTA_DOWN, 2, "McGroupSetupReq", FIELDS(group_setup_req), FIXED(29), 0 },
	{ MULTICAST, V1_V2, FUOTA_UP, 2, "McGroupSetupAns", FIELDS(group_setup_ans), FIXED(1), 0 },
	{ MULTICAST, V1_V2, FUOTA_DOWN, 3, "McGroupDeleteReq", FIELDS(group_delete_req), FIXED(1), 0 },
	{ MULTICAST, V1_V2, FUOTA_UP, 3, "McGroupDeleteAns", FIELDS(group_delete_ans), FIXED(1), 0 },
	{ MULTICAST, V1_V2, FUOTA_DOWN, 4, "McClassCSessionReq", FIELDS(class_c_req), FIXED(10), 0 },
	{ MULTICAST, V1, FUOTA_UP, 4, "McClassCSessionAns", FIELDS(session_ans_v1), OPTIONAL(1, 3, ON_TIME_SET, 0), FUOTA_COMMAND_BARE },
	{ MULTICAST, V2, FUOTA_UP, 4, "McClassCSessionAns", FIELDS(session_ans_v2), OPTIONAL(1, 3, ON_TIME_SET, 0), FUOTA_COMMAND_BARE },
	{ MULTICAST, V1_V2, FUOTA_DOWN, 5, "McClassBSessionReq", FIELDS(class_b_req), FIXED(10), 0 },
	{ MULTICAST, V1, FUOTA_UP, 5, "McClassBSessionAns", FIELDS(session_ans_v1), OPTIONAL(1, 3, ON_TIME_SET, 0), FUOTA_COMMAND_BARE },
	{ MULTICAST, V2, FUOTA_UP, 5, "McClassBSessionAns", FIELDS(session_ans_v2), OPTIONAL(1, 3, ON_TIME_SET, 0), FUOTA_COMMAND_BARE },

	{ FRAG, V1_V2, FUOTA_DOWN, 0, "PackageVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ FRAG, V1_V2, FUOTA_UP, 0, "PackageVersionAns", FIELDS(package_version_ans), FIXED(2), 0 },
	{ FRAG, V1_V2, FUOTA_DOWN, 1, "FragSessionStatusReq", FIELDS(session_status_req), FIXED(1), 0 },
	{ FRAG, V1, FUOTA_UP, 1, "FragSessionStatusAns", FIELDS(session_status_ans_v1), FIXED(4), 0 },
	{ FRAG, V2, FUOTA_UP, 1, "FragSessionStatusAns", FIELDS(session_status_ans_v2), OPTIONAL(1, 3, 0x04, 0), FUOTA_COMMAND_LONG_FORM },
	{ FRAG, V1, FUOTA_DOWN, 2, "FragSessionSetupReq", FIELDS(session_setup_req_v1), FIXED(10), 0 },
	{ FRAG, V2, FUOTA_DOWN, 2, "FragSessionSetupReq", FIELDS(session_setup_req_v2), FIXED(16), 0 },
	{ FRAG, V1, FUOTA_UP, 2, "FragSessionSetupAns", FIELDS(session_setup_ans_v1), FIXED(1), 0 },
	{ FRAG, V2, FUOTA_UP, 2, "FragSessionSetupAns", FIELDS(session_setup_ans_v2), FIXED(1), 0 },
	{ FRAG, V1_V2, FUOTA_DOWN, 3, "FragSessionDeleteReq", FIELDS(session_delete_req), FIXED(1), 0 },
	{ FRAG, V1_V2, FUOTA_UP, 3, "FragSessionDeleteAns", FIELDS(session_delete_ans), FIXED(1), 0 },
	{ FRAG, V2, FUOTA_UP, 4, "FragDataBlockReceivedReq", FIELDS(block_received_req), FIXED(1), 0 },
	{ FRAG, V2, FUOTA_DOWN, 4, "FragDataBlockReceivedAns", FIELDS(block_received_ans), FIXED(1), FUOTA_COMMAND_NO_ANSWER },
	{ FRAG, V1_V2, FUOTA_UP, 5, "UnknownCID05", FIELDS(unknown), FIXED(0), FUOTA_COMMAND_DRAFT },
	{ FRAG, V1_V2, FUOTA_DOWN, 8, "DataFragment", FIELDS(data_fragment), FIXED(2), FUOTA_COMMAND_NO_ANSWER },

	{ FIRMWARE, V1, FUOTA_DOWN, 0, "PackageVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 0, "PackageVersionAns", FIELDS(package_version_ans), FIXED(2), 0 },
	{ FIRMWARE, V1, FUOTA_DOWN, 1, "DevVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 1, "DevVersionAns", FIELDS(dev_version_ans), FIXED(8), 0 },
	{ FIRMWARE, V1, FUOTA_DOWN, 2, "DevRebootTimeReq", FIELDS(reboot_time), FIXED(4), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 2, "DevRebootTimeAns", FIELDS(reboot_time), FIXED(4), 0 },
	{ FIRMWARE, V1, FUOTA_DOWN, 3, "DevRebootCountdownReq", FIELDS(reboot_countdown), FIXED(3), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 3, "DevRebootCountdownAns", FIELDS(reboot_countdown), FIXED(3), 0 },
	{ FIRMWARE, V1, FUOTA_DOWN, 4, "DevUpgradeImageReq", NO_FIELDS, FIXED(0), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 4, "DevUpgradeImageAns", FIELDS(upgrade_image_ans), OPTIONAL(1, 4, 0x03, 0x03), 0 },
	{ FIRMWARE, V1, FUOTA_DOWN, 5, "DevDeleteImageReq", FIELDS(delete_image_req), FIXED(4), 0 },
	{ FIRMWARE, V1, FUOTA_UP, 5, "DevDeleteImageAns", FIELDS(delete_image_ans), FIXED(1), 0 },

	{ MULTIPACKAGE, V1, FUOTA_DOWN, 0, "PackageVersionReq", NO_FIELDS, FIXED(0), 0 },
	{ MULTIPACKAGE, V1, FUOTA_UP, 0, "PackageVersionAns", FIELDS(package_version_ans), FIXED(2), 0 },
	{ MULTIPACKAGE, V1, FUOTA_DOWN, 1, "DevPackageReq", NO_FIELDS, FIXED(0), 0 },
	{ MULTIPACKAGE, V1, FUOTA_UP, 1, "DevPackageAns", FIELDS(dev_package_ans), PER_COUNT(1, dev_package_item, 3, 0x0f), 0 },
	{ MULTIPACKAGE, V1, FUOTA_DOWN, 0, "MultiPackageDownlink", FIELDS(message), FIXED(0), FUOTA_COMMAND_MESSAGE },
	{ MULTIPACKAGE, V1, FUOTA_UP, 0, "MultiPackageUplink", FIELDS(message), FIXED(0), FUOTA_COMMAND_MESSAGE },
	{ MULTIPACKAGE, V1, FUOTA_DOWN, 2, "MultiPackBufferReq", FIELDS(buffer_req), FIXED(2), FUOTA_COMMAND_MESSAGE },
	{ MULTIPACKAGE, V1, FUOTA_UP, 2, "MultiPackBufferFrag", FIELDS(buffer_frag), FIXED(1), FUOTA_COMMAND_MESSAGE },
};

static const struct {
	const char *name;
	uint8_t fport, newest;
} packages[FUOTA_PACKAGE_COUNT] = {
	[MULTIPACKAGE] = { "multipackage", 225, 1 },
	[CLOCK] = { "clocksync", 202, 2 },
	[MULTICAST] = { "multicastsetup", 200, 2 },
	[FRAG] = { "fragmentation", 201, 2 },
	[FIRMWARE] = { "firmwaremanagement", 203, 1 },
};

/* clang-format on */

const struct fuota_command_spec *
fuota_command_specs(size_t *count)
{
	*count = sizeof(specs) / sizeof(specs[0]);
	return specs;
}

const char *
fuota_package_name(enum fuota_package package)
{
	return (unsigned)package < FUOTA_PACKAGE_COUNT ? packages[package].name
						       : NULL;
}

enum fuota_status
fuota_package_find(const char *name, enum fuota_package *package)
{
	for (unsigned i = 0; i < FUOTA_PACKAGE_COUNT; i++) {
		if (strcmp(packages[i].name, name) != 0)
			continue;
		*package = (enum fuota_package)i;
		return FUOTA_OK;
	}
	return FUOTA_E_RANGE;
}

uint8_t
fuota_package_fport(enum fuota_package package)
{
	return packages[package].fport;
}

enum fuota_status
fuota_package_of_fport(uint8_t fport, enum fuota_package *package)
{
	for (unsigned i = 0; i < FUOTA_PACKAGE_COUNT; i++) {
		if (packages[i].fport != fport)
			continue;
		*package = (enum fuota_package)i;
		return FUOTA_OK;
	}
	return FUOTA_E_RANGE;
}

uint8_t
fuota_package_newest(enum fuota_package package)
{
	return packages[package].newest;
}

uint8_t
fuota_command_version(enum fuota_package package, uint8_t version)
{
	return version != 0 ? version : packages[package].newest;
}

/* The next row of a package in a direction from row i on, or the end. */
static size_t
next_row(size_t i, enum fuota_package package, uint8_t version,
    enum fuota_direction direction)
{
	const size_t count = sizeof(specs) / sizeof(specs[0]);

	if (version > 7)
		return count;
	for (; i < count; i++)
		if (specs[i].package == package &&
		    specs[i].direction == direction &&
		    (specs[i].versions >> version & 1) != 0)
			break;
	return i;
}

const struct fuota_command_spec *
fuota_command_by_cid(enum fuota_package package, uint8_t version,
    enum fuota_direction direction, uint8_t cid)
{
	const size_t count = sizeof(specs) / sizeof(specs[0]);

	for (size_t i = 0;
	     (i = next_row(i, package, version, direction)) < count; i++)
		if (specs[i].cid == cid &&
		    (specs[i].flags & FUOTA_COMMAND_MESSAGE) == 0)
			return &specs[i];
	return NULL;
}

const struct fuota_command_spec *
fuota_command_by_name(enum fuota_package package, uint8_t version,
    enum fuota_direction direction, const char *name)
{
	const size_t count = sizeof(specs) / sizeof(specs[0]);

	for (size_t i = 0;
	     (i = next_row(i, package, version, direction)) < count; i++)
		if (strcmp(specs[i].name, name) == 0)
			return &specs[i];
	return NULL;
}

int
fuota_command_field(const struct fuota_command_spec *spec, const char *name)
{
	for (int i = 0; i < spec->field_count; i++)
		if (strcmp(spec->fields[i].name, name) == 0)
			return i;
	return -1;
}
