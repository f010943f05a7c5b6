/* SPDX-License-Identifier: MIT */
/* Walks a stack straight from the call frame information where rules do not do: for
 * stacks that hold a frame whose rule is not simple (signal frames, expressions, a CFA
 * in some other register).
 *
 * Such a frame is stepped out of with the registers that are known, the others by rules.
 * If it needs more than the stack and frame pointers, the walk begins anew in its own
 * caller, where it knows what the functions of leakcheck have saved of the program's
 * registers, and takes them all along.  Every load outside the known stack is
 * asked for first, so a wrong table ends the walk and does not fault.
 *
 * It stands in for libunwind, which would have to be loaded, would take locks
 * and block signals in each step, and never forgets an unloaded module.  The
 * tests compare the two on every frame (tests/oracle). */
#ifndef LK_PROBE_SLOW_WALK_H
#define LK_PROBE_SLOW_WALK_H

#include <stdint.h>

#include "model/stack.h"

struct lk_walker;

struct lk_slow_walk {
	struct lk_walker *walker; /* its `steps` get the frames: `word` */
	unsigned count;
	uintptr_t sp; /* in the hook's caller, 0 if it is not known */
};

/* Returns the parent of the outermost frame: LK_DEPOT_ROOT or LK_DEPOT_CUT. */
lk_stack_id lk_slow_walk(struct lk_slow_walk *slow, const void *frame);

#endif
