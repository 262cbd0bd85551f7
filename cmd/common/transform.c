/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "transform.h"

enum {
	WINDOW_MIN = 9,
	WINDOW_MAX = 15,
	RAM_MAX = 1 << 30,
	EFFORT_MAX = 9,
};

bool
transform_option(
    const struct cmd *cmd, struct fuota_transform *transform, int ch)
{
	switch (ch) {
	case 'm':
		transform->method = optarg;
		return true;
	case 'w':
		transform->window_log2 =
		    cmd_u8(cmd, "window", optarg, WINDOW_MIN, WINDOW_MAX);
		return true;
	case 'r':
		transform->ram = cmd_size(cmd, "ram", optarg, 1, RAM_MAX);
		return true;
	case 'e':
		transform->effort =
		    cmd_u8(cmd, "effort", optarg, 1, EFFORT_MAX);
		return true;
	case TRANSFORM_ARCH:
		transform->arch = optarg;
		return true;
	case TRANSFORM_LOAD_ADDRESS:
		transform->has_load_address = true;
		transform->load_address =
		    cmd_u32(cmd, "load-address", optarg, 0, UINT32_MAX);
		return true;
	default:
		return false;
	}
}

void
transform_check_output(const struct cmd *cmd, const char *path)
{
	cmd_check_output(cmd, path, true);
	if (cmd->report != NULL)
		cmd_check_output(cmd, cmd->report, false);
}

struct fuota_image
transform_image(const struct cmd *cmd, struct fuota_in in)
{
	struct fuota_image image;
	struct fuota_error err;

	if (fuota_image_parse(in, &image, &err) != FUOTA_OK)
		cmd_fail(cmd, &err);
	return image;
}

void
transform_warn_signatures(
    const struct cmd *cmd, const struct fuota_image *image)
{
	const size_t count = fuota_image_signature_count(image);

	if (count > 0)
		cmd_warn(cmd,
		    "%zu signature%s dropped: another payload needs another",
		    count, count == 1 ? "" : "s");
}

static void
set(json_t *object, const char *key, uint32_t value)
{
	json_object_set_new(object, key, json_integer(value));
}

/* Pages are [size, count], the last for as long as there is firmware. */
static json_t *
in_place_report(const struct fuota_transform_report *report)
{
	const struct fuota_flash_plan *plan = &report->in_place;
	json_t *pages = json_array();

	for (unsigned i = 0; i < plan->pages.runs; i++)
		json_array_append_new(pages,
		    json_pack("[II]", (json_int_t)plan->pages.size[i],
			(json_int_t)plan->pages.count[i]));
	return json_pack("{ss so sI sI}", "order", report->down ? "down" : "up",
	    "pages", pages, "ring", (json_int_t)plan->ring, "headroom",
	    (json_int_t)plan->headroom);
}

json_t *
transform_json(const struct cmd *cmd,
    const struct fuota_transform_report *report, const struct fuota_out *out)
{
	json_t *object = cmd_json_object(cmd);

	json_object_set_new(object, "schema", json_string("fuota-transform/1"));
	json_object_set_new(object, "method", json_string(report->method));
	set(object, "window",
	    report->window_log2 > 0 ? UINT32_C(1) << report->window_log2 : 0);
	set(object, "decoder_ram", report->decoder_ram);
	set(object, "image_len", report->image_len);
	set(object, "payload_len", report->payload_len);
	set(object, "output_len", (uint32_t)out->len);
	if (report->in_place.pages.runs > 0)
		json_object_set_new(
		    object, "in_place", in_place_report(report));
	if (report->base_len > 0) {
		set(object, "base_len", report->base_len);
		set(object, "stream_len", report->stream_len);
		set(object, "record_count", report->record_count);
		set(object, "diff_len", report->diff_len);
		set(object, "changed_len", report->changed_len);
		set(object, "extra_len", report->extra_len);
		json_object_set_new(object, "full_is_smaller",
		    json_boolean(report->full_len > 0));
	}
	return object;
}

void
transform_report(struct cmd *cmd, const struct fuota_transform_report *report,
    const struct fuota_out *out)
{
	cmd_stage_report(cmd, transform_json(cmd, report, out));
}
