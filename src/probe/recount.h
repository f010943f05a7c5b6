/* SPDX-License-Identifier: MIT */
/* Counts again what a snapshot found, in a copy of the process that runs the test
 * anew: what is young there is what all runs together left.
 *
 * The series lie in memory that the copy shares with its parent; everything else
 * here is private to each of them. */
#ifndef LK_PROBE_RECOUNT_H
#define LK_PROBE_RECOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Gives each row of SNAPSHOT its series; call before the copy is made.  False if
 * memory is refused: then no row has one. */
bool lk_recount_begin(struct lk_snapshot *snapshot);

/* In the copy: what is there before the first further run, and at the end of each.
 * Threads are not in a copy: what it has of them, it made again. */
void lk_recount_start(struct lk_snapshot *snapshot);
void lk_recount(struct lk_snapshot *snapshot);

/* In the copy: BLOCKS of STACK that it has are lost by now. */
void lk_recount_lost(struct lk_snapshot *snapshot, lk_stack_id stack, uint64_t blocks);

/* When it is all over, in the parent.  The series stay. */
void lk_recount_end(void);

#endif
