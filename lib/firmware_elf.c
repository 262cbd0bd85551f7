/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF32 by libelf: what the PT_LOAD segments put into flash. */
#include "elf_open.h"
#include "fail.h"
#include "firmware_map.h"

enum {
	SEGMENTS_MAX = 1024 /* firmware has a handful; keeps the work linear */
};

/*
 * Bytes at the start of a segment that are ELF and program headers: linkers
 * map them when page alignment lets them, no firmware wants them. They end
 * at the first section; without sections nothing is known and all is kept.
 */
static size_t
leading_headers(Elf *elf, const GElf_Ehdr *eh, const GElf_Phdr *ph)
{
	size_t first = ph->p_filesz;
	GElf_Shdr sh;

	if (ph->p_offset >= eh->e_ehsize || eh->e_shoff == 0)
		return 0;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn)) != NULL;) {
		if (gelf_getshdr(scn, &sh) == NULL ||
		    (sh.sh_flags & SHF_ALLOC) == 0 ||
		    sh.sh_type == SHT_NOBITS || sh.sh_size == 0 ||
		    sh.sh_offset < ph->p_offset)
			continue;
		if (sh.sh_offset - ph->p_offset < first)
			first = sh.sh_offset - ph->p_offset;
	}
	return first;
}

static enum fuota_status
put_segment(struct fuota_in in, size_t number, size_t skipped,
    const GElf_Phdr *ph, struct firmware_map *map, struct fuota_error *err)
{
	if (ph->p_offset > in.len || ph->p_filesz > in.len - ph->p_offset)
		return fuota_fail(err, FUOTA_E_TRUNCATED, in.len,
		    "segment %zu needs %llu bytes at %llu, the file has %zu",
		    number, (unsigned long long)ph->p_filesz,
		    (unsigned long long)ph->p_offset, in.len);
	const struct fuota_in data = { .data = in.data + ph->p_offset + skipped,
		.len = (size_t)ph->p_filesz - skipped };
	if (skipped > UINT32_MAX - ph->p_paddr)
		return fuota_fail(err, FUOTA_E_FORMAT, (size_t)ph->p_offset,
		    "segment %zu is beyond the 32-bit address space", number);
	return firmware_map_put(map, (uint32_t)(ph->p_paddr + skipped), data,
	    (size_t)ph->p_offset, err);
}

/* gelf copies each header: in the file they may be at any offset. */
static enum fuota_status
walk_segments(const struct elf_file *file, struct fuota_in in,
    struct firmware_map *map, struct fuota_firmware_info *info,
    struct fuota_error *err)
{
	Elf *elf = file->elf;
	GElf_Phdr ph;
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return elf_file_fail(err, "ELF program headers");
	if (count > SEGMENTS_MAX)
		return fuota_fail(err, FUOTA_E_UNSUPPORTED, FUOTA_NO_OFFSET,
		    "%zu ELF program headers, more than %d", count,
		    SEGMENTS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &ph) == NULL)
			return elf_file_fail(err, "ELF program headers");
		if (ph.p_type != PT_LOAD || ph.p_filesz == 0)
			continue;
		const enum fuota_status status = put_segment(
		    in, i, leading_headers(elf, &file->eh, &ph), &ph, map, err);
		if (status != FUOTA_OK)
			return status;
	}
	info->has_entry = true;
	info->entry = (uint32_t)file->eh.e_entry;
	return FUOTA_OK;
}

enum fuota_status
firmware_elf_walk(struct fuota_in in, struct firmware_map *map,
    struct fuota_firmware_info *info, struct fuota_error *err)
{
	struct elf_file file;

	enum fuota_status status = elf_file_open(in, &file, err);
	if (status != FUOTA_OK)
		return status;
	status = walk_segments(&file, in, map, info, err);
	elf_file_close(&file);
	return status;
}
