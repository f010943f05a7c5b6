/* SPDX-License-Identifier: MIT */
/* One step from a frame to its caller's with all registers that are known,
 * straight from the call frame information.
 *
 * The memory is the caller's affair: a walk of the own stack reads it where it
 * is, a walk of another thread's from a copy. */
#ifndef LK_PROBE_STEP_H
#define LK_PROBE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/cfi.h"
#include "probe/expression.h"

struct lk_position {
	struct lk_registers registers;
	uintptr_t pc;
	bool interrupted; /* by a signal: PC is the next instruction, not a return address */
};

/* What a step needs besides: working memory, and words of the stack. */
struct lk_step_tools {
	struct lk_cfi *cfi;
	lk_expression_load *load;
	void *context; /* of `load` */
};

enum lk_step_outcome {
	LK_STEPPED,	   /* the position is the caller's */
	LK_STEP_OUTERMOST, /* there is no caller */
	LK_STEP_LOST,
	/* Lost only because the frame pointer is not known; CFI is that of this frame,
	 * and the position is unchanged. */
	LK_STEP_NEEDS_FP,
};

enum lk_step_outcome lk_step(const struct lk_step_tools *tools, struct lk_position *at);

/* Is the code at PC that of the kernel which a signal handler returns to, on
 * processors where no call frame information says so? */
bool lk_step_is_signal_return(uintptr_t pc);

#endif
