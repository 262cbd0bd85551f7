/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <fuota/sim.h>

#include "fail.h"

/* A decimal number 1..16383; 0 when there is none. */
static uint32_t
take_number(const char **at, const char *end)
{
	uint32_t value = 0;

	while (*at < end && isdigit((unsigned char)**at) &&
	    value <= FUOTA_FRAG_N_MAX)
		value = value * 10 + (uint32_t)(*(*at)++ - '0');
	return value <= FUOTA_FRAG_N_MAX ? value : 0;
}

/* Numbers and ranges up to the end of the line. */
static bool
take_ranges(const char *at, const char *end, uint64_t *trace)
{
	while (at < end) {
		if (*at == ' ' || *at == ';' || *at == '\t' || *at == '\r') {
			at++;
			continue;
		}
		const uint32_t first = take_number(&at, end);
		uint32_t last = first;
		if (at < end && *at == '-') {
			at++;
			last = take_number(&at, end);
		}
		if (first == 0 || last < first)
			return false;
		for (uint32_t n = first; n <= last; n++)
			trace[n / 64] |= UINT64_C(1) << n % 64;
	}
	return true;
}

static bool
take_id(const char *line, size_t len, char id[FUOTA_DEVICE_ID_SIZE])
{
	if (len == 0 || len >= FUOTA_DEVICE_ID_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		id[i] = isgraph((unsigned char)line[i]) ? line[i] : '?';
	id[len] = '\0';
	return true;
}

enum fuota_status
fuota_sim_parse_traces(struct fuota_in in, struct fuota_loss_device *devices,
    uint64_t *traces, size_t size, size_t *device_count,
    struct fuota_error *err)
{
	const char *at = (const char *)in.data;
	const char *const end = at + in.len;
	size_t line = 0, count = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		const char *const line_end = stop != NULL ? stop : end;
		const char *const from = at;
		at = stop != NULL ? stop + 1 : end;
		line++;
		if (from == line_end || *from == '#' || *from == '\r')
			continue;
		if (count == size)
			return fuota_fail(err, FUOTA_E_SPACE, FUOTA_NO_OFFSET,
			    "line %zu: more than %zu devices", line, size);
		const char *comma =
		    memchr(from, ',', (size_t)(line_end - from));
		uint64_t *trace = traces + count * FUOTA_SIM_TRACE_WORDS;
		memset(trace, 0, FUOTA_SIM_TRACE_WORDS * sizeof(*trace));
		devices[count] = (struct fuota_loss_device){ .id = "" };
		if (comma == NULL ||
		    !take_id(from, (size_t)(comma - from), devices[count].id))
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "line %zu: a device and a comma wanted", line);
		if (!take_ranges(comma + 1, line_end, trace))
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "line %zu: numbers from 1 to %u and ranges of "
			    "them wanted",
			    line, FUOTA_FRAG_N_MAX);
		count++;
	}
	if (count == 0)
		return fuota_fail(
		    err, FUOTA_E_EMPTY, FUOTA_NO_OFFSET, "holds no device");
	*device_count = count;
	return FUOTA_OK;
}
