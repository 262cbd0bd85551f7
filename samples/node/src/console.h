/* SPDX-License-Identifier: BSD-2-Clause */
/* Line editing and word splitting on the UART. */
#ifndef NODE_CONSOLE_H
#define NODE_CONSOLE_H

#define CONSOLE_WORDS_MAX 8

/* Prompts, reads lines and runs their commands until one ends it. */
void
console_run(void);
/* Splits at spaces, in place; "quoted words" may hold them. */
int
console_split(char *line, char *words[CONSOLE_WORDS_MAX]);

#endif
