/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <fuota/device/bytes.h>
#include <fuota/fragfile.h>
#include <fuota/object.h>

enum {
	HEAD_SIZE = 160, /* the longest first line worth reading */
	HEX_KEY_DIGITS = 64,
	RECORD_HEAD = 11, /* characters of the shortest Intel HEX record */
};

static const uint32_t mcuboot_magic = 0x96f3b83d;

static bool
starts_with(struct fuota_in in, const char *text)
{
	const size_t len = strlen(text);

	return in.len >= len && memcmp(in.data, text, len) == 0;
}

/* The first len bytes are printable: raw firmware never begins like that. */
static bool
is_text(struct fuota_in in, size_t len)
{
	if (in.len < len)
		len = in.len;
	for (size_t i = 0; i < len; i++)
		if (!isprint(in.data[i]) && !isspace(in.data[i]))
			return false;
	return true;
}

static bool
is_srec(struct fuota_in in)
{
	return in.len >= 10 && in.data[0] == 'S' && isdigit(in.data[1]) &&
	    isxdigit(in.data[2]) && isxdigit(in.data[3]) && is_text(in, 10);
}

static bool
is_hex_key(struct fuota_in in)
{
	if (in.len < HEX_KEY_DIGITS || in.len > HEX_KEY_DIGITS + 2)
		return false;
	for (size_t i = 0; i < in.len; i++)
		if (i < HEX_KEY_DIGITS ? !isxdigit(in.data[i])
				       : !isspace(in.data[i]))
			return false;
	return true;
}

/* Keys as text; the first line decides. */
static enum fuota_object
recognise_key(struct fuota_in in)
{
	char head[HEAD_SIZE];
	const size_t len =
	    in.len < sizeof(head) - 1 ? in.len : sizeof(head) - 1;

	if (len > 0)
		memcpy(head, in.data, len);
	head[len] = '\0';
	head[strcspn(head, "\r\n")] = '\0';
	if (strncmp(head, "-----BEGIN ", 11) == 0) {
		if (strstr(head, "PRIVATE KEY") != NULL)
			return FUOTA_OBJECT_SECRET_KEY;
		if (strstr(head, "PUBLIC KEY") != NULL)
			return FUOTA_OBJECT_PUBLIC_KEY;
	}
	if (strncmp(head, "untrusted comment:", 18) == 0) {
		if (strstr(head, "secret key") != NULL)
			return FUOTA_OBJECT_SECRET_KEY;
		if (strstr(head, "public key") != NULL)
			return FUOTA_OBJECT_PUBLIC_KEY;
	}
	if (strncmp(head, "ssh-ed25519 ", 12) == 0 || is_hex_key(in))
		return FUOTA_OBJECT_PUBLIC_KEY;
	return FUOTA_OBJECT_BINARY;
}

enum fuota_object
fuota_object_recognise(struct fuota_in in)
{
	if (starts_with(in, "FU\x01"))
		return FUOTA_OBJECT_IMAGE;
	if (starts_with(in, "\177ELF"))
		return FUOTA_OBJECT_ELF;
	if (starts_with(in, "BSDIFF40"))
		return FUOTA_OBJECT_BSDIFF40;
	if (in.len >= 32 && fuota_get_u32(in.data) == mcuboot_magic)
		return FUOTA_OBJECT_MCUBOOT;
	if (starts_with(in, ":") && is_text(in, RECORD_HEAD))
		return FUOTA_OBJECT_HEX;
	if (is_srec(in))
		return FUOTA_OBJECT_SREC;
	if (fuota_fragfile_detect(in))
		return FUOTA_OBJECT_FRAGMENTS;
	return recognise_key(in);
}

const char *
fuota_object_name(enum fuota_object object)
{
	switch (object) {
	case FUOTA_OBJECT_BINARY:
		return "raw binary";
	case FUOTA_OBJECT_HEX:
		return "Intel HEX file";
	case FUOTA_OBJECT_ELF:
		return "ELF file";
	case FUOTA_OBJECT_SREC:
		return "Motorola S-record file";
	case FUOTA_OBJECT_IMAGE:
		return "FUOTA image";
	case FUOTA_OBJECT_FRAGMENTS:
		return "fragment file";
	case FUOTA_OBJECT_BSDIFF40:
		return "BSDIFF40 patch";
	case FUOTA_OBJECT_MCUBOOT:
		return "MCUboot image";
	case FUOTA_OBJECT_PUBLIC_KEY:
		return "public key";
	case FUOTA_OBJECT_SECRET_KEY:
		return "secret key";
	}
	return "raw binary";
}
