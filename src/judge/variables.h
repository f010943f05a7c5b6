/* SPDX-License-Identifier: MIT */
/* The variables in a module's ELF symbol table, sorted once. */
#ifndef LK_JUDGE_VARIABLES_H
#define LK_JUDGE_VARIABLES_H

#include "judge/libdw.h"
#include "judge/spans.h"

struct lk_variable {
	const char *name; /* as the file has it */
	const char *file; /* the source file of a static one; NULL: not told */
};

struct lk_variables {
	struct lk_variable *rows;
	/* Addresses in memory; offsets into the thread-local block; value: the row. */
	struct lk_spans data, thread_local_data;
};

/* False when out of memory.  The strings live as long as the Dwfl. */
bool lk_variables_init(struct lk_variables *variables, const struct lk_libdw *libdw,
		       Dwfl_Module *module);

/* The variable that holds the byte ADDRESS of SPANS, one of the two above, or NULL;
 * *OFFSET is how far inside. */
const struct lk_variable *lk_variables_find(const struct lk_variables *variables,
					    const struct lk_spans *spans, uint64_t address,
					    uint64_t *offset);

/* Also for a zeroed struct. */
void lk_variables_deinit(struct lk_variables *variables);

#endif
