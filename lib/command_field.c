/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of a command by their names. */
#include "command_table.h"
#include "fail.h"

enum {
	REST_MAX = 255
};

uint32_t
fuota_field_max(const struct fuota_field *f)
{
	return f->width < 32 ? (1u << f->width) - 1 : UINT32_MAX;
}

/* From 12000000 on the unit is 200 Hz: the 2.4 GHz band. */
#define WIRE_200_HZ    12000000u
#define WIRE_MAX       0xffffffu
#define FREQUENCY_HIGH (WIRE_200_HZ * 200u)

uint32_t
fuota_frequency_of_wire(uint32_t wire)
{
	return wire * (wire >= WIRE_200_HZ ? 200u : 100u);
}

bool
fuota_frequency_to_wire(uint32_t hz, uint32_t *wire)
{
	const uint32_t unit = hz >= FREQUENCY_HIGH ? 200 : 100;

	*wire = hz / unit;
	return hz % unit == 0 && *wire <= WIRE_MAX &&
	    (unit == 200 || *wire < WIRE_200_HZ);
}

bool
fuota_field_is_bytes(const struct fuota_field *f)
{
	return f->kind == FUOTA_FIELD_BYTES || f->kind == FUOTA_FIELD_REST;
}

enum fuota_status
fuota_command_init(struct fuota_command *command, enum fuota_package package,
    uint8_t version, enum fuota_direction direction, const char *name,
    struct fuota_error *err)
{
	if ((unsigned)package >= FUOTA_PACKAGE_COUNT)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "there is no package %u", (unsigned)package);
	version = fuota_command_version(package, version);
	const struct fuota_command_spec *spec =
	    fuota_command_by_name(package, version, direction, name);
	if (spec == NULL)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "package %s version %u has no such %slink command",
		    fuota_package_name(package), version,
		    direction == FUOTA_UP ? "up" : "down");
	*command = (struct fuota_command){ .spec = spec, .version = version };
	return FUOTA_OK;
}

static enum fuota_status
find_field(const struct fuota_command *command, const char *name, bool bytes,
    int *index, struct fuota_error *err)
{
	*index = fuota_command_field(command->spec, name);
	if (*index < 0)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s has no such field", command->spec->name);
	if (fuota_field_is_bytes(&command->spec->fields[*index]) != bytes)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s is %s", command->spec->name,
		    command->spec->fields[*index].name,
		    bytes ? "a number" : "hexadecimal");
	return FUOTA_OK;
}

enum fuota_status
fuota_command_set(struct fuota_command *command, const char *name,
    uint32_t value, struct fuota_error *err)
{
	uint32_t wire;
	int i;

	const enum fuota_status status =
	    find_field(command, name, false, &i, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_field *f = &command->spec->fields[i];
	if (f->kind == FUOTA_FIELD_FREQUENCY &&
	    !fuota_frequency_to_wire(value, &wire))
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s %u Hz is not a multiple of %u Hz in range",
		    command->spec->name, f->name, value,
		    value >= FREQUENCY_HIGH ? 200u : 100u);
	const uint32_t max = f->kind == FUOTA_FIELD_PREFIX ? 1
	    : f->kind == FUOTA_FIELD_FREQUENCY             ? UINT32_MAX
							   : fuota_field_max(f);
	if (value > max)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s is %u, at most %u fits", command->spec->name,
		    f->name, value, max);
	command->number[i] = value;
	command->present = (uint16_t)(command->present | 1u << i);
	return FUOTA_OK;
}

enum fuota_status
fuota_command_set_bytes(struct fuota_command *command, const char *name,
    struct fuota_in bytes, struct fuota_error *err)
{
	int i;

	const enum fuota_status status =
	    find_field(command, name, true, &i, err);
	if (status != FUOTA_OK)
		return status;
	const struct fuota_field *f = &command->spec->fields[i];
	if (f->kind == FUOTA_FIELD_BYTES && bytes.len != f->size)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s has %zu bytes, it needs %u", command->spec->name,
		    f->name, bytes.len, f->size);
	if (bytes.len > REST_MAX)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%s: %s has %zu bytes, at most %d fit", command->spec->name,
		    f->name, bytes.len, REST_MAX);
	command->bytes[i] = bytes;
	command->present = (uint16_t)(command->present | 1u << i);
	return FUOTA_OK;
}

bool
fuota_command_get(
    const struct fuota_command *command, const char *name, uint32_t *value)
{
	const int i = fuota_command_field(command->spec, name);

	if (i < 0 || (command->present >> i & 1) == 0 ||
	    fuota_field_is_bytes(&command->spec->fields[i]))
		return false;
	*value = command->number[i];
	return true;
}

bool
fuota_command_get_bytes(const struct fuota_command *command, const char *name,
    struct fuota_in *bytes)
{
	const int i = fuota_command_field(command->spec, name);

	if (i < 0 || (command->present >> i & 1) == 0 ||
	    !fuota_field_is_bytes(&command->spec->fields[i]))
		return false;
	*bytes = command->bytes[i];
	return true;
}
