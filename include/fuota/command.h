/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application-layer commands of TS003, TS004, TS005, TS006 and TS007:
 * bytes of a frame to named fields and back. Source: fuota-commands(5).
 *
 * One table of commands and their fields drives both directions, the JSON
 * form and the documentation; fuota_command_specs() hands it out.
 */
#ifndef FUOTA_COMMAND_H
#define FUOTA_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

/* PackageIdentifier on air */
enum fuota_package {
	FUOTA_PACKAGE_MULTIPACKAGE = 0, /* TS007, FPort 225 */
	FUOTA_PACKAGE_CLOCKSYNC = 1, /* TS003, FPort 202 */
	FUOTA_PACKAGE_MULTICASTSETUP = 2, /* TS005, FPort 200 */
	FUOTA_PACKAGE_FRAGMENTATION = 3, /* TS004, FPort 201 */
	FUOTA_PACKAGE_FIRMWAREMANAGEMENT = 4, /* TS006, FPort 203 */
};
#define FUOTA_PACKAGE_COUNT 5

enum fuota_direction {
	FUOTA_UP = 0, /* device to server */
	FUOTA_DOWN = 1, /* server to device */
};

/* How the bits of a field are shown and what values it takes. */
enum fuota_field_kind {
	FUOTA_FIELD_UNSIGNED,
	FUOTA_FIELD_SIGNED, /* 32 bits, two's complement */
	FUOTA_FIELD_ADDRESS, /* 8 hex digits, most significant byte first */
	FUOTA_FIELD_FREQUENCY, /* hertz; on air 100 Hz units, 200 from 2.4 GHz */
	FUOTA_FIELD_BYTES, /* fixed length, hex in wire order */
	FUOTA_FIELD_REST, /* the rest of the message, hex in wire order */
	FUOTA_FIELD_PREFIX, /* true when the message starts with a PackageID */
};

struct fuota_field {
	const char *name;
	enum fuota_field_kind kind;
	uint8_t offset, size; /* bytes; the CID is not counted */
	uint8_t shift, width; /* bits of these bytes, little-endian */
	bool extra; /* not in the specification, but sent by devices */
};

#define FUOTA_COMMAND_FIELDS_MAX 12
#define FUOTA_COMMAND_ITEMS_MAX  32

/* A row of the table. Payload sizes do not count the CID. */
struct fuota_command_spec {
	enum fuota_package package;
	uint8_t versions; /* bit v stands for PackageVersion v */
	enum fuota_direction direction;
	uint8_t cid;
	const char *name;
	const struct fuota_field *fields;
	uint8_t field_count;
	uint8_t fixed_size; /* bytes that are always there */
	/* optional_size more when (payload[0] & mask) == value */
	uint8_t optional_size, mask, value;
	/* then item_size bytes a time: one for each bit, or as many as told */
	const struct fuota_field *items;
	uint8_t items_field_count, item_size;
	uint8_t item_bits; /* payload[0] & item_bits: one item for each bit */
	uint8_t item_number; /* payload[0] & item_number: so many items */
	uint8_t flags; /* FUOTA_COMMAND_* */
};
#define FUOTA_COMMAND_LONG_FORM \
	0x01u /* seen with the optional part though
	     the condition does not hold */
#define FUOTA_COMMAND_BARE      0x02u /* seen with no payload at all */
#define FUOTA_COMMAND_DRAFT     0x04u /* in no published version */
#define FUOTA_COMMAND_MESSAGE   0x08u /* a whole TS007 message, no CID */
#define FUOTA_COMMAND_NO_ANSWER 0x10u /* the device does not answer it */

/* The table; *count rows. Static. */
FUOTA_API const struct fuota_command_spec *
fuota_command_specs(size_t *count);

/* "clocksync", "multicastsetup", ...; NULL for a number beyond the table. */
FUOTA_API const char *
fuota_package_name(enum fuota_package package);
/* FUOTA_E_RANGE for a name that no package has. */
FUOTA_API enum fuota_status
fuota_package_find(const char *name, enum fuota_package *package);
/* 225, 202, 200, 201, 203 */
FUOTA_API uint8_t
fuota_package_fport(enum fuota_package package);
/* The package whose default port it is; FUOTA_E_RANGE for another port. */
FUOTA_API enum fuota_status
fuota_package_of_fport(uint8_t fport, enum fuota_package *package);
/* The newest published PackageVersion. */
FUOTA_API uint8_t
fuota_package_newest(enum fuota_package package);

/* What a decoder must know that the bytes do not say. */
struct fuota_command_context {
	enum fuota_package package;
	enum fuota_direction direction;
	/* PackageVersion by PackageIdentifier; 0 stands for the newest. The
	 * others than package matter inside TS007 messages. */
	uint8_t versions[FUOTA_PACKAGE_COUNT];
};

struct fuota_command_item {
	uint32_t number[3]; /* in the order of spec->items */
	struct fuota_in bytes; /* a part of a TS007 message: CID and payload */
};
#define FUOTA_PART_NO_PACKAGE 0xffffffffu /* no PackageID before this part */

/* One command. Byte fields point into the caller's memory. */
struct fuota_command {
	const struct fuota_command_spec *spec;
	uint8_t version; /* PackageVersion */
	uint16_t present; /* bit i stands for spec->fields[i] */
	uint16_t breaches; /* bit i: see fuota_breach_text() */
	uint32_t number[FUOTA_COMMAND_FIELDS_MAX];
	struct fuota_in bytes[FUOTA_COMMAND_FIELDS_MAX];
	size_t item_count;
	struct fuota_command_item items[FUOTA_COMMAND_ITEMS_MAX];
};

/*
 * Where a device, or a server, breaks the specification without making the
 * frame unreadable. Bits of struct fuota_command.breaches.
 */
enum fuota_breach {
	FUOTA_BREACH_RFU, /* reserved bits are set */
	FUOTA_BREACH_EXTRA, /* a bit that this version does not have */
	FUOTA_BREACH_LONG_FORM, /* fields although a status says there are none */
	FUOTA_BREACH_BARE, /* the CID alone */
	FUOTA_BREACH_DRAFT, /* a command of a draft */
	FUOTA_BREACH_PACKAGE, /* PackageVersionAns names another package */
	FUOTA_BREACH_ITEMS, /* items that are not those of the mask */
	FUOTA_BREACH_N_ZERO, /* fragment number 0 */
	FUOTA_BREACH_NOT_ALONE, /* must be alone in its message, but is not */
	FUOTA_BREACH_EMPTY_RANGE, /* StopByte below StartByte */
	FUOTA_BREACH_SHORT_ANSWER, /* fewer bytes than were asked for */
	FUOTA_BREACH_OTHER_ANSWER, /* echoes another index, group or token */
	FUOTA_BREACH_COUNT
};
/* A sentence for one bit number. Static. */
FUOTA_API const char *
fuota_breach_text(enum fuota_breach breach);

/*
 * Decodes the command at *offset of a frame (FRMPayload in the clear, CID
 * first) and moves *offset behind it; for package 0 the whole message. Call
 * until *offset is frame.len.
 *
 * command  its byte fields point into the frame; untouched on error
 *
 * Errors, err->offset is the byte where it happened:
 *   FUOTA_E_EMPTY        a frame without a byte
 *   FUOTA_E_TRUNCATED    ends inside a command
 *   FUOTA_E_UNSUPPORTED  unknown CID, package or version: what follows in
 *                        this frame cannot be read
 *   FUOTA_E_FORMAT       breaks a rule of TS007 messages
 */
FUOTA_API enum fuota_status
fuota_command_decode(const struct fuota_command_context *codec,
    struct fuota_in frame, size_t *offset, struct fuota_command *command,
    struct fuota_error *err);

/* Bytes that one command takes at most. */
#define FUOTA_COMMAND_SIZE_MAX 258u

/*
 * Appends a command to out: several calls make a frame of several commands.
 *
 * Errors: FUOTA_E_SPACE   out has no room
 *         FUOTA_E_FORMAT  a field is missing, has no place in this form of
 *                         the command, or does not fit
 */
FUOTA_API enum fuota_status
fuota_command_encode(const struct fuota_command *command, struct fuota_out *out,
    struct fuota_error *err);

/*
 * An empty command to fill with fuota_command_set*().
 *
 * version  PackageVersion, 0 for the newest
 *
 * Errors: FUOTA_E_UNSUPPORTED  no such command
 */
FUOTA_API enum fuota_status
fuota_command_init(struct fuota_command *command, enum fuota_package package,
    uint8_t version, enum fuota_direction direction, const char *name,
    struct fuota_error *err);

/*
 * Sets one field; a signed value as its two's complement.
 *
 * Errors: FUOTA_E_FORMAT  no such field, or the value does not fit into it
 */
FUOTA_API enum fuota_status
fuota_command_set(struct fuota_command *command, const char *name,
    uint32_t value, struct fuota_error *err);
/* The bytes are not copied: they must live as long as the command. */
FUOTA_API enum fuota_status
fuota_command_set_bytes(struct fuota_command *command, const char *name,
    struct fuota_in bytes, struct fuota_error *err);

/* false when the command has no such field; *value is then untouched. */
FUOTA_API bool
fuota_command_get(
    const struct fuota_command *command, const char *name, uint32_t *value);
FUOTA_API bool
fuota_command_get_bytes(const struct fuota_command *command, const char *name,
    struct fuota_in *bytes);

/*
 * Part i of a TS007 message as a command of its own package.
 *
 * codec  the one that decoded, or will decode, the message
 */
FUOTA_API enum fuota_status
fuota_command_part(const struct fuota_command *message,
    const struct fuota_command_context *codec, size_t i,
    struct fuota_command *part, struct fuota_error *err);

/*
 * What is wrong with an uplink as the answer to a request: breaches as bits,
 * those that answer already has included.
 */
FUOTA_API uint16_t
fuota_command_check_answer(
    const struct fuota_command *request, const struct fuota_command *answer);

/*
 * The command as a JSON object: package, version, direction, command, fields,
 * and for a TS007 message parts; no line feed. fuota_command_fields_json() is
 * the object of fields alone.
 *
 * out   gets text, appended, not terminated
 *
 * Errors: FUOTA_E_SPACE
 */
#define FUOTA_COMMAND_JSON_MAX 16384u /* bytes, always enough */
FUOTA_API enum fuota_status
fuota_command_json(const struct fuota_command *command,
    const struct fuota_command_context *codec, struct fuota_out *out,
    struct fuota_error *err);
FUOTA_API enum fuota_status
fuota_command_fields_json(const struct fuota_command *command,
    struct fuota_out *out, struct fuota_error *err);

/* What holds for a command as JSON that lacks these members. */
struct fuota_command_defaults {
	/* NULL: every command must have the member */
	const char *package, *direction;
	/* PackageVersion by PackageIdentifier; 0 stands for the newest */
	uint8_t versions[FUOTA_PACKAGE_COUNT];
};

/*
 * The reverse. Members package, version, direction, command and fields are
 * read, others are passed over.
 *
 * defaults  may be NULL: package and direction are required, and the newest
 *           version is the default
 * bytes     room for the byte fields, 512 bytes are always enough; command
 *           points into it
 *
 * Errors: FUOTA_E_FORMAT  not such an object; says which member
 */
FUOTA_API enum fuota_status
fuota_command_parse_json(struct fuota_in text,
    const struct fuota_command_defaults *defaults,
    struct fuota_command *command, struct fuota_out *bytes,
    struct fuota_error *err);

#endif
