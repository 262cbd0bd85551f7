/* SPDX-License-Identifier: BSD-2-Clause */
#include <fuota/region.h>

#include "check.h"

/* Time on air: the worked table of the LoRaWAN regional notes, confirmed by
 * another calculator for the column with CRC. */
static const struct toa_row {
	const char *name;
	uint8_t sf;
	uint32_t bandwidth;
	uint8_t len;
	uint32_t downlink_us, uplink_us;
} toa_rows[] = {
	{ "sf12_125_64_bytes", 12, 125000, 64, 2793472, 2793472 },
	{ "sf11_125_64_bytes", 11, 125000, 64, 1478656, 1560576 },
	{ "sf10_125_64_bytes", 10, 125000, 64, 698368, 698368 },
	{ "sf9_125_128_bytes", 9, 125000, 128, 676864, 676864 },
	{ "sf8_125_255_bytes", 8, 125000, 255, 696832, 707072 },
	{ "sf7_125_255_bytes", 7, 125000, 255, 394496, 399616 },
	{ "sf7_250_255_bytes", 7, 250000, 255, 197248, 199808 },
	{ "sf12_500_66_bytes", 12, 500000, 66, 616448, 616448 },
	{ "sf11_500_142_bytes", 11, 500000, 142, 615424, 615424 },
	{ "sf10_500_255_bytes", 10, 500000, 255, 563712, 573952 },
	{ "sf9_500_255_bytes", 9, 500000, 255, 312576, 312576 },
	{ "sf8_500_255_bytes", 8, 500000, 255, 174208, 176768 },
	{ "sf7_500_255_bytes", 7, 500000, 255, 98624, 99904 },
	/* 8*0 - 48 + 28 < 0: no payload block; (12.25 + 8) * 32768 */
	{ "no_payload_block", 12, 125000, 0, 663552, 663552 },
};

static void
lora_time_on_air_as_worked(void **state)
{
	const struct toa_row *row = *state;

	assert_int_equal(row->downlink_us,
	    fuota_lora_time_on_air_us(row->sf, row->bandwidth, row->len, 0));
	assert_int_equal(row->uplink_us,
	    fuota_lora_time_on_air_us(row->sf, row->bandwidth, row->len, 1));
}

static void
impossible_lora_has_no_time_on_air(void **state)
{
	(void)state;
	assert_int_equal(0, fuota_lora_time_on_air_us(6, 125000, 64, 0));
	assert_int_equal(0, fuota_lora_time_on_air_us(13, 125000, 64, 0));
	assert_int_equal(0, fuota_lora_time_on_air_us(7, 812000, 64, 0));
	assert_int_equal(0, fuota_lora_time_on_air_us(7, 0, 64, 0));
	assert_int_equal(0, fuota_lora_time_on_air_us(7, 125000, 64, 2));
}

/* The FragSize ceilings of every region: no repeater, repeater. */
static const struct limit_row {
	const char *name;
	const char *region;
	unsigned flags;
	struct {
		uint8_t data_rate, most, repeater;
	} limits[8];
} limit_rows[] = {
	{ "eu868", "EU868", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 }, { 6, 239, 219 },
		{ 7, 239, 219 } } },
	{ "eu433", "eu433", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 }, { 6, 239, 219 },
		{ 7, 239, 219 } } },
	{ "ru864", "RU864", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 }, { 6, 239, 219 },
		{ 7, 239, 219 } } },
	{ "in865", "IN865", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 }, { 7, 239, 219 } } },
	{ "kr920", "KR920", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 } } },
	{ "as923", "AS923-1", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 112, 112 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 }, { 6, 239, 219 },
		{ 7, 239, 219 } } },
	{ "as923_with_dwell_time", "AS923-3", FUOTA_REGION_DWELL,
	    { { 2, 8, 8 }, { 3, 50, 50 }, { 4, 122, 122 }, { 5, 239, 219 },
		{ 6, 239, 219 }, { 7, 239, 219 } } },
	{ "us915", "US915", FUOTA_REGION_DWELL,
	    { { 8, 50, 50 }, { 9, 126, 126 }, { 10, 239, 219 },
		{ 11, 239, 219 }, { 12, 239, 219 }, { 13, 239, 219 } } },
	{ "au915", "AU915", 0,
	    { { 8, 50, 50 }, { 9, 126, 126 }, { 10, 239, 219 },
		{ 11, 239, 219 }, { 12, 239, 219 }, { 13, 239, 219 } } },
	{ "cn470", "CN470", 0,
	    { { 1, 20, 20 }, { 2, 83, 83 }, { 3, 181, 181 }, { 4, 239, 219 },
		{ 5, 239, 219 }, { 6, 239, 219 }, { 7, 239, 219 } } },
	{ "cn470_of_rp001", "CN470-RP001", 0,
	    { { 0, 48, 48 }, { 1, 48, 48 }, { 2, 48, 48 }, { 3, 112, 112 },
		{ 4, 239, 219 }, { 5, 239, 219 } } },
};

/* What the row has for a data rate; 0 when the region cannot use it. */
static uint8_t
limit_of(const struct limit_row *row, uint8_t data_rate, bool repeater)
{
	for (size_t i = 0; i < CHECK_COUNT(row->limits); i++)
		if (row->limits[i].data_rate == data_rate)
			return repeater ? row->limits[i].repeater
					: row->limits[i].most;
	return 0;
}

static void
frag_size_limits_as_listed(void **state)
{
	const struct limit_row *row = *state;
	const struct fuota_region *region = fuota_region_find(row->region);

	assert_non_null(region);
	for (uint8_t dr = 0; dr < 32; dr++) {
		for (unsigned repeater = 0; repeater < 2; repeater++) {
			uint8_t got = 0;
			const bool ok =
			    fuota_region_frag_size_max(region, dr,
				row->flags |
				    (repeater ? FUOTA_REGION_REPEATER : 0),
				&got, NULL) == FUOTA_OK;
			const uint8_t want = limit_of(row, dr, repeater);
			assert_int_equal(want, got);
			assert_int_equal(want != 0, ok);
		}
	}
}

static const struct refusal {
	const char *name;
	const char *region;
	unsigned flags;
	uint8_t data_rate;
	enum fuota_status status;
	const char *message;
} refusals[] = {
	{ "eu868_lr_fhss", "EU868", 0, 8, FUOTA_E_UNSUPPORTED,
	    "data rate 8 of EU868 is LR-FHSS, for uplinks only" },
	{ "eu868_sf6", "EU868", 0, 12, FUOTA_E_UNSUPPORTED,
	    "data rate 12 of EU868 is SF5 or SF6, which is unsupported" },
	{ "us915_uplink_rate", "US915", 0, 3, FUOTA_E_RANGE,
	    "data rate 3 of US915 is for uplinks only" },
	{ "us915_lr_fhss", "US915", 0, 5, FUOTA_E_UNSUPPORTED,
	    "data rate 5 of US915 is LR-FHSS, for uplinks only" },
	{ "au915_uplink_rate", "AU915", 0, 6, FUOTA_E_RANGE,
	    "data rate 6 of AU915 is for uplinks only" },
	{ "us915_sf5", "US915", 0, 14, FUOTA_E_UNSUPPORTED,
	    "data rate 14 of US915 is SF5 or SF6, which is unsupported" },
	{ "in865_has_no_6", "IN865", 0, 6, FUOTA_E_RANGE,
	    "IN865 has no data rate 6" },
	{ "beyond_15", "EU868", 0, 16, FUOTA_E_RANGE,
	    "EU868 has no data rate 16" },
	{ "cn470_dr0_carries_nothing", "CN470", 0, 0, FUOTA_E_RANGE,
	    "data rate 0 of CN470 carries no fragment: "
	    "at most 0 bytes of payload" },
	{ "as923_dr1_with_dwell_time", "AS923", FUOTA_REGION_DWELL, 1,
	    FUOTA_E_RANGE,
	    "data rate 1 of AS923 carries no fragment: "
	    "at most 0 bytes of payload with dwell time" },
};

static void
unusable_data_rate_is_refused(void **state)
{
	const struct refusal *row = *state;
	const struct fuota_region *region = fuota_region_find(row->region);
	struct fuota_error err;
	uint8_t frag_size = 77;

	assert_int_equal(row->status,
	    fuota_region_frag_size_max(
		region, row->data_rate, row->flags, &frag_size, &err));
	assert_string_equal(row->message, err.message);
	assert_int_equal(row->status, err.status);
	assert_int_equal(77, frag_size);
}

static const struct channel {
	const char *name; /* also the region */
	uint32_t rx2_frequency;
	uint8_t rx2_data_rate;
	uint16_t duty_cycle_permille;
} channels[] = {
	{ "EU868", 869525000, 0, 100 },
	{ "EU433", 434665000, 0, 100 },
	{ "US915", 923300000, 8, 1000 },
	{ "AU915", 923300000, 8, 1000 },
	{ "AS923", 923200000, 2, 10 },
	{ "AS923-2", 923200000 - 1800000, 2, 10 },
	{ "AS923-3", 923200000 - 6600000, 2, 10 },
	{ "AS923-4", 923200000 - 5900000, 2, 10 },
	{ "IN865", 866550000, 2, 1000 },
	{ "KR920", 921900000, 0, 1000 },
	{ "RU864", 869100000, 0, 10 },
	{ "CN470", 486900000, 1, 1000 },
	{ "CN470-RP001", 505300000, 0, 1000 },
};

static void
default_channel_as_listed(void **state)
{
	const struct channel *row = *state;
	const struct fuota_region *region = fuota_region_find(row->name);

	assert_non_null(region);
	assert_string_equal(row->name, region->name);
	assert_int_equal(row->rx2_frequency, region->rx2_frequency_hz);
	assert_int_equal(row->rx2_data_rate, region->rx2_data_rate);
	assert_int_equal(row->duty_cycle_permille, region->duty_cycle_permille);
	/* The wire form of a frequency counts 100 Hz. */
	assert_int_equal(0, region->rx2_frequency_hz % 100);
	assert_int_equal(0, region->ping_frequency_hz % 100);
}

static void
listing_has_every_region_once(void **state)
{
	size_t count = 0;

	(void)state;
	for (; fuota_region_at(count) != NULL; count++)
		assert_ptr_equal(fuota_region_at(count),
		    fuota_region_find(fuota_region_at(count)->name));
	assert_int_equal(CHECK_COUNT(channels), count);
	assert_null(fuota_region_at(SIZE_MAX));
}

static void
unknown_region_is_null(void **state)
{
	(void)state;
	assert_null(fuota_region_find("EU867"));
	assert_null(fuota_region_find(""));
	assert_null(fuota_region_find("EU8688"));
	assert_null(fuota_region_find("ISM2400"));
}

static void
fragment_time_on_air_by_region(void **state)
{
	const struct fuota_region *eu = fuota_region_find("EU868");
	const struct fuota_region *us = fuota_region_find("US915");

	(void)state;
	assert_int_equal(2793472, fuota_frag_time_on_air_us(eu, 0, 48));
	assert_int_equal(676864, fuota_frag_time_on_air_us(eu, 3, 112));
	assert_int_equal(394496, fuota_frag_time_on_air_us(eu, 5, 239));
	assert_int_equal(616448, fuota_frag_time_on_air_us(us, 8, 50));
	/* (5 + 3 + 1 + 255 + 2) * 8 / 50000 s */
	assert_int_equal(42560, fuota_frag_time_on_air_us(eu, 7, 239));
	assert_int_equal(0, fuota_frag_time_on_air_us(eu, 5, 240));
	assert_int_equal(0, fuota_frag_time_on_air_us(eu, 8, 48));
	assert_int_equal(0, fuota_frag_time_on_air_us(us, 0, 48));
	assert_int_equal(0, fuota_time_on_air_us(eu, 16, 64));
}

static void
campaign_of_20000_bytes_as_worked(void **state)
{
	const struct fuota_region *eu = fuota_region_find("EU868");
	const uint64_t slow =
	    UINT64_C(459) * fuota_frag_time_on_air_us(eu, 0, 48);
	const uint64_t fast =
	    UINT64_C(104) * fuota_frag_time_on_air_us(eu, 5, 239);

	(void)state;
	/* 1282.2 s and 41.0 s on air; 12822 s and 6 min 51 s at 10 % */
	assert_int_equal(12822, (slow + 50000) / 100000);
	assert_int_equal(410, (fast + 50000) / 100000);
	assert_int_equal(
	    12822, slow * 1000 / eu->duty_cycle_permille / 1000000);
	assert_int_equal(
	    6 * 60 + 50, fast * 1000 / eu->duty_cycle_permille / 1000000);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(impossible_lora_has_no_time_on_air),
		cmocka_unit_test(listing_has_every_region_once),
		cmocka_unit_test(unknown_region_is_null),
		cmocka_unit_test(fragment_time_on_air_by_region),
		cmocka_unit_test(campaign_of_20000_bytes_as_worked),
	};

	return CHECK_ROWS(toa_rows, lora_time_on_air_as_worked) +
	    CHECK_ROWS(limit_rows, frag_size_limits_as_listed) +
	    CHECK_ROWS(refusals, unusable_data_rate_is_refused) +
	    CHECK_ROWS(channels, default_channel_as_listed) +
	    cmocka_run_group_tests(tests, NULL, NULL);
}
