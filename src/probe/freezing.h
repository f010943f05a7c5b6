/* SPDX-License-Identifier: MIT */
/* A snapshot in the making, for the files that add to it; only probe/freeze*.c
 * include this. */
#ifndef LK_PROBE_FREEZING_H
#define LK_PROBE_FREEZING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

struct lk_freezing {
	struct lk_snapshot *snapshot;
	uint32_t *index;	 /* stack id -> stack + 1, open addressing */
	uint32_t *site_of_stack; /* stack -> site + 1 */
	/* Addresses of blocks that are told with a descriptor, open addressing. */
	uintptr_t *folded;
	size_t folded_count;
};

enum { LK_FREEZING_THREADS = 1 << 14 };

/* The place of a stack in the snapshot, which is put there if it is new; 0 for no
 * stack, and when there is no room (counted). */
size_t lk_freezing_stack(struct lk_freezing *freezing, lk_stack_id id);
/* The same for frames that are in no depot. */
size_t lk_freezing_frames(struct lk_freezing *freezing, const uintptr_t *frames, unsigned count,
			  bool cut);

/* Adds the young handles of the program's own. */
void lk_freezing_handles(struct lk_freezing *freezing);

enum { LK_FREEZING_HANDLES = 1 << 13 };

/* Adds the young threads and what they do; if there are any, or if ALL, then the
 * other threads of the process too. */
void lk_freezing_threads(struct lk_freezing *freezing, bool all);

#endif
