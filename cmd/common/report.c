/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const struct cmd *owner;

static void *
json_memory(size_t size)
{
	return cmd_malloc(owner, size);
}

json_t *
cmd_json_object(const struct cmd *cmd)
{
	owner = cmd;
	json_set_alloc_funcs(json_memory, free);
	return json_object();
}

char *
cmd_json_text(const struct cmd *cmd, json_t *object, size_t *len)
{
	/* Jansson 2.14 does not notice every key that it has no memory for. */
	owner = cmd;
	json_set_alloc_funcs(json_memory, free);
	char *text = json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	json_decref(object);
	if (text == NULL)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the report");
	*len = strlen(text);
	char *line = cmd_malloc(cmd, *len + 1);
	memcpy(line, text, *len);
	line[(*len)++] = '\n';
	free(text);
	return line;
}

void
cmd_write_json(struct cmd *cmd, json_t *object)
{
	size_t len;
	char *text = cmd_json_text(cmd, object, &len);

	cmd_write_text(cmd, text, len);
	free(text);
}

static void
put_report(struct cmd *cmd, json_t *object, bool staged)
{
	size_t len;

	if (cmd->report == NULL) {
		json_decref(object);
		return;
	}
	char *text = cmd_json_text(cmd, object, &len);
	if (staged)
		cmd_stage_file(cmd, cmd->report, text, len);
	else
		cmd_write_file(cmd, cmd->report, text, len, false);
	free(text);
}

void
cmd_write_report(struct cmd *cmd, json_t *object)
{
	put_report(cmd, object, false);
}

void
cmd_stage_report(struct cmd *cmd, json_t *object)
{
	put_report(cmd, object, true);
}

/* --- for people ------------------------------------------------------------*/

/* Text that grows; memory or the end of the program. */
struct text {
	const struct cmd *cmd;
	char *data;
	size_t len, size;
};

static void
append(struct text *t, const char *data, size_t len)
{
	if (len > t->size - t->len) {
		t->size = 2 * t->size + len + 1024;
		char *grown = realloc(t->data, t->size);
		if (grown == NULL)
			cmd_fail_text(t->cmd, NULL, FUOTA_E_MEMORY,
			    "out of memory for the report");
		t->data = grown;
	}
	memcpy(t->data + t->len, data, len);
	t->len += len;
}

/* The JSON text of a scalar, without the quotes of a string. */
static void
append_scalar(struct text *t, const json_t *value)
{
	char *dumped = json_dumps(value, JSON_ENCODE_ANY);

	if (dumped == NULL)
		cmd_fail_text(t->cmd, NULL, FUOTA_E_MEMORY,
		    "out of memory for the report");
	if (json_is_boolean(value))
		append(t, json_is_true(value) ? "yes" : "no",
		    json_is_true(value) ? 3 : 2);
	else if (json_is_string(value)) /* escapes stay: it may be hostile */
		append(t, dumped + 1, strlen(dumped) - 2);
	else
		append(t, dumped, strlen(dumped));
	free(dumped);
}

static void
append_key(struct text *t, int depth, const char *key, int width)
{
	char line[128];
	const int len = snprintf(line, sizeof(line), "%*s%-*s%s", 2 * depth, "",
	    width, key, width > 0 ? " " : "");

	append(t, line, (size_t)len < sizeof(line) ? (size_t)len : 127);
}

static void
append_list(struct text *t, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (i > 0)
			append(t, ", ", 2);
		append_scalar(t, item);
	}
}

static int
key_width(json_t *object)
{
	const char *key;
	json_t *value;
	int width = 0;

	json_object_foreach(object, key, value)
	{
		if (!json_is_object(value) && (int)strlen(key) > width)
			width = (int)strlen(key);
	}
	return width;
}

/* An object in the object, or in its list: the only nesting there is. */
static void
append_object(struct text *t, json_t *object, int depth)
{
	const int width = key_width(object);
	const char *key;
	json_t *value, *item;
	size_t i;

	json_object_foreach(object, key, value)
	{
		if (depth == 0 && strcmp(key, "schema") == 0)
			continue;
		if (json_is_object(json_array_get(value, 0))) {
			json_array_foreach(value, i, item)
			{
				append_key(t, depth, key, 0);
				append(t, "\n", 1);
				append_object(t, item, depth + 1);
			}
			continue;
		}
		append_key(t, depth, key, json_is_object(value) ? 0 : width);
		if (json_is_object(value)) {
			append(t, "\n", 1);
			append_object(t, value, depth + 1);
			continue;
		}
		if (json_is_array(value))
			append_list(t, value);
		else
			append_scalar(t, value);
		append(t, "\n", 1);
	}
}

void
cmd_write_result(struct cmd *cmd, json_t *object)
{
	struct text text = { .cmd = cmd };

	if (cmd->json) {
		cmd_write_json(cmd, object);
		return;
	}
	append_object(&text, object, 0);
	json_decref(object);
	cmd_write_text(cmd, text.data, text.len);
	free(text.data);
}
