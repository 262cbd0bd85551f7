/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include <yaml.h>

#include "fail.h"
#include "yaml_flat.h"

enum {
	SHOWN_SIZE = 41
};

void
fuota_yaml_shown(const char *text, char *shown, size_t size)
{
	size_t len = 0;

	for (; len < size - 1 && text[len] != '\0'; len++)
		shown[len] =
		    (char)(text[len] >= 0x20 && text[len] < 0x7f ? text[len]
								 : '?');
	shown[len] = '\0';
}

/* The node as a C string; NULL when it is no scalar or holds a zero byte. */
static const char *
scalar(yaml_document_t *document, int index)
{
	const yaml_node_t *node = yaml_document_get_node(document, index);

	if (node->type != YAML_SCALAR_NODE ||
	    memchr(node->data.scalar.value, 0, node->data.scalar.length) !=
		NULL)
		return NULL;
	return (const char *)node->data.scalar.value;
}

static bool
is_repeated(yaml_document_t *document, const yaml_node_t *root,
    const yaml_node_pair_t *pair)
{
	for (const yaml_node_pair_t *other = root->data.mapping.pairs.start;
	     other < pair; other++) {
		const char *key = scalar(document, other->key);
		if (key != NULL &&
		    strcmp(key, scalar(document, pair->key)) == 0)
			return true;
	}
	return false;
}

static enum fuota_status
read_pairs(yaml_document_t *document, const yaml_node_t *root,
    fuota_yaml_pair_fn *fn, void *ctx, struct fuota_error *err)
{
	char shown[SHOWN_SIZE];

	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     pair < root->data.mapping.pairs.top; pair++) {
		const size_t line = yaml_document_get_node(document, pair->key)
					->start_mark.line +
		    1;
		const char *key = scalar(document, pair->key);
		const char *value = scalar(document, pair->value);
		if (key == NULL || value == NULL)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "line %zu: not a key and a plain value", line);
		fuota_yaml_shown(key, shown, sizeof(shown));
		if (is_repeated(document, root, pair))
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "line %zu: '%s' is given twice", line, shown);
		const enum fuota_status status = fn(key, value, line, ctx);
		if (status != FUOTA_OK)
			return status;
	}
	return FUOTA_OK;
}

static enum fuota_status
parser_error(const yaml_parser_t *parser, struct fuota_error *err)
{
	/* it does not tell every failed allocation */
	if (parser->error == YAML_MEMORY_ERROR ||
	    parser->error == YAML_NO_ERROR)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "line %zu: %s",
	    parser->problem_mark.line + 1,
	    parser->problem != NULL ? parser->problem : "not YAML");
}

static enum fuota_status
read_document(yaml_parser_t *parser, bool first, fuota_yaml_pair_fn *fn,
    void *ctx, struct fuota_error *err)
{
	yaml_document_t document;
	enum fuota_status status = FUOTA_OK;

	if (!yaml_parser_load(parser, &document))
		return parser_error(parser, err);
	const yaml_node_t *root = yaml_document_get_root_node(&document);
	if (first && root == NULL)
		status =
		    fuota_fail(err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "is empty");
	else if (first && root->type != YAML_MAPPING_NODE)
		status = fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: not a mapping of keys to values",
		    root->start_mark.line + 1);
	else if (!first && root != NULL)
		status = fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "more than one YAML document");
	else if (first)
		status = read_pairs(&document, root, fn, ctx, err);
	yaml_document_delete(&document);
	return status;
}

enum fuota_status
fuota_yaml_flat(struct fuota_in in, fuota_yaml_pair_fn *pair, void *ctx,
    struct fuota_error *err)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	yaml_parser_set_input_string(&parser, in.data, in.len);
	enum fuota_status status = read_document(&parser, true, pair, ctx, err);
	if (status == FUOTA_OK)
		status = read_document(&parser, false, pair, ctx, err);
	yaml_parser_delete(&parser);
	return status;
}
