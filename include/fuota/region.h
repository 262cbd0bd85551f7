/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions: downlink data rates, payload limits, default channels, limits of
 * the transmitter, time on air. One table for every tool.
 *
 * Sources: LoRaWAN Regional Parameters RP002-1.0.4 and -1.0.5, and 1.0.3rev.A
 * for the older CN470; ETSI EN 300 220 for EU868. Engineering guidance, not
 * legal advice: transmit rules differ between countries.
 *
 * Left out rather than guessed: LR-FHSS (uplink only), spreading factors 5
 * and 6 of RP002-1.0.5, ISM2400.
 */
#ifndef FUOTA_REGION_H
#define FUOTA_REGION_H

#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/error.h>

#define FUOTA_DATA_RATE_MAX 15u /* data rates are numbered 0..15 */

/* PHYPayload around FRMPayload: MHDR 1, FHDR 7, FPort 1, MIC 4 bytes. */
#define FUOTA_PHY_OVERHEAD  13u
/* FRMPayload of a DataFragment around the fragment: CID 1, Index&N 2. */
#define FUOTA_FRAG_OVERHEAD 3u

enum fuota_modulation {
	FUOTA_MODULATION_LORA = 1,
	FUOTA_MODULATION_FSK = 2,
};

/* A data rate that a downlink may use. */
struct fuota_data_rate {
	enum fuota_modulation modulation;
	uint8_t spreading_factor; /* 7..12; 0 for FSK */
	/* FRMPayload with empty FOpts, bytes; 0: none fits */
	uint8_t payload_max;
	uint8_t payload_max_repeater; /* the same behind a repeater */
	uint32_t bandwidth_hz; /* 0 for FSK */
	uint32_t bit_rate; /* nominal, bit/s */
};

struct fuota_region {
	const char *name; /* "EU868" */
	uint32_t rx2_frequency_hz; /* default RX2 and class C channel */
	uint8_t rx2_data_rate;
	/* class B ping slots; 0: they hop, or depend on the channel plan */
	uint32_t ping_frequency_hz;
	/* of a gateway on rx2_frequency_hz, 1/1000; 1000: no limit */
	uint16_t duty_cycle_permille;
	uint16_t transmit_max_ms; /* longest transmission; 0: no rule */
	uint8_t data_rates; /* index into tables of the library */
	uint8_t data_rates_dwell;
};

/* What a region's payload limits depend on. */
enum fuota_region_flag {
	FUOTA_REGION_REPEATER = 0x01, /* stay below a repeater's limit */
	FUOTA_REGION_DWELL = 0x02, /* AS923: 400 ms downlink dwell time */
};

/*
 * The region of a name in any case, or NULL: EU868, EU433, IN865, RU864,
 * KR920, AS923 (also AS923-1 to AS923-4), US915, AU915, CN470 (RP002) and
 * CN470-RP001 (Regional Parameters 1.0.3 and older). Static.
 */
FUOTA_API const struct fuota_region *
fuota_region_find(const char *name);

/* The i-th region, counted from 0; NULL behind the last. Static. */
FUOTA_API const struct fuota_region *
fuota_region_at(size_t i);

/*
 * What a data rate is in a region.
 *
 * flags  of enum fuota_region_flag
 * rate   untouched on error
 *
 * Errors: FUOTA_E_RANGE        not defined there, or for uplinks only
 *         FUOTA_E_UNSUPPORTED  LR-FHSS, or spreading factor 5 or 6
 */
FUOTA_API enum fuota_status
fuota_region_data_rate(const struct fuota_region *region, uint8_t data_rate,
    unsigned flags, struct fuota_data_rate *rate, struct fuota_error *err);

/*
 * The largest FragSize that fits one downlink, in bytes: payload limit minus
 * FUOTA_FRAG_OVERHEAD.
 *
 * frag_size  untouched on error
 *
 * Errors: those of fuota_region_data_rate(), and
 *         FUOTA_E_RANGE  no payload fits at this data rate
 */
FUOTA_API enum fuota_status
fuota_region_frag_size_max(const struct fuota_region *region, uint8_t data_rate,
    unsigned flags, uint8_t *frag_size, struct fuota_error *err);

/*
 * Time on air of a downlink, microseconds, exact: preamble 8, explicit
 * header, coding rate 4/5, no payload CRC; for FSK 5 bytes of preamble, 3 of
 * sync word, 1 of length, 2 of CRC.
 *
 * phy_payload_len  PHYPayload, bytes: FRMPayload + FUOTA_PHY_OVERHEAD
 *
 * 0 when the data rate cannot be used for downlinks.
 * Source: Semtech AN1200.13.
 */
FUOTA_API uint32_t
fuota_time_on_air_us(const struct fuota_region *region, uint8_t data_rate,
    uint8_t phy_payload_len);

/* The same for a DataFragment of frag_size bytes, 0..239. */
FUOTA_API uint32_t
fuota_frag_time_on_air_us(
    const struct fuota_region *region, uint8_t data_rate, uint8_t frag_size);

/*
 * The same for any LoRa frame.
 *
 * spreading_factor  7..12
 * bandwidth_hz      125000, 250000 or 500000
 * crc               1 when the payload carries a CRC (uplinks), else 0
 *
 * 0 when an argument is outside its range.
 */
FUOTA_API uint32_t
fuota_lora_time_on_air_us(uint8_t spreading_factor, uint32_t bandwidth_hz,
    uint8_t phy_payload_len, unsigned crc);

#endif
