/* SPDX-License-Identifier: MIT */
#include "probe/freeze.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "base/real.h"
#include "probe/child.h"
#include "probe/counters.h"
#include "probe/depot.h"
#include "probe/descriptor.h"
#include "probe/descriptor_facts.h"
#include "probe/freezing.h"
#include "probe/gone.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/memcheck.h"
#include "probe/misuse.h"
#include "probe/modules.h"
#include "probe/reach.h"
#include "probe/serial.h"
#include "probe/release.h"
#include "probe/stream.h"
#include "probe/thread.h"
#include "probe/totals.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* Room is reserved, not used: only what is written costs memory.  What does not
 * fit is counted as lost. */
enum {
	SITES_MAX = 1 << 18,
	STACKS_MAX = 1 << 18,
	FRAMES_MAX = 1 << 22,
	DESCRIPTORS_MAX = LK_FREEZING_DESCRIPTORS,
	CHILDREN_MAX = 1 << 12,
	MODULES_MAX = 1 << 11,
	PATHS_MAX = SITES_MAX + 1,
	INDEX_SIZE = 1 << 19, /* places of the stack index, twice STACKS_MAX */
	FOLDED_SIZE = 1 << 18, /* places of the index of folded blocks */
};

static void see_descriptor(void *context, const struct lk_descriptor_change *change)
{
	(void)change;
	*(bool *)context = true;
}

static void see_thread(void *context, const struct lk_thread *row)
{
	(void)row;
	*(bool *)context = true;
}

static void see_child(void *context, const struct lk_child_seen *child)
{
	(void)child;
	*(bool *)context = true;
}

static void see_handle(void *context, const struct lk_handle_row *row)
{
	(void)row;
	*(bool *)context = true;
}

bool lk_freeze_anything_young(void)
{
	bool seen = lk_tracker.heap && lk_counters_young(lk_tracker.epoch) != 0;

	if (!seen && lk_tracker.threads)
		lk_thread_each(lk_tracker.epoch, see_thread, &seen);
	if (!seen && lk_tracker.descriptors && !lk_descriptor_each_new(see_descriptor, &seen))
		seen = true;
	if (!seen && lk_tracker.children && !lk_child_each(see_child, &seen))
		seen = true;
	if (!seen)
		lk_handle_each(lk_tracker.epoch, see_handle, &seen);
	return seen || lk_memcheck_lost().blocks > 0;
}

uint64_t lk_freeze_losses(void)
{
	return lk_heap_lost() + lk_unwind_lost() + lk_thread_lost() + lk_descriptor_lost() +
	       lk_child_lost() + lk_handle_lost();
}

/* Where ADDRESS is, or may be put. */
static uintptr_t *folded_place(const struct lk_freezing *freezing, uintptr_t address)
{
	size_t place = (size_t)(address * 0x9E3779B97F4A7C15u >> 20) % FOLDED_SIZE;

	while (freezing->folded[place] && freezing->folded[place] != address)
		place = (place + 1) % FOLDED_SIZE;
	return &freezing->folded[place];
}

static bool is_folded(const struct lk_freezing *freezing, uintptr_t address)
{
	return freezing->folded_count > 0 && *folded_place(freezing, address) != 0;
}

/* The young heap of a stream or directory goes into the row of its descriptor. */
static void fold(struct lk_freezing *freezing, const struct lk_descriptor_change *change,
		 struct lk_descriptor *row)
{
	struct lk_block blocks[LK_STREAM_BLOCKS_MAX];
	size_t count = lk_stream_blocks(change->holder, change->held, change->fd, blocks);

	row->held = count > 0 || !lk_tracker.heap ? change->held : LK_HELD_NONE;
	for (size_t i = 0; i < count; i++) {
		if (blocks[i].epoch != lk_tracker.epoch ||
		    freezing->folded_count == FOLDED_SIZE / 2)
			continue;
		uintptr_t *place = folded_place(freezing, blocks[i].address);
		freezing->folded_count += *place == 0;
		*place = blocks[i].address;
		row->held_blocks++;
		row->held_bytes += blocks[i].size;
	}
}

size_t lk_freezing_stack(struct lk_freezing *freezing, lk_stack_id id)
{
	struct lk_snapshot *snapshot = freezing->snapshot;
	size_t place = id % INDEX_SIZE; /* ids are small numbers in a row */

	if (id == LK_STACK_NONE)
		return 0;
	for (; freezing->index[place]; place = (place + 1) % INDEX_SIZE)
		if (snapshot->stacks[freezing->index[place] - 1].id == id)
			return freezing->index[place] - 1;
	if (snapshot->stacks_count == STACKS_MAX ||
	    snapshot->frames_count + LK_STACK_FRAMES_MAX > FRAMES_MAX) {
		snapshot->events_lost++;
		return 0;
	}
	size_t at = snapshot->stacks_count++;
	struct lk_stack *stack = &snapshot->stacks[at];
	stack->id = id;
	stack->first = (uint32_t)snapshot->frames_count;
	stack->count = (uint32_t)lk_depot_frames(id, snapshot->frames + stack->first,
						 LK_STACK_FRAMES_MAX, &stack->cut);
	lk_gone_translate(snapshot->frames + stack->first, stack->count, id);
	snapshot->frames_count += stack->count;
	freezing->index[place] = (uint32_t)at + 1;
	return at;
}

size_t lk_freezing_frames(struct lk_freezing *freezing, const uintptr_t *frames, unsigned count,
			  bool cut)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	if (count == 0)
		return 0;
	if (snapshot->stacks_count == STACKS_MAX || snapshot->frames_count + count > FRAMES_MAX) {
		snapshot->events_lost++;
		return 0;
	}
	struct lk_stack *stack = &snapshot->stacks[snapshot->stacks_count];
	stack->first = (uint32_t)snapshot->frames_count;
	stack->count = count;
	stack->cut = cut;
	memcpy(snapshot->frames + stack->first, frames, count * sizeof *frames);
	snapshot->frames_count += count;
	return snapshot->stacks_count++;
}

void lk_freezing_block(struct lk_freezing *freezing, const struct lk_block *block)
{
	struct lk_snapshot *snapshot = freezing->snapshot;
	size_t stack = lk_freezing_stack(freezing, block->stack);
	uint32_t *known = &freezing->site_of_stack[stack];

	if (!*known) {
		if (snapshot->sites_count == SITES_MAX) {
			snapshot->events_lost++;
			return;
		}
		snapshot->sites[snapshot->sites_count++].stack = stack;
		*known = (uint32_t)snapshot->sites_count;
	}
	struct lk_site *site = &snapshot->sites[*known - 1];
	uint64_t serial = lk_serial_of(block->address);
	if (serial > 0 && (site->serial == 0 || serial < site->serial))
		site->serial = serial;
	site->blocks++;
	site->bytes += block->size;
}

static void add_block(void *context, const struct lk_block *block)
{
	if (!is_folded(context, block->address))
		lk_freezing_block(context, block);
}

static bool is_told(void *context, uintptr_t address)
{
	return is_folded(context, address);
}

static void add_site(struct lk_freezing *freezing, const struct lk_reach_site *row)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	if (snapshot->sites_count == SITES_MAX) {
		snapshot->events_lost++;
		return;
	}
	struct lk_site *site = &snapshot->sites[snapshot->sites_count++];
	*site = (struct lk_site){
		.stack = lk_freezing_stack(freezing, row->stack),
		.hold = row->hold,
		.blocks = row->blocks,
		.bytes = row->bytes,
		.inner = row->inner,
		.through_blocks = row->through_blocks,
		.through_bytes = row->through_bytes,
		.serial = row->serial,
	};
	if (row->path.root == LK_ROOT_NONE)
		return;
	site->path = snapshot->paths_count++;
	snapshot->paths[site->path] = row->path;
}

void lk_freezing_reach(struct lk_freezing *freezing, const struct lk_reach *reach)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	for (size_t i = 0; i < reach->sites_count; i++)
		add_site(freezing, &reach->sites[i]);
	for (size_t i = 0; i < reach->handles_count; i++)
		for (size_t k = 0; k < snapshot->threads_count; k++)
			if (snapshot->threads[k].tid == reach->handles[i].tid)
				snapshot->threads[k].is_handle_held =
					reach->handles[i].hold == LK_HOLD_RETAINED;
	snapshot->events_lost += reach->is_short;
}

/* Looks who holds what is young; if that fails, tells at least what there is. */
static void add_heap(struct lk_freezing *freezing)
{
	struct lk_snapshot *snapshot = freezing->snapshot;
	const struct lk_reach_told told = { is_told, freezing };
	bool is_young = lk_counters_young(lk_tracker.epoch) != 0;

	if (!lk_tracker.heap || (!is_young && snapshot->threads_count == 0))
		return;
	/* A sanitizer's own heap and shadow cannot be told from the program's, and another
	 * process's memory is not here. */
	struct lk_reach *reach = lk_tracker.sanitized || lk_proc_is_other() ? NULL :
									      lk_reach_scan(&told);
	if (reach)
		lk_freezing_reach(freezing, reach);
	else if (is_young)
		lk_heap_each(lk_tracker.epoch, add_block, freezing);
	snapshot->is_unscanned = !reach;
	lk_reach_release(reach);
}

static void add_descriptor(void *context, const struct lk_descriptor_change *change)
{
	struct lk_freezing *freezing = context;
	struct lk_snapshot *snapshot = freezing->snapshot;
	struct lk_descriptor beyond = { 0 };

	if (snapshot->descriptors_count == DESCRIPTORS_MAX) {
		snapshot->descriptors_beyond += !change->replaced;
		fold(freezing, change, &beyond);
		return;
	}
	struct lk_descriptor *row = &snapshot->descriptors[snapshot->descriptors_count++];
	lk_descriptor_facts(change->fd, row);
	row->was_open = change->was_open;
	row->replaced = change->replaced;
	row->stack = lk_freezing_stack(freezing, change->stack);
	fold(freezing, change, row);
}

static void add_descriptors(struct lk_freezing *freezing)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	snapshot->descriptors_unknown = !lk_descriptor_each_new(add_descriptor, freezing);
	lk_descriptor_ends(snapshot->descriptors, snapshot->descriptors_count);
}

static bool is_misuse(const struct lk_misuse_row *row)
{
	return row->kind != LK_MISUSE_NOT_OWN || !lk_descriptor_is_put_back(row->fd);
}

static void add_misuse(void *context, const struct lk_misuse_row *row)
{
	struct lk_freezing *freezing = context;
	struct lk_snapshot *snapshot = freezing->snapshot;

	if (!is_misuse(row) || snapshot->misuses_count == LK_MISUSES_MAX)
		return;
	struct lk_misuse *misuse = &snapshot->misuses[snapshot->misuses_count++];
	*misuse = (struct lk_misuse){ .kind = row->kind, .fd = row->fd, .times = row->times };
	misuse->stack = lk_freezing_stack(freezing, row->stack);
	misuse->closed = lk_freezing_stack(freezing, row->closed);
	misuse->opened = lk_freezing_stack(freezing, row->opened);
}

static void see_misuse(void *context, const struct lk_misuse_row *row)
{
	*(bool *)context |= is_misuse(row);
}

bool lk_freeze_anything_misused(void)
{
	bool seen = false;

	lk_misuse_each(see_misuse, &seen);
	return seen;
}

void lk_freezing_child(void *context, const struct lk_child_seen *child)
{
	enum { TRIES = 100 };
	struct lk_freezing *freezing = context;
	struct lk_snapshot *snapshot = freezing->snapshot;
	char path[64];
	struct lk_text text;

	if (snapshot->children_count == CHILDREN_MAX) {
		snapshot->events_lost++;
		return;
	}
	struct lk_child_left *row = &snapshot->children[snapshot->children_count++];
	row->pid = child->pid;
	row->state = child->state;
	row->is_orphan = child->parent != lk_proc_process();
	row->start = child->start;
	row->stack = lk_freezing_stack(freezing, child->stack);
	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/%d/cmdline", child->pid);
	size_t length = lk_proc_read(path, row->command, sizeof row->command);
	/* The kernel lets the starter go on before the new program has its words. */
	for (int i = 0; length == 0 && child->state != 'Z' && i < TRIES; i++) {
		syscall(SYS_sched_yield);
		length = lk_proc_read(path, row->command, sizeof row->command);
	}
	for (size_t i = 0; i + 1 < length; i++)
		if (row->command[i] == '\0')
			row->command[i] = ' ';
	/* One that has ended has no words any more. */
	if (length == 0)
		memcpy(row->command, child->name, sizeof child->name);
}

/* The arrays of a snapshot, once: X(member, room). */
#define ARRAYS(X)                             \
	X(sites, SITES_MAX)                   \
	X(totals, LK_FREEZING_TOTALS)         \
	X(descriptors, DESCRIPTORS_MAX)       \
	X(threads, LK_FREEZING_THREADS)       \
	X(calls, LK_FREEZING_CALLS)           \
	X(children, CHILDREN_MAX)             \
	X(misuses, LK_MISUSES_MAX)            \
	X(handles, LK_FREEZING_HANDLES)       \
	X(breaches, LK_FREEZING_BREACHES)     \
	X(stacks, STACKS_MAX)                 \
	X(frames, FRAMES_MAX)                 \
	X(modules, MODULES_MAX)               \
	X(paths, PATHS_MAX)                   \
	X(releases, LK_RELEASES_MAX)

static bool reserve(struct lk_snapshot *snapshot, void *(*map)(size_t size))
{
	bool ok = true;

#define RESERVE(member, room) \
	ok = (snapshot->member = map((room) * sizeof *snapshot->member)) && ok;
	ARRAYS(RESERVE)
#undef RESERVE
	return ok;
}

void lk_freeze_release(struct lk_snapshot *snapshot)
{
#define RELEASE(member, room) \
	if (snapshot->member) \
		lk_pages_unmap(snapshot->member, (room) * sizeof *snapshot->member);
	ARRAYS(RELEASE)
	RELEASE(series, snapshot->series_max)
#undef RELEASE
	memset(snapshot, 0, sizeof *snapshot);
}

/* Its stacks are in valgrind's log. */
static void add_loss(struct lk_snapshot *snapshot, struct lk_memcheck_loss loss)
{
	if (loss.blocks > 0)
		snapshot->sites[snapshot->sites_count++] = (struct lk_site){
			.hold = LK_HOLD_MEMCHECK, .blocks = loss.blocks, .bytes = loss.bytes
		};
}

static void fill(struct lk_freezing *freezing, lk_stack_id window, bool all_threads)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	snapshot->window_stack = lk_freezing_stack(freezing, window);
	/* Descriptors first: they take blocks with them. */
	if (lk_tracker.descriptors)
		add_descriptors(freezing);
	lk_misuse_each(add_misuse, freezing);
	lk_freezing_handles(freezing, lk_tracker.epoch);
	lk_freezing_breaches(freezing);
	add_loss(snapshot, lk_memcheck_lost());
	if (lk_tracker.threads || all_threads)
		lk_freezing_threads(freezing, all_threads);
	if (lk_tracker.children)
		snapshot->children_unknown = !lk_child_each(lk_freezing_child, freezing);
	add_heap(freezing);
	lk_freezing_totals(freezing, lk_totals_each);
	lk_freezing_modules(freezing);
}

void lk_freezing_modules(struct lk_freezing *freezing)
{
	struct lk_snapshot *snapshot = freezing->snapshot;

	snapshot->modules_count = lk_modules_list(snapshot->modules, MODULES_MAX);
	snapshot->modules_count += lk_gone_list(snapshot->modules + snapshot->modules_count,
						MODULES_MAX - snapshot->modules_count);
}

bool lk_freezing_begin(struct lk_freezing *freezing, struct lk_snapshot *snapshot,
		       void *(*map)(size_t size))
{
	*snapshot = (struct lk_snapshot){ 0 };
	*freezing = (struct lk_freezing){
		.snapshot = snapshot,
		.index = lk_pages_map(INDEX_SIZE * sizeof *freezing->index),
		.site_of_stack = lk_pages_map(STACKS_MAX * sizeof *freezing->site_of_stack),
		.folded = lk_pages_map(FOLDED_SIZE * sizeof *freezing->folded),
	};
	bool ok = reserve(snapshot, map);
	if (ok && freezing->index && freezing->site_of_stack && freezing->folded) {
		snapshot->stacks_count = 1; /* the empty stack */
		snapshot->paths_count = 1;  /* the empty path */
		return true;
	}
	lk_freezing_end(freezing);
	lk_freeze_release(snapshot);
	return false;
}

void lk_freezing_end(struct lk_freezing *freezing)
{
	if (freezing->index)
		lk_pages_unmap(freezing->index, INDEX_SIZE * sizeof *freezing->index);
	if (freezing->site_of_stack)
		lk_pages_unmap(freezing->site_of_stack,
			       STACKS_MAX * sizeof *freezing->site_of_stack);
	if (freezing->folded)
		lk_pages_unmap(freezing->folded, FOLDED_SIZE * sizeof *freezing->folded);
}

static bool freeze(lk_stack_id window, bool all_threads, struct lk_snapshot *ret)
{
	struct lk_snapshot snapshot;
	struct lk_freezing freezing;

	if (!lk_freezing_begin(&freezing, &snapshot, lk_pages_map))
		return false;
	fill(&freezing, window, all_threads);
	lk_freezing_end(&freezing);
	*ret = snapshot;
	return true;
}

static size_t add_frames(struct lk_freezing *freezing, const struct lk_releases *table,
			 const struct lk_release_frames *frames)
{
	return lk_freezing_frames(freezing, table->frames + frames->first, frames->count,
				  frames->cut);
}

void lk_freeze_releases(struct lk_snapshot *snapshot, const struct lk_releases *table)
{
	struct lk_freezing freezing = { .snapshot = snapshot };
	size_t count = __atomic_load_n(&table->count, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < count; i++) {
		const struct lk_release_row *row = &table->rows[i];

		if (snapshot->stacks_count + 2 > STACKS_MAX ||
		    snapshot->frames_count + row->born.count + row->freed.count > FRAMES_MAX)
			return;
		snapshot->releases[snapshot->releases_count++] =
			(struct lk_release){ add_frames(&freezing, table, &row->born),
					     add_frames(&freezing, table, &row->freed),
					     row->blocks };
	}
}

bool lk_freeze(lk_stack_id window, struct lk_snapshot *ret)
{
	return freeze(window, false, ret);
}

bool lk_freeze_dump(lk_stack_id window, struct lk_snapshot *ret)
{
	return freeze(window, true, ret);
}
