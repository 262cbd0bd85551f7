/* SPDX-License-Identifier: BSD-2-Clause */
/* A linked ELF32 file in memory, by libelf. */
#ifndef FUOTA_LIB_ELF_OPEN_H
#define FUOTA_LIB_ELF_OPEN_H

#include <gelf.h>

#include <fuota/buffer.h>
#include <fuota/error.h>

struct elf_file {
	Elf *elf;
	GElf_Ehdr eh;
	char *copy; /* libelf wants memory that it could write to */
};

/* Refuses what no microcontroller's linker writes. */
enum fuota_status
elf_file_open(
    struct fuota_in in, struct elf_file *file, struct fuota_error *err);
void
elf_file_close(struct elf_file *file);

/* FUOTA_E_FORMAT with libelf's reason. */
enum fuota_status
elf_file_fail(struct fuota_error *err, const char *what);

#endif
