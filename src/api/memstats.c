/* SPDX-License-Identifier: MIT */
/* Go's MemStats for C. */
#include <string.h>

#include "api/capture.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "base/self.h"
#include "leakcheck.h"
#include "probe/heap.h"
#include "probe/moment.h"
#include "probe/totals.h"
#include "probe/tracker.h"

#define FIELDS(X)                                                                        \
	X(known) X(mallocs) X(frees) X(live_blocks) X(live_bytes) X(total_bytes)         \
	X(peak_bytes) X(counted_from) X(heap_in_use) X(heap_system) X(descriptors)       \
	X(descriptors_opened) X(threads) X(threads_started) X(children) X(children_started) \
	X(resident_peak)
#define ONE(name) +1
_Static_assert(sizeof(struct leakcheck_memstats) == (0 FIELDS(ONE)) * sizeof(unsigned long),
	       "the list is that of leakcheck.h");
#undef ONE

static void add_block(void *context, const struct lk_block *block)
{
	struct leakcheck_memstats *stats = context;

	/* What has no stack is our own. */
	if (block->stack == LK_STACK_NONE)
		return;
	stats->live_blocks++;
	stats->live_bytes += block->size;
}

static void fill_heap(struct leakcheck_memstats *stats, const struct lk_counts *counts)
{
	if (!lk_tracker.heap)
		return;
	stats->known |= LEAKCHECK_HEAP;
	lk_heap_each(LK_HEAP_ANY, add_block, stats);
	stats->mallocs = counts->allocations;
	if (stats->mallocs > stats->live_blocks)
		stats->frees = stats->mallocs - stats->live_blocks;
}

static void fill_totals(struct leakcheck_memstats *stats)
{
	struct lk_totals_sum sum;

	if (!lk_totals_known())
		return;
	lk_totals_sum(&sum);
	stats->total_bytes = sum.allocated_bytes;
	stats->peak_bytes = sum.peak_bytes;
	stats->counted_from =
		stats->mallocs >= sum.allocations ? stats->mallocs - sum.allocations + 1 : 1;
}

static void fill_others(struct leakcheck_memstats *stats, const struct lk_counts *counts)
{
	stats->descriptors = counts->descriptors;
	stats->descriptors_opened = counts->opened;
	stats->threads = counts->threads;
	stats->threads_started = counts->started;
	stats->children = counts->children;
	stats->children_started = counts->spawned;
	stats->resident_peak = counts->resident_peak;
	stats->known |= (lk_tracker.descriptors ? LEAKCHECK_DESCRIPTORS : 0) |
			(lk_tracker.threads ? LEAKCHECK_THREADS : 0) |
			(lk_tracker.children ? LEAKCHECK_CHILDREN : 0);
}

/* Other allocators' blocks may lie closer, and glibc knows nothing of them. */
enum { GLIBC_GRANULE_SHIFT = 5 };

LK_EXPORT int leakcheck_memstats(struct leakcheck_memstats *stats, size_t size)
{
	int saved = lk_quiet_begin();
	struct leakcheck_memstats all = { 0 };
	struct lk_moment moment;

	lk_moment_take(&moment);
	lk_capture_heap_use(&moment.counts);
	fill_heap(&all, &moment.counts);
	fill_totals(&all);
	fill_others(&all, &moment.counts);
	if (lk_heap_granule_shift() == GLIBC_GRANULE_SHIFT) {
		all.heap_in_use = moment.counts.heap_used;
		all.heap_system = moment.counts.heap_system;
	}
	memset(stats, 0, size);
	memcpy(stats, &all, size < sizeof all ? size : sizeof all);
	lk_quiet_end(saved);
	return (all.known & LEAKCHECK_HEAP) != 0;
}

LK_EXPORT int leakcheck_memstats_begin(void)
{
	int saved = lk_quiet_begin();
	bool is_known = lk_totals_request();

	lk_quiet_end(saved);
	return is_known;
}

LK_EXPORT int leakcheck_memstats_json(char *text, size_t size)
{
	struct leakcheck_memstats stats;
	struct lk_text out;
	const char *separator = "{";

	if (size == 0)
		return 0;
	leakcheck_memstats(&stats, sizeof stats);
	lk_text_init(&out, text, size);
#define ADD(name)                                                          \
	lk_text_format(&out, "%s\"" #name "\":%lu", separator, stats.name); \
	separator = ",";
	FIELDS(ADD)
#undef ADD
	lk_text_add(&out, "}");
	return !out.cut;
}
