/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "elf_open.h"
#include "fail.h"

/* What libelf would take, but no microcontroller's linker writes. */
static enum fuota_status
check_ident(struct fuota_in in, struct fuota_error *err)
{
	if (in.len < EI_NIDENT || memcmp(in.data, ELFMAG, SELFMAG) != 0)
		return fuota_fail(err, FUOTA_E_FORMAT, 0, "not an ELF file");
	if (in.data[EI_CLASS] != ELFCLASS32)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, EI_CLASS,
		    "ELF class %u, only 32-bit files (class 1) are read",
		    in.data[EI_CLASS]);
	if (in.data[EI_DATA] != ELFDATA2LSB)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, EI_DATA,
		    "ELF byte order %u, only little-endian files (1) are read",
		    in.data[EI_DATA]);
	return FUOTA_OK;
}

enum fuota_status
elf_file_fail(struct fuota_error *err, const char *what)
{
	const char *reason = elf_errmsg(-1);

	return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET, "%s: %s", what,
	    reason != NULL ? reason : "malformed");
}

static enum fuota_status
check_header(struct elf_file *file, struct fuota_error *err)
{
	if (file->elf == NULL)
		return elf_file_fail(err, "ELF file");
	if (gelf_getehdr(file->elf, &file->eh) == NULL)
		return elf_file_fail(err, "ELF header");
	if (file->eh.e_type != ET_EXEC)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, EI_NIDENT,
		    "ELF type %u, only linked programs (type 2) are read",
		    file->eh.e_type);
	return FUOTA_OK;
}

enum fuota_status
elf_file_open(
    struct fuota_in in, struct elf_file *file, struct fuota_error *err)
{
	enum fuota_status status = check_ident(in, err);

	if (status != FUOTA_OK)
		return status;
	file->copy = malloc(in.len);
	if (file->copy == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory, %zu bytes wanted", in.len);
	memcpy(file->copy, in.data, in.len);
	elf_version(EV_CURRENT);
	file->elf = elf_memory(file->copy, in.len);
	status = check_header(file, err);
	if (status != FUOTA_OK)
		elf_file_close(file);
	return status;
}

void
elf_file_close(struct elf_file *file)
{
	elf_end(file->elf);
	free(file->copy);
}
