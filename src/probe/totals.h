/* SPDX-License-Identifier: MIT */
/* What was allocated and released in all, by stack, and the most that was alive at once.
 *
 * Counted on request only; until then it costs no instruction, because events come here by
 * way of the rare path of the counters (probe/counters.h), which is made the only one.
 * Counts of stacks are kept apart for what happens inside the window of a test and outside
 * of all windows.  Atomic words, no locks; a child of fork() goes on from what it
 * inherits. */
#ifndef LK_PROBE_TOTALS_H
#define LK_PROBE_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"

/* Counting begins now, if it has not begun; what is alive is summed up, and what other
 * threads take meanwhile may be missed or counted twice.  False if heap memory is not
 * watched. */
bool lk_totals_request(void);
bool lk_totals_known(void);

/* Since counting began.  A block that realloc moves or resizes is one allocation of its new
 * size and one release. */
struct lk_totals_sum {
	uint64_t allocations, releases, allocated_bytes;
	uint64_t live_bytes; /* of all that is alive now */
	uint64_t peak_bytes; /* the most of that at once, since the last lk_totals_peak_begin */
};
void lk_totals_sum(struct lk_totals_sum *ret);
/* The same without what happened inside windows; live and peak as above. */
void lk_totals_sum_outside(struct lk_totals_sum *ret);
/* The same since the window was opened, the peak above what was alive then. */
void lk_totals_sum_window(struct lk_totals_sum *ret);

/* From now on the peak is that of now and later; returns what it was, to be given back when
 * the scope ends, so that scopes nest. */
uint64_t lk_totals_peak_begin(void);
void lk_totals_peak_end(uint64_t before);

/* Inside a window or outside of it: the counts of stacks go there from now on, and those
 * of a new window begin at 0.  Ending none does nothing. */
void lk_totals_window_begin(void);
void lk_totals_window_end(void);

typedef void lk_totals_visit(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes);
/* Calls VISIT for each stack that allocated: in this window, or outside of all if none is
 * open; or outside in any case. */
void lk_totals_each(lk_totals_visit *visit, void *context);
void lk_totals_each_outside(lk_totals_visit *visit, void *context);

/* Allocations that no stack was counted for, because it is unknown or memory was
 * refused. */
uint64_t lk_totals_lost(void);

/* For the live table: a block was taken, as a new ALLOCATION or put back; or given
 * back.  Nothing happens unless counting was requested. */
void lk_totals_taken(lk_stack_id stack, size_t size, bool allocation);
void lk_totals_given_back(lk_stack_id stack, size_t size);

#endif
