/* SPDX-License-Identifier: MIT */
/* A snapshot in the making, for the files that add to it; only probe/freeze*.c
 * include this. */
#ifndef LK_PROBE_FREEZING_H
#define LK_PROBE_FREEZING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "probe/child.h"
#include "probe/descriptor_facts.h"
#include "probe/heap.h"
#include "probe/reach.h"
#include "probe/totals.h"

struct lk_freezing {
	struct lk_snapshot *snapshot;
	uint32_t *index;	 /* stack id -> stack + 1, open addressing */
	uint32_t *site_of_stack; /* stack -> site + 1 */
	/* Addresses of blocks that are told with a descriptor, open addressing. */
	uintptr_t *folded;
	size_t folded_count;
};

enum {
	LK_FREEZING_THREADS = 1 << 14,
	LK_FREEZING_CALLS = 1 << 12,
	LK_FREEZING_DESCRIPTORS = LK_DESCRIPTOR_ENDS_MAX,
	LK_FREEZING_TOTALS = 1 << 18,
};

/* An empty snapshot with room that MAP, lk_pages_map or lk_pages_map_shared, gives; false
 * when memory is refused, and then nothing is to be released.  Until its end *SNAPSHOT
 * stays where it is. */
bool lk_freezing_begin(struct lk_freezing *freezing, struct lk_snapshot *snapshot,
		       void *(*map)(size_t size));
void lk_freezing_end(struct lk_freezing *freezing);

/* The place of a stack in the snapshot, which is put there if it is new; 0 for no
 * stack, and when there is no room (counted). */
size_t lk_freezing_stack(struct lk_freezing *freezing, lk_stack_id id);
/* The same for frames that are in no depot. */
size_t lk_freezing_frames(struct lk_freezing *freezing, const uintptr_t *frames, unsigned count,
			  bool cut);

/* Adds the handles of the program's own that are of EPOCH, or of LK_HANDLE_ANY. */
void lk_freezing_handles(struct lk_freezing *freezing, uint32_t epoch);

enum { LK_FREEZING_HANDLES = 1 << 13 };

/* Adds the limits that were broken. */
void lk_freezing_breaches(struct lk_freezing *freezing);

enum { LK_FREEZING_BREACHES = 64 };

/* Adds a block to the site of its stack, blocks by who holds them, a child, the modules. */
void lk_freezing_block(struct lk_freezing *freezing, const struct lk_block *block);
void lk_freezing_reach(struct lk_freezing *freezing, const struct lk_reach *reach);
void lk_freezing_child(void *freezing, const struct lk_child_seen *child);
void lk_freezing_modules(struct lk_freezing *freezing);
/* Adds what EACH of probe/totals.h tells; nothing unless it is counted. */
void lk_freezing_totals(struct lk_freezing *freezing,
			void (*each)(lk_totals_visit *visit, void *context));

/* Adds the young threads and what they do; if there are any, or if ALL, then the
 * other threads of the process too. */
void lk_freezing_threads(struct lk_freezing *freezing, bool all);

#endif
