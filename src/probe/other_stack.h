/* SPDX-License-Identifier: MIT */
/* Walks the stack of another thread of this process that is blocked in a system
 * call, from its program counter and stack pointer, which are all that the
 * kernel tells without stopping the thread.
 *
 * The stack is copied by the kernel first, so that a thread that wakes up, or
 * ends and takes its stack along, does no harm; the caller finds out whether it
 * has.  Registers that a function keeps for its caller are unknown in the
 * innermost frames.  Only the frame pointer matters: where a frame needs it,
 * it is looked for on the stack and believed when the machine code agrees: there
 * is a call before each return address, of the very function inside, as far as
 * the instruction tells, and the walk comes to the end of the stack. */
#ifndef LK_PROBE_OTHER_STACK_H
#define LK_PROBE_OTHER_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"
#include "probe/cfi.h"

enum { LK_OTHER_STACK_COPY = 1 << 16 };

/* About 80 KB: keep it in lk_pages_map'ed memory, and use it again. */
struct lk_other_stack {
	uintptr_t frames[LK_STACK_FRAMES_MAX]; /* as in probe/depot.h */
	unsigned count;
	unsigned sure; /* the frames outside of the first SURE ones are a guess */
	bool cut;      /* outer frames are missing */
	/* Working memory. */
	struct lk_cfi cfi;
	uintptr_t copied_from;
	size_t copied;
	_Alignas(16) char copy[LK_OTHER_STACK_COPY];
};

/* Thread-safe; keeps errno. */
void lk_other_stack_walk(struct lk_other_stack *stack, uintptr_t pc, uintptr_t sp);

#endif
