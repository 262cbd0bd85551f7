/* SPDX-License-Identifier: BSD-2-Clause */
/* Profile files: a flat YAML mapping, fuota-profile(5). */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include <fuota/profile.h>

#include "fail.h"

enum {
	SHOWN_SIZE = 41
};

/* A file while it is read. */
struct reader {
	yaml_document_t *document;
	struct fuota_profile profile;
	struct fuota_error *err;
};

struct word {
	const char *text;
	unsigned value;
};

struct field {
	const char *key;
	enum {
		NUMBER,
		WORD,
		WORDS
	} kind;
	size_t offset, size; /* in struct fuota_profile; bytes */
	uint32_t min, max;
	const struct word *words;
};

static const struct word decoders[] = {
	{ "fuota-device", FUOTA_DECODER_DEVICE },
	{ "loramac-node", FUOTA_DECODER_LORAMAC_NODE },
	{ "lbm", FUOTA_DECODER_LBM },
	{ "zephyr-lowmem", FUOTA_DECODER_ZEPHYR_LOWMEM },
	{ "zephyr-semtech", FUOTA_DECODER_ZEPHYR_SEMTECH },
	{ NULL, 0 },
};
static const struct word editions[] = {
	{ "1.0.0", FUOTA_TS004_V1 },
	{ "2.0.0", FUOTA_TS004_V2 },
	{ "2.0.0-absN", FUOTA_TS004_V2_ABSN },
	{ NULL, 0 },
};
static const struct word root_keys[] = {
	{ "gen-app-key", FUOTA_ROOT_GEN_APP_KEY },
	{ "app-key", FUOTA_ROOT_APP_KEY },
	{ NULL, 0 },
};
static const struct word quirks[] = {
	{ "increasing-n", FUOTA_QUIRK_INCREASING_N },
	{ "over-limit-success", FUOTA_QUIRK_OVER_LIMIT_SUCCESS },
	{ "tail-overrun", FUOTA_QUIRK_TAIL_OVERRUN },
	{ "late-uncoded-corrupts", FUOTA_QUIRK_LATE_UNCODED_CORRUPTS },
	{ "needs-coded", FUOTA_QUIRK_NEEDS_CODED },
	{ "single-command", FUOTA_QUIRK_SINGLE_COMMAND },
	{ "no-group-status", FUOTA_QUIRK_NO_GROUP_STATUS },
	{ "no-class-b", FUOTA_QUIRK_NO_CLASS_B },
	{ "group-zero", FUOTA_QUIRK_GROUP_ZERO },
	{ "index-zero", FUOTA_QUIRK_INDEX_ZERO },
	{ NULL, 0 },
};
static const struct word transforms[] = {
	{ "deflate", FUOTA_TRANSFORM_DEFLATE },
	{ "codec", FUOTA_TRANSFORM_CODEC },
	{ "two-slot", FUOTA_TRANSFORM_TWO_SLOT },
	{ "in-place", FUOTA_TRANSFORM_IN_PLACE },
	{ NULL, 0 },
};

#define AT(member) \
	offsetof(struct fuota_profile, member), \
	    sizeof(((struct fuota_profile *)0)->member)

static const struct field fields[] = {
	{ "ts004", WORD, AT(ts004), 0, 0, editions },
	{ "decoder", WORD, AT(decoder), 0, 0, decoders },
	{ "root_key", WORD, AT(root_key), 0, 0, root_keys },
	{ "quirks", WORDS, AT(quirks), 0, 0, quirks },
	{ "transforms", WORDS, AT(transforms), 0, 0, transforms },
	{ "max_nb_frag", NUMBER, AT(nb_frag_max), 1, FUOTA_FRAG_N_MAX, NULL },
	{ "max_lost", NUMBER, AT(lost_max), 1, FUOTA_FRAG_N_MAX, NULL },
	{ "max_frag_size", NUMBER, AT(frag_size_max), 1, FUOTA_FRAG_SIZE_MAX,
	    NULL },
	{ "frag_size_multiple", NUMBER, AT(frag_size_multiple), 1,
	    FUOTA_FRAG_SIZE_MAX, NULL },
	{ "ts003", NUMBER, AT(ts003_version), 0, 2, NULL },
	{ "ts005", NUMBER, AT(ts005_version), 0, 2, NULL },
	{ "ts006", NUMBER, AT(ts006_version), 0, 1, NULL },
	{ "ts007", NUMBER, AT(ts007_version), 0, 1, NULL },
	{ "slot_size", NUMBER, AT(slot_size), 1, FUOTA_IMAGE_MAX, NULL },
	{ "page_size", NUMBER, AT(page_size), 256, 65536, NULL },
	{ "decoder_ram", NUMBER, AT(decoder_ram), 1, 1u << 20, NULL },
	{ "session_ram", NUMBER, AT(session_ram), 1, 1u << 20, NULL },
};

enum {
	FIELD_COUNT = sizeof(fields) / sizeof(fields[0])
};

static const yaml_node_t *
node_at(const struct reader *reader, int index)
{
	return yaml_document_get_node(reader->document, index);
}

static size_t
line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

/* The node's text, cut, with everything unprintable as '?'. */
static const char *
shown(const yaml_node_t *node, char text[SHOWN_SIZE])
{
	size_t len = 0;

	if (node->type != YAML_SCALAR_NODE)
		return "a list or mapping";
	for (; len < SHOWN_SIZE - 1 && len < node->data.scalar.length; len++) {
		const unsigned char c = node->data.scalar.value[len];
		text[len] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
	}
	text[len] = '\0';
	return text;
}

/* The scalar as a C string; NULL when it is none, or holds a zero byte. */
static const char *
scalar(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE ||
	    memchr(node->data.scalar.value, 0, node->data.scalar.length) !=
		NULL)
		return NULL;
	return (const char *)node->data.scalar.value;
}

static enum fuota_status
bad_value(const struct reader *reader, const char *key, const yaml_node_t *node)
{
	char text[SHOWN_SIZE];

	return fuota_fail(reader->err, FUOTA_E_FORMAT, node->start_mark.index,
	    "line %zu: '%s' is no value of %s", line_of(node),
	    shown(node, text), key);
}

static void
store(struct reader *reader, const struct field *field, uint32_t value)
{
	unsigned char *at = (unsigned char *)&reader->profile + field->offset;
	const uint16_t half = (uint16_t)value;

	if (field->size == 1)
		*at = (unsigned char)value;
	else if (field->size == 2)
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &value, sizeof(value));
}

static enum fuota_status
read_number(
    struct reader *reader, const struct field *field, const yaml_node_t *node)
{
	const char *text = scalar(node);
	char *end;

	if (text == NULL || !isdigit((unsigned char)text[0]) ||
	    strlen(text) > 10)
		return bad_value(reader, field->key, node);
	unsigned long long value =
	    strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	if (*end == 'k' || *end == 'M')
		value *= *end++ == 'k' ? 1024 : 1024 * 1024;
	if (*end != '\0' || value < field->min || value > field->max)
		return fuota_fail(reader->err, FUOTA_E_FORMAT,
		    node->start_mark.index,
		    "line %zu: %s must be a number from %u to %u",
		    line_of(node), field->key, field->min, field->max);
	store(reader, field, (uint32_t)value);
	return FUOTA_OK;
}

static bool
find_word(const struct word *words, const char *text, unsigned *value)
{
	for (; text != NULL && words->text != NULL; words++) {
		if (strcmp(words->text, text) == 0) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

static enum fuota_status
read_word(
    struct reader *reader, const struct field *field, const yaml_node_t *node)
{
	unsigned value;

	if (!find_word(field->words, scalar(node), &value))
		return bad_value(reader, field->key, node);
	store(reader, field, value);
	return FUOTA_OK;
}

static enum fuota_status
read_words(
    struct reader *reader, const struct field *field, const yaml_node_t *node)
{
	unsigned bits = 0, value;

	if (node->type != YAML_SEQUENCE_NODE)
		return bad_value(reader, field->key, node);
	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		if (!find_word(
			field->words, scalar(node_at(reader, *item)), &value))
			return bad_value(
			    reader, field->key, node_at(reader, *item));
		bits |= value;
	}
	store(reader, field, bits);
	return FUOTA_OK;
}

static enum fuota_status
read_name(struct reader *reader, const yaml_node_t *node)
{
	const char *text = scalar(node);
	const size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0 || len >= FUOTA_PROFILE_NAME_SIZE ||
	    strspn(text,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-_.") != len)
		return bad_value(reader, "profile", node);
	memcpy(reader->profile.name, text, len + 1);
	return FUOTA_OK;
}

static enum fuota_status
read_field(
    struct reader *reader, const struct field *field, const yaml_node_t *node)
{
	switch (field->kind) {
	case NUMBER:
		return read_number(reader, field, node);
	case WORD:
		return read_word(reader, field, node);
	case WORDS:
		return read_words(reader, field, node);
	}
	return FUOTA_E_FORMAT;
}

/* The value of a key that comes first, "profile" or "base"; NULL: absent. */
static const yaml_node_t *
value_of(const struct reader *reader, const yaml_node_t *root, const char *key)
{
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     pair < root->data.mapping.pairs.top; pair++) {
		const char *text = scalar(node_at(reader, pair->key));
		if (text != NULL && strcmp(text, key) == 0)
			return node_at(reader, pair->value);
	}
	return NULL;
}

static enum fuota_status
read_base(struct reader *reader, const yaml_node_t *root)
{
	const yaml_node_t *base = value_of(reader, root, "base");
	const yaml_node_t *name = value_of(reader, root, "profile");
	const struct fuota_profile *from = fuota_profile_find("fuota-device");

	if (base != NULL)
		from = scalar(base) != NULL ? fuota_profile_find(scalar(base))
					    : NULL;
	if (from == NULL)
		return bad_value(reader, "base", base);
	reader->profile = *from;
	if (name == NULL)
		return fuota_fail(reader->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "the key 'profile', its name, is missing");
	return read_name(reader, name);
}

static enum fuota_status
read_pair(struct reader *reader, const yaml_node_pair_t *pair, uint32_t *seen)
{
	const yaml_node_t *key = node_at(reader, pair->key);
	char text[SHOWN_SIZE];
	unsigned i = 0;

	while (i < FIELD_COUNT && scalar(key) != NULL &&
	    strcmp(fields[i].key, scalar(key)) != 0)
		i++;
	const bool first = i == FIELD_COUNT &&
	    (strcmp(scalar(key), "profile") == 0 ||
		strcmp(scalar(key), "base") == 0);
	if (scalar(key) == NULL || (i == FIELD_COUNT && !first))
		return fuota_fail(reader->err, FUOTA_E_FORMAT,
		    key->start_mark.index, "line %zu: unknown key '%s'",
		    line_of(key), shown(key, text));
	const uint32_t bit = first
	    ? UINT32_C(1) << (31 - (scalar(key)[0] == 'b'))
	    : UINT32_C(1) << i;
	if ((*seen & bit) != 0)
		return fuota_fail(reader->err, FUOTA_E_FORMAT,
		    key->start_mark.index, "line %zu: '%s' is given twice",
		    line_of(key), shown(key, text));
	*seen |= bit;
	return first
	    ? FUOTA_OK
	    : read_field(reader, &fields[i], node_at(reader, pair->value));
}

static enum fuota_status
read_root(struct reader *reader)
{
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);
	uint32_t seen = 0;

	if (root == NULL)
		return fuota_fail(reader->err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET,
		    "holds no profile");
	if (root->type != YAML_MAPPING_NODE)
		return fuota_fail(reader->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: not a mapping of keys to values", line_of(root));
	enum fuota_status status = read_base(reader, root);
	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     status == FUOTA_OK && pair < root->data.mapping.pairs.top; pair++)
		status = read_pair(reader, pair, &seen);
	return status;
}

static enum fuota_status
parser_error(const yaml_parser_t *parser, struct fuota_error *err)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for YAML");
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "line %zu: %s",
	    parser->problem_mark.line + 1,
	    parser->problem != NULL ? parser->problem : "not YAML");
}

/* Nothing may follow the first document. */
static enum fuota_status
read_end(yaml_parser_t *parser, struct fuota_error *err)
{
	yaml_document_t document;

	if (!yaml_parser_load(parser, &document))
		return parser_error(parser, err);
	const bool more = yaml_document_get_root_node(&document) != NULL;
	yaml_document_delete(&document);
	return more ? fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
			  "more than one YAML document")
		    : FUOTA_OK;
}

enum fuota_status
fuota_profile_parse(
    struct fuota_in in, struct fuota_profile *profile, struct fuota_error *err)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct reader reader = { .document = &document, .err = err };

	if (in.len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "is empty");
	if (in.len > FUOTA_PROFILE_FILE_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%zu bytes, a profile has at most %u", in.len,
		    FUOTA_PROFILE_FILE_MAX);
	if (!yaml_parser_initialize(&parser))
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for YAML");
	yaml_parser_set_input_string(&parser, in.data, in.len);
	enum fuota_status status;
	if (!yaml_parser_load(&parser, &document)) {
		status = parser_error(&parser, err);
	} else {
		status = read_root(&reader);
		if (status == FUOTA_OK)
			status = read_end(&parser, err);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	if (status == FUOTA_OK)
		*profile = reader.profile;
	return status;
}
