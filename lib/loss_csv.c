/* SPDX-License-Identifier: BSD-2-Clause */
/* CSV with a loss rate for each device. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fuota/loss.h>

#include "fail.h"

enum column {
	OTHER,
	DEVICE,
	LOSS,
	BURST,
	LATE,
	COLUMNS_MAX = 32,
	CELL_SIZE = 65,
};

struct csv {
	const char *at, *end;
	size_t line; /* counted from 1 */
	enum column columns[COLUMNS_MAX];
	unsigned column_count;
	struct fuota_error *err;
};

/* The next line, without its end. */
static bool
next_line(struct csv *csv, const char **line, size_t *len)
{
	if (csv->at == csv->end)
		return false;
	const size_t left = (size_t)(csv->end - csv->at);
	const char *stop = memchr(csv->at, '\n', left);

	*line = csv->at;
	*len = stop != NULL ? (size_t)(stop - csv->at) : left;
	csv->at += *len + (stop != NULL);
	csv->line++;
	if (*len > 0 && (*line)[*len - 1] == '\r')
		(*len)--;
	return true;
}

static bool
is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isspace((unsigned char)line[i]))
			return len > 0 && line[0] == '#';
	return true;
}

/* Cuts the next cell off a line: trimmed, quotes taken off, terminated. */
static void
next_cell(const char **line, size_t *len, char cell[CELL_SIZE])
{
	const char *comma = memchr(*line, ',', *len);
	size_t cell_len = comma != NULL ? (size_t)(comma - *line) : *len;
	const char *from = *line;
	size_t out = 0;

	*line += cell_len + (comma != NULL);
	*len -= cell_len + (comma != NULL);
	while (cell_len > 0 && isspace((unsigned char)*from)) {
		from++;
		cell_len--;
	}
	while (cell_len > 0 && isspace((unsigned char)from[cell_len - 1]))
		cell_len--;
	if (cell_len > 1 && from[0] == '"' && from[cell_len - 1] == '"') {
		from++;
		cell_len -= 2;
	}
	for (size_t i = 0; i < cell_len && out < CELL_SIZE - 1; i++)
		cell[out++] = isprint((unsigned char)from[i]) ? from[i] : '?';
	cell[out] = '\0';
}

static enum column
column_of(const char *name)
{
	static const struct {
		const char *name;
		enum column column;
	} known[] = { { "device", DEVICE }, { "dev_eui", DEVICE },
		{ "deveui", DEVICE }, { "loss", LOSS }, { "burst", BURST },
		{ "late", LATE } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i].name, name) == 0)
			return known[i].column;
	return OTHER;
}

static enum fuota_status
read_head(struct csv *csv)
{
	const char *line;
	size_t len;
	char cell[CELL_SIZE];
	bool has_loss = false;

	do {
		if (!next_line(csv, &line, &len))
			return fuota_fail(csv->err, FUOTA_E_EMPTY,
			    FUOTA_NO_OFFSET, "holds no device");
	} while (is_blank(line, len));
	do {
		if (csv->column_count == COLUMNS_MAX)
			return fuota_fail(csv->err, FUOTA_E_FORMAT,
			    FUOTA_NO_OFFSET, "line %zu: more than %u columns",
			    csv->line, COLUMNS_MAX);
		next_cell(&line, &len, cell);
		const enum column column = column_of(cell);
		csv->columns[csv->column_count++] = column;
		has_loss = has_loss || column == LOSS;
	} while (len > 0);
	if (!has_loss)
		return fuota_fail(csv->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: no column is named 'loss'", csv->line);
	return FUOTA_OK;
}

/* A number, or a percentage; false when it is neither. */
static bool
parse_number(const char *cell, bool percent, double *value)
{
	char *end;

	if (!isdigit((unsigned char)cell[0]) && cell[0] != '.')
		return false;
	errno = 0;
	*value = strtod(cell, &end);
	if (percent && *end == '%') {
		*value /= 100;
		end++;
	}
	return errno == 0 && *end == '\0' && isfinite(*value);
}

static bool
read_cell(
    enum column column, const char *cell, struct fuota_loss_device *device)
{
	double value = 0;

	switch (column) {
	case DEVICE:
		if (cell[0] == '\0' || strlen(cell) >= sizeof(device->id))
			return false;
		memcpy(device->id, cell, strlen(cell) + 1);
		return true;
	case LOSS:
		return parse_number(cell, true, &device->loss.rate);
	case BURST:
		return cell[0] == '\0' ||
		    parse_number(cell, false, &device->loss.burst);
	case LATE:
		if (cell[0] == '\0')
			return true;
		if (!parse_number(cell, false, &value) || value > 1e6)
			return false;
		device->loss.late_frags = (uint32_t)value;
		device->loss.late_share = value > 0 ? 1 : 0;
		return true;
	case OTHER:
	case COLUMNS_MAX:
	case CELL_SIZE:
		break;
	}
	return true;
}

static enum fuota_status
read_row(const struct csv *csv, const char *line, size_t len,
    struct fuota_loss_device *device)
{
	char cell[CELL_SIZE];
	struct fuota_error why;

	*device = (struct fuota_loss_device){ .id = "" };
	for (unsigned i = 0; i < csv->column_count; i++) {
		if (i > 0 && len == 0 && line[-1] != ',')
			return fuota_fail(csv->err, FUOTA_E_FORMAT,
			    FUOTA_NO_OFFSET,
			    "line %zu: %u columns instead of %u", csv->line, i,
			    csv->column_count);
		next_cell(&line, &len, cell);
		if (!read_cell(csv->columns[i], cell, device))
			return fuota_fail(csv->err, FUOTA_E_FORMAT,
			    FUOTA_NO_OFFSET,
			    "line %zu: '%s' in column %u is no value for it",
			    csv->line, cell, i + 1);
	}
	if (len > 0)
		return fuota_fail(csv->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: more than %u columns", csv->line,
		    csv->column_count);
	if (fuota_loss_check(&device->loss, &why) != FUOTA_OK)
		return fuota_fail(csv->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "line %zu: %s", csv->line, why.message);
	return FUOTA_OK;
}

size_t
fuota_loss_csv_bound(struct fuota_in in)
{
	size_t lines = 1;

	for (size_t i = 0; i < in.len; i++)
		lines += in.data[i] == '\n';
	return lines;
}

enum fuota_status
fuota_loss_parse_csv(struct fuota_in in, struct fuota_loss_device *devices,
    size_t size, size_t *device_count, struct fuota_error *err)
{
	struct csv csv = { .at = (const char *)in.data,
		.end = (const char *)in.data + in.len,
		.err = err };
	const char *line;
	size_t len, count = 0;

	if (in.len == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "holds no device");
	if (in.len > FUOTA_LOSS_CSV_MAX)
		return fuota_fail(err, FUOTA_E_TOO_LARGE, FUOTA_NO_OFFSET,
		    "%zu bytes, at most %u", in.len, FUOTA_LOSS_CSV_MAX);
	enum fuota_status status = read_head(&csv);
	while (status == FUOTA_OK && next_line(&csv, &line, &len)) {
		if (is_blank(line, len))
			continue;
		if (count == size || count == FUOTA_DEVICES_MAX)
			return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
			    "line %zu: more than %zu devices", csv.line, count);
		status = read_row(&csv, line, len, &devices[count]);
		count += status == FUOTA_OK;
	}
	if (status == FUOTA_OK && count == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "holds no device");
	if (status == FUOTA_OK)
		*device_count = count;
	return status;
}
