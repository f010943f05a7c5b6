/* SPDX-License-Identifier: MIT */
/* When it is, and what the process's counters say. */
#ifndef LK_PROBE_MOMENT_H
#define LK_PROBE_MOMENT_H

#include "model/moment.h"

/* Fills *RET, for all of the process and since it started: clocks, program, what there is
 * and how much there was of it.  Live blocks and bytes, what the allocator uses, totals and
 * the test are left 0. */
void lk_moment_take(struct lk_moment *ret);

/* The library is loaded now: a process is known by its number and this. */
void lk_moment_boot(void);

/* The monotonic clock in nanoseconds. */
uint64_t lk_moment_now(void);

#endif
