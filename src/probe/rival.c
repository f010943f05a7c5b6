/* SPDX-License-Identifier: MIT */
#include "probe/rival.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/valgrind.h>

#include "base/real.h"
#include "base/self.h"
#include "probe/heap.h"
#include "base/light.h"

/* Does a block that this process takes show up in the live table? */
static bool heap_is_seen(void)
{
	struct lk_block row;
	void *volatile block = malloc(1);
	bool seen = lk_heap_find(block, &row);

	free(block);
	return seen;
}

static bool has_sanitizer(void)
{
	static const char *const names[] = { "__asan_init", "__lsan_init", "__tsan_init",
					     "__msan_init" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (dlsym(RTLD_DEFAULT, names[i]))
			return true;
	return false;
}

const char *lk_rival_of_heap(void)
{
	bool seen = heap_is_seen();
	const char *sentence = NULL;
	int saved = lk_quiet_begin();

	if (RUNNING_ON_VALGRIND && !seen)
		sentence = "heap memory is not watched: a tool of valgrind's replaces malloc; "
			   "run it under memcheck, or without valgrind";
	else if (!seen && has_sanitizer())
		sentence = "heap memory is not watched: the program is built with a sanitizer "
			   "that owns malloc and does not tell of it; build it without -fsanitize";
	else if (!seen)
		sentence = "heap memory is not watched: the program brings its own malloc; "
			   "link it without that allocator";
	dlerror(); /* what was not found is not the program's mistake */
	lk_quiet_end(saved);
	return sentence;
}

bool lk_rival_allocator(void)
{
	Dl_info theirs, libc;
	int saved = lk_quiet_begin();
	bool other = dladdr((void *)(uintptr_t)lk_real.malloc, &theirs) &&
		     dladdr((void *)(uintptr_t)lk_real.exit, &libc) &&
		     theirs.dli_fbase != libc.dli_fbase;

	lk_quiet_end(saved);
	return other;
}

/* What a module says of its symbols; those that it takes from others come first. */
struct symbols {
	const ElfW(Sym) *table;
	const char *names;
	const uint32_t *hash; /* DT_GNU_HASH; its second word is the first symbol it has */
};

static bool find_symbols(const struct link_map *module, struct symbols *ret)
{
	*ret = (struct symbols){ 0 };
	for (const ElfW(Dyn) *row = module->l_ld; row && row->d_tag != DT_NULL; row++) {
		uintptr_t address = row->d_un.d_ptr;

		/* The kernel's own module is left as it was written. */
		if (address < module->l_addr)
			address += module->l_addr;
		if (row->d_tag == DT_SYMTAB)
			ret->table = (const ElfW(Sym) *)address;
		else if (row->d_tag == DT_STRTAB)
			ret->names = (const char *)address;
		else if (row->d_tag == DT_GNU_HASH)
			ret->hash = (const uint32_t *)address;
	}
	return ret->table && ret->names && ret->hash;
}

/* Does MODULE take an operator new from another one? */
static bool uses_operator_new(const struct link_map *module)
{
	struct symbols symbols;

	if (!find_symbols(module, &symbols))
		return false;
	for (uint32_t i = 1; i < symbols.hash[1]; i++) {
		const char *name = symbols.names + symbols.table[i].st_name;

		if (symbols.table[i].st_shndx == SHN_UNDEF &&
		    (strncmp(name, "_Znw", 4) == 0 || strncmp(name, "_Zna", 4) == 0))
			return true;
	}
	return false;
}

const char *lk_rival_of_operators(void)
{
	struct link_map *module = NULL;
	Dl_info theirs, operators;
	int saved = lk_quiet_begin();
	void *operator_new = dlsym(RTLD_DEFAULT, "_Znwm");
	bool used = false;

	if (operator_new && dladdr(operator_new, &operators) &&
	    dladdr1((void *)(uintptr_t)lk_real.malloc, &theirs, (void **)&module,
		    RTLD_DL_LINKMAP) &&
	    operators.dli_fbase == theirs.dli_fbase) {
		while (module && module->l_prev)
			module = module->l_prev;
		for (; module && !used; module = module->l_next)
			used = uses_operator_new(module);
	}
	dlerror(); /* a program without C++ has made no mistake */
	lk_quiet_end(saved);
	return used ? "C++ operators new and delete are not watched: the allocator that is loaded "
		      "has its own; run without it"
		    : NULL;
}
