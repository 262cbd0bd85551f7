/* SPDX-License-Identifier: BSD-2-Clause */
/* A campaign for 10,000 devices and 1,000 fragments: time and memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <fuota/campaign.h>

enum {
	DEVICES = 10000,
	FRAGMENTS = 1000,
	FRAG_SIZE = 48
};

static const char yaml[] =
    "schema: fuota-campaign/1\nname: bench\nregion: EU868\ndata_rate: 0\n"
    "unicast_data_rate: 5\ngateways: 50\nmc_addr: \"01020304\"\n"
    "now: 2026-11-30T12:00:00Z\nstart: 2026-12-05T02:00:00Z\n";

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long
peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
or_die(enum fuota_status status, const struct fuota_error *err)
{
	if (status == FUOTA_OK)
		return;
	fprintf(stderr, "bench_campaign: %s\n", err->message);
	exit(1);
}

static enum fuota_status
count_bytes(const struct fuota_script_line *line, void *ctx)
{
	size_t *bytes = ctx;

	*bytes += line->frame.len;
	return FUOTA_OK;
}

static void
make_session(struct fuota_script *script, struct fuota_frag_session *session,
    struct fuota_error *err)
{
	static uint8_t block[FRAGMENTS * FRAG_SIZE];
	struct fuota_out out;

	session->edition = FUOTA_TS004_V2;
	session->frag_size = FRAG_SIZE;
	script->block = (struct fuota_in){ block, sizeof(block) };
	or_die(fuota_frag_split(script->block, session, err), err);
	out =
	    (struct fuota_out){ .size = fuota_frag_bound(session, FRAGMENTS) };
	out.data = malloc(out.size);
	if (out.data == NULL)
		exit(1);
	or_die(
	    fuota_frag_encode(session, script->block, 1, FRAGMENTS, &out, err),
	    err);
	script->commands = (struct fuota_in){ out.data, out.len };
	script->session = session;
}

int
main(void)
{
	struct fuota_profile profile = *fuota_profile_find("lbm-v2");
	struct fuota_frag_session session = { .frag_size = 0 };
	struct fuota_device_list devices = {
		calloc(DEVICES, sizeof(*devices.device)), DEVICES
	};
	struct fuota_campaign campaign;
	struct fuota_script script = {
		.campaign = &campaign, .profile = &profile, .devices = &devices
	};
	struct fuota_script_plan plan;
	struct fuota_error err;
	size_t bytes = 0;

	if (devices.device == NULL)
		return 1;
	profile.nb_frag_max = FUOTA_FRAG_N_MAX;
	for (uint32_t i = 0; i < DEVICES; i++)
		memcpy(devices.device[i].dev_eui, &i, sizeof(i));
	or_die(fuota_campaign_parse(
		   (struct fuota_in){ (const uint8_t *)yaml, sizeof(yaml) - 1 },
		   &campaign, &err),
	    &err);
	make_session(&script, &session, &err);
	const long before = peak_kb();
	const double start = seconds();
	or_die(fuota_script_plan(&script, &plan, &err), &err);
	or_die(fuota_script_write(&script, &plan, count_bytes, &bytes, &err),
	    &err);
	printf("campaign of %d devices, %d fragments: %.2f s of CPU, "
	       "%ld kB more than before, %zu bytes of frames\n",
	    DEVICES, FRAGMENTS, seconds() - start, peak_kb() - before, bytes);
	return 0;
}
