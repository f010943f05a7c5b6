/* SPDX-License-Identifier: MIT */
/* Who holds the live blocks of this process: the roots, in the order of the policy.
 *
 * First what the program holds: its data, thread-local data and keys, the part of
 * the stack that is older than the window, memory that it mapped, threads that are
 * older.  Then what is left to the C library.  Then threads of the window.  What
 * no root reaches is lost; what only lost blocks reach is indirect. */
#ifndef LK_PROBE_SCAN_H
#define LK_PROBE_SCAN_H

#include "probe/mark.h"
#include "probe/roots.h"

struct lk_scan {
	struct lk_marking marking;
	const struct lk_roots *roots;
	/* Memory that has no name, what of it lends the program nothing, and what of it
	 * is our own or a module's. */
	struct lk_ranges mappings, excluded, others;
	struct lk_range heap; /* that malloc gets by brk() */
	/* Handles of the threads whose stacks the C library has. */
	uintptr_t *stacks;
	size_t stacks_count;
	bool is_short; /* something did not fit */
};

/* Gives every block of SCAN->marking.index its hold; a lost or indirect young one
 * also its head: block `parent` - 1 is the lost block that it is reached through,
 * itself if it is lost.  Blocks of YOUNG are judged.  It writes to memory of the C
 * library: only in a copy of the process that ends afterwards.  False when memory
 * is refused. */
bool lk_scan_make(struct lk_scan *scan, const struct lk_roots *roots, uint32_t young,
		  struct lk_handle *handles, size_t handles_count);
void lk_scan_release(struct lk_scan *scan);

/* Tells lost from indirect blocks among what nothing has reached; part of
 * lk_scan_make (fold.c).  False when memory is refused. */
bool lk_scan_fold(struct lk_marking *marking);

#endif
