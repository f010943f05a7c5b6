/* SPDX-License-Identifier: MIT */
/* Event counters by thread, so that a clean test costs a sum over threads and
 * never a scan, and the hot path touches no line that another thread writes.
 *
 * Owned by one thread each; a signal handler that interrupts its own thread's
 * update, and a thread that is ending, count in one shared, atomic set. */
#ifndef LK_PROBE_COUNTERS_H
#define LK_PROBE_COUNTERS_H

#include <stdint.h>

#include "base/self.h"

struct lk_counters {
	struct lk_counters *next; /* list of all, newest first; never freed */
	volatile int busy;
	uint32_t in_use;
	uint32_t epoch;	      /* that `young` is about */
	int64_t young;	      /* blocks of the epoch: taken less released */
	uint64_t allocations; /* since the process started */
};

/* One block of EPOCH was taken (+1) or released (-1) by this thread; CURRENT is
 * the epoch of now.  ALLOCATION says whether it counts as an allocation. */
void lk_counters_block(uint32_t epoch, uint32_t current, int change, int allocation);

/* Young blocks alive now, over all threads. */
int64_t lk_counters_young(uint32_t epoch);
/* Allocations since the process started, over all threads. */
uint64_t lk_counters_allocations(void);

/* The calling thread ends: its set may be given to another one. */
void lk_counters_thread_end(void);

#endif
