/* SPDX-License-Identifier: MIT */
#include "probe/child.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "base/proc_status.h"
#include "base/self.h"
#include "probe/child_look.h"
#include "probe/child_table.h"
#include "probe/depot.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* The process whose window is open, also in what it forks; 0 before the first. */
static LK_HOT pid_t root;
static LK_HOT uint64_t starts, lost;

static bool is_watched(void)
{
	return lk_tracker.children && !lk_self.quiet && root != 0;
}

/* As the kernel tells when a process was started. */
static uint64_t ticks_now(void)
{
	enum { NANOSECONDS_OF_TICK = 10000000, TICKS_OF_SECOND = 100 };
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * TICKS_OF_SECOND +
	       (uint64_t)now.tv_nsec / NANOSECONDS_OF_TICK;
}

uint64_t lk_child_starting(void)
{
	if (!lk_tracker.children)
		return 0;
	lk_child_table_make(); /* before the fork, so that it is shared */
	return ticks_now();
}

static struct lk_child_row *fill(enum lk_child_start start, uint64_t since, const void *frame)
{
	struct lk_child_row *row = lk_child_table_make() ? lk_child_row_take() : NULL;

	if (!row) {
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	row->root = root;
	row->looked = 0;
	row->epoch = lk_self.ignoring ? LK_EPOCH_OLD : lk_tracker.epoch;
	row->start = start;
	row->starter = (pid_t)syscall(SYS_getpid);
	row->thread = (pid_t)syscall(SYS_gettid);
	row->since = since;
	row->until = ticks_now();
	row->stack = frame ? lk_unwind(frame) : LK_STACK_NONE;
	row->frames_count = (uint32_t)lk_depot_frames(row->stack, row->frames,
						      LK_COUNT(row->frames), &row->cut);
	return row;
}

static void put(struct lk_child_row *row, enum lk_child_row_state state)
{
	__atomic_store_n(&row->state, state, __ATOMIC_RELEASE);
}

void lk_child_started(pid_t child, enum lk_child_start start, uint64_t since, const void *frame)
{
	if (child < 1 || !is_watched())
		return;
	__atomic_fetch_add(&starts, 1, __ATOMIC_RELAXED);
	struct lk_child_row *row = fill(start, since, frame);
	if (!row)
		return;
	row->pid = child;
	put(row, LK_CHILD_USED);
}

static void keep_last(void *context, pid_t child)
{
	if (!lk_child_row_find(child, 0))
		*(pid_t *)context = child;
}

void lk_child_started_last(enum lk_child_start start, uint64_t since, const void *frame)
{
	pid_t last = 0;

	if (!is_watched())
		return;
	/* The kernel lists a thread's children in the order of their birth. */
	lk_child_list((pid_t)syscall(SYS_gettid), keep_last, &last);
	lk_child_started(last, start, since, frame);
	if (last == 0) /* without /proc, or it is gone already */
		__atomic_fetch_add(&starts, 1, __ATOMIC_RELAXED);
}

struct lk_child_row *lk_child_awaiting(enum lk_child_start start, const void *frame)
{
	if (!is_watched())
		return NULL;
	__atomic_fetch_add(&starts, 1, __ATOMIC_RELAXED);
	struct lk_child_row *row = fill(start, ticks_now(), frame);
	if (!row)
		return NULL;
	row->pid = 0;
	put(row, LK_CHILD_AWAITING);
	return row;
}

void lk_child_awaited(struct lk_child_row *row)
{
	if (row)
		lk_child_row_free(row);
}

void lk_child_waited(pid_t child)
{
	struct lk_child_row *row = child > 0 ? lk_child_row_find(child, 0) : NULL;

	if (row)
		lk_child_row_free(row);
}

static void note_old(void *context, pid_t child)
{
	struct lk_proc_status status;

	(void)context;
	if (!lk_proc_status(child, &status) || lk_child_row_find(child, status.started))
		return;
	struct lk_child_row *row = fill(LK_CHILD_BY_unseen, status.started, NULL);
	if (!row)
		return;
	row->pid = child;
	row->epoch = LK_EPOCH_OLD;
	put(row, LK_CHILD_USED);
}

void lk_child_mark(void)
{
	struct lk_child_row *row = NULL;

	if (!lk_tracker.children)
		return;
	root = (pid_t)syscall(SYS_getpid);
	/* The number may have been another test's, long ago. */
	while ((row = lk_child_row_next(row)))
		if (row->root == root && row->epoch == lk_tracker.epoch)
			row->epoch = LK_EPOCH_OLD;
	lk_child_look_mark(ticks_now(), starts);
	if (lk_child_any())
		lk_child_list(0, note_old, NULL);
}

void lk_child_copied(void)
{
	root = (pid_t)syscall(SYS_getpid);
	lk_child_look_mark(ticks_now(), starts);
}

static void kill_and_await(pid_t child)
{
	syscall(SYS_kill, child, SIGKILL);
	syscall(SYS_wait4, child, NULL, __WALL, NULL);
}

/* Its row may have been lost with the process that was to write it. */
static void kill_unknown(void *context, pid_t child)
{
	const uint64_t *since = context;
	struct lk_proc_status status;

	if (lk_proc_status(child, &status) && status.started >= *since &&
	    !lk_child_row_find(child, status.started))
		kill_and_await(child);
}

void lk_child_kill_of(pid_t copy, uint64_t since)
{
	struct lk_child_row *row = NULL;
	int saved = errno;

	while ((row = lk_child_row_next(row))) {
		struct lk_proc_status status;

		if (row->root != copy)
			continue;
		if (row->state == LK_CHILD_USED && lk_proc_status(row->pid, &status) &&
		    row->since <= status.started && status.started <= row->until)
			kill_and_await(row->pid);
		lk_child_row_free(row);
	}
	if (lk_tracker.children)
		lk_child_list(0, kill_unknown, &since);
	errno = saved;
}

void lk_child_age(void)
{
	struct lk_child_row *row = NULL;

	while ((row = lk_child_row_next(row)))
		if (row->root == root)
			row->epoch = LK_EPOCH_OLD;
}

uint64_t lk_child_starts(void)
{
	return __atomic_load_n(&starts, __ATOMIC_RELAXED);
}

uint64_t lk_child_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
