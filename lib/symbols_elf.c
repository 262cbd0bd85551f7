/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions and objects of an ELF file, by libelf. */
#include <stdlib.h>
#include <string.h>

#include "elf_open.h"
#include "fail.h"
#include "symbols.h"

enum {
	SECTIONS_MAX = 65536
};

/* A section of the firmware: its range, and where its code runs. */
struct place {
	uint64_t runs_at, len, loaded_at;
	uint32_t name;
	bool is_there;
};

struct reader {
	struct symbols_draft *d;
	struct elf_file file;
	struct place *places; /* by section number */
	size_t place_count;
};

static enum fuota_status
fail_at(struct reader *r, const char *what, size_t number)
{
	return fuota_fail(r->d->err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
	    "%s %zu of the ELF file is malformed", what, number);
}

/* Where the loader puts what is at this offset of the file. */
static uint64_t
load_address(struct reader *r, const GElf_Shdr *sh)
{
	GElf_Phdr ph;

	for (int i = 0; i < r->file.eh.e_phnum; i++)
		if (gelf_getphdr(r->file.elf, i, &ph) != NULL &&
		    ph.p_type == PT_LOAD && sh->sh_offset >= ph.p_offset &&
		    sh->sh_offset - ph.p_offset < ph.p_filesz)
			return (ph.p_paddr + (sh->sh_offset - ph.p_offset)) &
			    UINT32_MAX;
	return sh->sh_addr;
}

static enum fuota_status
add_section(struct reader *r, size_t number, const GElf_Shdr *sh, size_t names)
{
	const char *name = elf_strptr(r->file.elf, names, sh->sh_name);
	struct place *p = &r->places[number];

	if (name == NULL || sh->sh_size > UINT32_MAX)
		return fail_at(r, "section", number);
	if ((sh->sh_flags & SHF_ALLOC) == 0 || sh->sh_type == SHT_NOBITS ||
	    sh->sh_size == 0)
		return FUOTA_OK;
	*p = (struct place){ .runs_at = sh->sh_addr,
		.len = sh->sh_size,
		.loaded_at = load_address(r, sh),
		.name = symbols_name(r->d, name, strlen(name)),
		.is_there = true };
	const struct symbols_range range = { .address = p->loaded_at,
		.len = (uint32_t)p->len,
		.section = p->name,
		.is_section = true };
	return symbols_add(r->d, &range);
}

static enum fuota_status
read_sections(struct reader *r)
{
	size_t names;
	GElf_Shdr sh;
	enum fuota_status status = FUOTA_OK;

	if (elf_getshdrnum(r->file.elf, &r->place_count) != 0 ||
	    elf_getshdrstrndx(r->file.elf, &names) != 0 ||
	    r->place_count > SECTIONS_MAX)
		return fail_at(r, "section", 0);
	r->places = calloc(r->place_count + 1, sizeof(*r->places));
	if (r->places == NULL)
		return fuota_fail(r->d->err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory for %zu sections", r->place_count);
	for (size_t i = 1; i < r->place_count && status == FUOTA_OK; i++) {
		Elf_Scn *scn = elf_getscn(r->file.elf, i);
		if (scn == NULL || gelf_getshdr(scn, &sh) == NULL)
			return fail_at(r, "section", i);
		status = add_section(r, i, &sh, names);
	}
	return status;
}

static enum fuota_status
add_symbol(struct reader *r, const GElf_Sym *sym, const char *name)
{
	const int type = GELF_ST_TYPE(sym->st_info);
	uint64_t value = sym->st_value;

	if (type != STT_FUNC && type != STT_OBJECT)
		return FUOTA_OK;
	if (sym->st_shndx >= r->place_count ||
	    !r->places[sym->st_shndx].is_there)
		return FUOTA_OK;
	const struct place *p = &r->places[sym->st_shndx];
	if (type == STT_FUNC && r->file.eh.e_machine == EM_ARM)
		value &= ~UINT64_C(1); /* it says Thumb */
	if (value < p->runs_at || value - p->runs_at >= p->len)
		return FUOTA_OK;
	const uint64_t off = value - p->runs_at;
	const uint64_t len =
	    sym->st_size < p->len - off ? sym->st_size : p->len - off;
	const struct symbols_range range = { .address = p->loaded_at + off,
		.len = (uint32_t)len,
		.name = symbols_name(r->d, name, strlen(name)),
		.section = p->name };
	return symbols_add(r->d, &range);
}

static enum fuota_status
read_table(struct reader *r, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	enum fuota_status status = FUOTA_OK;
	GElf_Sym sym;

	if (data == NULL || sh->sh_entsize == 0)
		return fail_at(r, "symbol table", elf_ndxscn(scn));
	const size_t count = data->d_size / sh->sh_entsize;
	for (size_t i = 1; i < count && status == FUOTA_OK; i++) {
		const char *name = NULL;
		if (i <= INT32_MAX && gelf_getsym(data, (int)i, &sym) != NULL)
			name =
			    elf_strptr(r->file.elf, sh->sh_link, sym.st_name);
		if (name == NULL)
			return fail_at(r, "symbol", i);
		status = add_symbol(r, &sym, name);
	}
	return status;
}

static enum fuota_status
read_symbols(struct reader *r)
{
	enum fuota_status status = FUOTA_OK;
	GElf_Shdr sh;

	for (Elf_Scn *scn = NULL; status == FUOTA_OK &&
	     (scn = elf_nextscn(r->file.elf, scn)) != NULL;)
		if (gelf_getshdr(scn, &sh) != NULL && sh.sh_type == SHT_SYMTAB)
			status = read_table(r, scn, &sh);
	return status;
}

enum fuota_status
symbols_read_elf(struct fuota_in in, struct symbols_draft *d)
{
	struct reader r = { .d = d };

	enum fuota_status status = elf_file_open(in, &r.file, d->err);
	if (status != FUOTA_OK)
		return status;
	status = read_sections(&r);
	if (status == FUOTA_OK)
		status = read_symbols(&r);
	free(r.places);
	elf_file_close(&r.file);
	return status;
}
