/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "commands.h"
#include "platform.h"

#define LINE_SIZE 120u

int
console_split(char *line, char *words[CONSOLE_WORDS_MAX])
{
	int count = 0;

	while (count < CONSOLE_WORDS_MAX) {
		while (*line == ' ')
			line++;
		if (*line == '\0')
			break;
		const char end = *line == '"' ? '"' : ' ';
		if (end == '"')
			line++;
		words[count++] = line;
		while (*line != '\0' && *line != end)
			line++;
		if (*line != '\0')
			*line++ = '\0';
	}
	return count;
}

static void
erase_last(size_t *len)
{
	if (*len == 0)
		return;
	(*len)--;
	uart_text("\b \b");
}

/* With echo; backspace and control-U edit. */
static void
read_line(char *line)
{
	size_t len = 0;

	for (;;) {
		const int c = uart_get();
		if (c < 0)
			continue;
		if (c == '\r' || c == '\n')
			break;
		if (c == '\b' || c == 0x7f) {
			erase_last(&len);
		} else if (c == 0x15) {
			while (len > 0)
				erase_last(&len);
		} else if (c >= ' ' && c < 0x7f && len < LINE_SIZE - 1) {
			line[len++] = (char)c;
			uart_put((char)c);
		}
	}
	line[len] = '\0';
	uart_put('\n');
}

void
console_run(void)
{
	char line[LINE_SIZE];
	char *words[CONSOLE_WORDS_MAX];

	for (;;) {
		uart_text("node> ");
		read_line(line);
		const int count = console_split(line, words);
		if (count > 0 && !command_run(count, words))
			return;
	}
}
