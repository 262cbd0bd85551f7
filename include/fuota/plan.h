/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parameters of a TS004 session for a target: FragSize and redundancy of
 * the least time on air, with durations, TimeOut codes and charge.
 * Source: fuota-plan(1) states the model.
 */
#ifndef FUOTA_PLAN_H
#define FUOTA_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/api.h>
#include <fuota/device/parity.h>
#include <fuota/error.h>
#include <fuota/loss.h>
#include <fuota/profile.h>
#include <fuota/region.h>

#define FUOTA_PLAN_CLASSES_MAX    32u /* of devices with the same losses */
#define FUOTA_PLAN_TRIALS         1000000u /* the default */
#define FUOTA_PLAN_TRIALS_MAX     100000000u
#define FUOTA_PLAN_TIMEOUT_MAX    15u /* 2^15 s, or beacon periods */
#define FUOTA_BEACON_PERIOD_S     128u
#define FUOTA_PLAN_MIN_REDUNDANCY 2u /* some decoders need a coded fragment */

/* How a failure probability was found. */
enum fuota_plan_method {
	FUOTA_METHOD_AUTO = 0, /* closed form where it holds */
	FUOTA_METHOD_CLOSED = 1, /* counts of losses, random parity rows */
	FUOTA_METHOD_MATRIX = 2, /* Monte Carlo over the true parity rows */
};

struct fuota_plan_params {
	uint32_t block_len; /* bytes of the data block */
	enum fuota_ts004 ts004;
	const struct fuota_profile *profile; /* NULL: no limits */

	const struct fuota_region *region;
	uint8_t data_rate;
	unsigned region_flags; /* of enum fuota_region_flag */
	uint8_t frag_size; /* 0: searched */
	uint8_t frag_size_max; /* 0: that of the data rate */

	const struct fuota_loss_class *classes; /* worst first, at least one */
	size_t class_count; /* at most FUOTA_PLAN_CLASSES_MAX */
	double target; /* 0 < target < 1 */
	bool target_all; /* all devices at once, else each of them */

	char device_class; /* 'A', 'B' or 'C' */
	uint8_t ping_periodicity; /* class B: a slot every 2^k s, 0..7 */
	double uplink_interval_s; /* class A: between two uplinks */
	double duty_cycle; /* 0 < duty <= 1; 0: that of the region */
	double margin_s; /* least time from frame to frame; 0: none */
	double gap_s; /* silence after a frame; 0: 0.2 */
	uint32_t gateways; /* that send in turn; 0: 1 */
	double receive_ma; /* receiver current; 0: 4.6 */

	enum fuota_plan_method method;
	uint32_t trials; /* Monte Carlo, per class; 0: the default */
	uint64_t seed; /* same seed, same plan */
	unsigned threads; /* 0: 1; the result does not depend on it */
};

struct fuota_plan {
	uint16_t nb_frag; /* M */
	uint16_t redundancy; /* R, coded fragments */
	uint16_t redundancy_mds; /* what an ideal code would need */
	uint8_t frag_size; /* bytes */
	uint8_t padding; /* bytes */

	uint32_t toa_us; /* time on air of a fragment */
	double interval_s; /* from fragment to fragment */
	double air_s; /* time on air of all, once by each gateway */
	double duration_s; /* from the first fragment to the last */
	uint32_t sessions; /* class B or C sessions that the time takes */
	uint8_t timeout; /* TimeOut code of each of them */
	double charge_mah; /* receive charge of a device */

	/* at this redundancy, of the class of devices that is worst off */
	double p_fail;
	double p_fail_low, p_fail_high; /* 95 % interval */
	double p_all; /* that all devices finish */
	double stragglers; /* expected devices that do not */
	enum fuota_plan_method method; /* never FUOTA_METHOD_AUTO */
	uint32_t trials; /* made; 0 with the closed form */

	/* of the parity rows in use */
	uint16_t uncovered; /* uncoded fragments that no row covers */
	uint32_t twins; /* pairs that no row, or hardly one, separates */
};

/*
 * The plan with the least time on air that meets the target.
 *
 * plan  untouched on error
 *
 * Errors: FUOTA_E_RANGE        a parameter outside its range
 *         FUOTA_E_UNSUPPORTED  the data rate
 *         FUOTA_E_TOO_LARGE    more than 16383 fragments
 *         FUOTA_E_LIMIT        a limit of the profile, or of the region's
 *                              transmitters; or no redundancy reaches the
 *                              target: the message says the best reachable
 *         FUOTA_E_SLOT         the block exceeds the profile's slot
 *         FUOTA_E_MEMORY
 */
FUOTA_API enum fuota_status
fuota_plan_find(const struct fuota_plan_params *params, struct fuota_plan *plan,
    struct fuota_error *err);

/*
 * The same for a given FragSize and redundancy: what they come to, whether
 * or not the target is met.
 */
FUOTA_API enum fuota_status
fuota_plan_rate(const struct fuota_plan_params *params, uint8_t frag_size,
    uint16_t redundancy, struct fuota_plan *plan, struct fuota_error *err);

/* One point of a curve of failure probability against redundancy. */
struct fuota_plan_point {
	double p_fail; /* of the class that is worst off */
	double low, high; /* 95 % interval; equal to p_fail in closed form */
	double p_mds; /* with an ideal code */
};

/*
 * Failure probability for every redundancy from 0 on.
 *
 * method  FUOTA_METHOD_CLOSED or FUOTA_METHOD_MATRIX
 * points  caller-owned, count points: redundancy 0..count - 1
 */
FUOTA_API enum fuota_status
fuota_plan_curve(const struct fuota_plan_params *params, uint8_t frag_size,
    enum fuota_plan_method method, struct fuota_plan_point *points,
    size_t count, struct fuota_error *err);

/* "closed form" or "Monte Carlo". */
FUOTA_API const char *
fuota_plan_method_text(enum fuota_plan_method method);

#endif
