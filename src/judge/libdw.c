/* SPDX-License-Identifier: MIT */
#include "judge/libdw.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"

bool lk_libdw_load(struct lk_libdw *libdw, char *complaint, size_t size)
{
	void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);

	if (!library) {
		const char *reason = dlerror();
		snprintf(complaint, size,
			 "functions are not named because elfutils cannot be loaded (%s): install "
			 "libdw1 (Debian, Ubuntu), elfutils-libs (Fedora) or libelf (Arch)",
			 reason ? reason : "unknown reason");
		return false;
	}
#define RESOLVE(name)                                                                              \
	*(void **)&libdw->name = dlsym(library, #name);                                            \
	if (!libdw->name) {                                                                        \
		snprintf(complaint, size,                                                          \
			 "functions are not named because libdw.so.1 is too old: it has no "       \
			 "%s; install elfutils 0.173 or later",                                    \
			 #name);                                                                   \
		return false;                                                                      \
	}
	LK_LIBDW_FUNCTIONS(RESOLVE)
#undef RESOLVE
	libdw->elf_version(EV_CURRENT);
	return true;
}

/* libdw's handler takes no argument, so the way out has to be found from the
 * thread alone. */
static LK_TLS jmp_buf *way_out;

__attribute__((noreturn)) static void ran_out_of_memory(void)
{
	if (!way_out)
		abort();
	longjmp(*way_out, 1);
}

void lk_libdw_watch(const struct lk_libdw *libdw, Dwarf *dwarf)
{
	if (dwarf)
		libdw->dwarf_new_oom_handler(dwarf, ran_out_of_memory);
}

bool lk_libdw_next_sibling(const struct lk_libdw *libdw, Dwarf_Die *die)
{
	Dwarf_Off before = libdw->dwarf_dieoffset(die);

	return libdw->dwarf_siblingof(die, die) == 0 && libdw->dwarf_dieoffset(die) > before;
}

bool lk_libdw_try(void (*work)(void *context), void *context)
{
	jmp_buf here;

	if (setjmp(here) != 0) {
		way_out = NULL;
		return false;
	}
	way_out = &here;
	work(context);
	way_out = NULL;
	return true;
}
