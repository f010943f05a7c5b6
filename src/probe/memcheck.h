/* SPDX-License-Identifier: MIT */
/* Heap memory as valgrind's memcheck sees it, where it runs the process: it owns malloc
 * there, so it is asked what was lost, and its log has the stacks. */
#ifndef LK_PROBE_MEMCHECK_H
#define LK_PROBE_MEMCHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Does memcheck run this process?  Not so under another tool of valgrind's. */
bool lk_memcheck_runs(void);

/* What is lost by now is not the test's.  Costs a search of the whole heap, as
 * lk_memcheck_look. */
void lk_memcheck_mark(void);

/* Has memcheck search for what was lost since the mark; its log then has a record with
 * a stack for each, and behind them a line that names TEST (NULL if it is unknown). */
void lk_memcheck_look(const char *test);

/* What the last look found. */
struct lk_memcheck_loss {
	uint64_t blocks, bytes;
};
struct lk_memcheck_loss lk_memcheck_lost(void);

#endif
