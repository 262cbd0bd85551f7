/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a campaign: its checks, and unicast downlinks step by step. */
#ifndef FUOTA_LIB_CAMPAIGN_STEP_H
#define FUOTA_LIB_CAMPAIGN_STEP_H

#include <fuota/campaign.h>

/* The session's FragIndex: of the campaign, its server, or the file. */
uint8_t
fuota_campaign_frag_index(const struct fuota_script *script);

/* What devices, region and fragment file say before times are known. */
enum fuota_status
fuota_campaign_check(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err);
/* What a server that cuts the block itself says to the whole plan. */
enum fuota_status
fuota_campaign_check_server(const struct fuota_script *script,
    const struct fuota_script_plan *plan, struct fuota_error *err);

/* Unix time in milliseconds at which class session k begins. */
uint64_t
fuota_session_start_ms(const struct fuota_script *script,
    const struct fuota_script_plan *plan, uint32_t k);

/* The step that asks for a class session. */
uint8_t
fuota_step_class(void);

/* Writes the steps for the profile into plan, set-up first, then status. */
void
fuota_campaign_steps(
    const struct fuota_script *script, struct fuota_script_plan *plan);

/* What a step's command is made from besides the script. */
struct fuota_step_input {
	uint8_t step; /* of plan->step */
	size_t index; /* of the device */
	uint64_t start_ms; /* Unix time of the class session to ask for */
	const struct fuota_device_keys *keys; /* for group and session */
	uint16_t session_cnt;
};

/* A step's command for one device, and the command that answers it. */
struct fuota_step_output {
	struct fuota_command command;
	enum fuota_package package; /* whose port it goes to */
	const char *expect;
	uint8_t key[FUOTA_AES_KEY_SIZE], mic[FUOTA_BLOCK_MIC_SIZE];
};

enum fuota_status
fuota_campaign_step(const struct fuota_script *script,
    const struct fuota_script_plan *plan, const struct fuota_step_input *in,
    struct fuota_step_output *out, struct fuota_error *err);

/* Whether a step's command depends on the device's keys. */
bool
fuota_step_needs_keys(uint8_t step);

/* Milliseconds to wait before this step besides the usual. */
uint64_t
fuota_step_wait_ms(const struct fuota_campaign *campaign, uint8_t step);

#endif
