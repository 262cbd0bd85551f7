/* SPDX-License-Identifier: BSD-2-Clause */
/* Campaign files: fuota-campaign(5). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/campaign.h>

#include "command_table.h"
#include "fail.h"
#include "yaml_flat.h"

enum {
	SHOWN_SIZE = 41,
	BEACON_PERIOD = 128, /* seconds */
	PART_PER = 100000 /* of a duty cycle */
};

#define SCHEMA "fuota-campaign/1"

/* What a value looks like; each kind has a reader. */
enum kind {
	KIND_TEXT,
	KIND_NUMBER,
	KIND_WORD,
	KIND_TIME,
	KIND_ADDRESS,
	KIND_SHARE,
	KIND_DESCRIPTOR,
	KIND_REGION,
	KIND_SCHEMA
};

struct word {
	const char *text;
	uint32_t value;
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset, size; /* in struct fuota_campaign; bytes */
	uint32_t min, max;
	const struct word *words;
	bool required;
};

static const struct word yes_no[] = { { "no", 0 }, { "yes", 1 }, { NULL, 0 } };
static const struct word classes[] = { { "C", FUOTA_CLASS_C },
	{ "B", FUOTA_CLASS_B }, { NULL, 0 } };
static const struct word dwell[] = { { "no", 0 }, { "yes", FUOTA_REGION_DWELL },
	{ NULL, 0 } };

#define AT(member) \
	offsetof(struct fuota_campaign, member), \
	    sizeof(((struct fuota_campaign *)0)->member)
#define TEXT(name, member, required) \
	{ \
		name, KIND_TEXT, AT(member), 0, 0, NULL, required \
	}
#define NUMBER(name, member, min, max) \
	{ \
		name, KIND_NUMBER, AT(member), min, max, NULL, false \
	}
#define WORD(name, member, words) \
	{ \
		name, KIND_WORD, AT(member), 0, 0, words, false \
	}
#define OTHER(name, kind, member, required) \
	{ \
		name, kind, AT(member), 0, 0, NULL, required \
	}

static const struct key keys[] = {
	{ "schema", KIND_SCHEMA, 0, 0, 0, 0, NULL, true },
	TEXT("name", name, true),
	TEXT("profile", profile, false),
	TEXT("network_server", network_server, false),
	OTHER("region", KIND_REGION, region_name, true),
	WORD("dwell", region_flags, dwell),
	WORD("class", device_class, classes),
	OTHER("mc_addr", KIND_ADDRESS, mc_addr, true),
	NUMBER("mc_group_id", mc_group_id, 0, 3),
	NUMBER("min_mc_fcnt", min_mc_fcnt, 0, UINT32_MAX),
	NUMBER("max_mc_fcnt", max_mc_fcnt, 0, UINT32_MAX),
	{ "data_rate", KIND_NUMBER, AT(data_rate), 0, 15, NULL, true },
	NUMBER("unicast_data_rate", unicast_data_rate, 0, 15),
	NUMBER("frequency", frequency_hz, 0, UINT32_MAX),
	NUMBER("ping_periodicity", ping_periodicity, 0, 7),
	OTHER("now", KIND_TIME, now, true),
	OTHER("start", KIND_TIME, start, true),
	OTHER("end", KIND_TIME, end, false),
	OTHER("duty_cycle", KIND_SHARE, duty_cycle, false),
	NUMBER("gateways", gateways, 1, 100000),
	NUMBER("min_interval_ms", min_interval_ms, 0, 3600000),
	NUMBER("uplink_interval", uplink_interval, 1, 604800),
	NUMBER("session_margin", session_margin, 0, 32768),
	NUMBER("sessions", sessions, 1, FUOTA_FRAG_N_MAX),
	NUMBER("frag_index", frag_index, 0, 3),
	NUMBER("block_ack_delay", block_ack_delay, 0, 7),
	WORD("ack_reception", ack_reception, yes_no),
	WORD("ask_versions", ask_versions, yes_no),
	WORD("clock_sync", clock_sync, yes_no),
	OTHER("descriptor", KIND_DESCRIPTOR, descriptor_kind, false),
	NUMBER("reboot_countdown", reboot_countdown, 1, 0xfffffe),
	NUMBER("reboot_spread", reboot_spread, 0, 604800),
};

enum {
	KEY_COUNT = sizeof(keys) / sizeof(keys[0])
};

struct reader {
	struct fuota_campaign campaign;
	uint32_t seen; /* bit i: keys[i] */
	size_t lines[KEY_COUNT]; /* where, for errors that show later */
	struct fuota_error *err;
};
_Static_assert(KEY_COUNT <= 32, "seen has 32 bits");

/* --- values ---------------------------------------------------------------*/

static void
store(struct reader *r, const struct key *key, uint64_t value)
{
	unsigned char *at = (unsigned char *)&r->campaign + key->offset;
	const uint16_t u16 = (uint16_t)value;
	const uint32_t u32 = (uint32_t)value;

	switch (key->size) {
	case 1:
		*at = (unsigned char)value;
		break;
	case 2:
		memcpy(at, &u16, sizeof(u16));
		break;
	case 4:
		memcpy(at, &u32, sizeof(u32));
		break;
	default:
		memcpy(at, &value, sizeof(value));
	}
}

static bool
parse_number(const char *text, uint64_t *value)
{
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 12)
		return false;
	*value = strtoull(text, &end, hex ? 16 : 10);
	return *end == '\0';
}

static bool
parse_text(struct reader *r, const struct key *key, const char *text)
{
	const size_t len = strlen(text);

	if (len == 0 || len >= key->size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '"' ||
		    text[i] == '\\')
			return false;
	memcpy((char *)&r->campaign + key->offset, text, len + 1);
	return true;
}

static bool
parse_word(struct reader *r, const struct key *key, const char *text)
{
	for (const struct word *w = key->words; w->text != NULL; w++) {
		if (strcmp(w->text, text) != 0)
			continue;
		store(r, key, w->value);
		return true;
	}
	return false;
}

static bool
parse_bytes(const char *text, uint8_t bytes[4])
{
	size_t got;

	return strlen(text) == 8 &&
	    sodium_hex2bin(bytes, 4, text, 8, NULL, &got, NULL) == 0 &&
	    got == 4;
}

static bool
parse_address(struct reader *r, const char *text)
{
	uint8_t b[4];

	if (!parse_bytes(text, b))
		return false;
	r->campaign.mc_addr = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	return true;
}

/* "10%", "0.1%" or "100%" */
static bool
parse_share(struct reader *r, const char *text)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 8 ||
	    strchr(text, 'x') != NULL || strchr(text, 'e') != NULL)
		return false;
	const double percent = strtod(text, &end);
	if (strcmp(end, "%") != 0 || percent < 0.001 || percent > 100)
		return false;
	r->campaign.duty_cycle = (uint32_t)(percent * (PART_PER / 100.0) + 0.5);
	return true;
}

static bool
parse_descriptor(struct reader *r, const char *text)
{
	struct fuota_campaign *c = &r->campaign;

	if (strcmp(text, "auto") == 0)
		c->descriptor_kind = FUOTA_DESCRIPTOR_AUTO;
	else if (strcmp(text, "file") == 0)
		c->descriptor_kind = FUOTA_DESCRIPTOR_FILE;
	else if (parse_bytes(text, c->descriptor))
		c->descriptor_kind = FUOTA_DESCRIPTOR_GIVEN;
	else
		return false;
	return true;
}

static bool
parse_region(struct reader *r, const struct key *key, const char *text)
{
	r->campaign.region = fuota_region_find(text);
	return r->campaign.region != NULL && parse_text(r, key, text);
}

static bool
parse_value(struct reader *r, const struct key *key, const char *text)
{
	uint64_t value;

	switch (key->kind) {
	case KIND_TEXT:
		return parse_text(r, key, text);
	case KIND_NUMBER:
		if (!parse_number(text, &value) || value < key->min ||
		    value > key->max)
			return false;
		store(r, key, value);
		return true;
	case KIND_WORD:
		return parse_word(r, key, text);
	case KIND_TIME:
		if (fuota_time_parse(text, &value) != FUOTA_OK)
			return false;
		store(r, key, value);
		return true;
	case KIND_ADDRESS:
		return parse_address(r, text);
	case KIND_SHARE:
		return parse_share(r, text);
	case KIND_DESCRIPTOR:
		return parse_descriptor(r, text);
	case KIND_REGION:
		return parse_region(r, key, text);
	case KIND_SCHEMA:
		return strcmp(text, SCHEMA) == 0;
	}
	return false;
}

static const char *
wanted(const struct key *key)
{
	switch (key->kind) {
	case KIND_TEXT:
		return "printable text without quotes";
	case KIND_NUMBER:
		return "a number in range";
	case KIND_WORD:
		return key->words == classes ? "C or B" : "yes or no";
	case KIND_TIME:
		return "a time like 2026-12-01T02:00:00Z or gps:1400000000";
	case KIND_ADDRESS:
		return "8 hex digits";
	case KIND_SHARE:
		return "a share like 10%";
	case KIND_DESCRIPTOR:
		return "auto, file or 8 hex digits in wire order";
	case KIND_REGION:
		return "a region";
	case KIND_SCHEMA:
		return SCHEMA;
	}
	return "a value";
}

static enum fuota_status
read_pair(const char *name, const char *value, size_t line, void *ctx)
{
	struct reader *r = ctx;
	char shown[SHOWN_SIZE];

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		r->seen |= UINT32_C(1) << i;
		r->lines[i] = line;
		if (parse_value(r, &keys[i], value))
			return FUOTA_OK;
		fuota_yaml_shown(value, shown, sizeof(shown));
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: %s is '%s', not %s", line, name, shown,
		    wanted(&keys[i]));
	}
	fuota_yaml_shown(name, shown, sizeof(shown));
	return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "line %zu: unknown key '%s'", line, shown);
}

/* --- the whole ------------------------------------------------------------*/

/* Index of a key, which must exist. */
static size_t
key_index(const char *name)
{
	size_t i = 0;

	while (i < KEY_COUNT - 1 && strcmp(keys[i].name, name) != 0)
		i++;
	return i;
}

static bool
seen(const struct reader *r, const char *name)
{
	return (r->seen >> key_index(name) & 1) != 0;
}

static enum fuota_status
check_radio(const struct reader *r)
{
	const struct fuota_campaign *c = &r->campaign;
	struct fuota_data_rate rate;
	struct fuota_error why;
	uint32_t wire;

	if (fuota_region_data_rate(c->region, c->data_rate, c->region_flags,
		&rate, &why) != FUOTA_OK)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: %s", r->lines[key_index("data_rate")],
		    why.message);
	if (fuota_region_data_rate(c->region, c->unicast_data_rate,
		c->region_flags, &rate, &why) != FUOTA_OK)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "unicast_data_rate: %s", why.message);
	if (!fuota_frequency_to_wire(c->frequency_hz, &wire))
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: frequency %u Hz is not a multiple of 100 Hz",
		    r->lines[key_index("frequency")], c->frequency_hz);
	if (c->device_class == FUOTA_CLASS_C && c->frequency_hz == 0)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: frequency 0 has no meaning in class C",
		    r->lines[key_index("frequency")]);
	if (c->min_mc_fcnt >= c->max_mc_fcnt)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "min_mc_fcnt %u is not below max_mc_fcnt %u",
		    c->min_mc_fcnt, c->max_mc_fcnt);
	return FUOTA_OK;
}

static enum fuota_status
check_times(const struct reader *r)
{
	const struct fuota_campaign *c = &r->campaign;
	const size_t line = r->lines[key_index("start")];
	const uint32_t gps = fuota_time_gps(c->start);

	if (c->start <= c->now)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: start is in the past, %llu s before now", line,
		    (unsigned long long)(c->now - c->start));
	if (c->end != 0 && c->end <= c->start)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: end is not after start",
		    r->lines[key_index("end")]);
	if (c->device_class == FUOTA_CLASS_B && gps % BEACON_PERIOD != 0)
		return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: class B starts at a multiple of 128 s of GPS "
		    "time; start is %u s too late (gps:%u would do)",
		    line, gps % BEACON_PERIOD, gps - gps % BEACON_PERIOD);
	return FUOTA_OK;
}

static enum fuota_status
check(const struct reader *r)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].required && (r->seen >> i & 1) == 0)
			return fuota_fail(r->err, FUOTA_E_FORMAT,
			    FUOTA_NO_OFFSET, "the key '%s' is missing",
			    keys[i].name);
	const enum fuota_status status = check_radio(r);
	return status != FUOTA_OK ? status : check_times(r);
}

static void
fill_defaults(struct reader *r)
{
	struct fuota_campaign *c = &r->campaign;
	const struct fuota_region *region = c->region;

	c->has_frag_index = seen(r, "frag_index");
	c->has_block_ack_delay = seen(r, "block_ack_delay");
	c->reboot = seen(r, "reboot_countdown");
	if (region == NULL)
		return;
	if (!seen(r, "unicast_data_rate"))
		c->unicast_data_rate = region->rx2_data_rate;
	if (!seen(r, "frequency"))
		c->frequency_hz = c->device_class == FUOTA_CLASS_B
		    ? region->ping_frequency_hz
		    : region->rx2_frequency_hz;
	if (!seen(r, "duty_cycle"))
		c->duty_cycle =
		    region->duty_cycle_permille * (PART_PER / 1000u);
}

enum fuota_status
fuota_campaign_parse(struct fuota_in in, struct fuota_campaign *campaign,
    struct fuota_error *err)
{
	struct reader r = { .err = err };

	r.campaign.max_mc_fcnt = UINT32_MAX;
	r.campaign.gateways = 1;
	r.campaign.uplink_interval = 3600;
	r.campaign.session_margin = 60;
	r.campaign.sessions = 1;
	r.campaign.ack_reception = true;
	r.campaign.ask_versions = true;
	r.campaign.clock_sync = true;
	if (in.len > FUOTA_CAMPAIGN_FILE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%zu bytes, a campaign has at most %u", in.len,
		    FUOTA_CAMPAIGN_FILE_MAX);
	enum fuota_status status = fuota_yaml_flat(in, read_pair, &r, err);
	if (status != FUOTA_OK)
		return status;
	fill_defaults(&r);
	status = check(&r);
	if (status == FUOTA_OK)
		*campaign = r.campaign;
	return status;
}
