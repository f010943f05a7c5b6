/* SPDX-License-Identifier: MIT */
/* A stack of a snapshot with names, as much of it as a reader wants to see. */
#ifndef LK_JUDGE_NAMED_STACK_H
#define LK_JUDGE_NAMED_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/symbols.h"
#include "model/snapshot.h"

struct lk_named_stack {
	struct lk_frame *frames; /* innermost first, our own and Check's left out */
	size_t count;
	size_t sure; /* the frames outside of the first SURE ones are a guess */
	bool cut;    /* outer frames are missing */
};

/* Names STACK (index into snapshot->stacks), the first SURE frames of which are
 * certain.  Inlined frames make more of them.  False when out of memory. */
bool lk_named_stack_init(struct lk_named_stack *ret, struct lk_symbols *symbols,
			 const struct lk_snapshot *snapshot, size_t stack, size_t sure);
/* Which of *COUNT named frames are neither Check's nor a sanitizer's: *COUNT of them, from
 * the one returned on. */
size_t lk_named_stack_trim(const struct lk_frame *frames, size_t *count);
/* Also for a zeroed struct. */
void lk_named_stack_deinit(struct lk_named_stack *named);

#endif
