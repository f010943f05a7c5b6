/* SPDX-License-Identifier: MIT */
/* The functions in a module's ELF symbol table, sorted once: .symtab of the
 * file or of its separate debug file, else .dynsym, and the compressed "mini
 * debug information" where a distribution adds that. */
#ifndef LK_JUDGE_NAMES_H
#define LK_JUDGE_NAMES_H

#include "judge/libdw.h"
#include "judge/spans.h"

struct lk_names {
	struct lk_spans spans; /* addresses in memory; value: the name */
};

/* False when out of memory.  The names live as long as the Dwfl. */
bool lk_names_init(struct lk_names *names, const struct lk_libdw *libdw, Dwfl_Module *module);

/* The symbol that covers ADDRESS (in memory), as the file has it, or NULL.  Of
 * several at one address: rather a global than a local one, rather one without
 * leading underscores, rather a short one. */
const char *lk_names_find(const struct lk_names *names, uint64_t address);

/* Also for a zeroed struct. */
void lk_names_deinit(struct lk_names *names);

#endif
