/* SPDX-License-Identifier: MIT */
#include "check/rerun.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "api/session.h"
#include "api/watch.h"
#include "base/arena.h"
#include "base/clock.h"
#include "check/copy.h"
#include "check/runner.h"
#include "judge/series.h"

/* Where a cache is bounded, it stops growing when it is full: as long as something
 * grows, the test runs again for as much processor time as the option says.  Waiting
 * makes it longer: SLEEPY times for what the test or a busy disk asks for, BUSY times
 * for what a busy machine does. */
enum { RUNS_MAX = 1000, SLEEPY = 4, BUSY = 10 };

static LK_HOT_BIG struct {
	bool known;
	int quiet;
	struct lk_checkpoint checkpoint;
} start __attribute__((aligned(4096))); /* with what follows, few pages */

static LK_HOT bool is_copy;
static struct {
	struct lk_copy_news *news;
	struct lk_releases *releases;
	struct lk_snapshot snapshot; /* the stack where it was is run over */
	unsigned runs, runs_least;
	uint64_t started_ms;
	unsigned settle_ms;
} copy;

void lk_rerun_mark(void)
{
	if (is_copy || !lk_tracker.options.rerun)
		return;
	start.known = true;
	start.quiet = lk_self.quiet;
	lk_checkpoint_save(&start.checkpoint, lk_checkpoint_room(__builtin_frame_address(0)));
}

bool lk_rerun_is_copy(void)
{
	return is_copy;
}

void lk_rerun_forked(void)
{
	is_copy = false;
	start.known = false;
}

/* Only what is held can grow; a lost block is lost already. */
static bool is_question(const struct lk_site *site)
{
	return site->hold == LK_HOLD_RETAINED || site->hold == LK_HOLD_UNSCANNED;
}

/* A suite where copy after copy waits for threads that it has not. */
static bool is_hopeless(void)
{
	enum { SLOW_MANY = 3 };

	return lk_runner.shared && lk_runner.shared->slow_copies >= SLOW_MANY;
}

/* Further runs that are needed at least; 0: there is nothing to ask. */
static unsigned runs_needed(const struct lk_snapshot *snapshot)
{
	unsigned needed = 0;

	for (size_t i = 0; i < snapshot->descriptors_count; i++)
		if (!snapshot->descriptors[i].was_open)
			needed = lk_series_least(LK_KIND_descriptor);
	if (snapshot->threads_count > 0)
		needed = lk_series_least(LK_KIND_thread);
	if (snapshot->handles_count > 0)
		needed = lk_series_least(LK_KIND_handle);
	for (size_t i = 0; i < snapshot->sites_count; i++)
		if (is_question(&snapshot->sites[i]))
			return lk_series_least(LK_KIND_heap);
	return needed;
}

static bool has_lost(const struct lk_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->sites_count; i++)
		if (snapshot->sites[i].hold == LK_HOLD_LOST)
			return true;
	return false;
}

/* What is lost is a leak whatever another run shows; but where a short test releases
 * others of the kind is worth one, if it does not take too much once more. */
static bool wants_siblings(const struct lk_snapshot *snapshot)
{
	enum { BYTES_MAX = 16 << 20 };
	uint64_t bytes = 0, took = lk_clock_ms() - lk_runner.opened_ms;

	for (size_t i = 0; i < snapshot->sites_count; i++)
		bytes += snapshot->sites[i].bytes;
	return has_lost(snapshot) && bytes < BYTES_MAX &&
	       took < lk_tracker.options.rerun_time && !is_hopeless();
}

/* The descriptors that the last run left may have been the last that there were. */
static void make_room(size_t descriptors)
{
	enum { MORE = 16 };
	struct rlimit limit;

	if (descriptors == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur += descriptors + MORE;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void begin_run(void) __attribute__((noreturn));
static void begin_run(void)
{
	const struct lk_message_file *file = lk_runner_file();

	lk_runner_close_window();
	lk_budget_reset();
	make_room(copy.snapshot.descriptors_count);
	if (ftruncate(file->fd, 0) == 0)
		LK_REAL(rewind)(file->stream);
	lk_self.quiet = start.quiet;
	lk_checkpoint_return(&start.checkpoint);
}

/* Not if the copy gets too big by it. */
static bool does_something_grow(void)
{
	enum { BYTES_MAX = 16 << 20 };
	const struct lk_snapshot *snapshot = &copy.snapshot;
	int64_t bytes = 0;
	bool grows = false;

	for (size_t i = 0; i < snapshot->sites_count; i++) {
		const struct lk_site *site = &snapshot->sites[i];
		const struct lk_series *series = &snapshot->series[site->series];

		if (!is_question(site) ||
		    lk_series_judge(series, copy.runs_least) != LK_AGAIN_grows)
			continue;
		grows = true;
		bytes += series->bytes;
	}
	return grows && bytes < BYTES_MAX;
}

static uint64_t processor_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static bool has_time(void)
{
	uint64_t spent = lk_clock_ms() - copy.started_ms, budget = lk_tracker.options.rerun_time;

	if (spent < budget)
		return true;
	return spent < budget * BUSY && spent - lk_copy_delay_ms(getpid()) < budget * SLEEPY &&
	       processor_ms() < budget;
}

/* Nothing that is asked for has come up again, in one long run or in two. */
static bool is_answered(void)
{
	enum { LONG_MS = 20, ENOUGH = 2 };
	const struct lk_snapshot *snapshot = &copy.snapshot;

	if (copy.runs < ENOUGH && lk_clock_ms() - copy.started_ms < LONG_MS)
		return false;
	for (size_t i = 0; i < snapshot->sites_count; i++)
		if (is_question(&snapshot->sites[i]) &&
		    lk_series_judge(&snapshot->series[snapshot->sites[i].series], 1) !=
			    LK_AGAIN_once)
			return false;
	return true;
}

static bool goes_on(void)
{
	if (copy.runs < copy.runs_least)
		return !is_answered();
	return copy.runs < RUNS_MAX && does_something_grow() && has_time();
}

/* What was held is held still, or the further runs have lost it. */
static void look_again(void)
{
	struct lk_reach *reach = lk_reach_scan_here(NULL);

	if (!reach || !reach->is_done || reach->is_short)
		return;
	for (size_t i = 0; i < reach->sites_count; i++) {
		const struct lk_reach_site *site = &reach->sites[i];

		if (site->hold == LK_HOLD_LOST || site->hold == LK_HOLD_INDIRECT)
			lk_recount_lost(&copy.snapshot, site->stack, site->blocks);
	}
}

void lk_rerun_ended(void)
{
	lk_quiet_begin();
	/* What does not go away once will not go away the next time. */
	if (!lk_session_settle(copy.settle_ms))
		copy.settle_ms = 0;
	lk_recount(&copy.snapshot);
	copy.runs++;
	bool is_last = !goes_on(), is_leak = has_lost(&copy.snapshot) || !is_answered();
	if (copy.releases && is_leak && (is_last || copy.runs == 1))
		lk_release_tell(copy.releases);
	if (!is_last) {
		lk_copy_tell(copy.news, false);
		begin_run();
	}
	if (copy.runs_least == lk_series_least(LK_KIND_heap) && !is_answered())
		look_again();
	lk_copy_tell(copy.news, true);
	lk_copy_leave();
}

void lk_rerun_failed(const char *what, const char *details)
{
	lk_quiet_begin();
	snprintf(copy.news->reason, sizeof copy.news->reason, "%s%s", what, details);
	lk_copy_tell(copy.news, true);
	lk_copy_leave();
}

/* In the copy, which never returns from here. */
static void become_copy(const struct lk_copy *made, struct lk_snapshot *snapshot,
			struct lk_releases *releases)
{
	is_copy = true;
	copy.news = made->news;
	copy.snapshot = *snapshot;
	copy.releases = releases;
	copy.runs_least = runs_needed(snapshot);
	copy.settle_ms = copy.runs_least > 0 ? lk_tracker.options.settle : 0;
	lk_thread_forked();
	lk_child_copied();
	/* What is counted from now on is nobody's. */
	lk_tracker_renew_run();
	lk_runner.shared = NULL;
	if (!lk_copy_isolate(made, snapshot->series, releases))
		lk_rerun_failed("was not begun: there is nowhere to put its output", "");
	lk_recount_start(snapshot);
	if (releases)
		lk_release_watch(snapshot);
	copy.started_ms = lk_clock_ms();
	begin_run();
}

static void say_why(struct lk_snapshot *snapshot, const struct lk_copy_news *news,
		    enum lk_copy_end end, int status)
{
	char *text = snapshot->not_again;
	const size_t size = sizeof snapshot->not_again;
	/* The end of the copy counts as a run in the news. */
	unsigned run = news->runs + 2 - (end == LK_COPY_STOPPED);

	if (end == LK_COPY_STOPPED)
		snprintf(text, size, "run %u %s", run, news->reason);
	else if (end == LK_COPY_SLOW)
		snprintf(text, size, "run %u took too long", run);
	else if (status != -1 && WIFSIGNALED(status))
		snprintf(text, size, "run %u ended by signal %d (%s)", run, WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (status != -1 && WIFEXITED(status))
		snprintf(text, size, "run %u ended with status %d", run, WEXITSTATUS(status));
	else
		snprintf(text, size, "run %u ended unseen", run);
}

static void say_not_again(struct lk_snapshot *snapshot, const char *why)
{
	if (runs_needed(snapshot) > 0)
		snprintf(snapshot->not_again, sizeof snapshot->not_again, "%s", why);
}

/* A run may take about twice the time that the test took, and what threads need to go
 * away; less in a suite where copy after copy waits for threads that it has not.  All
 * of them together may take what is left of the time that Check gives the test. */
static bool limit_time(const struct lk_snapshot *snapshot, unsigned *run_ms, unsigned *total_ms)
{
	enum { RUN_MS_LEAST = 400, TOTAL_MS_LEAST = 50 };
	enum { RUN_MS_SPARED = 100 }; /* nothing is lost if it is too short */
	bool is_spared = is_hopeless() || runs_needed(snapshot) == 0;
	uint64_t now = lk_clock_ms(), took = now - lk_runner.opened_ms;
	uint64_t deadline = lk_runner.role == LK_ROLE_TEST && lk_runner.shared ?
				    lk_runner.shared->deadline_ms :
				    0;
	uint64_t least = is_spared ? RUN_MS_SPARED : RUN_MS_LEAST + lk_tracker.options.settle;
	uint64_t run = least + 2 * took;
	uint64_t total = lk_tracker.options.rerun_time * BUSY + run * runs_needed(snapshot);

	if (deadline != 0) {
		/* A third remains for the report, which may have to wait for a busy machine. */
		uint64_t left = deadline > now ? (deadline - now) / 3 * 2 : 0;
		total = left < total ? left : total;
	}
	*run_ms = (unsigned)run;
	*total_ms = (unsigned)total;
	/* Another run takes about as long as the first one did. */
	return total >= TOTAL_MS_LEAST && total > took;
}

static void run_again(struct lk_snapshot *snapshot, struct lk_copy_news *news)
{
	struct lk_copy made = { .news = news };
	unsigned run_ms, total_ms;
	int status;

	if (!limit_time(snapshot, &run_ms, &total_ms)) {
		say_not_again(snapshot, "no time is left before Check ends the test");
		return;
	}
	if (!lk_recount_begin(snapshot)) {
		say_not_again(snapshot, "memory was refused");
		return;
	}
	struct lk_releases *releases = lk_releases_make();
	pid_t process = lk_copy_make(&made);
	if (process == 0)
		become_copy(&made, snapshot, releases);
	if (process < 0) {
		say_not_again(snapshot, strerror(errno));
	} else {
		enum lk_copy_end end = lk_copy_watch(&made, run_ms, total_ms, &status);
		unsigned runs = news->runs - (end == LK_COPY_STOPPED);
		if (end != LK_COPY_DONE && runs < runs_needed(snapshot))
			say_why(snapshot, news, end, status);
		snapshot->run_hung = end == LK_COPY_SLOW && runs < runs_needed(snapshot);
		if (end == LK_COPY_SLOW && lk_runner.shared)
			lk_runner.shared->slow_copies++;
		if (releases)
			lk_freeze_releases(snapshot, releases);
	}
	lk_releases_release(releases);
	lk_recount_end();
}

void lk_rerun_test(struct lk_snapshot *snapshot)
{
	struct lk_copy_news *news;

	if (is_copy || (runs_needed(snapshot) == 0 && !wants_siblings(snapshot)))
		return;
	if (!lk_tracker.options.rerun)
		say_not_again(snapshot, "it is switched off");
	else if (lk_runner.runs_once)
		say_not_again(snapshot, lk_runner.runs_once);
	else if (RUNNING_ON_VALGRIND)
		say_not_again(snapshot, "valgrind is there");
	else if (!start.known)
		say_not_again(snapshot, "where it began is not known");
	else if (!(news = lk_pages_map_shared(sizeof *news)))
		say_not_again(snapshot, "memory was refused");
	else {
		run_again(snapshot, news);
		lk_pages_unmap(news, sizeof *news);
	}
}
