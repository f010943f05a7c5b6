/* SPDX-License-Identifier: MIT */
#include "probe/recount.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/depot.h"
#include "probe/descriptor.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/thread.h"
#include "probe/tracker.h"
#include "base/light.h"

/* What the series of equal stacks are told apart by. */
enum what { BLOCKS, DESCRIPTORS, THREADS, HANDLES };

/* Open addressing.  A series is found by a stack's id; and by a hash of its places,
 * because a module that is loaded again gives its stacks new ids and addresses. */
struct entry {
	uint64_t key;
	uint32_t series; /* NOTHING: the entry is free; NO_SERIES: the stack has none */
};
enum { ENTRIES_LEAST = 1 << 12 };
enum { BY_PLACES = 1 << 4 };
static const uint32_t NOTHING = 0, NO_SERIES = UINT32_MAX;

struct tally {
	int64_t count, bytes;
};

static struct recount {
	struct entry *entries;
	size_t entries_size; /* a power of two */
	size_t entries_used;
	struct tally *tallies; /* one for each series */
	size_t series_max;
} recount;

static struct entry *entry_of(unsigned what, uint64_t name)
{
	uint64_t key = (uint64_t)what << 32 | (uint32_t)name;
	size_t place = (size_t)((key ^ key >> 29) * UINT64_C(0x9E3779B97F4A7C15) >> 32);

	for (;; place++) {
		struct entry *entry = &recount.entries[place & (recount.entries_size - 1)];

		if (entry->series == NOTHING)
			entry->key = key;
		if (entry->key == key)
			return entry;
	}
}

/* Modules are loaded at the start of a page. */
static uint64_t hash_places(lk_stack_id stack)
{
	enum { IN_PAGE = 4095 };
	uintptr_t frames[LK_STACK_FRAMES_MAX];
	bool cut;
	size_t count = lk_depot_frames(stack, frames, LK_STACK_FRAMES_MAX, &cut);
	uint64_t hash = count;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ (frames[i] & IN_PAGE)) * UINT64_C(0xbf58476d1ce4e5b9);
	return hash >> 32;
}

static void set(struct entry *entry, uint32_t series)
{
	recount.entries_used += entry->series == NOTHING;
	entry->series = series;
}

/* STACK has come up since. */
static LK_COLD uint32_t learn(struct entry *entry, enum what what, lk_stack_id stack)
{
	uint32_t series = entry_of(what | BY_PLACES, hash_places(stack))->series;

	if (recount.entries_used < recount.entries_size / 2)
		set(entry, series == NOTHING ? NO_SERIES : series);
	return series == NOTHING ? NO_SERIES : series;
}

static struct tally *tally_of(enum what what, lk_stack_id stack)
{
	struct entry *entry = entry_of(what, stack);
	uint32_t series = entry->series != NOTHING ? entry->series : learn(entry, what, stack);

	return series == NO_SERIES ? NULL : &recount.tallies[series];
}

/* The series of the stack at place STACK in the snapshot; a new one at first. */
static size_t series_of(struct lk_snapshot *snapshot, enum what what, size_t stack)
{
	lk_stack_id id = snapshot->stacks[stack].id;
	struct entry *entry = entry_of(what, id);

	if (entry->series == NOTHING) {
		set(entry, (uint32_t)snapshot->series_count++);
		set(entry_of(what | BY_PLACES, hash_places(id)), entry->series);
	}
	return entry->series;
}

static void assign(struct lk_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->sites_count; i++)
		snapshot->sites[i].series = series_of(snapshot, BLOCKS, snapshot->sites[i].stack);
	/* Whether there are more of those whose number was open before, the kernel does
	 * not tell. */
	for (size_t i = 0; i < snapshot->descriptors_count; i++)
		if (!snapshot->descriptors[i].was_open)
			snapshot->descriptors[i].series = series_of(
				snapshot, DESCRIPTORS, snapshot->descriptors[i].stack);
	for (size_t i = 0; i < snapshot->threads_count; i++)
		snapshot->threads[i].series =
			series_of(snapshot, THREADS, snapshot->threads[i].stack);
	for (size_t i = 0; i < snapshot->handles_count; i++)
		snapshot->handles[i].series =
			series_of(snapshot, HANDLES, snapshot->handles[i].stack);
}

static void count_block(void *context, const struct lk_block *block)
{
	struct tally *tally = tally_of(BLOCKS, block->stack);

	(void)context;
	if (tally) {
		tally->count++;
		tally->bytes += (int64_t)block->size;
	}
}

static void count_descriptor(void *context, const struct lk_descriptor_change *change)
{
	struct tally *tally = change->replaced ? NULL : tally_of(DESCRIPTORS, change->stack);

	(void)context;
	if (tally)
		tally->count++;
}

/* A number that the next run takes over with dup2 was left by the last one. */
static void count_overwritten(void *context, lk_stack_id stack, uint32_t count)
{
	struct tally *tally = tally_of(DESCRIPTORS, stack);

	(void)context;
	if (tally)
		tally->count += count;
}

static void count_thread(void *context, const struct lk_thread *row)
{
	struct tally *tally = tally_of(THREADS, row->created);

	(void)context;
	if (tally)
		tally->count++;
}

static void count_handle(void *context, const struct lk_handle_row *row)
{
	struct tally *tally = tally_of(HANDLES, row->stack);

	(void)context;
	if (tally) {
		tally->count++;
		tally->bytes += (int64_t)row->size;
	}
}

static void count_all(void)
{
	for (size_t i = 0; i < recount.series_max; i++)
		recount.tallies[i] = (struct tally){ 0 };
	if (lk_tracker.heap)
		lk_heap_each(lk_tracker.epoch, count_block, NULL);
	if (lk_tracker.descriptors) {
		lk_descriptor_each_new(count_descriptor, NULL);
		lk_descriptor_each_overwritten(count_overwritten, NULL);
	}
	if (lk_tracker.threads)
		lk_thread_each(lk_tracker.epoch, count_thread, NULL);
	lk_handle_each(lk_tracker.epoch, count_handle, NULL);
}

bool lk_recount_begin(struct lk_snapshot *snapshot)
{
	size_t rows = snapshot->sites_count + snapshot->descriptors_count +
		      snapshot->threads_count + snapshot->handles_count;
	size_t size = ENTRIES_LEAST;

	while (size < rows * 8)
		size *= 2;
	recount.series_max = rows + 1;
	recount.entries_size = size;
	snapshot->series_max = rows + 1;
	recount.entries = lk_pages_map(size * sizeof *recount.entries);
	recount.tallies = lk_pages_map(recount.series_max * sizeof *recount.tallies);
	snapshot->series = lk_pages_map_shared(recount.series_max * sizeof *snapshot->series);
	if (!recount.entries || !recount.tallies || !snapshot->series) {
		lk_recount_end();
		return false;
	}
	snapshot->series_count = 1;
	assign(snapshot);
	return true;
}

void lk_recount_start(struct lk_snapshot *snapshot)
{
	count_all();
	for (size_t i = 1; i < snapshot->series_count; i++) {
		snapshot->series[i].count = recount.tallies[i].count;
		snapshot->series[i].bytes = recount.tallies[i].bytes;
	}
}

void lk_recount(struct lk_snapshot *snapshot)
{
	count_all();
	for (size_t i = 1; i < snapshot->series_count; i++)
		lk_series_add(&snapshot->series[i], recount.tallies[i].count,
			      recount.tallies[i].bytes);
}

void lk_recount_lost(struct lk_snapshot *snapshot, lk_stack_id stack, uint64_t blocks)
{
	const struct tally *tally = tally_of(BLOCKS, stack);

	if (tally)
		snapshot->series[tally - recount.tallies].lost += blocks;
}

void lk_recount_end(void)
{
	if (recount.entries)
		lk_pages_unmap(recount.entries, recount.entries_size * sizeof *recount.entries);
	if (recount.tallies)
		lk_pages_unmap(recount.tallies, recount.series_max * sizeof *recount.tallies);
	recount = (struct recount){ 0 };
}
