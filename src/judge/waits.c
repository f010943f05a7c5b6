/* SPDX-License-Identifier: MIT */
#include "judge/waits.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "judge/describe.h"
#include "judge/suspect.h"

static size_t find(const struct lk_waits *waits, pid_t tid)
{
	for (size_t i = 0; tid > 0 && i < waits->count; i++)
		if (waits->rows[i].thread->tid == tid && !waits->rows[i].thread->finished)
			return i;
	return LK_WAITS_NONE;
}

static void print_holder(FILE *out, const struct lk_waits *waits, const struct lk_thread_waits *row)
{
	const char *word = row->wait.kind == LK_WAIT_join ? " of" : " held by";

	if (row->wait.holder == 0)
		return;
	fprintf(out, "%s ", word);
	if (row->holder != LK_WAITS_NONE)
		lk_describe_who(out, waits->rows[row->holder].thread);
	else
		fprintf(out, "thread %d", (int)row->wait.holder);
}

/* For how long it has done nothing, at least. */
static void print_duration(FILE *out, const struct lk_thread_left *thread)
{
	uint64_t seconds = thread->cpu_us == 0 ? thread->settled_ms / 1000 : 0;

	if (seconds >= 120)
		fprintf(out, ", %" PRIu64 " min", seconds / 60);
	else if (seconds >= 1)
		fprintf(out, ", %" PRIu64 " s", seconds);
}

/* The frame to show of the stack on which the descriptor was opened. */
static bool find_origin(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
			size_t stack, struct lk_frame *ret)
{
	struct lk_named_stack named;

	if (stack == 0 || !lk_named_stack_init(&named, symbols, snapshot, stack, SIZE_MAX))
		return false;
	size_t suspect = lk_suspect(named.frames, named.count);
	bool found = suspect < named.count;
	if (found)
		*ret = named.frames[suspect];
	lk_named_stack_deinit(&named);
	return found;
}

static bool make_state(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
		       const struct lk_waits *waits, struct lk_thread_waits *row)
{
	const struct lk_thread_now *now = &row->thread->now;
	struct lk_frame origin;
	size_t size;
	FILE *out = open_memstream(&row->state, &size);

	if (!out)
		return false;
	bool known = find_origin(snapshot, symbols, now->target_stack, &origin);
	lk_wait_print(out, &row->wait, now, known ? &origin : NULL);
	print_holder(out, waits, row);
	if (now->activity == LK_ACTIVITY_CALL)
		print_duration(out, row->thread);
	return fclose(out) == 0;
}

/* Each thread waits for one other at most, so a walk that comes back to a thread of
 * its own has found a cycle. */
static void find_cycles(struct lk_waits *waits)
{
	size_t *seen_by = calloc(waits->count + 1, sizeof *seen_by);

	for (size_t i = 0; seen_by && i < waits->count; i++) {
		size_t at = i;

		while (at != LK_WAITS_NONE && seen_by[at] == 0) {
			seen_by[at] = i + 1;
			at = waits->rows[at].wait.is_timed ? LK_WAITS_NONE : waits->rows[at].holder;
		}
		if (at == LK_WAITS_NONE || seen_by[at] != i + 1)
			continue;
		waits->cycles++;
		for (; waits->rows[at].cycle == 0; at = waits->rows[at].holder)
			waits->rows[at].cycle = waits->cycles;
	}
	free(seen_by);
}

static void set_stuck(struct lk_thread_waits *row, bool is_sure, const char *why)
{
	row->stuck = why;
	row->stuck_is_sure = is_sure;
}

/* Reasons that need no other thread's. */
static void judge_alone(const struct lk_waits *waits, struct lk_thread_waits *row,
			bool threads_unknown, bool test_is_over)
{
	const struct lk_thread_now *now = &row->thread->now;
	bool is_lock = row->wait.kind == LK_WAIT_mutex || row->wait.kind == LK_WAIT_write_lock ||
		       row->wait.kind == LK_WAIT_read_lock;

	if (row->wait.is_timed || row->wait.is_shared)
		return;
	if (row->cycle != 0)
		set_stuck(row, true,
			  waits->rows[row->holder].holder == row->holder ? "it waits for itself"
									 : "deadlock");
	else if (is_lock && row->wait.holder != 0 && row->holder == LK_WAITS_NONE &&
		 !threads_unknown)
		set_stuck(row, true, "the thread that holds the lock has ended");
	else if (is_lock && test_is_over && row->holder != LK_WAITS_NONE &&
		 waits->rows[row->holder].thread->now.activity == LK_ACTIVITY_LOOKING)
		set_stuck(row, false, "the test is over, and its thread holds the lock");
	else if (test_is_over && now->other_end == LK_END_HERE &&
		 (row->wait.kind == LK_WAIT_read || row->wait.kind == LK_WAIT_write))
		set_stuck(row, false,
			  "the test is over, and the pipe's other end is in this process");
}

/* Threads that wait for threads that are stuck. */
static void judge_chains(struct lk_waits *waits)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < waits->count; i++) {
			struct lk_thread_waits *row = &waits->rows[i];
			const struct lk_thread_waits *holder =
				row->holder == LK_WAITS_NONE ? NULL : &waits->rows[row->holder];

			if (row->stuck || row->wait.is_timed || row->wait.is_shared || !holder ||
			    !holder->stuck)
				continue;
			set_stuck(row, holder->stuck_is_sure,
				  "the thread that it waits for never goes on");
			changed = true;
		}
	}
}

static bool needs_a_thread(enum lk_wait_kind kind)
{
	return kind == LK_WAIT_condition || kind == LK_WAIT_semaphore || kind == LK_WAIT_barrier ||
	       kind == LK_WAIT_read_lock || kind == LK_WAIT_write_lock || kind == LK_WAIT_futex ||
	       kind == LK_WAIT_mutex;
}

/* Is every thread but the one that looked stuck, or waits for one of the others in a
 * way that no time ends?  Then nobody is left to wake them. */
static bool nobody_is_left(const struct lk_waits *waits)
{
	for (size_t i = 0; i < waits->count; i++) {
		const struct lk_thread_waits *row = &waits->rows[i];
		enum lk_activity activity = row->thread->now.activity;

		if (row->stuck || activity == LK_ACTIVITY_LOOKING || activity == LK_ACTIVITY_ENDED)
			continue;
		if (row->wait.is_timed || row->wait.is_shared ||
		    !(needs_a_thread(row->wait.kind) || row->wait.kind == LK_WAIT_join))
			return false;
	}
	return true;
}

static void judge_rest(struct lk_waits *waits)
{
	if (!nobody_is_left(waits))
		return;
	for (size_t i = 0; i < waits->count; i++)
		if (!waits->rows[i].stuck && needs_a_thread(waits->rows[i].wait.kind))
			set_stuck(
				&waits->rows[i], false,
				"the test is over, and no other thread is left that could wake it");
	judge_chains(waits);
}

/* Functions of the C library without a name get that by which they were called. */
static void name_by_calls(const struct lk_snapshot *snapshot, struct lk_named_stack *now,
			  struct lk_symbols *symbols)
{
	for (size_t i = 0; i + 1 < now->count; i++) {
		struct lk_frame *frame = &now->frames[i], callee;

		if (frame->function || !frame->module || !lk_module_is_libc(frame->module))
			continue;
		uintptr_t start = lk_wait_callee(snapshot, now->frames[i + 1].pc);
		if (start && lk_symbols_name(symbols, start + 1, &callee, 1) == 1)
			frame->function = callee.function;
	}
}

static bool add(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
		struct lk_waits *waits, size_t i)
{
	struct lk_thread_waits *row = &waits->rows[i];

	row->thread = &snapshot->threads[i];
	row->holder = LK_WAITS_NONE;
	if (!lk_named_stack_init(&row->now, symbols, snapshot, row->thread->now.stack,
				 row->thread->now.sure) ||
	    !lk_named_stack_init(&row->created, symbols, snapshot, row->thread->stack, SIZE_MAX))
		return false;
	name_by_calls(snapshot, &row->now, symbols);
	row->wait = lk_wait_tell(snapshot, row->thread, &row->now, symbols);
	return true;
}

bool lk_waits_make(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
		   bool test_is_over, struct lk_waits *ret)
{
	struct lk_waits waits = { .count = snapshot->threads_seen,
				  .young = snapshot->threads_count };
	bool ok = true;

	waits.rows = calloc(waits.count + 1, sizeof *waits.rows);
	ok = waits.rows != NULL;
	for (size_t i = 0; ok && i < waits.count; i++)
		ok = add(snapshot, symbols, &waits, i);
	for (size_t i = 0; ok && i < waits.count; i++)
		waits.rows[i].holder = find(&waits, waits.rows[i].wait.holder);
	for (size_t i = 0; ok && i < waits.count; i++)
		ok = make_state(snapshot, symbols, &waits, &waits.rows[i]);
	if (!ok) {
		lk_waits_release(&waits);
		return false;
	}
	find_cycles(&waits);
	for (size_t i = 0; i < waits.count; i++)
		judge_alone(&waits, &waits.rows[i], snapshot->threads_unknown, test_is_over);
	judge_chains(&waits);
	if (test_is_over)
		judge_rest(&waits);
	*ret = waits;
	return true;
}

void lk_waits_release(struct lk_waits *waits)
{
	for (size_t i = 0; waits->rows && i < waits->count; i++) {
		free(waits->rows[i].state);
		lk_named_stack_deinit(&waits->rows[i].now);
		lk_named_stack_deinit(&waits->rows[i].created);
	}
	free(waits->rows);
	*waits = (struct lk_waits){ 0 };
}
