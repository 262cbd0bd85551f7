/* SPDX-License-Identifier: BSD-2-Clause */
/* Any file as a data block to TS004 fragments. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/fragfile.h>
#include <fuota/region.h>

#include <sodium.h>

#include "common/cmd.h"
#include "common/models.h"

enum option_code {
	OPT_FRAG_SIZE = CMD_OPT_FIRST,
	OPT_REGION,
	OPT_DR,
	OPT_REPEATER,
	OPT_DWELL,
	OPT_REDUNDANCY,
	OPT_PROFILE,
	OPT_TS004,
	OPT_FRAG_INDEX,
	OPT_MC_GROUP_BIT_MASK,
	OPT_BLOCK_ACK_DELAY,
	OPT_DESCRIPTOR,
	OPT_SESSION_CNT,
	OPT_FROM,
	OPT_FORMAT,
};

static const char usage[] =
    "usage: fuota-frag [-hqV] [-o file] --frag-size n [option ...] [file]\n"
    "       fuota-frag [-hqV] [-o file] --region name --dr n [option ...] [file]\n"
    "Cuts a data block into TS004 fragments and adds coded ones.\n"
    "\n"
    "      --frag-size N          bytes of data in a fragment, 1..255\n"
    "      --region NAME          take what fits a downlink there, e.g. EU868\n"
    "      --dr N                 ... at this data rate\n"
    "      --repeater             ... behind a repeater\n"
    "      --dwell                ... within 400 ms (AS923)\n"
    "      --redundancy N|P%      coded fragments, or percent (20%)\n"
    "      --profile NAME|FILE    what the devices take, fuota-profile(5)\n"
    "      --ts004 VERSION        1, 2 or 2-absn (the profile's, else 1)\n"
    "      --frag-index N         FragIndex, 0..3 (0)\n"
    "      --mc-group-bit-mask N  multicast groups, 0..15 (0)\n"
    "      --block-ack-delay N    BlockAckDelay, 0..7 (0)\n"
    "      --descriptor HEX       4 bytes in wire order (00000000)\n"
    "      --session-cnt N        SessionCnt of version 2 (0)\n"
    "      --from N               coded fragments alone, from this number on\n"
    "      --format FORMAT        jsonl (default), hex, base64 or bin\n"
    "      --report FILE          what was done, as JSON\n"
    "  -o, --output FILE          instead of standard output\n"
    "  -q, --quiet                no remarks\n"
    "  -h, --help                 this text\n"
    "  -V, --version              version of the tool\n";

static const struct option options[] = {
	{ "frag-size", required_argument, NULL, OPT_FRAG_SIZE },
	{ "region", required_argument, NULL, OPT_REGION },
	{ "dr", required_argument, NULL, OPT_DR },
	{ "repeater", no_argument, NULL, OPT_REPEATER },
	{ "dwell", no_argument, NULL, OPT_DWELL },
	{ "redundancy", required_argument, NULL, OPT_REDUNDANCY },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "ts004", required_argument, NULL, OPT_TS004 },
	{ "frag-index", required_argument, NULL, OPT_FRAG_INDEX },
	{ "mc-group-bit-mask", required_argument, NULL, OPT_MC_GROUP_BIT_MASK },
	{ "block-ack-delay", required_argument, NULL, OPT_BLOCK_ACK_DELAY },
	{ "descriptor", required_argument, NULL, OPT_DESCRIPTOR },
	{ "session-cnt", required_argument, NULL, OPT_SESSION_CNT },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "format", required_argument, NULL, OPT_FORMAT },
	CMD_OPTION_REPORT,
	CMD_OPTIONS,
};

/* Coded fragments as a number, or as a part of the uncoded ones. */
struct redundancy {
	bool is_part;
	double part;
	uint16_t count;
};

struct job {
	struct cmd cmd;
	struct fuota_frag_session session;
	struct redundancy redundancy;
	struct fuota_profile profile;
	bool has_profile, has_ts004;
	enum fuota_frag_format format;
	const struct fuota_region *region;
	bool has_data_rate;
	uint8_t data_rate, frag_size_max;
	unsigned region_flags;
	uint16_t from; /* 0: the whole session */
	struct fuota_frag_weakness weakness;
	bool is_weak, is_bound;
	uint8_t better_size;
};

/* --- options -------------------------------------------------------------- */

static void
take_redundancy(struct job *job, const char *text)
{
	struct redundancy *r = &job->redundancy;

	r->is_part = strchr(text, '%') != NULL;
	if (r->is_part)
		r->part = cmd_fraction(&job->cmd, "redundancy", text, 0, 163);
	else
		r->count = (uint16_t)cmd_u32(
		    &job->cmd, "redundancy", text, 0, FUOTA_FRAG_N_MAX);
}

static void
take_ts004(struct job *job, const char *text)
{
	job->session.edition = fuota_ts004_parse(text);
	job->has_ts004 = true;
	if (job->session.edition == 0)
		cmd_usage(&job->cmd, "--ts004 is 1, 2 or 2-absn");
}

static void
take_format(struct job *job, const char *text)
{
	static const char *const names[] = { "jsonl", "hex", "base64", "bin" };

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0) {
			job->format = (enum fuota_frag_format)i;
			return;
		}
	cmd_usage(&job->cmd, "--format is jsonl, hex, base64 or bin");
}

static void
take_option(struct job *job, int ch)
{
	struct fuota_frag_session *s = &job->session;
	const struct cmd *cmd = &job->cmd;

	if (ch == OPT_FRAG_SIZE)
		s->frag_size =
		    cmd_u8(cmd, "frag-size", optarg, 1, FUOTA_FRAG_SIZE_MAX);
	else if (ch == OPT_REGION)
		job->region = cmd_region(cmd, optarg);
	else if (ch == OPT_DR) {
		job->data_rate =
		    cmd_u8(cmd, "dr", optarg, 0, FUOTA_DATA_RATE_MAX);
		job->has_data_rate = true;
	} else if (ch == OPT_REPEATER)
		job->region_flags |= FUOTA_REGION_REPEATER;
	else if (ch == OPT_DWELL)
		job->region_flags |= FUOTA_REGION_DWELL;
	else if (ch == OPT_REDUNDANCY)
		take_redundancy(job, optarg);
	else if (ch == OPT_PROFILE) {
		job->profile = cmd_profile(cmd, optarg);
		job->has_profile = true;
	} else if (ch == OPT_TS004)
		take_ts004(job, optarg);
	else if (ch == OPT_FRAG_INDEX)
		s->frag_index = cmd_u8(cmd, "frag-index", optarg, 0, 3);
	else if (ch == OPT_MC_GROUP_BIT_MASK)
		s->mc_group_bit_mask =
		    cmd_u8(cmd, "mc-group-bit-mask", optarg, 0, 15);
	else if (ch == OPT_BLOCK_ACK_DELAY)
		s->block_ack_delay =
		    cmd_u8(cmd, "block-ack-delay", optarg, 0, 7);
	else if (ch == OPT_DESCRIPTOR)
		cmd_hex(cmd, "descriptor", optarg, s->descriptor,
		    sizeof(s->descriptor));
	else if (ch == OPT_SESSION_CNT)
		s->session_cnt = (uint16_t)cmd_u32(
		    cmd, "session-cnt", optarg, 0, UINT16_MAX);
	else if (ch == OPT_FROM)
		job->from =
		    (uint16_t)cmd_u32(cmd, "from", optarg, 2, FUOTA_FRAG_N_MAX);
	else if (ch == OPT_FORMAT)
		take_format(job, optarg);
	else
		cmd_option(&job->cmd, ch);
}

/* The largest FragSize up to max that the devices take. */
static uint8_t
largest_of_profile(const struct job *job, uint8_t max)
{
	const struct fuota_profile *p = &job->profile;

	if (!job->has_profile)
		return max;
	if (p->frag_size_max != 0 && p->frag_size_max < max)
		max = p->frag_size_max;
	if (max < p->frag_size_multiple)
		cmd_fail_text(&job->cmd, NULL, FUOTA_E_LIMIT,
		    "profile %s needs fragments of a multiple of %u bytes, "
		    "%s DR%u carries at most %u",
		    p->name, p->frag_size_multiple, job->region->name,
		    job->data_rate, max);
	return (uint8_t)(max - max % p->frag_size_multiple);
}

/* FragSize from the region, or checked against it. */
static void
settle_frag_size(struct job *job)
{
	struct fuota_error err;
	uint8_t max;

	if ((job->region != NULL) != job->has_data_rate)
		cmd_usage(&job->cmd, "--region and --dr go together");
	job->frag_size_max = job->session.frag_size;
	if (job->region == NULL && job->session.frag_size == 0)
		cmd_usage(&job->cmd,
		    "--frag-size, or --region and --dr, must be given");
	if (job->region == NULL && job->region_flags != 0)
		cmd_usage(&job->cmd, "--repeater and --dwell need --region");
	if (job->region == NULL)
		return;
	cmd_check_dwell(&job->cmd, job->region, job->region_flags);
	if (fuota_region_frag_size_max(job->region, job->data_rate,
		job->region_flags, &max, &err) != FUOTA_OK)
		cmd_usage(&job->cmd, "--dr: %s", err.message);
	if (job->session.frag_size > max)
		cmd_usage(&job->cmd,
		    "--frag-size %u exceeds %u, the most that %s DR%u carries",
		    job->session.frag_size, max, job->region->name,
		    job->data_rate);
	if (job->session.frag_size == 0)
		job->session.frag_size = largest_of_profile(job, max);
	job->frag_size_max = max;
}

/* --- the session ---------------------------------------------------------- */

/* Of a part the next whole number, but not one more for rounding's sake. */
static uint16_t
redundancy_for(uint16_t nb_frag, void *ctx)
{
	const struct redundancy *r = ctx;
	const double count =
	    r->is_part ? ceil(nb_frag * r->part - 1e-6) : r->count;

	return count > FUOTA_FRAG_N_MAX ? FUOTA_FRAG_N_MAX : (uint16_t)count;
}

static void
split(struct job *job, struct fuota_in block)
{
	struct fuota_frag_session *s = &job->session;
	struct fuota_error err;

	/* The number of fragments first, then what depends on it. */
	if (fuota_frag_split(block, s, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	s->redundancy = redundancy_for(s->nb_frag, &job->redundancy);
	if (fuota_frag_check(s, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	if (job->has_profile &&
	    fuota_profile_check_session(&job->profile, s->nb_frag, s->frag_size,
		s->block_len, &err) != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	if (job->from == 0)
		return;
	if (job->from <= s->nb_frag)
		cmd_usage(&job->cmd, "--from %u: coded fragments begin at %u",
		    job->from, s->nb_frag + 1u);
	if (s->redundancy > FUOTA_FRAG_N_MAX - job->from + 1)
		cmd_usage(&job->cmd, "--from %u and %u fragments exceed %u",
		    job->from, s->redundancy, FUOTA_FRAG_N_MAX);
}

static void
warn_weakness(const struct job *job)
{
	const struct fuota_frag_weakness *w = &job->weakness;
	const struct fuota_frag_session *s = &job->session;
	const struct cmd *cmd = &job->cmd;

	if (w->single)
		cmd_warn(cmd,
		    "1 fragment: coded ones are all zero, send N = 1 several times");
	else if (w->few)
		cmd_warn(cmd,
		    "%u fragments, below %u the code is weak: rows repeat",
		    s->nb_frag, FUOTA_FRAG_FEW);
	if (w->twins[0] != 0)
		cmd_warn(cmd,
		    "%u fragments, a multiple of 64: N = %u and N = %u are apart in %u of %u coded ones",
		    s->nb_frag, w->twins[0], w->twins[1], w->twin_rows,
		    s->redundancy);
	if (s->redundancy == 0)
		cmd_warn(cmd, "no coded fragments: every loss is final");
	else if (w->uncovered > 0 && !w->single)
		cmd_warn(cmd,
		    "%u of %u fragments are in none of the %u coded ones, N = %u for one: their loss is final",
		    w->uncovered, s->nb_frag, s->redundancy,
		    w->first_uncovered);
	if (job->better_size != 0)
		cmd_warn(cmd, "nearest good FragSize: %u", job->better_size);
	else if (s->redundancy > 0 && !job->is_bound)
		cmd_warn(cmd,
		    "no FragSize up to %u is better with this redundancy",
		    job->frag_size_max);
}

static void
look_for_weakness(struct job *job)
{
	if (job->from != 0)
		return; /* what came before is not known here */
	job->is_weak = fuota_frag_weakness(&job->session, &job->weakness);
	if (!job->is_weak)
		return;
	/* The nearest one may not be a multiple that the devices take. */
	job->is_bound = job->has_profile && job->profile.frag_size_multiple > 1;
	if (job->session.redundancy > 0 && !job->is_bound)
		job->better_size = fuota_frag_size_near(&job->session,
		    job->frag_size_max, redundancy_for, &job->redundancy);
	warn_weakness(job);
}

/* --- output --------------------------------------------------------------- */

static json_t *
report_weakness(const struct job *job)
{
	const struct fuota_frag_weakness *w = &job->weakness;

	if (!job->is_weak)
		return json_null();
	return json_pack("{s:b, s:b, s:[i,i], s:i, s:i, s:i, s:i}", "single",
	    w->single, "few", w->few, "twins", w->twins[0], w->twins[1],
	    "twin_rows", w->twin_rows, "uncovered", w->uncovered,
	    "first_uncovered", w->first_uncovered, "better_frag_size",
	    job->better_size);
}

/* Of all fragments that are written; null when no data rate was given. */
static json_t *
report_time_on_air(const struct job *job, uint16_t count)
{
	if (job->region == NULL)
		return json_null();
	return json_integer((json_int_t)count *
	    fuota_frag_time_on_air_us(
		job->region, job->data_rate, job->session.frag_size));
}

static void
write_report(struct job *job, uint16_t first, uint16_t count)
{
	const struct fuota_frag_session *s = &job->session;
	char digest[2 * sizeof(s->block_sha256) + 1];

	if (job->cmd.report == NULL)
		return;
	sodium_bin2hex(
	    digest, sizeof(digest), s->block_sha256, sizeof(s->block_sha256));
	cmd_stage_report(&job->cmd,
	    json_pack(
		"{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:o, s:o}",
		"schema", "fuota-frag-report/1", "ts004",
		fuota_ts004_name(s->edition), "nb_frag", s->nb_frag,
		"frag_size", s->frag_size, "padding", s->padding, "redundancy",
		s->redundancy, "fragments", count, "first_n",
		count > 0 ? first : 0, "last_n",
		count > 0 ? first + count - 1 : 0, "data_block_len",
		(int)s->block_len, "data_block_sha256", digest,
		"time_on_air_us", report_time_on_air(job, count), "weakness",
		report_weakness(job)));
}

static void
encode(struct job *job, struct fuota_in block)
{
	const struct fuota_frag_session *s = &job->session;
	const uint16_t first = job->from != 0 ? job->from : 1;
	const uint16_t count = job->from != 0
	    ? s->redundancy
	    : (uint16_t)(s->nb_frag + s->redundancy);
	struct fuota_error err;

	struct fuota_out commands =
	    cmd_alloc(&job->cmd, fuota_frag_bound(s, count));
	if (fuota_frag_encode(s, block, first, count, &commands, &err) !=
	    FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	const struct fuota_in encoded = { .data = commands.data,
		.len = commands.len };
	struct fuota_out file =
	    cmd_alloc(&job->cmd, fuota_fragfile_bound(commands.len));
	if (fuota_fragfile_write(s, job->format, encoded, &file, &err) !=
	    FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	write_report(job, first, count);
	if (job->format == FUOTA_FRAG_BIN)
		cmd_write(&job->cmd, &file);
	else
		cmd_write_text(&job->cmd, (const char *)file.data, file.len);
	cmd_free_out(&commands);
	cmd_free_out(&file);
}

int
main(int argc, char **argv)
{
	struct job job = { .cmd = { .name = "fuota-frag", .usage = usage },
		.redundancy = { .is_part = true, .part = 0.2 } };
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	if (!job.has_ts004)
		job.session.edition =
		    job.has_profile ? job.profile.ts004 : FUOTA_TS004_V1;
	settle_frag_size(&job);
	struct fuota_in block = cmd_read(&job.cmd, argc, argv, FUOTA_IMAGE_MAX);
	cmd_progress(&job.cmd);
	split(&job, block);
	look_for_weakness(&job);
	encode(&job, block);
	cmd_free_in(&block);
	return CMD_OK;
}
