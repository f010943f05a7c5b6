/* SPDX-License-Identifier: MIT */
#include "judge/names.h"

#include <stdlib.h>
#include <string.h>

struct symbol {
	uint64_t start, end; /* equal: the symbol does not tell its size */
	uint64_t limit;	     /* end of its section, if the size is not known */
	const char *name;
	bool is_local;
};

/* Functions, and the labels of hand-written code. */
static bool is_code(const struct lk_libdw *libdw, const GElf_Sym *symbol, Elf *elf,
		    GElf_Word section_index, GElf_Addr address, uint64_t *limit)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);
	GElf_Shdr section;

	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
		return false;
	if (type != STT_NOTYPE && symbol->st_size > 0)
		return true;
	if (!libdw->gelf_getshdr(libdw->elf_getscn(elf, section_index), &section) ||
	    !(section.sh_flags & SHF_EXECINSTR))
		return false;
	*limit = address + (section.sh_addr + section.sh_size - symbol->st_value);
	return symbol->st_value - section.sh_addr < section.sh_size;
}

static size_t collect(struct symbol *symbols, const struct lk_libdw *libdw, Dwfl_Module *module,
		      int total)
{
	size_t count = 0;

	for (int i = 1; i < total; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		GElf_Word section;
		Elf *elf;
		Dwarf_Addr bias;
		uint64_t limit = 0;
		const char *name = libdw->dwfl_module_getsym_info(module, i, &symbol, &address,
								  &section, &elf, &bias);
		if (!name || !*name || *name == '$' ||
		    !is_code(libdw, &symbol, elf, section, address, &limit))
			continue;
		symbols[count++] = (struct symbol){
			.start = address,
			.end = address + symbol.st_size,
			.limit = limit,
			.name = name,
			.is_local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL,
		};
	}
	return count;
}

static int compare_names(const char *left, const char *right)
{
	/* "_Z" is how all names of C++ start. */
	bool left_private = left[0] == '_' && left[1] != 'Z';
	bool right_private = right[0] == '_' && right[1] != 'Z';
	size_t left_length = strlen(left), right_length = strlen(right);

	if (left_private != right_private)
		return left_private - right_private;
	if (left_length != right_length)
		return left_length < right_length ? -1 : 1;
	return strcmp(left, right);
}

/* By address; of one address those with a size first, and the best name first. */
static int compare(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;
	bool left_sized = left->end > left->start, right_sized = right->end > right->start;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if (left_sized != right_sized)
		return right_sized - left_sized;
	if (left->is_local != right->is_local)
		return left->is_local - right->is_local;
	return compare_names(left->name, right->name);
}

/* Keeps one symbol for each address.  One without a size reaches to the next
 * symbol, and counts only where no other symbol lies. */
static bool keep_best(struct lk_names *names, const struct symbol *symbols, size_t count)
{
	uint64_t covered = 0;
	size_t next;

	for (size_t i = 0; i < count; i = next) {
		uint64_t end = symbols[i].end;
		for (next = i + 1; next < count && symbols[next].start == symbols[i].start; next++)
			;
		if (end == symbols[i].start && end >= covered) {
			end = symbols[i].limit;
			if (next < count && symbols[next].start < end)
				end = symbols[next].start;
		} else if (end > covered) {
			covered = end;
		}
		if (!lk_spans_add(&names->spans, symbols[i].start, end,
				  (uintptr_t)symbols[i].name))
			return false;
	}
	lk_spans_sort(&names->spans);
	return true;
}

bool lk_names_init(struct lk_names *names, const struct lk_libdw *libdw, Dwfl_Module *module)
{
	int total = libdw->dwfl_module_getsymtab(module);

	memset(names, 0, sizeof *names);
	if (total <= 0)
		return true;
	struct symbol *symbols = calloc((size_t)total, sizeof *symbols);
	if (!symbols)
		return false;
	size_t count = collect(symbols, libdw, module, total);
	qsort(symbols, count, sizeof *symbols, compare);
	bool complete = keep_best(names, symbols, count);
	free(symbols);
	return complete;
}

const char *lk_names_find(const struct lk_names *names, uint64_t address)
{
	const struct lk_span *span = lk_spans_find(&names->spans, address);

	return span ? (const char *)(uintptr_t)span->value : NULL;
}

void lk_names_deinit(struct lk_names *names)
{
	lk_spans_deinit(&names->spans);
}
