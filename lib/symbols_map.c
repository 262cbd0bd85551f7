/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols of the map file that GNU ld writes (-Map=FILE). Of its memory map
 *
 *	.text           0x08000000     0x1f40 load address 0x08000000
 *	 .text.main     0x08000100       0x5c build/main.o
 *	                0x08000100                main
 *
 * the output sections, the input sections in them and the symbols in those
 * are taken. A name that is too long stands alone, its numbers follow on the
 * next line. A static function has no line of its own: it is known by its
 * section when that is one for each function, else by its file.
 */
#include <string.h>

#include "fail.h"
#include "symbols.h"

enum depth {
	OUTPUT, /* ".text" */
	INPUT, /* " .text.main" */
	DEEPER, /* numbers, symbols */
};

struct word {
	const char *at;
	size_t len;
};

struct output {
	uint64_t runs_at, len, loaded_at;
	uint32_t name;
};

struct parser {
	struct symbols_draft *d;
	size_t line;
	struct word waiting; /* a name whose numbers come next; len 0: none */
	enum depth waits_for;
	struct output output; /* len 0: none that counts */
	struct symbols_range piece; /* of the input section; len 0: none */
};

/* --- words -----------------------------------------------------------------*/

static struct word
next_word(struct word *rest)
{
	struct word w;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
		rest->at++;
		rest->len--;
	}
	w.at = rest->at;
	while (rest->len > 0 && *rest->at != ' ' && *rest->at != '\t') {
		rest->at++;
		rest->len--;
	}
	w.len = (size_t)(rest->at - w.at);
	return w;
}

static bool
is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

static bool
begins(struct word w, const char *text)
{
	return w.len >= strlen(text) && memcmp(w.at, text, strlen(text)) == 0;
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* 0x and up to 16 digits, of which 32 bits count. */
static bool
number(struct word w, uint64_t *value)
{
	uint64_t v = 0;

	if (!begins(w, "0x") || w.len < 3 || w.len > 18)
		return false;
	for (size_t i = 2; i < w.len; i++) {
		if (digit_of(w.at[i]) < 0)
			return false;
		v = v << 4 | (uint64_t)digit_of(w.at[i]);
	}
	*value = v;
	return v <= UINT32_MAX;
}

/* --- sections and symbols --------------------------------------------------*/

/* What is not loaded, though it may have addresses. */
static bool
has_no_content(struct word name)
{
	static const char *const without[] = { ".bss", ".sbss", ".noinit",
		".heap", ".stack", ".debug", ".comment", ".stab", ".ARM.attri",
		".riscv.attri", ".xtensa.info", ".xt.", ".gnu.attri", ".note",
		".gnu.build", "COMMON", "/DISCARD/" };

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (begins(name, without[i]))
			return true;
	return false;
}

static enum fuota_status
end_piece(struct parser *p)
{
	const enum fuota_status status = symbols_add(p->d, &p->piece);

	p->piece.len = 0;
	return status;
}

static enum fuota_status
begin_output(
    struct parser *p, struct word name, uint64_t runs_at, struct word rest)
{
	uint64_t len, loaded_at = runs_at;

	p->output.len = 0;
	if (!number(next_word(&rest), &len) || has_no_content(name) || len == 0)
		return FUOTA_OK;
	if (is(next_word(&rest), "load") && is(next_word(&rest), "address") &&
	    !number(next_word(&rest), &loaded_at))
		return fuota_fail(p->d->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: load address is no number", p->line);
	p->output = (struct output){ runs_at, len, loaded_at,
		symbols_name(p->d, name.at, name.len) };
	const struct symbols_range range = { .address = loaded_at,
		.len = (uint32_t)len,
		.section = p->output.name,
		.is_section = true };
	return symbols_add(p->d, &range);
}

/* Strings and constants that are shared are in sections of their own. */
static bool
is_merged(struct word suffix)
{
	return begins(suffix, "str1.") || begins(suffix, "cst");
}

/* The function of ".text.function", or the file of ".text". */
static uint32_t
name_of_input(struct parser *p, struct word section, struct word file)
{
	struct word name = section;

	for (size_t i = 1; i + 1 < section.len; i++)
		if (section.at[i] == '.') {
			name.at = section.at + i + 1;
			name.len = section.len - i - 1;
			if (is_merged(name))
				break;
			return symbols_name(p->d, name.at, name.len);
		}
	for (size_t i = file.len; i > 0; i--)
		if (file.at[i - 1] == '/') {
			file.at += i;
			file.len -= i;
			break;
		}
	name = file.len > 0 ? file : section;
	return symbols_name(p->d, name.at, name.len);
}

static enum fuota_status
begin_input(
    struct parser *p, struct word name, uint64_t runs_at, struct word rest)
{
	const struct output *o = &p->output;
	uint64_t len;

	if (!number(next_word(&rest), &len) || len == 0 || name.at[0] == '*' ||
	    runs_at < o->runs_at || runs_at - o->runs_at >= o->len ||
	    len > o->len - (runs_at - o->runs_at))
		return FUOTA_OK;
	p->piece = (struct symbols_range){
		.address = o->loaded_at + (runs_at - o->runs_at),
		.len = (uint32_t)len,
		.name = name_of_input(p, name, next_word(&rest)),
		.section = o->name,
	};
	return FUOTA_OK;
}

/* From here on the input section's bytes are this symbol's. */
static enum fuota_status
begin_symbol(struct parser *p, uint64_t runs_at, struct word rest)
{
	const struct word name = next_word(&rest);
	const struct word more = next_word(&rest);

	if (p->piece.len == 0 || name.len == 0 || more.len > 0 ||
	    runs_at < p->output.runs_at)
		return FUOTA_OK;
	const uint64_t at = p->output.loaded_at + (runs_at - p->output.runs_at);
	if (at < p->piece.address || at - p->piece.address >= p->piece.len)
		return FUOTA_OK;
	struct symbols_range rest_of = p->piece;
	const uint32_t before = (uint32_t)(at - p->piece.address);
	p->piece.len = before;
	const enum fuota_status status = symbols_add(p->d, &p->piece);
	rest_of.address += before;
	rest_of.len -= before;
	rest_of.name = symbols_name(p->d, name.at, name.len);
	p->piece = rest_of;
	return status;
}

/* --- lines -----------------------------------------------------------------*/

static enum depth
depth_of(struct word line)
{
	if (line.at[0] != ' ' && line.at[0] != '\t')
		return OUTPUT;
	return line.len > 1 && line.at[0] == ' ' && line.at[1] != ' ' &&
		line.at[1] != '\t'
	    ? INPUT
	    : DEEPER;
}

static enum fuota_status
begin(struct parser *p, enum depth depth, struct word name, uint64_t address,
    struct word rest)
{
	const enum fuota_status status = end_piece(p);

	if (status != FUOTA_OK)
		return status;
	return depth == OUTPUT ? begin_output(p, name, address, rest)
			       : begin_input(p, name, address, rest);
}

static enum fuota_status
read_line(struct parser *p, struct word line)
{
	const enum depth depth = depth_of(line);
	struct word rest = line;
	struct word name = { 0 }, first = next_word(&rest);
	uint64_t address;

	if (depth != DEEPER) {
		name = first;
		first = next_word(&rest);
		p->waiting.len = 0;
		if (first.len == 0) {
			p->waiting = name;
			p->waits_for = depth;
			return FUOTA_OK;
		}
		return number(first, &address)
		    ? begin(p, depth, name, address, rest)
		    : FUOTA_OK;
	}
	name = p->waiting;
	p->waiting.len = 0;
	if (!number(first, &address))
		return FUOTA_OK;
	return name.len > 0 ? begin(p, p->waits_for, name, address, rest)
			    : begin_symbol(p, address, rest);
}

static bool
next_line(struct word *text, struct word *line)
{
	if (text->len == 0)
		return false;
	const char *end = memchr(text->at, '\n', text->len);
	line->at = text->at;
	line->len = end != NULL ? (size_t)(end - text->at) : text->len;
	const size_t skip = line->len + (end != NULL);
	text->at += skip;
	text->len -= skip;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

enum fuota_status
symbols_read_map(struct fuota_in in, struct symbols_draft *d)
{
	struct parser p = { .d = d };
	struct word text = { (const char *)in.data, in.len }, line;
	enum fuota_status status = FUOTA_OK;
	bool inside = false;

	while (status == FUOTA_OK && next_line(&text, &line)) {
		p.line++;
		if (begins(line, "Linker script and memory map"))
			inside = true;
		else if (begins(line, "Cross Reference Table"))
			inside = false;
		else if (inside && line.len > 0)
			status = read_line(&p, line);
	}
	if (status != FUOTA_OK)
		return status;
	if (p.line == 0 || d->count == 0)
		return fuota_fail(d->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "neither an ELF file nor the map file of GNU ld");
	return end_piece(&p);
}
