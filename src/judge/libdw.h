/* SPDX-License-Identifier: MIT */
/* elfutils, loaded when it is needed: nothing of ours is linked with it.
 *
 * libdw ends the process when memory runs out, unless its handler does not
 * return; lk_libdw_try turns that into a result. */
#ifndef LK_JUDGE_LIBDW_H
#define LK_JUDGE_LIBDW_H

#include <stdbool.h>
#include <stddef.h>

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>

/* Every function we call, once: the field, its type and the look-up. */
#define LK_LIBDW_FUNCTIONS(X)                                                                      \
	X(elf_version)                                                                             \
	X(elf_begin)                                                                               \
	X(elf_cntl)                                                                                \
	X(elf_end)                                                                                 \
	X(elf_getphdrnum)                                                                          \
	X(elf_getscn)                                                                              \
	X(elf_kind)                                                                                \
	X(gelf_getehdr)                                                                            \
	X(gelf_getphdr)                                                                            \
	X(gelf_getshdr)                                                                            \
	X(dwelf_elf_gnu_build_id)                                                                  \
	X(dwfl_begin)                                                                              \
	X(dwfl_end)                                                                                \
	X(dwfl_build_id_find_debuginfo)                                                            \
	X(dwfl_standard_find_debuginfo)                                                            \
	X(dwfl_module_build_id)                                                                    \
	X(dwfl_module_getdwarf)                                                                    \
	X(dwfl_module_getelf)                                                                      \
	X(dwfl_module_getsym_info)                                                                 \
	X(dwfl_module_getsymtab)                                                                   \
	X(dwfl_module_info)                                                                        \
	X(dwfl_report_begin_add)                                                                   \
	X(dwfl_report_end)                                                                         \
	X(dwfl_report_module)                                                                      \
	X(dwarf_aggregate_size)                                                                    \
	X(dwarf_attr)                                                                              \
	X(dwarf_attr_integrate)                                                                    \
	X(dwarf_child)                                                                             \
	X(dwarf_cu_getdwarf)                                                                       \
	X(dwarf_cu_info)                                                                           \
	X(dwarf_dieoffset)                                                                         \
	X(dwarf_diename)                                                                           \
	X(dwarf_filesrc)                                                                           \
	X(dwarf_formaddr)                                                                          \
	X(dwarf_formref_die)                                                                       \
	X(dwarf_formstring)                                                                        \
	X(dwarf_formudata)                                                                         \
	X(dwarf_getalt)                                                                            \
	X(dwarf_getarangeinfo)                                                                     \
	X(dwarf_getaranges)                                                                        \
	X(dwarf_getlocation)                                                                       \
	X(dwarf_getlocation_attr)                                                                  \
	X(dwarf_getsrc_die)                                                                        \
	X(dwarf_getsrcfiles)                                                                       \
	X(dwarf_haspc)                                                                             \
	X(dwarf_lineno)                                                                            \
	X(dwarf_linesrc)                                                                           \
	X(dwarf_new_oom_handler)                                                                   \
	X(dwarf_next_unit)                                                                         \
	X(dwarf_offdie)                                                                            \
	X(dwarf_onearange)                                                                         \
	X(dwarf_peel_type)                                                                         \
	X(dwarf_ranges)                                                                            \
	X(dwarf_siblingof)                                                                         \
	X(dwarf_tag)

#define LK_LIBDW_FIELD(name) __typeof__(name) *name;
struct lk_libdw {
	LK_LIBDW_FUNCTIONS(LK_LIBDW_FIELD)
};
#undef LK_LIBDW_FIELD

/* Loads the library and fills LIBDW.  The library stays loaded for good.
 * False: COMPLAINT (SIZE bytes) says in a sentence what is missing. */
bool lk_libdw_load(struct lk_libdw *libdw, char *complaint, size_t size);

/* Makes DWARF report exhausted memory to lk_libdw_try; from then on DWARF may
 * be used only below it.  NULL is ignored. */
void lk_libdw_watch(const struct lk_libdw *libdw, Dwarf *dwarf);

/* Moves DIE to its next sibling.  Offsets must grow: a damaged file could lead us in
 * circles. */
bool lk_libdw_next_sibling(const struct lk_libdw *libdw, Dwarf_Die *die);

/* Runs WORK(CONTEXT).  False if libdw ran out of memory in it: WORK was left
 * half way, and what it used of libdw may only be ended.  Does not nest. */
bool lk_libdw_try(void (*work)(void *context), void *context);

#endif
