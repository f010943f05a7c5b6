/* SPDX-License-Identifier: MIT */
#include "probe/copied.h"

#include <string.h>

#include "probe/arch.h"
#include "base/light.h"

/* What the dynamic section tells. */
struct dynamic {
	const ElfW(Rela) * relocations;
	size_t relocations_size;
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions; /* of each symbol */
	const ElfW(Verneed) * needed;
	size_t needed_count;
};

static void read_dynamic(const ElfW(Dyn) * at, uintptr_t base, struct dynamic *ret)
{
	for (; at->d_tag != DT_NULL; at++) {
		/* The loader has made addresses of them in place. */
		const void *there = (const void *)(at->d_un.d_ptr < base ? at->d_un.d_ptr + base
									 : at->d_un.d_ptr);

		switch (at->d_tag) {
		case DT_RELA:
			ret->relocations = there;
			break;
		case DT_RELASZ:
			ret->relocations_size = at->d_un.d_val;
			break;
		case DT_SYMTAB:
			ret->symbols = there;
			break;
		case DT_STRTAB:
			ret->strings = there;
			break;
		case DT_VERSYM:
			ret->versions = there;
			break;
		case DT_VERNEED:
			ret->needed = there;
			break;
		case DT_VERNEEDNUM:
			ret->needed_count = at->d_un.d_val;
			break;
		default:
			break;
		}
	}
}

/* The library that gives version VERSION. */
static const char *library_of(const struct dynamic *dynamic, unsigned version)
{
	const char *at = (const char *)dynamic->needed;

	for (size_t i = 0; i < dynamic->needed_count; i++) {
		const ElfW(Verneed) *library = (const void *)at;
		const char *place = at + library->vn_aux;

		for (unsigned k = 0; k < library->vn_cnt; k++) {
			const ElfW(Vernaux) *row = (const void *)place;

			if (row->vna_other == version)
				return dynamic->strings + library->vn_file;
			place += row->vna_next;
		}
		at += library->vn_next;
	}
	return NULL;
}

static bool is_of_libc(const struct dynamic *dynamic, size_t symbol)
{
	enum { HIDDEN = 0x8000 };
	struct lk_module module;
	const char *library = NULL;

	if (dynamic->versions && dynamic->needed)
		library = library_of(dynamic, dynamic->versions[symbol] & ~HIDDEN & 0xffff);
	if (!library)
		return false;
	memset(&module, 0, offsetof(struct lk_module, path) + 1);
	strncpy(module.path, library, sizeof module.path - 1);
	module.path[sizeof module.path - 1] = '\0';
	return lk_module_is_libc(&module);
}

void lk_copied_find(const struct dl_phdr_info *info, struct lk_roots *roots)
{
	struct dynamic dynamic = { 0 };

	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			read_dynamic((const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
				     info->dlpi_addr, &dynamic);
	if (!dynamic.relocations || !dynamic.symbols || !dynamic.strings)
		return;
	for (size_t i = 0; i < dynamic.relocations_size / sizeof(ElfW(Rela)); i++) {
		const ElfW(Rela) *row = &dynamic.relocations[i];
		size_t symbol = ELF64_R_SYM(row->r_info);

		if (ELF64_R_TYPE(row->r_info) != LK_RELOCATION_COPY ||
		    !is_of_libc(&dynamic, symbol))
			continue;
		if (roots->copies_count == LK_ROOT_COPIES_MAX) {
			roots->is_short = true;
			return;
		}
		uintptr_t start = info->dlpi_addr + row->r_offset;
		roots->copies[roots->copies_count++] = (struct lk_root_area){
			.start = start,
			.end = start + dynamic.symbols[symbol].st_size,
			.is_libc = true,
		};
	}
}
