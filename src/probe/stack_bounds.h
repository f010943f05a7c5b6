/* SPDX-License-Identifier: MIT */
/* Which memory around the stack pointer can be read without a fault.
 *
 * A stretch of pages is known to be readable because the kernel was asked, once
 * per page, by a system call that only reads from it (no descriptor, no signal,
 * no effect).  The thread's own stack is one stretch; an alternate stack or a
 * coroutine's is another, which is asked for anew each time the thread comes to
 * it, because such memory may have been unmapped in between. */
#ifndef LK_PROBE_STACK_BOUNDS_H
#define LK_PROBE_STACK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

struct lk_stretch {
	uintptr_t low, high; /* readable; page bounds, but for a known stack end */
	bool ends_here; /* `high` is the end of the stack */
};

struct lk_bounds {
	struct lk_stretch own, foreign;
	struct lk_stretch *now; /* the one the walk is in */
};

/* Makes `now` the stretch around SP, which the thread runs on.  STACK_END as in
 * lk_self, 0 if unknown.  Keeps errno. */
void lk_bounds_enter(struct lk_bounds *bounds, uintptr_t sp, uintptr_t stack_end);

/* Extends the stretch upwards to hold the word at ADDRESS; false: it cannot. */
bool lk_bounds_extend(struct lk_stretch *stretch, uintptr_t address);

/* Can the word at ADDRESS be read?  Asks the kernel; keeps errno. */
bool lk_bounds_readable(uintptr_t address);

/* Does a tool report the use of words that nobody has written (memcheck)? */
bool lk_bounds_are_watched(void);

/* Is the aligned word at ADDRESS in the stretch, which grows if need be? */
static inline bool lk_bounds_hold(struct lk_stretch *stretch, uintptr_t address)
{
	if (address % sizeof(uintptr_t) != 0 || address < stretch->low)
		return false;
	return address < stretch->high || lk_bounds_extend(stretch, address);
}

#endif
