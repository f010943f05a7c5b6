/* SPDX-License-Identifier: MIT */
#include "probe/scan.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "base/arena.h"
#include "base/proc.h"
#include "probe/arch.h"
#include "probe/depot.h"
#include "probe/libc_data.h"
#include "probe/window_stack.h"
#include "base/light.h"

enum {
	PAGE = 4096,
	WORD = sizeof(uintptr_t),
	MAPS_MAX = 1 << 17, /* the kernel's limit is 65530 unless it was raised */
	EXCLUDED_MAX = 1 << 20,
	STACKS_MAX = 1 << 14,
	RED_ZONE = 128, /* below the stack pointer, where a leaf function may store */
};
/* glibc's arenas besides the main one: of this size, and aligned to it. */
static const uintptr_t arena_size = (uintptr_t)64 << 20;

static void exclude(void *context, uintptr_t start, uintptr_t end)
{
	struct lk_scan *scan = context;

	lk_ranges_add(&scan->excluded, start & ~(uintptr_t)(PAGE - 1),
		      (end + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

/* ---- What is mapped. */

/* glibc's arenas begin with the address of their state, the arena before, the size.
 * The kernel joins mappings, so one may stand anywhere. */
static void exclude_arenas(struct lk_scan *scan, uintptr_t start, uintptr_t end)
{
	for (start = (start + arena_size - 1) & ~(arena_size - 1); start < end;
	     start += arena_size) {
		const uintptr_t *words = (const uintptr_t *)start;

		if (words[0] % arena_size > 0 && words[0] % arena_size < PAGE &&
		    words[2] % PAGE == 0 && words[2] > 0 && words[2] <= arena_size)
			exclude(scan, start, start + words[2]);
	}
}

/* The part of MAP that brk gave; the kernel calls it [heap], emulators may not. */
static struct lk_range part_of_brk(const struct lk_map *map)
{
	struct lk_range none = { map->start, map->start };

	if (strcmp(map->name, "[heap]") == 0)
		return (struct lk_range){ map->start, map->end };
	if (map->name[0] != '\0')
		return none;
	uintptr_t end = ((uintptr_t)syscall(SYS_brk, 0) + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	return map->start < end && end <= map->end ? (struct lk_range){ map->start, end } : none;
}

static void add_map(void *context, const struct lk_map *map)
{
	struct lk_scan *scan = context;
	bool is_anonymous = map->name[0] == '\0' || strncmp(map->name, "[anon", 5) == 0 ||
			    strcmp(map->name, "/dev/zero (deleted)") == 0;

	/* Reading the kernel's own pages may be a fault. */
	if (!map->readable || strncmp(map->name, "[vv", 3) == 0)
		return;
	lk_ranges_add(&scan->marking.readable, map->start, map->end);
	struct lk_range heap = part_of_brk(map);
	if (heap.start < heap.end)
		scan->heap = heap;
	/* Valgrind's own memory stands in the list, too, and changes all the time. */
	if (!map->writable || !is_anonymous || RUNNING_ON_VALGRIND)
		return;
	lk_ranges_add(&scan->mappings, heap.end, map->end);
	if (!map->shared && scan->marking.index.shift == 5)
		exclude_arenas(scan, map->start, map->end);
}

/* ---- What lends nothing. */

/* Memory around BLOCK that malloc manages lends nothing; the block itself is read if it
 * is reached. */
static void exclude_around(struct lk_scan *scan, const struct lk_live *block)
{
	enum { IS_MMAPPED = 2, NOT_MAIN = 4 };
	uintptr_t arena = block->start & ~(arena_size - 1);
	size_t header = ((const size_t *)block->start)[-1];

	if (header & IS_MMAPPED)
		exclude(scan, block->start - 2 * WORD, block->start + block->size);
	else if (header & NOT_MAIN)
		exclude(scan, arena, arena + arena_size);
}

static bool is_loaders(const struct lk_roots *roots, lk_stack_id stack)
{
	uintptr_t caller = 0;

	lk_depot_frames(stack, &caller, 1, NULL);
	return caller - roots->loader_start < roots->loader_end - roots->loader_start;
}

/* One pass over all blocks, and only over what is next to each other in memory. */
static void survey_blocks(struct lk_scan *scan)
{
	const struct lk_block_index *index = &scan->marking.index;
	const struct lk_range *range = NULL;
	lk_stack_id known = LK_STACK_NONE;
	bool of_loader = false;

	for (size_t i = 0; i < index->count; i++) {
		struct lk_live *block = &index->blocks[i];

		if (block->stack != known) {
			known = block->stack;
			of_loader = is_loaders(scan->roots, known);
		}
		block->is_loaders = of_loader;
		if (block->start - scan->heap.start < scan->heap.end - scan->heap.start)
			continue;
		if (index->shift == 5) {
			exclude_around(scan, block);
			continue;
		}
		/* Another allocator: it has what is mapped around its blocks. */
		if (!range || block->start < range->start || block->start >= range->end)
			range = lk_ranges_from(&scan->mappings, block->start);
		if (range && range->start <= block->start)
			lk_ranges_add(&scan->excluded, range->start, range->end);
	}
}

static const struct lk_range *mapping_of(const struct lk_scan *scan, uintptr_t address)
{
	const struct lk_range *range = lk_ranges_from(&scan->mappings, address);

	return range && range->start <= address ? range : NULL;
}

/* Where the stack ends above which the thread's HANDLE lies. */
static uintptr_t end_of_stack(const struct lk_range *mapping, uintptr_t handle)
{
	uintptr_t end =
		(handle + LK_LIBC_THREAD_SIZE + LK_TLS_ABOVE + PAGE - 1) & ~(uintptr_t)(PAGE - 1);

	return end < mapping->end ? end : mapping->end;
}

static void add_stack(void *context, uintptr_t handle)
{
	struct lk_scan *scan = context;
	const struct lk_range *mapping = mapping_of(scan, handle);

	/* The first thread's record is the loader's, and a given stack may be a block. */
	if (!mapping || lk_ranges_hold(&lk_libc_early, handle) ||
	    lk_block_around(&scan->marking.index, handle))
		return;
	if (scan->stacks_count == STACKS_MAX) {
		scan->is_short = true;
		return;
	}
	scan->stacks[scan->stacks_count++] = handle;
	exclude(scan, mapping->start, end_of_stack(mapping, handle));
}

static void add_other(void *context, uintptr_t start, uintptr_t end, bool shared)
{
	struct lk_scan *scan = context;

	(void)shared;
	lk_ranges_add(&scan->others, start, end);
	exclude(scan, start, end);
}

static void exclude_all(struct lk_scan *scan)
{
	const struct lk_roots *roots = scan->roots;

	scan->is_short |= !lk_pages_each(add_other, scan);
	for (size_t i = 0; i < roots->areas_count; i++)
		if (!roots->areas[i].is_tls)
			add_other(scan, roots->areas[i].start, roots->areas[i].end, false);
	lk_ranges_sort(&scan->others);
	for (size_t i = 0; i < lk_libc_early.count; i++)
		exclude(scan, lk_libc_early.rows[i].start, lk_libc_early.rows[i].end);
	survey_blocks(scan);
	lk_libc_each_stack(add_stack, scan);
	lk_ranges_sort(&scan->excluded);
}

/* ---- Roots. */

/* RANGE without what is in LENDS_NOTHING. */
static void mark_without(struct lk_scan *scan, const struct lk_ranges *lends_nothing,
			 struct lk_range range)
{
	while (range.start < range.end) {
		const struct lk_range *next = lk_ranges_from(lends_nothing, range.start);

		if (!next || next->start >= range.end) {
			lk_mark_range(&scan->marking, range.start, range.end);
			return;
		}
		if (next->start > range.start)
			lk_mark_range(&scan->marking, range.start, next->start);
		range.start = next->end;
	}
}

static void mark_areas(struct lk_scan *scan, bool of_libc)
{
	const struct lk_roots *roots = scan->roots;
	struct lk_range rows[LK_ROOT_COPIES_MAX];
	struct lk_ranges copies = { .rows = rows, .room = LK_ROOT_COPIES_MAX };

	for (size_t i = 0; i < roots->copies_count; i++)
		lk_ranges_add(&copies, roots->copies[i].start, roots->copies[i].end);
	lk_ranges_sort(&copies);
	for (size_t i = 0; i < roots->areas_count; i++) {
		const struct lk_root_area *area = &roots->areas[i];

		if (area->is_ours || area->is_libc != of_libc)
			continue;
		lk_mark_as(&scan->marking, of_libc ? LK_HOLD_LIBC : LK_HOLD_RETAINED,
			   area->is_tls ? LK_ROOT_TLS : LK_ROOT_DATA, 0);
		mark_without(scan, &copies, (struct lk_range){ area->start, area->end });
	}
	for (size_t i = 0; of_libc && i < roots->copies_count; i++)
		lk_mark_range(&scan->marking, roots->copies[i].start, roots->copies[i].end);
}

static void mark_keys(struct lk_scan *scan)
{
	enum { ROW = 2 * WORD, TABLES = 32 };
	uintptr_t first = (uintptr_t)pthread_self() + lk_libc_data.keys;
	const uintptr_t *tables = (const uintptr_t *)(first + LK_LIBC_KEYS_INSIDE * ROW);

	if (!lk_libc_data.keys)
		return;
	lk_mark_as(&scan->marking, LK_HOLD_RETAINED, LK_ROOT_KEY, 0);
	lk_mark_range(&scan->marking, first, (uintptr_t)tables);
	for (unsigned i = 1; i < TABLES; i++) {
		const struct lk_live *table = lk_block_around(&scan->marking.index, tables[i]);

		if (table)
			lk_mark_range(&scan->marking, table->start, table->start + table->size);
	}
}

static void mark_stack(struct lk_scan *scan)
{
	struct lk_marking *marking = &scan->marking;

	lk_mark_as(marking, LK_HOLD_RETAINED, LK_ROOT_STACK, 0);
	for (uintptr_t at = scan->roots->stack_start; at + WORD <= scan->roots->stack_end;
	     at += WORD) {
		uintptr_t word = *(const uintptr_t *)at;
		const struct lk_live *block = lk_block_around(&marking->index, word);

		if (!block || !block->is_young || scan->roots->is_whole ||
		    !lk_window_stack_unchanged(at))
			lk_mark_root(marking, word, at);
	}
}

static void mark_mappings(struct lk_scan *scan)
{
	lk_mark_as(&scan->marking, LK_HOLD_RETAINED, LK_ROOT_MAPPING, 0);
	for (size_t i = 0; i < scan->mappings.count; i++)
		mark_without(scan, &scan->excluded, scan->mappings.rows[i]);
}

/* The record and the thread-local data of the first thread, and the first memory
 * of the loader. */
static void mark_early(struct lk_scan *scan)
{
	lk_mark_as(&scan->marking, LK_HOLD_LIBC, LK_ROOT_MAPPING, 0);
	for (size_t i = 0; i < lk_libc_early.count; i++)
		mark_without(scan, &scan->others, lk_libc_early.rows[i]);
}

static void mark_alternate_stack(struct lk_scan *scan)
{
	stack_t stack;

	lk_mark_as(&scan->marking, LK_HOLD_RETAINED, LK_ROOT_ALTSTACK, 0);
	if (syscall(SYS_sigaltstack, NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE))
		lk_mark_root(&scan->marking, (uintptr_t)stack.ss_sp, (uintptr_t)stack.ss_sp);
}

/* The lowest end of a stack in MAPPING above ADDRESS. */
static uintptr_t end_above(const struct lk_scan *scan, const struct lk_range *mapping,
			   uintptr_t address)
{
	uintptr_t handle = UINTPTR_MAX;

	for (size_t i = 0; i < scan->stacks_count; i++)
		if (scan->stacks[i] >= address && scan->stacks[i] < handle)
			handle = scan->stacks[i];
	return handle < mapping->end ? end_of_stack(mapping, handle) : mapping->end;
}

static void mark_thread(struct lk_scan *scan, const struct lk_root_thread *thread)
{
	struct lk_marking *marking = &scan->marking;
	uintptr_t at = thread->sp ? thread->sp : thread->handle;
	struct lk_live *block = lk_block_around(&marking->index, at);
	const struct lk_range *mapping = lk_ranges_from(&marking->readable, at);

	for (unsigned i = 0; i < 6; i++)
		lk_mark_root(marking, thread->arguments[i], at);
	if (block) {
		lk_mark_block(marking, block, at);
		lk_mark_range(marking, thread->sp ? at - RED_ZONE : block->start,
			      block->start + block->size);
	} else if (at && mapping && mapping->start <= at) {
		uintptr_t end = end_above(scan, mapping, at);
		/* It runs: any part of its stack may be in use. */
		uintptr_t start = thread->sp ? at - RED_ZONE : mapping->start;

		lk_mark_range(marking, start < mapping->start ? mapping->start : start, end);
	}
}

static void mark_threads(struct lk_scan *scan, bool young)
{
	const struct lk_roots *roots = scan->roots;

	for (size_t i = 0; i < roots->threads_count; i++) {
		if (roots->threads[i].is_young != young)
			continue;
		lk_mark_as(&scan->marking, young ? LK_HOLD_THREAD : LK_HOLD_RETAINED,
			   LK_ROOT_THREAD, roots->threads[i].tid);
		mark_thread(scan, &roots->threads[i]);
	}
}

/* ---- stdio's list of streams does not hold one that the program opened: each
 * link is cut, and the C library's own pointers to them do not count.  Their buffers are
 * not cleared, and in what is not text yet stand addresses of blocks that were there. */

static void note_buffer(struct lk_scan *scan, const FILE *stream)
{
	enum { USER_BUFFER = 1 }; /* glibc, libio/libio.h: the buffer is the program's own */
	uintptr_t start = (uintptr_t)stream->_IO_buf_base;
	struct lk_live *block = lk_block_around(&scan->marking.index, start);

	if (block && block->start == start && !(stream->_flags & USER_BUFFER))
		block->is_text = 1;
}

static void cut_streams(struct lk_scan *scan)
{
	enum { CHAIN = 13, STREAMS_MAX = 1 << 20 }; /* _IO_FILE._chain is word 13 */
	void **list = lk_libc_data.streams;

	for (unsigned i = 0; list && *list && i < STREAMS_MAX; i++) {
		struct lk_live *block = lk_block_around(&scan->marking.index, (uintptr_t)*list);
		void **next = (void **)*list + CHAIN;

		if (block)
			block->is_stream = 1;
		note_buffer(scan, *list);
		*list = NULL;
		list = next;
	}
}

/* What ld.so took is its own, whoever can see it: a thread that was joined leaves its
 * record on a cached stack, which is no root.  It does not clear what it takes, so a block
 * of others that it seems to hold may be one that was there before: another run tells. */
static void mark_loaders(struct lk_scan *scan)
{
	const struct lk_block_index *index = &scan->marking.index;

	lk_mark_as(&scan->marking, LK_HOLD_LIBC, LK_ROOT_LOADER, 0);
	for (size_t i = 0; i < index->count; i++)
		if (index->blocks[i].is_loaders)
			lk_mark_block(&scan->marking, &index->blocks[i], index->blocks[i].start);
	lk_mark_flood(&scan->marking);
	lk_mark_as(&scan->marking, LK_HOLD_RETAINED, LK_ROOT_LOADER, 0);
	for (size_t i = 0; i < index->count; i++)
		if (index->blocks[i].is_loaders)
			lk_mark_range(&scan->marking, index->blocks[i].start,
				      index->blocks[i].start + index->blocks[i].size);
	lk_mark_flood(&scan->marking);
}

static void mark_all(struct lk_scan *scan)
{
	struct lk_marking *marking = &scan->marking;
	uintptr_t self = (uintptr_t)pthread_self();

	cut_streams(scan);
	mark_areas(scan, false);
	mark_keys(scan);
	mark_stack(scan);
	mark_mappings(scan);
	mark_alternate_stack(scan);
	mark_threads(scan, false);
	lk_mark_flood(marking);
	mark_areas(scan, true);
	mark_early(scan);
	lk_mark_as(marking, LK_HOLD_LIBC, LK_ROOT_TLS, 0);
	lk_mark_range(marking, self, self + LK_LIBC_THREAD_SIZE);
	mark_loaders(scan);
	mark_threads(scan, true);
	lk_mark_flood(marking);
}

bool lk_scan_make(struct lk_scan *scan, const struct lk_roots *roots, uint32_t young,
		  struct lk_handle *handles, size_t handles_count)
{
	*scan = (struct lk_scan){
		.roots = roots, .marking = { .handles = handles, .handles_count = handles_count }
	};
	if (!lk_block_index_make(&scan->marking.index, young) || !lk_marking_make(&scan->marking) ||
	    !lk_ranges_make(&scan->marking.readable, MAPS_MAX) ||
	    !lk_ranges_make(&scan->mappings, MAPS_MAX) ||
	    !lk_ranges_make(&scan->excluded, EXCLUDED_MAX) ||
	    !lk_ranges_make(&scan->others, MAPS_MAX) ||
	    !(scan->stacks = lk_pages_map(STACKS_MAX * sizeof *scan->stacks)))
		return false;
	lk_proc_maps(add_map, scan);
	exclude_all(scan);
	mark_all(scan);
	scan->is_short |= roots->is_short || scan->marking.readable.is_short ||
			  scan->mappings.is_short || scan->excluded.is_short ||
			  scan->marking.index.left_out > 0;
	return lk_scan_fold(&scan->marking);
}

void lk_scan_release(struct lk_scan *scan)
{
	lk_marking_release(&scan->marking);
	lk_ranges_release(&scan->mappings);
	lk_ranges_release(&scan->excluded);
	lk_ranges_release(&scan->others);
	if (scan->stacks)
		lk_pages_unmap(scan->stacks, STACKS_MAX * sizeof *scan->stacks);
}
