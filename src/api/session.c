/* SPDX-License-Identifier: MIT */
#include "api/session.h"

#include <string.h>
#include <time.h>

#include "api/capture.h"
#include "api/ledger.h"
#include "api/rules.h"
#include "base/attributes.h"
#include "base/self.h"
#include "judge/settle.h"
#include "probe/borrow.h"
#include "probe/budget.h"
#include "probe/child.h"
#include "probe/counters.h"
#include "probe/descriptor.h"
#include "probe/freeze.h"
#include "probe/handle.h"
#include "probe/heap.h"
#include "probe/memcheck.h"
#include "probe/moment.h"
#include "probe/serial.h"
#include "probe/thread.h"
#include "probe/totals.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "probe/window_stack.h"

static LK_HOT struct window {
	lk_stack_id stack;
	bool descriptors_known, children_unknown;
	/* As they were at its start. */
	uint64_t allocations, descriptors, threads, children, losses;
	uint64_t opened_ns; /* only if a record of it is wanted */
} window;

void lk_session_open(const void *frame)
{
	int saved = lk_quiet_begin();

	window.stack = lk_unwind(frame);
	lk_window_stack_open(frame);
	lk_tracker_mark();
	window.descriptors_known = !lk_tracker.descriptors || lk_descriptor_baseline();
	window.allocations = lk_counters_allocations();
	window.descriptors = lk_descriptor_openings();
	window.threads = lk_thread_creations();
	lk_child_mark();
	lk_memcheck_mark();
	window.children_unknown = false;
	window.children = lk_child_starts();
	window.losses = lk_freeze_losses();
	lk_budget_reset();
	lk_totals_window_begin();
	if (lk_limits_are_any(&lk_tracker.options.budget))
		lk_budget_begin(&lk_tracker.options.budget, NULL, 0);
	if (lk_capture_is_wanted())
		window.opened_ns = lk_moment_now();
	lk_quiet_end(saved);
}

static void forgive_block(void *context, const struct lk_block *block)
{
	(void)context;
	lk_heap_forgive((const void *)block->address);
}

/* Until it is closed, and without a new look at all numbers: what was misused, and
 * what is closed later, is judged by the mark. */
static void exempt(void *context, const struct lk_descriptor_change *change)
{
	(void)context;
	lk_descriptor_exempt(change->fd);
}

void lk_session_ignore_current(void)
{
	int saved = lk_quiet_begin();

	if (lk_tracker.heap)
		lk_heap_each(lk_tracker.epoch, forgive_block, NULL);
	if (lk_tracker.descriptors && !lk_descriptor_each_new(exempt, NULL))
		window.descriptors_known = false;
	if (lk_tracker.threads)
		lk_thread_age();
	lk_handle_age();
	lk_child_mark();
	lk_memcheck_mark();
	lk_quiet_end(saved);
}

lk_stack_id lk_session_stack(void)
{
	return window.stack;
}

/* Only another thread can still give something back, and only a process go away. */
static bool is_settled(void *context)
{
	bool *is_waiting = context;

	if ((lk_thread_running() == 0 && !(lk_tracker.children && lk_child_may_go())) ||
	    !lk_freeze_anything_young())
		return true;
	if (!*is_waiting)
		lk_thread_settling();
	*is_waiting = true;
	return false;
}

static void pause_for(unsigned long microseconds)
{
	struct timespec time = { (time_t)(microseconds / 1000000),
				 (long)(microseconds % 1000000) * 1000 };

	nanosleep(&time, NULL);
}

bool lk_session_settle(unsigned settle_ms)
{
	bool is_waiting = false;

	return lk_settle(is_settled, &is_waiting, pause_for, settle_ms);
}

/* Says SENTENCE once in the run, and that one more test is unsure because of it. */
static void note(const char *sentence)
{
	unsigned place = lk_tracker_notice(sentence);

	if (place < LK_NOTICES_MAX)
		__atomic_fetch_add(&lk_tracker.run->notices[place].tests, 1, __ATOMIC_RELAXED);
}

/* Counts what the window could not see, and names it. */
static uint64_t blind_spots(uint64_t lost)
{
	const char *heap = lk_tracker_heap_blind();
	uint64_t spots = 0;

	if (heap) {
		note(heap);
		spots++;
	}
	if (!window.descriptors_known) {
		note("descriptors are not watched: the kernel's list of them cannot be read");
		spots++;
	}
	if (window.children_unknown) {
		note("a child process is left that cannot be told about: /proc cannot be read");
		spots++;
	}
	if (lost > 0) {
		note("events were lost: memory for leakcheck's tables was refused or they were "
		     "full");
		__atomic_fetch_add(&lk_tracker.run->events_lost, lost, __ATOMIC_RELAXED);
		spots++;
	}
	return spots;
}

static void count(const struct lk_outcome *outcome)
{
	struct lk_run *run = lk_tracker.run;

	__atomic_fetch_add(&run->tests_checked, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->tests_leaked, outcome->verdict == LK_LEAKED, __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->tests_unsure, outcome->verdict == LK_UNSURE, __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->ignored, outcome->findings.rulings[LK_RULING_ignored],
			   __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->known_leaks, outcome->findings.rulings[LK_RULING_known],
			   __ATOMIC_RELAXED);
	if (outcome->verdict == LK_LEAKED)
		__atomic_fetch_add(&run->sites, lk_findings_leaks(&outcome->findings),
				   __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->allocations, lk_counters_allocations() - window.allocations,
			   __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->descriptors, lk_descriptor_openings() - window.descriptors,
			   __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->threads, lk_thread_creations() - window.threads,
			   __ATOMIC_RELAXED);
	__atomic_fetch_add(&run->children, lk_child_starts() - window.children, __ATOMIC_RELAXED);
}

/* What speaks against the test: its leaks, or that they are not as many as it said. */
static uint64_t unexpected(const struct lk_findings *findings)
{
	uint64_t leaks = lk_findings_leaks(findings);

	return findings->expected < 0 ? leaks : leaks != (uint64_t)findings->expected;
}

static struct lk_policy policy_for(const char *test)
{
	struct lk_policy policy = lk_policy_of(&lk_tracker.options);

	if (lk_rules()->count > 0)
		policy.suppressions = lk_rules();
	policy.uses = lk_tracker.run->rules;
	policy.baseline = lk_rules_baseline();
	policy.covered = lk_tracker.run->known;
	policy.test = test;
	policy.lists_all = lk_ledger_wants(LK_WANTED_JSON);
	return policy;
}

static void add_totals(struct lk_moment *moment)
{
	struct lk_totals_sum sum;

	if (!lk_totals_known())
		return;
	lk_totals_sum_window(&sum);
	moment->totals_known = moment->peak_known = true;
	moment->counts.allocations = sum.allocations;
	moment->counts.releases = sum.releases;
	moment->counts.allocated_bytes = sum.allocated_bytes;
	moment->counts.peak_bytes = sum.peak_bytes;
}

/* Of the window, as it is now. */
static void take_moment(const char *test, uint64_t ended_ns, struct lk_moment *ret)
{
	lk_moment_take(ret);
	lk_capture_heap_use(&ret->counts);
	ret->scope = LK_SCOPE_WINDOW;
	ret->duration_ns = ended_ns - window.opened_ns;
	ret->counts.allocations -= window.allocations;
	ret->counts.opened -= window.descriptors;
	ret->counts.started -= window.threads;
	ret->counts.spawned -= window.children;
	add_totals(ret);
	if (test)
		strncpy(ret->test, test, sizeof ret->test - 1);
}

static void write_record(struct lk_snapshot *snapshot, const struct lk_moment *moment)
{
	struct lk_counts *counts = &snapshot->moment.counts;

	/* Nothing was left, so nothing was frozen. */
	if (moment->totals_known && !snapshot->stacks && !lk_freeze_totals(window.stack, snapshot))
		snapshot->events_lost++;
	snapshot->moment = *moment;
	for (size_t i = 0; i < snapshot->sites_count; i++) {
		counts->live_blocks += snapshot->sites[i].blocks;
		counts->live_bytes += snapshot->sites[i].bytes;
	}
	for (size_t i = 0; i < snapshot->descriptors_count; i++) {
		counts->live_blocks += snapshot->descriptors[i].held_blocks;
		counts->live_bytes += snapshot->descriptors[i].held_bytes;
	}
	/* The peak is net of older memory that the test gave back. */
	if (moment->peak_known && counts->peak_bytes < counts->live_bytes)
		counts->peak_bytes = counts->live_bytes;
	lk_capture_append(snapshot);
}

void lk_session_close(const struct lk_session_end *end, struct lk_outcome *ret)
{
	struct lk_outcome outcome = { 0 };
	struct lk_moment moment;
	int saved = lk_quiet_begin();
	uint64_t lost = 0, ended_ns = lk_capture_is_wanted() ? lk_moment_now() : 0;

	lk_serial_end();
	lk_session_settle(end->settle_ms);
	lk_budget_end_all();
	if (lk_capture_is_wanted())
		take_moment(end->test, ended_ns, &moment);
	lk_memcheck_look(end->test);
	if (lk_freeze_anything_young() || lk_freeze_anything_misused() ||
	    lk_budget_breaches(NULL) > 0) {
		struct lk_policy policy = policy_for(end->test);

		bool frozen = lk_freeze(window.stack, &outcome.snapshot);
		if (frozen)
			end->run_again(&outcome.snapshot);
		lk_room_make(&outcome.room);
		if (!frozen || !lk_findings_make(&outcome.snapshot, &policy, &outcome.findings))
			lost++;
		lost += outcome.snapshot.events_lost;
		window.descriptors_known &= !outcome.snapshot.descriptors_unknown;
		window.children_unknown = outcome.snapshot.children_unknown;
		if (outcome.snapshot.is_unscanned)
			note(lk_tracker.sanitized ?
				     "who holds the memory is not looked for: a sanitizer owns "
				     "malloc; what grows when a test runs again is a leak" :
				     "who holds the memory could not be looked for: no copy of the "
				     "process could be made");
	} else if (lk_thread_running() == 0) {
		lk_descriptor_rest();
	}
	if (lk_capture_is_wanted())
		write_record(&outcome.snapshot, &moment);
	lost += lk_freeze_losses() - window.losses;
	outcome.findings.expected = end->expected;
	outcome.verdict = lk_judge(unexpected(&outcome.findings),
				   blind_spots(lost) +
					   outcome.findings.rulings[LK_RULING_unproven]);
	count(&outcome);
	*ret = outcome;
	lk_quiet_end(saved);
}

bool lk_session_borrow(pid_t process, pid_t thread)
{
	return lk_borrow(process, thread);
}

bool lk_session_look(bool is_dump, struct lk_outcome *ret)
{
	const struct lk_policy everything = {
		.fail_on = LK_FAIL_ON_ALL, .notes = true, .is_dump = is_dump
	};
	struct lk_outcome outcome = { 0 };
	int saved = lk_quiet_begin();
	bool ok = (is_dump ? lk_freeze_dump : lk_freeze)(window.stack, &outcome.snapshot) &&
		  lk_findings_make(&outcome.snapshot, &everything, &outcome.findings);

	*ret = outcome;
	lk_quiet_end(saved);
	return ok;
}

void lk_outcome_release(struct lk_outcome *outcome)
{
	int saved = lk_quiet_begin();

	lk_findings_release(&outcome->findings);
	lk_freeze_release(&outcome->snapshot);
	lk_room_give_back(&outcome->room);
	memset(outcome, 0, sizeof *outcome);
	lk_quiet_end(saved);
}
