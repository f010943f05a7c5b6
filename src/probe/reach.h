/* SPDX-License-Identifier: MIT */
/* Who holds what is young.
 *
 * The scan (scan.h) runs in a copy of the process (frozen.h), whose memory is edited. */
#ifndef LK_PROBE_REACH_H
#define LK_PROBE_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "probe/mark.h"
#include "probe/roots.h"

enum { LK_REACH_SITES_MAX = 1 << 18 };

/* Young blocks of one stack that are held alike; see struct lk_site. */
struct lk_reach_site {
	lk_stack_id stack;
	enum lk_hold hold;
	uint64_t blocks, bytes, inner, through_blocks, through_bytes, serial;
	struct lk_path path; /* of the first of them; empty unless it is held */
};

struct lk_reach {
	bool is_done;
	/* Rows, roots or ranges that did not fit: what is called lost may be held, and
	 * what is called held lost. */
	bool is_short;
	struct lk_handle handles[LK_HANDLES_MAX];
	size_t handles_count;
	size_t sites_count;
	struct lk_reach_site sites[LK_REACH_SITES_MAX];
};

/* Blocks that are told elsewhere; what only they reach is told as lost itself. */
struct lk_reach_told {
	bool (*holds)(void *context, uintptr_t address);
	void *context;
};

/* Scans a copy of this process, in which the calling thread opened the window; NULL
 * if no copy can be made or it does not get to its end.  The handles of the
 * window's threads are looked for, too.  TOLD may be NULL.  Release the result.
 * Call in lk_quiet_begin. */
struct lk_reach *lk_reach_scan(const struct lk_reach_told *told);
void lk_reach_release(struct lk_reach *reach);

/* The same in this very process, which must be a copy that soon ends: its memory is
 * edited. */
struct lk_reach *lk_reach_scan_here(const struct lk_reach_told *told);

/* The same in two steps for all blocks, however old, but our own: what is prepared here,
 * with roots to be released, is filled in a copy that was made afterwards.  Nothing that the
 * calling thread's frames hold is lost, nor what any thread holds. */
struct lk_reach *lk_reach_prepare_whole(struct lk_roots **ret_roots);
bool lk_reach_scan_whole(struct lk_reach *reach, const struct lk_roots *roots);

#endif
