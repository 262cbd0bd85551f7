/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* The text of a JSON object with its newline; releases the object. */
static char *
dump(const struct cmd *cmd, json_t *object, size_t *len)
{
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
	char *text = dump(cmd, object, &len);

	cmd_write_text(cmd, text, len);
	free(text);
}

void
cmd_write_report(struct cmd *cmd, json_t *object)
{
	size_t len;

	if (cmd->report == NULL) {
		json_decref(object);
		return;
	}
	char *text = dump(cmd, object, &len);
	cmd_write_file(cmd, cmd->report, text, len, false);
	free(text);
}
