/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/callee.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "probe/descriptor.h"
#include "probe/descriptor_facts.h"
#include "probe/freezing.h"
#include "probe/thread.h"
#include "probe/thread_state.h"
#include "probe/tracker.h"
#include "probe/unwind.h"

#include "base/light.h"

struct looking {
	struct lk_freezing *freezing;
	struct lk_other_stack *stack; /* NULL: memory was refused */
	pid_t process, self;
	uint64_t settled_ms, now_ms;
};

static struct lk_thread_left *add(struct looking *looking, pid_t tid)
{
	struct lk_snapshot *snapshot = looking->freezing->snapshot;

	if (snapshot->threads_seen == LK_FREEZING_THREADS) {
		snapshot->events_lost++;
		return NULL;
	}
	struct lk_thread_left *row = &snapshot->threads[snapshot->threads_seen++];
	row->tid = tid;
	row->is_main = tid == looking->process;
	return row;
}

static void read_name(struct lk_thread_left *row)
{
	char path[64];
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/self/task/%d/comm", (int)row->tid);
	size_t length = lk_proc_read(path, row->name, sizeof row->name);
	if (length > 0 && row->name[length - 1] == '\n')
		row->name[length - 1] = '\0';
}

/* What the calls with a descriptor in front wait for. */
static void look_at_descriptor(struct looking *looking, struct lk_thread_now *now)
{
	struct lk_descriptor row = { 0 };

	if (now->activity != LK_ACTIVITY_CALL || !lk_thread_call_has_descriptor(now->call))
		return;
	lk_descriptor_facts((int)now->arguments[0], &row);
	lk_descriptor_ends(&row, 1);
	memcpy(now->target, row.target, sizeof now->target - 1);
	now->other_end = row.other_end;
	now->other_fd = row.other_fd;
	now->target_stack =
		lk_freezing_stack(looking->freezing, lk_descriptor_origin((int)now->arguments[0]));
}

static void add_call(struct lk_snapshot *snapshot, uintptr_t site)
{
	for (size_t i = 0; i < snapshot->calls_count; i++)
		if (snapshot->calls[i].site == site)
			return;
	if (snapshot->calls_count == LK_FREEZING_CALLS)
		return;
	uintptr_t target = lk_callee(site);
	if (target)
		snapshot->calls[snapshot->calls_count++] = (struct lk_call){ site, target };
}

/* What the innermost frames called: the C library's wait in functions that have no names.
 * It is told by the code that is there now. */
static void add_calls(struct looking *looking, const struct lk_thread_now *now)
{
	enum { FRAMES = 8 };

	for (unsigned i = 1; now->activity == LK_ACTIVITY_CALL && i < looking->stack->count &&
			     i <= FRAMES;
	     i++)
		add_call(looking->freezing->snapshot, looking->stack->frames[i]);
}

static __attribute__((noinline)) void look(struct looking *looking, struct lk_thread_left *row)
{
	struct lk_thread_now *now = &row->now;

	now->call = -1;
	if (row->finished || row->tid == 0) {
		now->activity = row->finished ? LK_ACTIVITY_ENDED : LK_ACTIVITY_UNKNOWN;
		return;
	}
	read_name(row);
	if (row->tid == looking->self) {
		now->activity = LK_ACTIVITY_LOOKING;
		now->stack =
			lk_freezing_stack(looking->freezing, lk_unwind(__builtin_frame_address(0)));
		now->sure = UINT32_MAX;
	} else if (looking->stack) {
		lk_thread_look(row->tid, now, looking->stack);
		now->stack = lk_freezing_frames(looking->freezing, looking->stack->frames,
						looking->stack->count, looking->stack->cut);
		now->sure = looking->stack->sure;
		add_calls(looking, now);
		look_at_descriptor(looking, now);
	}
}

static void add_row(void *context, const struct lk_thread *thread)
{
	struct looking *looking = context;
	struct lk_thread_left *row = add(looking, thread->tid);

	if (!row)
		return;
	row->is_known = true;
	row->finished = (thread->state & LK_THREAD_FINISHED) && !lk_thread_is_leaving(thread);
	row->detached = thread->state & LK_THREAD_DETACHED;
	row->stack = lk_freezing_stack(looking->freezing, thread->created);
	row->creator = thread->creator;
	row->start = thread->start ? (uintptr_t)thread->start : (uintptr_t)thread->start_c11;
	row->age_ms = looking->now_ms - thread->created_ms;
	if (looking->settled_ms > 0 && !row->finished) {
		uint64_t used = lk_thread_cpu_ns(row->tid), waited = looking->settled_ms;

		row->settled_ms = waited < row->age_ms ? waited : row->age_ms;
		row->cpu_us = used > thread->settling_ns ? (used - thread->settling_ns) / 1000 : 0;
	}
	look(looking, row);
}

/* A thread that no hook made: the main one, libc's helpers, clone(). */
static void add_task(void *context, int tid)
{
	struct looking *looking = context;
	struct lk_snapshot *snapshot = looking->freezing->snapshot;

	for (size_t i = 0; i < snapshot->threads_seen; i++)
		if (snapshot->threads[i].tid == tid)
			return;
	if (lk_thread_is_gone(tid))
		return;
	struct lk_thread_left *row = add(looking, tid);
	if (row)
		look(looking, row);
}

/* A thread that was given no name has that of the process, which tells nothing. */
static void drop_common_names(struct lk_snapshot *snapshot)
{
	const char *common = "";

	for (size_t i = 0; i < snapshot->threads_seen; i++)
		if (snapshot->threads[i].is_main)
			common = snapshot->threads[i].name;
	for (size_t i = 0; i < snapshot->threads_seen; i++)
		if (!snapshot->threads[i].is_main && strcmp(snapshot->threads[i].name, common) == 0)
			snapshot->threads[i].name[0] = '\0';
}

void lk_freezing_threads(struct lk_freezing *freezing, bool all)
{
	struct lk_snapshot *snapshot = freezing->snapshot;
	struct looking looking = {
		.freezing = freezing,
		.stack = lk_pages_map(sizeof *looking.stack),
		.process = lk_proc_process(),
		.self = lk_proc_thread(),
		.settled_ms = lk_thread_settled_ms(),
		.now_ms = lk_clock_ms(),
	};

	lk_thread_each(lk_tracker.epoch, add_row, &looking);
	snapshot->threads_count = snapshot->threads_seen;
	if (all || snapshot->threads_count > 0) {
		lk_thread_each_other(lk_tracker.epoch, add_row, &looking);
		snapshot->threads_unknown = !lk_proc_each("/proc/self/task", add_task, &looking);
	}
	drop_common_names(snapshot);
	if (looking.stack)
		lk_pages_unmap(looking.stack, sizeof *looking.stack);
}
