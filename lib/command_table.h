/* SPDX-License-Identifier: BSD-2-Clause */
/* Look-ups in the table of commands, for lib/command*.c. */
#ifndef FUOTA_LIB_COMMAND_TABLE_H
#define FUOTA_LIB_COMMAND_TABLE_H

#include <fuota/command.h>

/* version 0 is the newest; otherwise what is given */
uint8_t
fuota_command_version(enum fuota_package package, uint8_t version);

/* NULL when there is no such command. Rows of whole messages are not found. */
const struct fuota_command_spec *
fuota_command_by_cid(enum fuota_package package, uint8_t version,
    enum fuota_direction direction, uint8_t cid);

const struct fuota_command_spec *
fuota_command_by_name(enum fuota_package package, uint8_t version,
    enum fuota_direction direction, const char *name);

/* Index of a field in spec->fields, or -1. */
int
fuota_command_field(const struct fuota_command_spec *spec, const char *name);

/* The largest number that the field's bits hold. */
uint32_t
fuota_field_max(const struct fuota_field *field);
/* Whether its value is bytes, not a number. */
bool
fuota_field_is_bytes(const struct fuota_field *field);

/* command_message.c: whole messages of TS007 */
enum fuota_status
fuota_message_decode(const struct fuota_command_context *codec,
    struct fuota_in frame, struct fuota_command *command,
    struct fuota_error *err);
enum fuota_status
fuota_message_encode(const struct fuota_command *command, struct fuota_out *out,
    struct fuota_error *err);

/* command.c: one command of a package; package 0 means the commands inside */
enum fuota_status
fuota_command_decode_one(const struct fuota_command_context *codec,
    struct fuota_in frame, size_t *offset, struct fuota_command *command,
    struct fuota_error *err);

/* Sets a bit of command->breaches. */
void
fuota_command_breach(struct fuota_command *command, enum fuota_breach breach);

/* The frequency of an on-air number, and back; false: not representable. */
uint32_t
fuota_frequency_of_wire(uint32_t wire);
bool
fuota_frequency_to_wire(uint32_t hz, uint32_t *wire);

#endif
