/* SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "probe/child.h"
#include "probe/descriptor.h"
#include "probe/descriptor_facts.h"
#include "probe/freeze.h"
#include "probe/freezing.h"
#include "probe/handle.h"
#include "probe/frozen.h"
#include "probe/heap.h"
#include "probe/moment.h"
#include "probe/reach.h"
#include "probe/totals.h"
#include "probe/tracker.h"

#include "base/light.h"

/* What has no stack is our own. */
static void add_block(void *context, const struct lk_block *block)
{
	if (block->stack != LK_STACK_NONE)
		lk_freezing_block(context, block);
}

static void add_descriptor(void *context, int fd)
{
	struct lk_freezing *freezing = context;
	struct lk_snapshot *snapshot = freezing->snapshot;

	if (snapshot->descriptors_count == LK_FREEZING_DESCRIPTORS) {
		snapshot->descriptors_beyond++;
		return;
	}
	struct lk_descriptor *row = &snapshot->descriptors[snapshot->descriptors_count++];
	lk_descriptor_facts(fd, row);
	row->stack = lk_freezing_stack(freezing, lk_descriptor_origin(fd));
}

static void add_total(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes)
{
	struct lk_freezing *freezing = context;
	struct lk_snapshot *snapshot = freezing->snapshot;

	if (snapshot->totals_count == LK_FREEZING_TOTALS) {
		snapshot->events_lost++;
		return;
	}
	snapshot->totals[snapshot->totals_count++] = (struct lk_total){
		.stack = lk_freezing_stack(freezing, stack), .blocks = blocks, .bytes = bytes
	};
}

void lk_freezing_totals(struct lk_freezing *freezing,
			void (*each)(lk_totals_visit *visit, void *context))
{
	if (lk_totals_known())
		each(add_total, freezing);
}

bool lk_freeze_totals(lk_stack_id window, struct lk_snapshot *ret)
{
	struct lk_snapshot snapshot;
	struct lk_freezing freezing;

	if (!lk_freezing_begin(&freezing, &snapshot, lk_pages_map))
		return false;
	snapshot.window_stack = lk_freezing_stack(&freezing, window);
	lk_freezing_totals(&freezing, lk_totals_each);
	lk_freezing_modules(&freezing);
	lk_freezing_end(&freezing);
	*ret = snapshot;
	return true;
}

static void add_counts(struct lk_moment *moment)
{
	struct lk_totals_sum sum;

	if (!lk_totals_known())
		return;
	lk_totals_sum_outside(&sum);
	moment->totals_known = moment->peak_known = true;
	moment->counts.allocations = sum.allocations;
	moment->counts.releases = sum.releases;
	moment->counts.allocated_bytes = sum.allocated_bytes;
	moment->counts.peak_bytes = sum.peak_bytes;
}

/* The snapshot in the making lies in memory that the copy shares. */
struct whole {
	struct lk_freezing freezing;
	struct lk_snapshot snapshot;
	struct lk_reach *reach; /* NULL: nobody asks who holds what */
	struct lk_roots *roots;
};

static void add_heap(struct whole *whole)
{
	struct lk_snapshot *snapshot = &whole->snapshot;
	struct lk_counts *counts = &snapshot->moment.counts;

	if (whole->reach && lk_reach_scan_whole(whole->reach, whole->roots)) {
		lk_freezing_reach(&whole->freezing, whole->reach);
	} else if (lk_tracker.heap) {
		lk_heap_each(LK_HEAP_ANY, add_block, &whole->freezing);
		snapshot->is_unscanned = true;
	}
	for (size_t i = 0; i < snapshot->sites_count; i++) {
		counts->live_blocks += snapshot->sites[i].blocks;
		counts->live_bytes += snapshot->sites[i].bytes;
	}
}

/* All that a picture is needed for. */
static bool fill_frozen(void *context)
{
	struct whole *whole = context;
	struct lk_snapshot *snapshot = &whole->snapshot;

	snapshot->moment.span_ns = lk_moment_now() - snapshot->moment.monotonic_ns;
	add_counts(&snapshot->moment);
	snapshot->descriptors_unknown =
		!lk_descriptor_each_open(add_descriptor, &whole->freezing);
	lk_descriptor_ends(snapshot->descriptors, snapshot->descriptors_count);
	lk_frozen_make_room();
	lk_freezing_handles(&whole->freezing, LK_HANDLE_ANY);
	lk_freezing_totals(&whole->freezing, lk_totals_each_outside);
	add_heap(whole);
	return true;
}

/* What only this very process can tell. */
static void fill_before(struct whole *whole)
{
	struct lk_snapshot *snapshot = &whole->snapshot;

	lk_moment_take(&snapshot->moment);
	lk_freezing_modules(&whole->freezing);
	snapshot->children_unknown = !lk_child_each(lk_freezing_child, &whole->freezing);
	lk_freezing_threads(&whole->freezing, true);
	snapshot->threads_count = snapshot->threads_seen;
	snapshot->events_lost += lk_freeze_losses();
}

static bool fill(struct whole *whole, bool with_holders)
{
	/* A sanitizer's own heap cannot be told from the program's. */
	if (with_holders && lk_tracker.heap && !lk_tracker.sanitized)
		whole->reach = lk_reach_prepare_whole(&whole->roots);
	fill_before(whole);
	bool ok = lk_frozen_run(fill_frozen, whole);
	if (whole->reach) {
		lk_reach_release(whole->reach);
		lk_roots_release(whole->roots);
	}
	return ok;
}

static bool freeze(bool with_holders, struct lk_snapshot *ret)
{
	struct whole *whole = lk_pages_map_shared(sizeof *whole);
	bool ok = whole && lk_freezing_begin(&whole->freezing, &whole->snapshot,
					     lk_pages_map_shared);

	if (ok) {
		ok = fill(whole, with_holders);
		lk_freezing_end(&whole->freezing);
		if (ok)
			*ret = whole->snapshot;
		else
			lk_freeze_release(&whole->snapshot);
	}
	if (whole)
		lk_pages_unmap(whole, sizeof *whole);
	return ok;
}

/* A module that goes away while it is looked for holders takes the copy with it. */
bool lk_freeze_whole(bool with_holders, struct lk_snapshot *ret)
{
	return freeze(with_holders, ret) || (with_holders && freeze(false, ret));
}
