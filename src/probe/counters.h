/* SPDX-License-Identifier: MIT */
/* Event counters by thread, so that a clean test costs a sum over threads and
 * never a scan, and the hot path touches no line that another thread writes.
 *
 * Owned by one thread each; a signal handler that interrupts its own thread's
 * update, and a thread that is ending, count in one shared, atomic set. */
#ifndef LK_PROBE_COUNTERS_H
#define LK_PROBE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/self.h"

struct lk_counters {
	struct lk_counters *next; /* list of all, newest first; never freed */
	/* That `young` is about; with LK_COUNTERS_DETOUR it is never the current one, so
	 * that each event takes the rare path. */
	uint32_t epoch;
	uint32_t in_use;
	volatile int busy;    /* being turned to another epoch */
	int64_t young;	      /* blocks of the epoch: taken less released */
	uint64_t allocations; /* since the process started */
};

enum { LK_COUNTERS_DETOUR = 1 << 16 };

/* From now on every event takes the rare path, whose caller does more. */
void lk_counters_detour(void);

/* The rare part of lk_counters_block: a thread's first event, a new epoch, a detour. */
void lk_counters_block_slowly(uint32_t epoch, uint32_t current, int change, int allocation);

/* Adds so that a signal handler of the same thread can come in between, but without
 * the price of an atomic operation where one instruction does it. */
static inline void lk_counters_add(int64_t *counter, int64_t change)
{
#ifdef __x86_64__
	__asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(change) : "cc");
#else
	__atomic_fetch_add(counter, change, __ATOMIC_RELAXED);
#endif
}

/* As lk_counters_block, but does nothing and returns false where that takes the rare
 * path. */
static inline bool lk_counters_block_at_once(uint32_t epoch, uint32_t current, int change,
					     int allocation)
{
	struct lk_counters *mine = lk_self.counters;

	if (LK_UNLIKELY(!mine || mine->epoch != current))
		return false;
	if (epoch == current)
		lk_counters_add(&mine->young, change);
	if (allocation)
		lk_counters_add((int64_t *)&mine->allocations, 1);
	return true;
}

/* One block of EPOCH was taken (+1) or released (-1) by this thread; CURRENT is
 * the epoch of now.  ALLOCATION says whether it counts as an allocation.  False if it took
 * the rare path. */
static inline bool lk_counters_block(uint32_t epoch, uint32_t current, int change, int allocation)
{
	if (LK_LIKELY(lk_counters_block_at_once(epoch, current, change, allocation)))
		return true;
	lk_counters_block_slowly(epoch, current, change, allocation);
	return false;
}

/* Young blocks alive now, over all threads. */
int64_t lk_counters_young(uint32_t epoch);
/* Every set forgets which epoch it was about: epochs are about to start over. */
void lk_counters_age(void);
/* Allocations since the process started, over all threads. */
uint64_t lk_counters_allocations(void);

/* The calling thread ends: its set may be given to another one. */
void lk_counters_thread_end(void);

#endif
