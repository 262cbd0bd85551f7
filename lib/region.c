/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <strings.h>

#include <fuota/region.h>

#include "fail.h"

enum use {
	NOT_DEFINED = 0,
	DOWNLINK,
	UPLINK_ONLY,
	LR_FHSS,
	SF5_SF6,
};

struct slot {
	enum use use;
	struct fuota_data_rate rate;
};

enum table {
	EUROPE,
	EUROPE_LR_FHSS,
	INDIA,
	KOREA,
	ASIA,
	ASIA_DWELL,
	NORTH_AMERICA,
	AUSTRALIA,
	CHINA,
	CHINA_RP001,
	TABLE_COUNT,
};

#define LORA(sf, khz, bits, n, repeater) \
	{ \
		DOWNLINK, \
		{ \
			FUOTA_MODULATION_LORA, sf, n, repeater, (khz)*1000u, \
			    bits \
		} \
	}
#define FSK \
	{ \
		DOWNLINK, \
		{ \
			FUOTA_MODULATION_FSK, 0, 242, 222, 0, 50000 \
		} \
	}
#define NO_DOWNLINK(why) \
	{ \
		why, \
		{ \
			0 \
		} \
	}
#define ABOVE_SF9_51 \
	LORA(12, 125, 250, 51, 51), LORA(11, 125, 440, 51, 51), \
	    LORA(10, 125, 980, 51, 51)
#define SF9_TO_SF7 \
	LORA(9, 125, 1760, 115, 115), LORA(8, 125, 3125, 242, 222), \
	    LORA(7, 125, 5470, 242, 222)
#define SF12_TO_SF7_500 \
	[8] = LORA(12, 500, 980, 53, 53), [9] = LORA(11, 500, 1760, 129, 129), \
	[10] = LORA(10, 500, 3900, 242, 222), \
	[11] = LORA(9, 500, 7000, 242, 222), \
	[12] = LORA(8, 500, 12500, 242, 222), \
	[13] = LORA(7, 500, 21900, 242, 222), [14] = NO_DOWNLINK(SF5_SF6)
#define SF7_250_AND_FSK LORA(7, 250, 11000, 242, 222), FSK
/* RP002-1.0.5 */
#define FAST            [12] = NO_DOWNLINK(SF5_SF6), [13] = NO_DOWNLINK(SF5_SF6)

static const struct slot tables[TABLE_COUNT][FUOTA_DATA_RATE_MAX + 1] = {
	[EUROPE] = { ABOVE_SF9_51, SF9_TO_SF7, SF7_250_AND_FSK, FAST },
	[EUROPE_LR_FHSS] = { ABOVE_SF9_51, SF9_TO_SF7, SF7_250_AND_FSK,
	    NO_DOWNLINK(LR_FHSS), NO_DOWNLINK(LR_FHSS), NO_DOWNLINK(LR_FHSS),
	    NO_DOWNLINK(LR_FHSS), FAST },
	[INDIA] = { ABOVE_SF9_51, SF9_TO_SF7, NO_DOWNLINK(NOT_DEFINED), FSK,
	    FAST },
	[KOREA] = { ABOVE_SF9_51, SF9_TO_SF7, FAST },
	[ASIA] = { LORA(12, 125, 250, 51, 51), LORA(11, 125, 440, 51, 51),
	    LORA(10, 125, 980, 115, 115), SF9_TO_SF7, SF7_250_AND_FSK, FAST },
	[ASIA_DWELL] = { LORA(12, 125, 250, 0, 0), LORA(11, 125, 440, 0, 0),
	    LORA(10, 125, 980, 11, 11), LORA(9, 125, 1760, 53, 53),
	    LORA(8, 125, 3125, 125, 125), LORA(7, 125, 5470, 242, 222),
	    SF7_250_AND_FSK, FAST },
	[NORTH_AMERICA] = { NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(UPLINK_ONLY),
	    NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(UPLINK_ONLY),
	    NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(LR_FHSS),
	    NO_DOWNLINK(LR_FHSS), SF12_TO_SF7_500 },
	[AUSTRALIA] = { NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(UPLINK_ONLY),
	    NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(UPLINK_ONLY),
	    NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(UPLINK_ONLY),
	    NO_DOWNLINK(UPLINK_ONLY), NO_DOWNLINK(LR_FHSS), SF12_TO_SF7_500 },
	[CHINA] = { LORA(12, 125, 250, 0, 0), LORA(11, 125, 440, 23, 23),
	    LORA(10, 125, 980, 86, 86), LORA(9, 125, 1760, 184, 184),
	    LORA(8, 125, 3125, 242, 222), LORA(7, 125, 5470, 242, 222),
	    LORA(7, 500, 21900, 242, 222), FSK },
	[CHINA_RP001] = { ABOVE_SF9_51, SF9_TO_SF7 },
};

enum {
	NO_DUTY_CYCLE = 1000
};

static const struct fuota_region regions[] = {
	/* 869.4-869.65 MHz: 10 % of each hour, 500 mW ERP */
	{ "EU868", 869525000, 0, 869525000, 100, 0, EUROPE_LR_FHSS,
	    EUROPE_LR_FHSS },
	{ "EU433", 434665000, 0, 434665000, 100, 0, EUROPE, EUROPE },
	{ "IN865", 866550000, 2, 866550000, NO_DUTY_CYCLE, 0, INDIA, INDIA },
	{ "RU864", 869100000, 0, 868900000, 10, 0, EUROPE, EUROPE },
	{ "KR920", 921900000, 0, 923100000, NO_DUTY_CYCLE, 4000, KOREA, KOREA },
	{ "AS923", 923200000, 2, 923400000, 10, 0, ASIA, ASIA_DWELL },
	{ "AS923-2", 921400000, 2, 921600000, 10, 0, ASIA, ASIA_DWELL },
	{ "AS923-3", 916600000, 2, 916800000, 10, 0, ASIA, ASIA_DWELL },
	{ "AS923-4", 917300000, 2, 917500000, 10, 0, ASIA, ASIA_DWELL },
	{ "US915", 923300000, 8, 0, NO_DUTY_CYCLE, 0, NORTH_AMERICA,
	    NORTH_AMERICA },
	{ "AU915", 923300000, 8, 0, NO_DUTY_CYCLE, 0, AUSTRALIA, AUSTRALIA },
	/* The channel is that of 20 MHz plan A after ABP activation. */
	{ "CN470", 486900000, 1, 0, NO_DUTY_CYCLE, 1000, CHINA, CHINA },
	{ "CN470-RP001", 505300000, 0, 0, NO_DUTY_CYCLE, 0, CHINA_RP001,
	    CHINA_RP001 },
};

const struct fuota_region *
fuota_region_at(size_t i)
{
	return i < sizeof(regions) / sizeof(regions[0]) ? &regions[i] : NULL;
}

const struct fuota_region *
fuota_region_find(const char *name)
{
	if (strcasecmp(name, "AS923-1") == 0)
		name = "AS923";
	for (size_t i = 0; fuota_region_at(i) != NULL; i++)
		if (strcasecmp(name, regions[i].name) == 0)
			return &regions[i];
	return NULL;
}

/* NULL when the number is beyond the table. */
static const struct slot *
find_slot(const struct fuota_region *region, uint8_t data_rate, unsigned flags)
{
	if (data_rate > FUOTA_DATA_RATE_MAX)
		return NULL;
	return &tables[(flags & FUOTA_REGION_DWELL) != 0
		? region->data_rates_dwell
		: region->data_rates][data_rate];
}

enum fuota_status
fuota_region_data_rate(const struct fuota_region *region, uint8_t data_rate,
    unsigned flags, struct fuota_data_rate *rate, struct fuota_error *err)
{
	const struct slot *slot = find_slot(region, data_rate, flags);

	switch (slot != NULL ? slot->use : NOT_DEFINED) {
	case DOWNLINK:
		*rate = slot->rate;
		return FUOTA_OK;
	case UPLINK_ONLY:
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "data rate %u of %s is for uplinks only", data_rate,
		    region->name);
	case LR_FHSS:
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "data rate %u of %s is LR-FHSS, for uplinks only",
		    data_rate, region->name);
	case SF5_SF6:
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "data rate %u of %s is SF5 or SF6, which is unsupported",
		    data_rate, region->name);
	case NOT_DEFINED:
		break;
	}
	return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
	    "%s has no data rate %u", region->name, data_rate);
}

enum fuota_status
fuota_region_frag_size_max(const struct fuota_region *region, uint8_t data_rate,
    unsigned flags, uint8_t *frag_size, struct fuota_error *err)
{
	struct fuota_data_rate rate;

	const enum fuota_status status =
	    fuota_region_data_rate(region, data_rate, flags, &rate, err);
	if (status != FUOTA_OK)
		return status;
	const uint8_t payload_max = (flags & FUOTA_REGION_REPEATER) != 0
	    ? rate.payload_max_repeater
	    : rate.payload_max;
	if (payload_max <= FUOTA_FRAG_OVERHEAD)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "data rate %u of %s carries no fragment: "
		    "at most %u bytes of payload%s",
		    data_rate, region->name, payload_max,
		    (flags & FUOTA_REGION_DWELL) != 0 ? " with dwell time"
						      : "");
	*frag_size = (uint8_t)(payload_max - FUOTA_FRAG_OVERHEAD);
	return FUOTA_OK;
}

uint32_t
fuota_lora_time_on_air_us(uint8_t spreading_factor, uint32_t bandwidth_hz,
    uint8_t phy_payload_len, unsigned crc)
{
	const int32_t sf = spreading_factor;

	if (sf < 7 || sf > 12 || crc > 1 ||
	    (bandwidth_hz != 125000 && bandwidth_hz != 250000 &&
		bandwidth_hz != 500000))
		return 0;
	const uint32_t symbol_us =
	    (1000000u / (bandwidth_hz / 1000) << sf) / 1000;
	const int32_t slow = symbol_us >= 16000 ? 2 : 0; /* low data rate */
	const int32_t bits =
	    8 * phy_payload_len - 4 * sf + 28 + 16 * (int32_t)crc;
	const int32_t block = 4 * (sf - slow);
	const int32_t blocks = bits > 0 ? (bits + block - 1) / block : 0;
	/* 12.25 symbols of preamble, 8 of header, 5 a block, in quarters */
	const uint32_t quarters = 49 + 4 * (8 + 5 * (uint32_t)blocks);
	return quarters * (symbol_us / 4);
}

static uint32_t
time_on_air(const struct fuota_data_rate *rate, uint8_t phy_payload_len)
{
	if (rate->modulation == FUOTA_MODULATION_FSK)
		return (5u + 3 + 1 + phy_payload_len + 2) * 8 * 20;
	return fuota_lora_time_on_air_us(
	    rate->spreading_factor, rate->bandwidth_hz, phy_payload_len, 0);
}

uint32_t
fuota_time_on_air_us(const struct fuota_region *region, uint8_t data_rate,
    uint8_t phy_payload_len)
{
	const struct slot *slot = find_slot(region, data_rate, 0);

	if (slot == NULL || slot->use != DOWNLINK)
		return 0;
	return time_on_air(&slot->rate, phy_payload_len);
}

uint32_t
fuota_frag_time_on_air_us(
    const struct fuota_region *region, uint8_t data_rate, uint8_t frag_size)
{
	if (frag_size > UINT8_MAX - FUOTA_PHY_OVERHEAD - FUOTA_FRAG_OVERHEAD)
		return 0;
	return fuota_time_on_air_us(region, data_rate,
	    (uint8_t)(frag_size + FUOTA_FRAG_OVERHEAD + FUOTA_PHY_OVERHEAD));
}
