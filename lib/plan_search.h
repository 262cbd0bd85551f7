/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for the least time on air: every FragSize by the closed form
 * first, then the cheapest of them by the true parity rows.
 */
#ifndef FUOTA_LIB_PLAN_SEARCH_H
#define FUOTA_LIB_PLAN_SEARCH_H

#include <stdbool.h>

#include <fuota/frag.h>
#include <fuota/plan.h>

enum {
	CANDIDATES_MAX = FUOTA_FRAG_SIZE_MAX,
	LISTED_CLASSES = 4,
};

struct candidate {
	uint8_t frag_size;
	uint32_t nb_frag, redundancy;
	double cost; /* microseconds on air */
};

/* What the search knows when it fails. */
struct search {
	const struct fuota_plan_params *params;
	uint8_t first, last; /* FragSize */
	struct fuota_loss_class classes[LISTED_CLASSES];
	struct candidate candidates[CANDIDATES_MAX];
	size_t count;
	double best_cost, redundancy_share; /* of those listed so far */
	double best_reach; /* largest chance of success seen */
	struct fuota_error *err;
};

/*
 * Leaves the choice in candidates[0].
 *
 * Errors: FUOTA_E_RANGE, FUOTA_E_LIMIT, FUOTA_E_TOO_LARGE, FUOTA_E_MEMORY;
 * what fuota_profile_check_session() refuses
 */
enum fuota_status
fuota_plan_search(struct search *s);

/* Says that the target cannot be met. */
enum fuota_status
fuota_plan_unreachable(const struct search *s);

#endif
