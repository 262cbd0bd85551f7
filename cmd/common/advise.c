/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delta, full image, or one delta after the other? Every pair of releases is
 * encoded; the rest is the shortest way from each to the new one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/device/crc32.h>
#include <fuota/region.h>

#include "bases.h"
#include "models.h"
#include "plan.h"

/* Nodes are the bases in order and, last, the new firmware. */
enum {
	NODES_MAX = BASES_MAX + 1,
	SIGNATURE_LEN = 70, /* bytes, of each image on the air */
};

/* What one image takes; len 0: it cannot be made. */
struct step {
	uint32_t len; /* bytes, signed */
	uint32_t ram; /* bytes */
	double air; /* seconds; 0 without a region */
};

/* One or several images after each other. */
struct way {
	uint32_t len, ram;
	double air, cost; /* what is compared: air or else len */
	size_t next; /* node after this one */
};

struct advice {
	const struct cmd *cmd;
	const struct fuota_image *image;
	const struct bases *bases;
	const struct fuota_region *region;
	uint8_t data_rate;
	struct step steps[NODES_MAX][NODES_MAX]; /* from, to */
	struct step full;
	struct way direct[NODES_MAX], chain[NODES_MAX], best[NODES_MAX];
};

static double
air_time(const struct advice *a, uint32_t len)
{
	uint8_t frag_size;
	struct fuota_error err;

	if (a->region == NULL)
		return 0;
	if (fuota_region_frag_size_max(
		a->region, a->data_rate, 0, &frag_size, &err) != FUOTA_OK)
		cmd_fail(a->cmd, &err);
	const uint32_t count = (len + frag_size - 1) / frag_size;
	return count *
	    (double)fuota_frag_time_on_air_us(
		a->region, a->data_rate, frag_size) /
	    1e6;
}

/* --- encoding every pair ---------------------------------------------------*/

/* A base as a full image, to make deltas to. */
static struct fuota_in
image_of(const struct advice *a, const struct base *base)
{
	struct fuota_header header = a->image->header;
	struct fuota_out out =
	    cmd_alloc(a->cmd, fuota_image_bound(base->firmware.len));
	struct fuota_error err;

	header.compression = FUOTA_COMPRESSION_NONE;
	header.delta = FUOTA_DELTA_NONE;
	header.window_log2 = 0;
	header.image_len = (uint32_t)base->firmware.len;
	header.image_crc32 = fuota_crc32(
	    FUOTA_CRC32_INIT, base->firmware.data, base->firmware.len);
	header.target_digest_len = 0;
	header.fw_version = base->fw_version;
	if (fuota_image_rewrite(
		a->image, &header, base->firmware, &out, &err) != FUOTA_OK)
		cmd_fail_at(a->cmd, base->path, &err);
	return (struct fuota_in){ .data = out.data, .len = out.len };
}

struct work {
	struct fuota_delta_job *jobs;
	struct step **results; /* where each job's goes */
	size_t count;
};

static void
add_job(const struct advice *a, struct work *w, const struct fuota_image *to,
    struct fuota_in base, const struct fuota_delta *params, struct step *result)
{
	w->results[w->count] = result;
	w->jobs[w->count++] = (struct fuota_delta_job){ .image = to,
		.base = base,
		.params = *params,
		.out = cmd_alloc(a->cmd, fuota_transform_bound(to)) };
}

/* A delta that is larger than the firmware is no way to go. */
static void
take_result(
    const struct advice *a, struct fuota_delta_job *job, struct step *result)
{
	if (job->status != FUOTA_OK && job->status != FUOTA_E_LIMIT)
		cmd_fail(a->cmd, &job->err);
	if (job->status == FUOTA_OK) {
		result->len = (uint32_t)job->out.len + SIGNATURE_LEN;
		result->ram = job->report.decoder_ram;
		result->air = air_time(a, result->len);
	}
	cmd_free_out(&job->out);
}

static void
encode(struct advice *a, const struct fuota_delta *params)
{
	const size_t count = a->bases->count;
	struct fuota_in bytes[BASES_MAX];
	struct fuota_image images[NODES_MAX];
	struct fuota_error err;
	struct work w = { 0 };

	w.jobs =
	    cmd_malloc(a->cmd, (count * (count + 1) / 2 + 1) * sizeof(*w.jobs));
	w.results = cmd_malloc(
	    a->cmd, (count * (count + 1) / 2 + 1) * sizeof(struct step *));
	add_job(a, &w, a->image, (struct fuota_in){ 0 }, params, &a->full);
	images[count] = *a->image;
	for (size_t i = 0; i < count; i++) {
		bytes[i] = image_of(a, &a->bases->list[i]);
		if (fuota_image_parse(bytes[i], &images[i], &err) != FUOTA_OK)
			cmd_fail_at(a->cmd, a->bases->list[i].path, &err);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j <= count; j++)
			add_job(a, &w, &images[j], a->bases->list[i].firmware,
			    params, &a->steps[i][j]);
	fuota_delta_jobs(w.jobs, w.count, cmd_processors());
	for (size_t i = 0; i < w.count; i++)
		take_result(a, &w.jobs[i], w.results[i]);
	for (size_t i = 0; i < count; i++)
		cmd_free_in(&bytes[i]);
	free(w.jobs);
	free(w.results);
}

/* --- the ways --------------------------------------------------------------*/

static struct way
way_over(const struct advice *a, size_t from, size_t to)
{
	const struct step *s = &a->steps[from][to];
	struct way w = {
		.len = s->len, .ram = s->ram, .air = s->air, .next = to
	};

	if (to < a->bases->count) {
		const struct way *rest = &a->best[to];
		w.len += rest->len;
		w.ram = rest->ram > w.ram ? rest->ram : w.ram;
		w.air += rest->air;
		w.cost = rest->cost;
	}
	if (s->len == 0)
		w.cost = INFINITY;
	else
		w.cost += a->region != NULL ? s->air : (double)s->len;
	return w;
}

static void
find_ways(struct advice *a)
{
	const size_t count = a->bases->count;

	for (size_t i = count; i-- > 0;) {
		a->direct[i] = way_over(a, i, count);
		a->chain[i].cost = INFINITY;
		for (size_t j = i + 1; j < count; j++) {
			const struct way w = way_over(a, i, j);
			if (w.cost < a->chain[i].cost)
				a->chain[i] = w;
		}
		a->best[i] = a->chain[i].cost < a->direct[i].cost
		    ? a->chain[i]
		    : a->direct[i];
	}
}

static double
full_cost(const struct advice *a)
{
	return a->region != NULL ? a->full.air : (double)a->full.len;
}

static const char *
advice_for(const struct advice *a, size_t i)
{
	if (full_cost(a) <= a->best[i].cost)
		return "full";
	return a->chain[i].cost < a->direct[i].cost ? "chain" : "delta";
}

/* --- for all devices together ----------------------------------------------*/

/* All deltas; or one step after the other, each heard by all before it. */
static struct step
fleet(const struct advice *a, bool as_chain)
{
	const size_t count = a->bases->count;
	struct step sum = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct step *s = &a->steps[i][as_chain ? i + 1 : count];
		if (s->len == 0)
			return (struct step){ .air = INFINITY };
		sum.len += s->len;
		sum.air += s->air;
		sum.ram = s->ram > sum.ram ? s->ram : sum.ram;
	}
	return sum;
}

static double
cost_of(const struct advice *a, const struct step *s)
{
	if (s->len == 0)
		return INFINITY;
	return a->region != NULL ? s->air : (double)s->len;
}

static const char *
advice_for_all(
    const struct advice *a, const struct step *deltas, const struct step *chain)
{
	const double d = cost_of(a, deltas), c = cost_of(a, chain);

	if (full_cost(a) <= d && full_cost(a) <= c)
		return "full";
	return c < d ? "chain" : "deltas";
}

/* --- JSON ------------------------------------------------------------------*/

static void
set_step(
    const struct advice *a, json_t *o, uint32_t len, double air, uint32_t ram)
{
	json_object_set_new(o, "len", json_integer((json_int_t)len));
	if (a->region != NULL)
		json_object_set_new(o, "time_on_air_us",
		    json_integer((json_int_t)llround(air * 1e6)));
	if (ram > 0)
		json_object_set_new(
		    o, "decoder_ram", json_integer((json_int_t)ram));
}

static json_t *
step_json(const struct advice *a, const struct step *s)
{
	json_t *o = json_object();

	set_step(a, o, s->len, s->air, s->ram);
	return s->len > 0 ? o : (json_decref(o), json_null());
}

static json_t *
chain_json(const struct advice *a, size_t i)
{
	json_t *o = json_object(), *through = json_array();

	for (size_t j = a->chain[i].next; j < a->bases->count;
	     j = a->best[j].next)
		json_array_append_new(
		    through, json_string(a->bases->list[j].name));
	json_object_set_new(o, "through", through);
	set_step(a, o, a->chain[i].len, a->chain[i].air, a->chain[i].ram);
	return o;
}

static json_t *
bases_json(const struct advice *a)
{
	const size_t count = a->bases->count;
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();
		json_object_set_new(
		    o, "base", json_string(a->bases->list[i].name));
		json_object_set_new(
		    o, "delta", step_json(a, &a->steps[i][count]));
		if (a->chain[i].cost < INFINITY)
			json_object_set_new(o, "chain", chain_json(a, i));
		json_object_set_new(o, "advice", json_string(advice_for(a, i)));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
advice_json(const struct advice *a)
{
	const struct step deltas = fleet(a, false), chain = fleet(a, true);
	json_t *o = cmd_json_object(a->cmd), *all = json_object();

	json_object_set_new(o, "schema", json_string("fuota-advice/1"));
	json_object_set_new(o, "image_len",
	    json_integer((json_int_t)a->image->header.image_len));
	json_object_set_new(o, "full", step_json(a, &a->full));
	json_object_set_new(o, "bases", bases_json(a));
	json_object_set_new(all, "deltas", step_json(a, &deltas));
	json_object_set_new(all, "chain", step_json(a, &chain));
	json_object_set_new(
	    all, "advice", json_string(advice_for_all(a, &deltas, &chain)));
	json_object_set_new(o, "all_bases", all);
	return o;
}

/* --- for people ------------------------------------------------------------*/

static void
put_step(const struct advice *a, FILE *f, uint32_t len, double air)
{
	char text[24] = "";

	if (a->region != NULL)
		plan_duration_text(air, text);
	if (len == 0)
		fprintf(f, " %9s %*s", "-", a->region != NULL ? 9 : 0, "");
	else
		fprintf(f, " %9u %*s", len, a->region != NULL ? 9 : 0, text);
}

static void
put_advice(const struct advice *a, FILE *f, size_t i)
{
	const char *advice = advice_for(a, i);

	fprintf(f, "  %s", advice);
	if (strcmp(advice, "chain") != 0)
		return;
	for (size_t j = a->chain[i].next; j < a->bases->count;
	     j = a->best[j].next)
		fprintf(f, "%s %s", j == a->chain[i].next ? " through" : ",",
		    a->bases->list[j].name);
}

static int
name_width(const struct advice *a)
{
	size_t width = strlen("all, as a chain");

	for (size_t i = 0; i < a->bases->count; i++)
		if (strlen(a->bases->list[i].name) > width)
			width = strlen(a->bases->list[i].name);
	return (int)width;
}

static void
put_table(const struct advice *a, FILE *f)
{
	const int width = name_width(a), air = a->region != NULL ? 9 : 0;
	const struct step deltas = fleet(a, false), chain = fleet(a, true);
	const char *all = advice_for_all(a, &deltas, &chain);

	fprintf(f, "%-*s %9s %*s %9s %*s %7s  advice\n", width, "base", "delta",
	    air, air > 0 ? "on air" : "", "chain", air, air > 0 ? "on air" : "",
	    "RAM");
	for (size_t i = 0; i < a->bases->count; i++) {
		const bool chained = a->chain[i].cost < INFINITY;
		fprintf(f, "%-*s", width, a->bases->list[i].name);
		put_step(a, f, a->direct[i].len, a->direct[i].air);
		put_step(a, f, chained ? a->chain[i].len : 0, a->chain[i].air);
		fprintf(f, " %7u", a->direct[i].ram);
		put_advice(a, f, i);
		fputc('\n', f);
	}
	fprintf(f, "\n%-*s", width, "any, full image");
	put_step(a, f, a->full.len, a->full.air);
	if (a->bases->count < 2) {
		fputc('\n', f);
		return;
	}
	fprintf(f, "%s\n", strcmp(all, "full") == 0 ? "  advice" : "");
	fprintf(f, "%-*s", width, "all, by deltas");
	put_step(a, f, deltas.len, deltas.air);
	fprintf(f, "%s\n", strcmp(all, "deltas") == 0 ? "  advice" : "");
	fprintf(f, "%-*s", width, "all, as a chain");
	put_step(a, f, chain.len, chain.air);
	fprintf(f, "%s\n", strcmp(all, "chain") == 0 ? "  advice" : "");
}

static void
write_table(struct cmd *cmd, const struct advice *a)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		cmd_fail_errno(cmd, NULL, "out of memory");
	put_table(a, f);
	const bool failed = ferror(f) != 0;
	if (fclose(f) != 0 || failed)
		cmd_fail_errno(cmd, NULL, "out of memory");
	cmd_write_text(cmd, text, len);
	free(text);
}

void
bases_advise(struct cmd *cmd, const struct fuota_image *image,
    const struct bases *bases, const struct fuota_delta *params,
    const struct advice_options *options)
{
	struct advice *a = cmd_malloc(cmd, sizeof(*a));

	*a = (struct advice){ .cmd = cmd,
		.image = image,
		.bases = bases,
		.data_rate = options->data_rate };
	if (options->region != NULL) {
		a->region = fuota_region_find(options->region);
		if (a->region == NULL)
			cmd_usage(cmd, "--region: '%s' is not known",
			    options->region);
	}
	(void)air_time(a, 1); /* refused before the work */
	encode(a, params);
	find_ways(a);
	if (cmd->json)
		cmd_write_json(cmd, advice_json(a));
	else
		write_table(cmd, a);
	free(a);
}
