/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A campaign: one data block to one multicast group of devices, as downlinks
 * in sending order. Source: fuota-campaign(5), TR002 steps 4 to 16.
 *
 * Nothing here reads a clock: a campaign says itself when it begins.
 */
#ifndef FUOTA_CAMPAIGN_H
#define FUOTA_CAMPAIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/command.h>
#include <fuota/error.h>
#include <fuota/frag.h>
#include <fuota/ledger.h>
#include <fuota/mckey.h>
#include <fuota/profile.h>
#include <fuota/region.h>

/* --- time -----------------------------------------------------------------*/

/* GPS seconds are those since 1980-01-06, without leap seconds. */
#define FUOTA_GPS_UNIX_OFFSET 315964800u /* seconds */
#define FUOTA_LEAP_SECONDS    18u /* since 2017-01-01 */

#define FUOTA_TIME_TEXT_SIZE 25 /* "2026-12-01T02:00:00.000Z", terminated */
/* Unix time in milliseconds as RFC 3339, UTC; .000 is left out. */
FUOTA_API void
fuota_time_format(uint64_t unix_ms, char text[FUOTA_TIME_TEXT_SIZE]);
/*
 * "2026-12-01T02:00:00Z" or "gps:1400000000" to Unix seconds.
 * Errors: FUOTA_E_RANGE  neither, or before 2017
 */
FUOTA_API enum fuota_status
fuota_time_parse(const char *text, uint64_t *unix_s);
/* Unix seconds to GPS seconds modulo 2^32, as sent on air. */
FUOTA_API uint32_t
fuota_time_gps(uint64_t unix_s);

/* --- devices --------------------------------------------------------------*/

#define FUOTA_DEV_EUI_SIZE      8u /* bytes, most significant first */
#define FUOTA_DEV_EUI_TEXT_SIZE 17 /* 16 hex digits, terminated */
#define FUOTA_DEVICE_FILE_MAX   (64u * 1024 * 1024) /* bytes of CSV */
#define FUOTA_DEVICE_NAME_SIZE  37u /* bytes, terminated */

struct fuota_campaign_device {
	uint8_t dev_eui[FUOTA_DEV_EUI_SIZE];
	struct fuota_aes_key root_key;
	bool has_root_kind; /* false: as the profile says */
	enum fuota_root_key root_kind;
	char name[FUOTA_DEVICE_NAME_SIZE]; /* the network server's; may be "" */
};

struct fuota_device_list {
	struct fuota_campaign_device *device; /* in the file's order */
	size_t count;
};

/*
 * Reads a key CSV: a header row with dev_eui and root_key (or gen_app_key, or
 * app_key) and at will lorawan (1.0 or 1.1) and name; a row for each device.
 *
 * devices  fuota_devices_free() wipes and frees them
 *
 * Errors, with the line number in words and no key:
 *   FUOTA_E_FORMAT  a column, DevEUI or key that is not right, a DevEUI twice
 *   FUOTA_E_EMPTY   no device
 *   FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_devices_parse(struct fuota_in in, struct fuota_device_list *devices,
    struct fuota_error *err);
FUOTA_API void
fuota_devices_free(struct fuota_device_list *devices);
FUOTA_API void
fuota_dev_eui_format(const uint8_t dev_eui[FUOTA_DEV_EUI_SIZE],
    char text[FUOTA_DEV_EUI_TEXT_SIZE]);
/* 16 hex digits. FUOTA_E_FORMAT for anything else. */
FUOTA_API enum fuota_status
fuota_dev_eui_parse(const char *text, uint8_t dev_eui[FUOTA_DEV_EUI_SIZE]);

/* --- campaign -------------------------------------------------------------*/

#define FUOTA_CAMPAIGN_NAME_SIZE 65u /* bytes, terminated */
#define FUOTA_CAMPAIGN_FILE_MAX  65536u /* bytes of YAML */

enum fuota_device_class {
	FUOTA_CLASS_C = 0,
	FUOTA_CLASS_B = 1,
};

enum fuota_descriptor {
	FUOTA_DESCRIPTOR_AUTO = 0, /* fuota_campaign_descriptor() */
	FUOTA_DESCRIPTOR_FILE = 1, /* as the fragment file says */
	FUOTA_DESCRIPTOR_GIVEN = 2,
};

/* What a campaign file says; fuota-campaign(5) tells each key. */
struct fuota_campaign {
	char name[FUOTA_CAMPAIGN_NAME_SIZE];
	char profile[FUOTA_CAMPAIGN_NAME_SIZE]; /* built-in name or path; "" */
	char region_name[FUOTA_CAMPAIGN_NAME_SIZE];
	char network_server[FUOTA_CAMPAIGN_NAME_SIZE]; /* "" for none */
	const struct fuota_region *region;
	unsigned region_flags; /* FUOTA_REGION_DWELL */
	enum fuota_device_class device_class;
	uint8_t mc_group_id; /* 0..3 */
	uint8_t data_rate;
	uint8_t unicast_data_rate;
	uint8_t ping_periodicity; /* class B, 0..7 */
	bool has_frag_index, has_block_ack_delay;
	uint8_t frag_index, block_ack_delay;
	bool ack_reception; /* TS004-2.0.0 */
	bool ask_versions; /* PackageVersionReq of every package first */
	bool clock_sync; /* ForceDeviceResync first */
	uint32_t mc_addr, min_mc_fcnt, max_mc_fcnt;
	uint32_t frequency_hz; /* class B: 0 stands for hopping */
	uint64_t now, start, end; /* Unix seconds; end 0: not limited */
	uint32_t duty_cycle; /* of the gateways, 1/100000; 100000: no limit */
	uint32_t gateways; /* that share the unicast downlinks */
	uint32_t min_interval_ms; /* between fragments, at least */
	uint32_t uplink_interval; /* seconds until a device sends again */
	uint32_t session_margin; /* seconds after the last fragment */
	uint32_t sessions; /* of the class, that fragments may take */
	enum fuota_descriptor descriptor_kind;
	uint8_t descriptor[4]; /* wire order */
	bool reboot;
	uint32_t reboot_countdown; /* seconds */
	uint32_t reboot_spread; /* seconds over which the devices reboot */
};

/*
 * Errors: FUOTA_E_FORMAT  not YAML, an unknown, missing or repeated key, or a
 *                         value that is not right, with the line; a frequency
 *                         that is no multiple of 100 Hz, a data rate that is
 *                         no downlink rate of the region, a class B start
 *                         that is no multiple of 128 s, a start in the past
 *         FUOTA_E_EMPTY, FUOTA_E_TOO_LARGE, FUOTA_E_MEMORY,
 *         FUOTA_E_UNSUPPORTED
 */
FUOTA_API enum fuota_status
fuota_campaign_parse(struct fuota_in in, struct fuota_campaign *campaign,
    struct fuota_error *err);

/*
 * The descriptor that a campaign sends unless told otherwise: the first 4
 * bytes of SHA-256("fuota-descriptor-1" 00 | x), x being hw_id u32, the first
 * 8 bytes of the base id (zeros without one), image_len u32, image_crc32 u32
 * of a FUOTA image, and the whole block when it is none. Little-endian.
 */
FUOTA_API void
fuota_campaign_descriptor(struct fuota_in block, uint8_t descriptor[4]);

/* --- script ---------------------------------------------------------------*/

/*
 * A network server that cuts the data block itself, and what it then sends:
 * the rows of 1.0.0 or 2.0.0, McGroupID 0, one class session.
 */
struct fuota_network_server {
	const char *name; /* in a campaign: "chirpstack", "aws", "thingpark" */
	const char *title;
	uint8_t frag_index; /* of multicast */
};
/* NULL for another name, and for servers that send what they are given. */
FUOTA_API const struct fuota_network_server *
fuota_network_server_find(const char *name);

/* Everything that a script is made from; the caller keeps it all. */
struct fuota_script {
	const struct fuota_campaign *campaign;
	const struct fuota_profile *profile;
	const struct fuota_device_list *devices;
	const struct fuota_frag_session *session; /* of the fragment file */
	struct fuota_in commands; /* DataFragments in sending order */
	struct fuota_in block; /* the data block without padding */
	struct fuota_aes_key mc_key;
	/* who cuts the block itself; NULL: the fragments go out as they are */
	const struct fuota_network_server *server;
	struct fuota_ledger *ledger; /* TS004-2.0.0; NULL: session_cnt */
	uint16_t session_cnt; /* for every device, when there is no ledger */
};

#define FUOTA_SCRIPT_STEPS_MAX 16

/* When everything happens; computed and checked before a line is written. */
struct fuota_script_plan {
	uint8_t frag_index, block_ack_delay;
	uint8_t time_out; /* of each class session, as sent */
	uint8_t descriptor[4];
	uint8_t setup_steps, status_steps; /* downlinks for each device */
	uint8_t step[FUOTA_SCRIPT_STEPS_MAX]; /* of the library; in order */
	size_t fragments; /* downlinks of the multicast part */
	/* Class sessions one after the other, each with its own request. */
	uint32_t sessions;
	size_t session_fragments; /* in each but the last, which has the rest */
	uint64_t session_period_ms; /* from one start to the next */
	uint64_t
	    session_lead_ms; /* its requests begin so long before a start */
	uint64_t setup_interval_ms; /* between unicast downlinks */
	uint64_t setup_step_ms; /* from one step to the next for a device */
	uint64_t setup_end_ms; /* Unix time: the last answer is due */
	uint64_t fragment_interval_us;
	uint32_t fragment_airtime_us;
	uint64_t fragments_end_ms; /* Unix time */
	uint64_t status_start_ms; /* after the answers' random delay */
	uint64_t status_end_ms;
};

/*
 * Errors: FUOTA_E_LIMIT, FUOTA_E_SLOT  the profile does not take the session
 *         FUOTA_E_LIMIT   the campaign does not fit its window, or the
 *                         sessions of its class; the server sends otherwise
 *         FUOTA_E_FORMAT  the fragment file's edition is not the profile's;
 *                         fragments of another FragIndex, out of order, or
 *                         longer than the data rate takes
 */
FUOTA_API enum fuota_status
fuota_script_plan(const struct fuota_script *script,
    struct fuota_script_plan *plan, struct fuota_error *err);

enum fuota_script_phase {
	FUOTA_PHASE_SETUP = 0,
	FUOTA_PHASE_FRAGMENT = 1,
	FUOTA_PHASE_STATUS = 2,
};

/* A downlink. What it points to lives until the callback returns. */
struct fuota_script_line {
	enum fuota_script_phase phase;
	uint64_t at_ms; /* Unix time, milliseconds */
	const struct fuota_campaign_device *device; /* NULL: multicast */
	uint8_t fport;
	struct fuota_in frame; /* FRMPayload in the clear */
	uint16_t n; /* of a fragment, else 0 */
	const struct fuota_command *command; /* NULL for a fragment */
	const char *expect; /* command that comes back; NULL: none */
	uint64_t expect_by_ms;
};

/*
 * Calls line for every downlink, in sending order. Memory does not grow with
 * devices or fragments. SessionCnts are taken from the ledger before the
 * first call and committed.
 *
 * line  returns FUOTA_OK to go on; anything else ends the script with it
 *
 * Errors: those of the ledger, of libcrypto, and of line
 */
typedef enum fuota_status
fuota_script_line_fn(const struct fuota_script_line *line, void *ctx);
FUOTA_API enum fuota_status
fuota_script_write(const struct fuota_script *script,
    const struct fuota_script_plan *plan, fuota_script_line_fn *line, void *ctx,
    struct fuota_error *err);

#endif
