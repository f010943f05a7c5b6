/* SPDX-License-Identifier: MIT */
/* What the kernel knows of the children of this process. */
#ifndef LK_PROBE_CHILD_LOOK_H
#define LK_PROBE_CHILD_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Is there any child at all, ended or not?  One system call; no child is waited for. */
bool lk_child_any(void);

/* Calls VISIT for each child of THREAD of this process (0: of all threads), in the
 * order of their birth; returns how many there were.  0 also if it cannot be told. */
size_t lk_child_list(pid_t thread, void (*visit)(void *context, pid_t child), void *context);

/* The window opened at the tick TICKS, when STARTS children had been started. */
void lk_child_look_mark(uint64_t ticks, uint64_t starts);

#endif
