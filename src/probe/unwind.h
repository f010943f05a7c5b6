/* SPDX-License-Identifier: MIT */
/* Walks the calling thread's stack and names it by an id of the depot.
 *
 * Called for every allocation, open and thread creation of the program under
 * test: no malloc, no lock, no stdio; keeps errno; works in signal handlers
 * (also one that interrupted a walk), on alternate stacks and in coroutines. */
#ifndef LK_PROBE_UNWIND_H
#define LK_PROBE_UNWIND_H

#include <stdint.h>

#include "model/stack.h"

/* The stack whose innermost frame is the caller of the hook.  FRAME is
 * __builtin_frame_address(0) of the exported function (compiled with frame
 * pointers): frame[0] is the caller's frame pointer, frame[1] the return
 * address.  LK_STACK_NONE if nothing could be recorded (counted as lost).
 * It sets and clears lk_self.recording itself. */
lk_stack_id lk_unwind(const void *frame);

/* Depth kept from the innermost frame outwards, 1..LK_STACK_FRAMES_MAX.  It holds
 * for the calling thread and for threads that make their first walk later. */
void lk_unwind_set_depth(unsigned frames);

/* Call after dlopen() and dlclose(), and anything else that maps or unmaps
 * code.  Every thread forgets its last walk. */
void lk_unwind_forget_modules(void);

/* Call in the child after fork(): it writes to few of its parent's pages from now on. */
void lk_unwind_forked(void);

/* A number that grows with each call of lk_unwind_forget_modules(); between two of
 * them no module takes the place of another.  See lk_depot_generation. */
unsigned lk_unwind_generation(void);

/* Call last in a thread that ends: its walker serves the next thread.  The
 * walkers of threads that ended without it are found later. */
void lk_unwind_thread_end(void);

/* Walks that could not be stored because memory was refused. */
uint64_t lk_unwind_lost(void);

#endif
