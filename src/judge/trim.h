/* SPDX-License-Identifier: MIT */
/* Which frames of a stack a reader wants to see. */
#ifndef LK_JUDGE_TRIM_H
#define LK_JUDGE_TRIM_H

#include <stdbool.h>
#include <stddef.h>

#include "model/snapshot.h"

/* How many frames of STACK (index into snapshot->stacks) to show, counted from
 * the innermost: up to the test's own function or the thread's start routine.
 * Left out is what lies outside the frame from which Check called the test: the
 * part that the stack shares with the one on which the window was opened, and one
 * frame more. */
size_t lk_trim(const struct lk_snapshot *snapshot, size_t stack);

/* Is FRAME of STACK leakcheck's own: a hook that called the real function? */
bool lk_trim_is_ours(const struct lk_snapshot *snapshot, size_t stack, size_t frame);

#endif
