/* SPDX-License-Identifier: MIT */
/* The file behind a loaded module, and its debug information.
 *
 * A file that is not the one that was loaded (the build-ids differ) is refused.
 * Separate debug information is looked for where distributions and debuggers
 * put it: by build-id below /usr/lib/debug, by .gnu_debuglink beside the file,
 * in .debug and below /usr/lib/debug; but never on the network, whatever
 * DEBUGINFOD_URLS says.
 *
 * The module's own file is mapped and keeps no descriptor; a separate debug
 * file keeps one until the Dwfl ends. */
#ifndef LK_JUDGE_BINARY_H
#define LK_JUDGE_BINARY_H

#include "judge/libdw.h"
#include "model/module.h"

struct lk_binary {
	const struct lk_libdw *libdw;
	const struct lk_module *module;
	Dwfl_Module *dwfl_module; /* NULL unless opened; belongs to the Dwfl */
	Elf *elf;		  /* until the Dwfl takes it over */
};

enum lk_binary_state {
	LK_BINARY_OPEN,
	LK_BINARY_NO_FILE, /* the kernel's own, gone, not readable or not ELF */
	LK_BINARY_CHANGED, /* another build than the one in memory */
	LK_BINARY_NO_ROOM, /* out of memory or of descriptors */
};

/* Pass these to dwfl_begin. */
extern const Dwfl_Callbacks lk_binary_callbacks;

/* Adds MODULE to DWFL.  BINARY must stay in its place until the Dwfl has ended;
 * there is nothing else to close. */
enum lk_binary_state lk_binary_open(struct lk_binary *binary, const struct lk_libdw *libdw,
				    Dwfl *dwfl, const struct lk_module *module);

/* The debug information of an opened BINARY, or NULL; *BIAS is then the address
 * in memory minus the one in the debug information.  To be used below
 * lk_libdw_try.  Belongs to the Dwfl. */
Dwarf *lk_binary_dwarf(struct lk_binary *binary, Dwarf_Addr *bias);

#endif
