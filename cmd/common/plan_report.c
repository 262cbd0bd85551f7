/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <time.h>

#include <fuota/fragfile.h>

#include "plan.h"

enum {
	GPS_EPOCH = 315964800, /* 6 January 1980, seconds since 1970 */
	GPS_LEAP_SECONDS = 18, /* since 2017 */
};

void
plan_duration_text(double seconds, char text[24])
{
	if (seconds < 10)
		snprintf(text, 24, "%.2f s", seconds);
	else if (seconds < 120)
		snprintf(text, 24, "%.1f s", seconds);
	else if (seconds < 7200)
		snprintf(text, 24, "%.1f min", seconds / 60);
	else
		snprintf(text, 24, "%.1f h", seconds / 3600);
}

static void
losses_text(const struct plan_report *report, char *text, size_t size)
{
	const struct fuota_loss *loss = &report->params.classes[0].loss;
	int used;

	if (report->losses != NULL) {
		snprintf(text, size, "those of %s, the worst %g %%",
		    report->losses, loss->rate * 100);
		return;
	}
	used = loss->burst > 0
	    ? snprintf(text, size, "%g %% in bursts of %g fragments",
		  loss->rate * 100, loss->burst)
	    : snprintf(text, size, "%g %% uniform", loss->rate * 100);
	if (loss->late_share > 0 && (size_t)used < size)
		snprintf(text + used, size - (size_t)used,
		    ", %g %% of the devices miss the first %u",
		    loss->late_share * 100, loss->late_frags);
}

static void
put_head(const struct plan_report *report, FILE *file)
{
	const struct fuota_plan_params *p = &report->params;
	char losses[160];

	losses_text(report, losses, sizeof(losses));
	fprintf(file, "devices  %zu, class %c, %s, TS004 %s%s%s\n",
	    report->device_count, p->device_class, p->region->name,
	    fuota_ts004_name(p->ts004), p->profile != NULL ? ", profile " : "",
	    p->profile != NULL ? p->profile->name : "");
	fprintf(file, "losses   %s\n", losses);
	fprintf(file, "target   %g %% %s\n", p->target * 100,
	    p->target_all ? "that all devices finish" : "for every device");
}

static void
put_row(const struct plan_row *row, FILE *file)
{
	const struct fuota_plan *p = &row->plan;
	char interval[24], duration[24], windows[24] = "-";

	if (!row->possible) {
		fprintf(file, "%2u  no: %s\n", row->data_rate,
		    row->refusal.message);
		return;
	}
	plan_duration_text(p->interval_s, interval);
	plan_duration_text(p->duration_s, duration);
	if (p->sessions > 0)
		snprintf(windows, sizeof(windows), "%u x %u", p->sessions,
		    p->timeout);
	fprintf(file,
	    "%2u %8u %6u %5u %4.0f%% %4u %4u %8.1f ms %9s %9s %7s "
	    "%7.2f %8.1e %9.3g %s\n",
	    row->data_rate, p->frag_size, p->nb_frag, p->redundancy,
	    100.0 * p->redundancy / p->nb_frag, p->redundancy_mds, p->padding,
	    p->toa_us * 1e-3, interval, duration, windows, p->charge_mah,
	    p->p_fail, p->stragglers,
	    p->method == FUOTA_METHOD_MATRIX ? "matrix" : "closed");
}

static void
put_notes(const struct plan_row *row, FILE *file)
{
	const struct fuota_plan *p = &row->plan;

	if (!row->possible)
		return;
	if (p->method == FUOTA_METHOD_MATRIX)
		fprintf(file,
		    "DR %u: %u trials over the parity rows, failure between "
		    "%.1e and %.1e (95 %%)\n",
		    row->data_rate, p->trials, p->p_fail_low, p->p_fail_high);
	if (p->sessions > 1)
		fprintf(file,
		    "DR %u: one window lasts 2^15 at most, this takes %u\n",
		    row->data_rate, p->sessions);
	if (p->uncovered > 0)
		fprintf(file,
		    "DR %u: no coded fragment covers %u of the uncoded ones\n",
		    row->data_rate, p->uncovered);
	if (p->twins > 0)
		fprintf(file,
		    "DR %u: %u pairs of fragments are hardly told apart by "
		    "the parity rows\n",
		    row->data_rate, p->twins);
}

static void
put_battery(
    const struct plan_report *report, const struct plan_row *row, FILE *file)
{
	if (row->possible && report->battery_mah > 0)
		fprintf(file, "DR %u: %.2g %% of a battery of %g mAh\n",
		    row->data_rate,
		    100 * row->plan.charge_mah / report->battery_mah,
		    report->battery_mah);
}

/* The first block at the same data rate, when both are possible; or NULL. */
static const struct plan_row *
compared_with(const struct plan_report *report, const struct plan_row *row)
{
	for (const struct plan_row *first = report->rows; first < row;
	     first++) {
		if (first->block_index == 0 && row->block_index != 0 &&
		    first->data_rate == row->data_rate && first->possible &&
		    row->possible)
			return first;
	}
	return NULL;
}

/* How many times less the second plan takes; 0: it takes nothing. */
static double
times_less(double first, double second)
{
	return second > 0 ? first / second : 0;
}

/* A block beside the first, at each data rate. */
static void
put_comparison(const struct plan_report *report, const struct plan_row *from,
    const struct plan_row *to, FILE *file)
{
	char name[128], first_name[128], times[2][24];
	bool titled = false;

	for (const struct plan_row *row = from; row < to; row++) {
		const struct plan_row *first = compared_with(report, row);
		if (first == NULL)
			continue;
		if (!titled)
			fprintf(file,
			    "\n%s against %s:\n"
			    "DR   duration  instead of  times less      mAh  "
			    "instead of  times less\n",
			    cmd_escape(name, sizeof(name), row->block),
			    cmd_escape(
				first_name, sizeof(first_name), first->block));
		titled = true;
		plan_duration_text(row->plan.duration_s, times[0]);
		plan_duration_text(first->plan.duration_s, times[1]);
		fprintf(file, "%2u  %9s %11s %11.1f %8.2f %11.2f %11.1f\n",
		    row->data_rate, times[0], times[1],
		    times_less(first->plan.duration_s, row->plan.duration_s),
		    row->plan.charge_mah, first->plan.charge_mah,
		    times_less(first->plan.charge_mah, row->plan.charge_mah));
	}
}

void
plan_report_text(const struct plan_report *report, FILE *file)
{
	const struct plan_row *rows = report->rows;
	char name[128];

	put_head(report, file);
	for (size_t from = 0, to; from < report->row_count; from = to) {
		for (to = from; to < report->row_count &&
		     rows[to].block_index == rows[from].block_index;
		     to++)
			;
		fprintf(file, "\n%s: %u bytes\n",
		    cmd_escape(name, sizeof(name), rows[from].block),
		    rows[from].block_len);
		fprintf(file,
		    "DR FragSize      M     R        MDS  pad         ToA  "
		    "interval  duration TimeOut     mAh     fail "
		    "straggle method\n");
		for (size_t i = from; i < to; i++)
			put_row(&rows[i], file);
		for (size_t i = from; i < to; i++)
			put_notes(&rows[i], file);
		for (size_t i = from; i < to; i++)
			put_battery(report, &rows[i], file);
		put_comparison(report, &rows[from], &rows[to], file);
	}
}

static json_t *
row_json(const struct plan_report *report, const struct plan_row *row)
{
	const struct fuota_plan *p = &row->plan;
	struct fuota_data_rate rate = { 0 };

	json_t *o = json_pack("{s:s, s:i, s:i, s:b}", "block", row->block,
	    "block_len", (int)row->block_len, "data_rate", row->data_rate,
	    "possible", row->possible);
	if (fuota_region_data_rate(report->params.region, row->data_rate,
		report->params.region_flags, &rate, NULL) == FUOTA_OK)
		json_object_set_new(o, "bit_rate", json_integer(rate.bit_rate));
	if (!row->possible) {
		json_object_set_new(
		    o, "refusal", json_string(row->refusal.message));
		return o;
	}
	json_t *more =
	    json_pack("{s:i,s:i,s:i,s:i,s:i, s:f,s:f,s:f,s:f, s:i,s:i, s:f, "
		      "s:f,s:f,s:f,s:f,s:f, s:s,s:i, s:i,s:i}",
		"nb_frag", p->nb_frag, "frag_size", p->frag_size, "redundancy",
		p->redundancy, "redundancy_mds", p->redundancy_mds, "padding",
		p->padding, "toa_s", p->toa_us * 1e-6, "interval_s",
		p->interval_s, "air_s", p->air_s, "duration_s", p->duration_s,
		"sessions", (int)p->sessions, "timeout", p->timeout,
		"charge_mah", p->charge_mah, "p_fail", p->p_fail, "p_fail_low",
		p->p_fail_low, "p_fail_high", p->p_fail_high, "p_all", p->p_all,
		"stragglers", p->stragglers, "method",
		fuota_plan_method_text(p->method), "trials", (int)p->trials,
		"uncovered", p->uncovered, "twins", (int)p->twins);
	json_object_update(o, more);
	json_decref(more);
	if (report->battery_mah > 0)
		json_object_set_new(o, "battery_share",
		    json_real(p->charge_mah / report->battery_mah));
	const struct plan_row *first = compared_with(report, row);
	if (first != NULL)
		json_object_set_new(o, "compared",
		    json_pack("{s:s, s:f, s:f, s:f}", "with", first->block,
			"times_less_air",
			times_less(first->plan.air_s, p->air_s),
			"times_less_duration",
			times_less(first->plan.duration_s, p->duration_s),
			"times_less_charge",
			times_less(first->plan.charge_mah, p->charge_mah)));
	return o;
}

json_t *
plan_report_json(const struct plan_report *report)
{
	const struct fuota_plan_params *p = &report->params;
	char losses[160];
	const char class[2] = { p->device_class, '\0' };

	losses_text(report, losses, sizeof(losses));
	json_t *rows = json_array();
	for (size_t i = 0; i < report->row_count; i++)
		json_array_append_new(rows, row_json(report, &report->rows[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:i, s:s, s:f, s:s, s:o}",
	    "schema", "fuota-plan/1", "region", p->region->name, "ts004",
	    fuota_ts004_name(p->ts004), "class", class, "profile",
	    p->profile != NULL ? p->profile->name : NULL, "devices",
	    (int)report->device_count, "losses", losses, "target", p->target,
	    "target_of", p->target_all ? "all" : "device", "plans", rows);
}

static json_t *
device_list(const struct plan_report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->device_count; i++)
		json_array_append_new(list, json_string(report->devices[i].id));
	return list;
}

static json_t *
time_json(int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm tm;
	char text[32];

	if (seconds == 0)
		return json_null();
	gmtime_r(&when, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

/* The class B or C session request of each window. */
static json_t *
windows_json(const struct plan_report *report, const struct fuota_plan *p)
{
	const bool is_b = report->params.device_class == 'B';
	json_t *windows = json_array();
	const double each = p->sessions > 0 ? p->duration_s / p->sessions : 0;

	for (uint32_t i = 0; i < p->sessions; i++) {
		const int64_t start = report->start +
		    (int64_t)(i * each +
			(is_b ? i * FUOTA_BEACON_PERIOD_S : 0));
		json_t *w = json_pack("{s:s, s:i, s:o, s:i, s:i, s:i}",
		    "command",
		    is_b ? "McClassBSessionReq" : "McClassCSessionReq",
		    "mc_group_id", 0, "session_time",
		    report->start == 0
			? json_null()
			: json_integer(start - GPS_EPOCH + GPS_LEAP_SECONDS),
		    "timeout", p->timeout, "dl_frequency_hz",
		    (int)report->frequency_hz, "data_rate",
		    report->params.data_rate);
		if (is_b)
			json_object_set_new(w, "periodicity",
			    json_integer(report->params.ping_periodicity));
		json_array_append_new(windows, w);
	}
	return windows;
}

static json_t *
setup_json(const struct plan_report *report, const struct fuota_plan *p)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s}",
	    "command", "FragSessionSetupReq", "ts004",
	    fuota_ts004_name(report->params.ts004), "frag_index", 0,
	    "mc_group_bit_mask", 1, "nb_frag", p->nb_frag, "frag_size",
	    p->frag_size, "frag_algo", 0, "block_ack_delay", 0, "padding",
	    p->padding, "descriptor", "00000000");
}

json_t *
plan_window_request(
    const struct plan_report *report, const struct plan_row *row)
{
	const struct fuota_plan_params *params = &report->params;
	const struct fuota_plan *p = &row->plan;
	const char class[2] = { params->device_class, '\0' };

	return json_pack(
	    "{s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:s, s:s, s:i, s:i, "
	    "s:f, s:f, s:f, s:o, s:o, s:o, s:o}",
	    "schema", "fuota-window-request/1", "block", row->block, "devices",
	    report->has_ids ? device_list(report)
			    : json_integer((json_int_t)report->device_count),
	    "bytes", (int)row->block_len, "nb_frag", p->nb_frag, "frag_size",
	    p->frag_size, "redundancy", p->redundancy, "region",
	    params->region->name, "class", class, "data_rate",
	    params->data_rate, "frequency_hz", (int)report->frequency_hz,
	    "interval_s", p->interval_s, "duration_s", p->duration_s, "air_s",
	    p->air_s, "earliest_start", time_json(report->start), "deadline",
	    time_json(report->deadline), "frag_session_setup",
	    setup_json(report, p), "windows", windows_json(report, p));
}
