/* SPDX-License-Identifier: BSD-2-Clause */
/* A fragment file, possibly with losses, back to its data block. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/defrag.h>
#include <fuota/fragfile.h>

#include "common/cmd.h"

enum option_code {
	OPT_DROP = CMD_OPT_FIRST,
	OPT_LOSS,
	OPT_SEED,
	OPT_MAX_LOST,
};

static const char usage[] =
    "usage: fuota-defrag [-hqV] [-o file] [option ...] [fragment file]\n"
    "Rebuilds the data block of a fragment file with the device's decoder.\n"
    "\n"
    "      --drop LIST      lose these fragments, e.g. 3,7-12,90-; repeatable\n"
    "      --loss P         lose each line with this probability, 0.2 or 20%\n"
    "      --seed N         seed of --loss (1)\n"
    "      --max-lost N     lost fragments that the device can compute\n"
    "      --report FILE    what was missing and needed, as JSON\n"
    "  -o, --output FILE    instead of standard output\n"
    "  -q, --quiet          no remarks\n"
    "  -h, --help           this text\n"
    "  -V, --version        version of the tool\n";

static const struct option options[] = {
	{ "drop", required_argument, NULL, OPT_DROP },
	{ "loss", required_argument, NULL, OPT_LOSS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "max-lost", required_argument, NULL, OPT_MAX_LOST },
	CMD_OPTION_REPORT,
	CMD_OPTIONS,
};

struct job {
	struct cmd cmd;
	bool drop[FUOTA_FRAG_N_MAX + 1]; /* by N */
	double loss;
	uint64_t random;
	uint16_t max_lost;
	struct fuota_frag_session session;
	size_t dropped;
	uint8_t missing_map[FUOTA_FRAG_N_MAX];
	struct fuota_rebuild rebuild;
};

/* --- options -------------------------------------------------------------- */

/* "N", "N-M" or "N-", which goes to the last. */
static void
drop_range(struct job *job, char *text)
{
	char *dash = strchr(text, '-');
	uint32_t last = FUOTA_FRAG_N_MAX;

	if (dash != NULL)
		*dash++ = '\0';
	const uint32_t first =
	    cmd_u32(&job->cmd, "drop", text, 1, FUOTA_FRAG_N_MAX);
	if (dash == NULL)
		last = first;
	else if (*dash != '\0')
		last =
		    cmd_u32(&job->cmd, "drop", dash, first, FUOTA_FRAG_N_MAX);
	for (uint32_t n = first; n <= last; n++)
		job->drop[n] = true;
}

static void
take_drop(struct job *job, char *text)
{
	for (char *next; text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		drop_range(job, text);
	}
}

static void
take_option(struct job *job, int ch)
{
	const struct cmd *cmd = &job->cmd;

	if (ch == OPT_DROP)
		take_drop(job, optarg);
	else if (ch == OPT_LOSS)
		job->loss = cmd_fraction(cmd, "loss", optarg, 0, 1);
	else if (ch == OPT_SEED)
		job->random = cmd_u32(cmd, "seed", optarg, 0, UINT32_MAX);
	else if (ch == OPT_MAX_LOST)
		job->max_lost = (uint16_t)cmd_u32(
		    cmd, "max-lost", optarg, 0, FUOTA_FRAG_N_MAX);
	else
		cmd_option(&job->cmd, ch);
}

/* --- losses --------------------------------------------------------------- */

/* splitmix64, of which 53 bits make a number from 0 to below 1. */
static double
random_part(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static void
lose(struct job *job, struct fuota_out *commands)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(job->session.frag_size);
	size_t kept = 0;

	for (size_t off = 0; off < commands->len; off += size) {
		const uint8_t *command = commands->data + off;
		const bool lost =
		    job->loss > 0 && random_part(&job->random) < job->loss;
		if (lost || job->drop[fuota_frag_command_n(command)]) {
			job->dropped++;
			continue;
		}
		memmove(commands->data + kept, command, size);
		kept += size;
	}
	commands->len = kept;
}

/* --- what came of it ------------------------------------------------------ */

/* The end of the run of missing fragments that begins at i. */
static unsigned
run_end(const struct job *job, unsigned i)
{
	while (i < job->session.nb_frag && job->missing_map[i] != 0)
		i++;
	return i;
}

static json_t *
missing_runs(const struct job *job)
{
	json_t *runs = json_array();

	for (unsigned i = 0; i < job->session.nb_frag; i++) {
		const unsigned end = run_end(job, i);
		if (end == i)
			continue;
		json_array_append_new(runs, json_pack("[i,i]", i + 1, end));
		i = end;
	}
	return runs;
}

static void
write_report(struct job *job, enum fuota_status status)
{
	const struct fuota_frag_session *s = &job->session;
	const struct fuota_rebuild *r = &job->rebuild;

	if (job->cmd.report == NULL)
		return;
	/* Without a block the report is all there is. */
	(status == FUOTA_OK ? cmd_stage_report : cmd_write_report)(&job->cmd,
	    json_pack(
		"{s:s, s:b, s:s, s:i, s:i, s:i, s:i, s:I, s:i, s:o, s:i, s:i, s:i, s:i}",
		"schema", "fuota-defrag-report/1", "complete",
		status == FUOTA_OK, "ts004", fuota_ts004_name(s->edition),
		"nb_frag", s->nb_frag, "frag_size", s->frag_size, "redundancy",
		s->redundancy, "received", (int)r->received, "dropped",
		(json_int_t)job->dropped, "missing", r->missing, "missing_n",
		missing_runs(job), "needed", r->needed, "completed_at",
		r->completed_at, "would_complete_at", r->would_complete_at,
		"data_block_len", (int)s->block_len));
}

static void
remark(const struct job *job)
{
	const struct fuota_rebuild *r = &job->rebuild;
	const unsigned nb_frag = job->session.nb_frag;
	char list[160];
	size_t len = 0;

	if (r->missing == 0)
		return;
	for (unsigned i = 0; i < nb_frag; i++) {
		const unsigned end = run_end(job, i);
		if (end == i)
			continue;
		if (sizeof(list) - len < 24) {
			len += (size_t)snprintf(
			    list + len, sizeof(list) - len, ", ...");
			break;
		}
		len += (size_t)snprintf(list + len, sizeof(list) - len,
		    end - i > 1 ? "%s%u-%u" : "%s%u", len > 0 ? ", " : "",
		    i + 1, end);
		i = end;
	}
	cmd_warn(&job->cmd,
	    "%u of %u uncoded fragments were missing (%s); rebuilt at N = %u",
	    r->missing, nb_frag, list, r->completed_at);
}

static void
rebuild(struct job *job, const struct fuota_out *commands)
{
	const struct fuota_in received = { .data = commands->data,
		.len = commands->len };
	struct fuota_out block = cmd_alloc(&job->cmd, job->session.block_len);
	struct fuota_error err;

	job->rebuild.missing_map = job->missing_map;
	const enum fuota_status status = fuota_rebuild(&job->session, received,
	    job->max_lost, &block, &job->rebuild, &err);
	write_report(job, status);
	if (status != FUOTA_OK)
		cmd_fail(&job->cmd, &err);
	cmd_write(&job->cmd, &block);
	remark(job);
	cmd_free_out(&block);
}

int
main(int argc, char **argv)
{
	static struct job job = { .cmd = { .name = "fuota-defrag",
				      .usage = usage },
		.random = 1,
		.max_lost = FUOTA_DEFRAG_NO_LIMIT };
	struct fuota_error err;
	int ch;

	while (
	    (ch = getopt_long(argc, argv, CMD_OPTSTRING, options, NULL)) != -1)
		take_option(&job, ch);
	struct fuota_in in = cmd_read(&job.cmd, argc, argv, FUOTA_FRAGFILE_MAX);
	cmd_progress(&job.cmd);
	struct fuota_out commands = cmd_alloc(&job.cmd, in.len / 2);
	if (fuota_fragfile_read(in, &job.session, &commands, &err) != FUOTA_OK)
		cmd_fail(&job.cmd, &err);
	cmd_free_in(&in);
	lose(&job, &commands);
	rebuild(&job, &commands);
	cmd_free_out(&commands);
	return CMD_OK;
}
