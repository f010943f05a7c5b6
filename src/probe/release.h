/* SPDX-License-Identifier: MIT */
/* Where blocks are released, while a test runs again in a copy: a leak's siblings, from
 * the same place, tell where it should have been released.
 *
 * Outside of such a copy a release keeps no stack, and pays nothing for this: the
 * hook has to tell early memory from other blocks anyway, and in the copy all of them
 * pass for that. */
#ifndef LK_PROBE_RELEASE_H
#define LK_PROBE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "probe/heap.h"

/* Blocks at start .. start + size take the hook's long way. */
extern struct lk_release_range {
	uintptr_t start;
	size_t size;
} lk_release_range;

/* Of a birth only the inner frames are kept, as many as wrappers may take. */
enum { LK_RELEASES_MAX = 1024, LK_RELEASE_BORN_MAX = 16, LK_RELEASE_FRAMES_MAX = 1 << 15 };

struct lk_release_frames {
	uint32_t first, count; /* in the table's frames */
	bool cut;
};

struct lk_release_row {
	uint64_t blocks;
	struct lk_release_frames born, freed;
};

/* Shared by the copy, which writes it, and its parent. */
struct lk_releases {
	size_t count, frames_count;
	struct lk_release_row rows[LK_RELEASES_MAX];
	uintptr_t frames[LK_RELEASE_FRAMES_MAX];
};

/* NULL if memory is refused. */
struct lk_releases *lk_releases_make(void);
void lk_releases_release(struct lk_releases *table); /* NULL is ignored */

/* In the copy: from now on, what is released and comes from an innermost frame of
 * SNAPSHOT's sites is kept. */
void lk_release_watch(const struct lk_snapshot *snapshot);

/* BLOCK, which had this row, is released by the caller of the hook whose frame is FRAME
 * (see probe/unwind.h). */
void lk_release_note(const struct lk_block *block, const void *frame);

/* In the copy: writes what was kept so far to TABLE. */
void lk_release_tell(struct lk_releases *table);

#endif
