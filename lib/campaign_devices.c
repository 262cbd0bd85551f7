/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices and their root keys from a CSV file. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <fuota/campaign.h>

#include "fail.h"

enum {
	COLUMNS_MAX = 16,
	FIRST_CAPACITY = 64
};

enum column {
	COLUMN_OTHER,
	COLUMN_DEV_EUI,
	COLUMN_ROOT_KEY,
	COLUMN_LORAWAN,
	COLUMN_NAME
};

/* What a root key's column says of its kind. */
enum kind {
	KIND_UNSAID,
	KIND_GEN_APP_KEY,
	KIND_APP_KEY
};

struct reader {
	struct fuota_in in;
	size_t offset, line;
	enum column columns[COLUMNS_MAX];
	size_t column_count;
	enum kind kind;
	struct fuota_device_list *list;
	size_t capacity;
	struct fuota_error *err;
};

struct cell {
	const char *text;
	size_t len;
};

/* --- cells ----------------------------------------------------------------*/

static bool
next_line(struct reader *r, struct cell *line)
{
	const size_t left = r->in.len - r->offset;

	if (left == 0)
		return false;
	line->text = (const char *)r->in.data + r->offset;
	const char *end = memchr(line->text, '\n', left);
	line->len = end != NULL ? (size_t)(end - line->text) : left;
	r->offset += line->len + (end != NULL);
	r->line++;
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Cuts the first cell off a line; false when there is none left. */
static bool
next_cell(struct cell *line, struct cell *cell)
{
	if (line->text == NULL)
		return false;
	const char *comma = memchr(line->text, ',', line->len);
	const size_t len =
	    comma != NULL ? (size_t)(comma - line->text) : line->len;
	*cell = (struct cell){ line->text, len };
	if (comma == NULL) {
		line->text = NULL;
	} else {
		line->text += len + 1;
		line->len -= len + 1;
	}
	while (cell->len > 0 && cell->text[0] == ' ') {
		cell->text++;
		cell->len--;
	}
	while (cell->len > 0 && cell->text[cell->len - 1] == ' ')
		cell->len--;
	return true;
}

static bool
is(const struct cell *cell, const char *word)
{
	return cell->len == strlen(word) &&
	    memcmp(cell->text, word, cell->len) == 0;
}

static enum fuota_status
bad_line(const struct reader *r, const char *what)
{
	return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "line %zu: %s", r->line, what);
}

/* --- header row -----------------------------------------------------------*/

static enum column
column_of(struct reader *r, const struct cell *cell)
{
	if (is(cell, "dev_eui"))
		return COLUMN_DEV_EUI;
	if (is(cell, "lorawan"))
		return COLUMN_LORAWAN;
	if (is(cell, "name"))
		return COLUMN_NAME;
	if (is(cell, "gen_app_key"))
		r->kind = KIND_GEN_APP_KEY;
	else if (is(cell, "app_key"))
		r->kind = KIND_APP_KEY;
	else if (!is(cell, "root_key"))
		return COLUMN_OTHER;
	return COLUMN_ROOT_KEY;
}

static enum fuota_status
read_header(struct reader *r)
{
	struct cell line, cell;
	unsigned seen[COLUMN_NAME + 1] = { 0 };

	if (!next_line(r, &line))
		return fuota_fail(
		    r->err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "is empty");
	while (next_cell(&line, &cell)) {
		if (r->column_count == COLUMNS_MAX)
			return bad_line(r, "more than 16 columns");
		const enum column column = column_of(r, &cell);
		if (column != COLUMN_OTHER && seen[column]++ > 0)
			return bad_line(r,
			    "a column is there twice, or two "
			    "columns of root keys");
		r->columns[r->column_count++] = column;
	}
	if (seen[COLUMN_DEV_EUI] == 0 || seen[COLUMN_ROOT_KEY] == 0)
		return bad_line(r,
		    "the header row needs dev_eui and one of root_key, "
		    "gen_app_key, app_key");
	return FUOTA_OK;
}

/* --- rows -----------------------------------------------------------------*/

static bool
parse_hex(const struct cell *cell, uint8_t *bytes, size_t len)
{
	size_t got;

	return cell->len == 2 * len &&
	    sodium_hex2bin(
		bytes, len, cell->text, cell->len, NULL, &got, NULL) == 0 &&
	    got == len;
}

static enum fuota_status
read_dev_eui(const struct reader *r, const struct cell *cell,
    struct fuota_campaign_device *device)
{
	if (parse_hex(cell, device->dev_eui, sizeof(device->dev_eui)))
		return FUOTA_OK;
	return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "line %zu: DevEUI has %zu characters, or not hex digits; 16 are "
	    "needed",
	    r->line, cell->len);
}

static enum fuota_status
read_key(const struct reader *r, const struct cell *cell,
    struct fuota_campaign_device *device)
{
	if (parse_hex(
		cell, device->root_key.bytes, sizeof(device->root_key.bytes)))
		return FUOTA_OK;
	return fuota_fail(r->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "line %zu: root key has %zu characters, or not hex digits; 32 (16 "
	    "bytes) are needed",
	    r->line, cell->len);
}

static enum fuota_status
read_cell(struct reader *r, enum column column, const struct cell *cell,
    struct fuota_campaign_device *device)
{
	switch (column) {
	case COLUMN_OTHER:
		break;
	case COLUMN_DEV_EUI:
		return read_dev_eui(r, cell, device);
	case COLUMN_ROOT_KEY:
		return read_key(r, cell, device);
	case COLUMN_LORAWAN:
		if (cell->len == 0)
			break;
		device->has_root_kind = true;
		device->root_kind = is(cell, "1.1") ? FUOTA_ROOT_APP_KEY
						    : FUOTA_ROOT_GEN_APP_KEY;
		if (!is(cell, "1.1") && !is(cell, "1.0") && !is(cell, "1.0.x"))
			return bad_line(r, "lorawan is not 1.0 or 1.1");
		break;
	case COLUMN_NAME:
		if (cell->len >= sizeof(device->name))
			return bad_line(r, "name is longer than 36 characters");
		for (size_t i = 0; i < cell->len; i++)
			if (cell->text[i] < 0x21 || cell->text[i] > 0x7e ||
			    strchr("\"/+#\\", cell->text[i]) != NULL)
				return bad_line(r,
				    "name has a character that "
				    "topics cannot carry");
		memcpy(device->name, cell->text, cell->len);
		break;
	}
	return FUOTA_OK;
}

static enum fuota_status
grow(struct reader *r)
{
	const size_t capacity =
	    r->capacity == 0 ? FIRST_CAPACITY : r->capacity * 2;

	/* No realloc(): the keys in the old place must be wiped. */
	struct fuota_campaign_device *device =
	    calloc(capacity, sizeof(*device));
	if (device == NULL)
		return fuota_fail_status(
		    r->err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	const size_t count = r->list->count;
	if (count > 0)
		memcpy(device, r->list->device, count * sizeof(*device));
	fuota_devices_free(r->list);
	r->list->device = device;
	r->list->count = count;
	r->capacity = capacity;
	return FUOTA_OK;
}

static enum fuota_status
read_row(struct reader *r, struct cell line)
{
	struct fuota_campaign_device *device;
	struct cell cell;
	size_t i = 0;

	if (r->list->count == r->capacity) {
		const enum fuota_status status = grow(r);
		if (status != FUOTA_OK)
			return status;
	}
	device = &r->list->device[r->list->count];
	device->has_root_kind = r->kind != KIND_UNSAID;
	device->root_kind = r->kind == KIND_APP_KEY ? FUOTA_ROOT_APP_KEY
						    : FUOTA_ROOT_GEN_APP_KEY;
	for (; next_cell(&line, &cell); i++) {
		if (i == r->column_count)
			return bad_line(r, "more cells than the header row");
		const enum fuota_status status =
		    read_cell(r, r->columns[i], &cell, device);
		if (status != FUOTA_OK)
			return status;
	}
	if (i < r->column_count)
		return bad_line(r, "fewer cells than the header row");
	r->list->count++;
	return FUOTA_OK;
}

/* --- a DevEUI only once ---------------------------------------------------*/

static int
compare(const void *a, const void *b)
{
	const struct fuota_campaign_device *const *x = a, *const *y = b;
	const int order =
	    memcmp((*x)->dev_eui, (*y)->dev_eui, FUOTA_DEV_EUI_SIZE);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

static enum fuota_status
check_unique(const struct fuota_device_list *list, struct fuota_error *err)
{
	const struct fuota_campaign_device **sorted =
	    calloc(list->count, sizeof(const struct fuota_campaign_device *));
	enum fuota_status status = FUOTA_OK;
	char text[FUOTA_DEV_EUI_TEXT_SIZE];

	if (sorted == NULL)
		return fuota_fail_status(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET);
	for (size_t i = 0; i < list->count; i++)
		sorted[i] = &list->device[i];
	qsort(sorted, list->count, sizeof(*sorted), compare);
	for (size_t i = 1; i < list->count && status == FUOTA_OK; i++) {
		if (memcmp(sorted[i - 1]->dev_eui, sorted[i]->dev_eui,
			FUOTA_DEV_EUI_SIZE) != 0)
			continue;
		fuota_dev_eui_format(sorted[i]->dev_eui, text);
		status = fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "DevEUI %s is there twice, as devices %zu and %zu", text,
		    (size_t)(sorted[i - 1] - list->device) + 1,
		    (size_t)(sorted[i] - list->device) + 1);
	}
	free(sorted);
	return status;
}

enum fuota_status
fuota_devices_parse(struct fuota_in in, struct fuota_device_list *devices,
    struct fuota_error *err)
{
	struct fuota_device_list list = { 0 };
	struct reader r = { .in = in, .list = &list, .err = err };
	struct cell line;

	enum fuota_status status = read_header(&r);
	while (status == FUOTA_OK && next_line(&r, &line))
		if (line.len > 0)
			status = read_row(&r, line);
	if (status == FUOTA_OK && list.count == 0)
		status = fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "holds no device");
	if (status == FUOTA_OK)
		status = check_unique(&list, err);
	if (status == FUOTA_OK) {
		*devices = list;
		return FUOTA_OK;
	}
	if (list.device != NULL) /* also a row that was not finished */
		fuota_wipe(list.device, r.capacity * sizeof(*list.device));
	fuota_devices_free(&list);
	return status;
}

void
fuota_devices_free(struct fuota_device_list *devices)
{
	if (devices->device != NULL)
		fuota_wipe(
		    devices->device, devices->count * sizeof(*devices->device));
	free(devices->device);
	*devices = (struct fuota_device_list){ 0 };
}

void
fuota_dev_eui_format(const uint8_t dev_eui[FUOTA_DEV_EUI_SIZE],
    char text[FUOTA_DEV_EUI_TEXT_SIZE])
{
	sodium_bin2hex(
	    text, FUOTA_DEV_EUI_TEXT_SIZE, dev_eui, FUOTA_DEV_EUI_SIZE);
}

enum fuota_status
fuota_dev_eui_parse(const char *text, uint8_t dev_eui[FUOTA_DEV_EUI_SIZE])
{
	const struct cell cell = { text, strlen(text) };

	return parse_hex(&cell, dev_eui, FUOTA_DEV_EUI_SIZE) ? FUOTA_OK
							     : FUOTA_E_FORMAT;
}
