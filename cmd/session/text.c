/* SPDX-License-Identifier: BSD-2-Clause */
/* Output that is collected in memory and written whole. */
#include <stdlib.h>

#include <sodium.h>

#include "session.h"

void
session_text_open(const struct cmd *cmd, struct session_text *text)
{
	text->stream = open_memstream(&text->data, &text->len);
	if (text->stream == NULL)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the output");
}

void
session_text_write(struct cmd *cmd, struct session_text *text)
{
	if (fflush(text->stream) != 0 || ferror(text->stream) != 0 ||
	    fclose(text->stream) != 0)
		cmd_fail_text(
		    cmd, NULL, FUOTA_E_MEMORY, "out of memory for the output");
	cmd_write_text(cmd, text->data, text->len);
	sodium_memzero(text->data, text->len); /* it may hold keys */
	free(text->data);
}

void
session_put_string(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(to, "\\u%04x", c);
		else
			putc(c, to);
	}
	putc('"', to);
}

void
session_put_hex(FILE *to, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		putc(digits[bytes[i] >> 4], to);
		putc(digits[bytes[i] & 15], to);
	}
}

void
session_put_base64(FILE *to, const uint8_t *bytes, size_t len)
{
	enum {
		PIECE = 192 /* bytes: a multiple of 3 */
	};
	char text[PIECE / 3 * 4 + 1];

	for (size_t off = 0; off < len; off += PIECE) {
		const size_t n = len - off < PIECE ? len - off : PIECE;
		sodium_bin2base64(text, sizeof(text), bytes + off, n,
		    sodium_base64_VARIANT_ORIGINAL);
		fputs(text, to);
	}
}
