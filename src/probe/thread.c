/* SPDX-License-Identifier: MIT */
#include "probe/thread.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/clock.h"
#include "base/proc.h"
#include "base/self.h"
#include "probe/counters.h"
#include "probe/thread_state.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

enum { ROWS = 1 << 16 };

static LK_HOT struct lk_thread *rows;
static LK_HOT unsigned rows_used; /* rows beyond were never taken */
static LK_HOT uint64_t creations, lost;
static struct {
	uint32_t epoch;
	uint64_t since_ms;
} settling;

static struct lk_thread *table(void)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE), *none = NULL;

	if (LK_LIKELY(known != NULL))
		return known;
	known = lk_pages_map(ROWS * sizeof *known);
	if (known && !__atomic_compare_exchange_n(&rows, &none, known, false, __ATOMIC_ACQ_REL,
						  __ATOMIC_ACQUIRE)) {
		lk_pages_unmap(known, ROWS * sizeof *known);
		known = none;
	}
	return known;
}

static bool is_alive(pid_t tid)
{
	int saved = errno;
	bool alive = tid != 0 && syscall(SYS_tgkill, lk_proc_process(), tid, 0) == 0;

	errno = saved;
	return alive;
}

static void free_row(struct lk_thread *row, uint64_t state)
{
	row->handle = 0;
	__atomic_store_n(&row->state, state & ~(uint64_t)LK_THREAD_FLAGS, __ATOMIC_RELEASE);
}

static bool is_over(uint64_t state)
{
	const uint64_t over = LK_THREAD_FINISHED | LK_THREAD_DETACHED;

	return (state & over) == over && !(state & LK_THREAD_CREATING);
}

/* Sets and clears flags.  A row that is over is freed by whoever looks for one when
 * the kernel has no such thread any more: until then its destructors may run. */
static void change(struct lk_thread *row, uint64_t set, uint64_t clear)
{
	uint64_t state = __atomic_load_n(&row->state, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&row->state, &state, (state | set) & ~clear, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

/* Takes ROW if it is free, or was used by a thread that is gone. */
static bool take(struct lk_thread *row)
{
	uint64_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);
	bool is_free = !(state & LK_THREAD_FLAGS);

	if (!is_free && (!is_over(state) || is_alive(row->tid)))
		return false;
	uint64_t next = (state | LK_THREAD_FLAGS) + 1;
	if (!__atomic_compare_exchange_n(&row->state, &state, next | LK_THREAD_RESERVED, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	/* The old handle may be another thread's by now, which must not find it here. */
	row->handle = 0;
	row->tid = 0;
	__atomic_store_n(&row->state, next | LK_THREAD_TAKEN | LK_THREAD_CREATING,
			 __ATOMIC_RELEASE);
	return true;
}

static struct lk_thread *take_row(void)
{
	struct lk_thread *known = table();

	for (unsigned i = 0; known && i < ROWS; i++) {
		if (!take(&known[i]))
			continue;
		unsigned used = __atomic_load_n(&rows_used, __ATOMIC_RELAXED);
		while (used < i + 1 &&
		       !__atomic_compare_exchange_n(&rows_used, &used, i + 1, false,
						    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
		return &known[i];
	}
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* What libc takes for a thread goes with the thread.  The scan finds that out; where a
 * sanitizer is in its way, it must be known from here. */
static void ignore_libc(int more)
{
	if (lk_tracker.sanitized)
		lk_self.ignoring += more;
}

struct lk_thread *lk_thread_creating(bool detached, const void *frame)
{
	if (!lk_tracker.threads || lk_self.quiet)
		return NULL;
	struct lk_thread *row = take_row();
	if (!row)
		return NULL;
	row->epoch = lk_self.ignoring ? LK_EPOCH_OLD : lk_tracker.epoch;
	row->start = NULL;
	row->start_c11 = NULL;
	row->created = lk_unwind(frame);
	row->creator = (pid_t)syscall(SYS_gettid);
	ignore_libc(1);
	row->created_ms = lk_clock_ms();
	row->settling_ns = 0;
	if (detached)
		change(row, LK_THREAD_DETACHED, 0);
	__atomic_fetch_add(&creations, 1, __ATOMIC_RELAXED);
	return row;
}

static void end(void *row)
{
	lk_counters_thread_end();
	lk_unwind_thread_end();
	change(row, LK_THREAD_FINISHED, 0);
}

static void begin(struct lk_thread *row)
{
	lk_self.thread = row;
	row->handle = pthread_self();
	__atomic_store_n(&row->tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

/* pthread_exit and cancellation leave through the cleanup handler. */
void *lk_thread_main(void *argument)
{
	struct lk_thread *row = argument;
	void *(*start)(void *) = row->start;
	void *start_argument = row->argument, *result;

	begin(row);
	pthread_cleanup_push(end, row);
	result = start(start_argument);
	pthread_cleanup_pop(1);
	return result;
}

int lk_thread_main_c11(void *argument)
{
	struct lk_thread *row = argument;
	int (*start)(void *) = row->start_c11;
	void *start_argument = row->argument;
	int result;

	begin(row);
	pthread_cleanup_push(end, row);
	result = start(start_argument);
	pthread_cleanup_pop(1);
	return result;
}

/* Reads the handle at WHERE.  Just above this frame lies the stack of our caller, which
 * nobody takes away from us; anything else may be gone. */
static bool read_handle(const pthread_t *where, pthread_t *ret)
{
	enum { NEAR = 1 << 14 };

	if ((uintptr_t)where - (uintptr_t)__builtin_frame_address(0) >= NEAR)
		return lk_proc_memory(where, ret, sizeof *ret);
	*ret = *where;
	return true;
}

void lk_thread_created(struct lk_thread *row, const pthread_t *where)
{
	pthread_t handle, unset = 0;

	ignore_libc(-1);
	/* Needed only for a join or detach that comes before the thread has run: once
	 * it has, it told its handle itself, and may have released WHERE. */
	if (row->handle == 0 && !(row->state & LK_THREAD_DETACHED) &&
	    read_handle(where, &handle))
		__atomic_compare_exchange_n(&row->handle, &unset, handle, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED);
	change(row, 0, LK_THREAD_CREATING);
}

void lk_thread_failed(struct lk_thread *row)
{
	ignore_libc(-1);
	free_row(row, row->state);
}

struct lk_thread *lk_thread_claim(pthread_t handle)
{
	const uint64_t taken = LK_THREAD_DETACHED | LK_THREAD_CLAIMED;
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; known && i < used; i++) {
		uint64_t state = __atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE);

		while ((state & LK_THREAD_TAKEN) && !(state & taken) &&
		       known[i].handle == handle)
			if (__atomic_compare_exchange_n(&known[i].state, &state,
							state | LK_THREAD_CLAIMED, false,
							__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
				return &known[i];
	}
	return NULL;
}

void lk_thread_unclaim(struct lk_thread *row)
{
	if (row)
		change(row, 0, LK_THREAD_CLAIMED);
}

/* Its handle may be another thread's from now on. */
void lk_thread_joined(struct lk_thread *row)
{
	if (row)
		change(row, LK_THREAD_FINISHED | LK_THREAD_DETACHED | LK_THREAD_JOINED, 0);
}

void lk_thread_detached(struct lk_thread *row)
{
	if (row)
		change(row, LK_THREAD_DETACHED, 0);
}

bool lk_thread_is_leaving(const struct lk_thread *row)
{
	const uint64_t flags = LK_THREAD_FINISHED | LK_THREAD_JOINED;
	uint64_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

	/* Its number may be another thread's by now. */
	return (state & flags) == LK_THREAD_FINISHED && is_alive(row->tid) &&
	       lk_thread_find(row->tid) == row;
}

static void each(uint32_t epoch, bool others,
		 void (*visit)(void *context, const struct lk_thread *row), void *context)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; known && i < used; i++) {
		uint64_t state = __atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE);

		if ((state & LK_THREAD_TAKEN) && (known[i].epoch == epoch) != others &&
		    (!is_over(state) || lk_thread_is_leaving(&known[i])))
			visit(context, &known[i]);
	}
}

void lk_thread_each(uint32_t epoch, void (*visit)(void *context, const struct lk_thread *row),
		    void *context)
{
	each(epoch, false, visit, context);
}

void lk_thread_each_other(uint32_t epoch, void (*visit)(void *context, const struct lk_thread *row),
			  void *context)
{
	each(epoch, true, visit, context);
}

const struct lk_thread *lk_thread_find(pid_t tid)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE);
	const struct lk_thread *finished = NULL;

	for (unsigned i = 0; known && i < used; i++) {
		uint64_t state = __atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE);

		if (!(state & LK_THREAD_TAKEN) || known[i].tid != tid)
			continue;
		/* A finished one's number may be another thread's by now. */
		if (!(state & LK_THREAD_FINISHED))
			return &known[i];
		finished = &known[i];
	}
	return finished;
}

/* A row is not used again while the kernel knows its thread. */
bool lk_thread_is_gone(pid_t tid)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; known && i < used; i++) {
		uint64_t state = __atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE);

		if (known[i].tid == tid && is_over(state))
			return true;
	}
	return false;
}

void lk_thread_settling(void)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE);

	settling.epoch = lk_tracker.epoch;
	settling.since_ms = lk_clock_ms();
	for (unsigned i = 0; known && i < used; i++)
		if (known[i].tid)
			known[i].settling_ns = lk_thread_cpu_ns(known[i].tid);
}

uint64_t lk_thread_settled_ms(void)
{
	return settling.epoch == lk_tracker.epoch ? lk_clock_ms() - settling.since_ms : 0;
}

unsigned lk_thread_running(void)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);
	unsigned used = __atomic_load_n(&rows_used, __ATOMIC_ACQUIRE), running = 0;

	for (unsigned i = 0; known && i < used; i++) {
		uint64_t state = __atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE);

		if ((state & LK_THREAD_TAKEN) && &known[i] != lk_self.thread)
			running += !(state & LK_THREAD_FINISHED) || is_alive(known[i].tid);
	}
	return running;
}

void lk_thread_age(void)
{
	for (unsigned i = 0; rows && i < rows_used; i++)
		rows[i].epoch = LK_EPOCH_OLD;
}

void lk_thread_forked(void)
{
	struct lk_thread *known = __atomic_load_n(&rows, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; known && i < rows_used; i++)
		if (&known[i] != lk_self.thread)
			free_row(&known[i], known[i].state);
		else
			known[i].tid = (pid_t)syscall(SYS_gettid);
}

uint64_t lk_thread_creations(void)
{
	return __atomic_load_n(&creations, __ATOMIC_RELAXED);
}

uint64_t lk_thread_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
