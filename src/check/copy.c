/* SPDX-License-Identifier: MIT */
#include "check/copy.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/watch.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/proc.h"
#include "check/quarantine.h"
#include "check/runner.h"

/* The test's own handler must not see the end of the copy, nor may its disposition
 * take the copy's status away. */
static void hold_signals(struct lk_copy *copy)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t child, pending;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &copy->signals);
	sigpending(&pending);
	copy->child_was_pending = sigismember(&pending, SIGCHLD) == 1;
	sigaction(SIGCHLD, &standard, &copy->child_action);
}

/* Another child that has ended has a right to its signal. */
static bool has_ended_children(void)
{
	siginfo_t info = { 0 };

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static void release_signals(const struct lk_copy *copy)
{
	const struct timespec at_once = { 0 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (!copy->child_was_pending && !has_ended_children())
		sigtimedwait(&child, NULL, &at_once);
	sigaction(SIGCHLD, &copy->child_action, NULL);
	sigprocmask(SIG_SETMASK, &copy->signals, NULL);
}

/* What was there before the copy was. */
enum { CHILDREN_MAX = 1024, CHILDREN_TEXT_MAX = 8192 };
struct lk_copy_before {
	pid_t children[CHILDREN_MAX];
	size_t children_count;
	char text[CHILDREN_TEXT_MAX];
};

/* Calls VISIT for each child of this process, as far as the kernel tells. */
static void each_child(struct lk_copy_before *before,
		       void (*visit)(struct lk_copy_before *before, pid_t child))
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	lk_proc_read(path, before->text, sizeof before->text);
	for (char *at = before->text, *end; ; at = end) {
		pid_t child = (pid_t)strtol(at, &end, 10);

		if (end == at)
			return;
		visit(before, child);
	}
}

static void keep_child(struct lk_copy_before *before, pid_t child)
{
	if (before->children_count < CHILDREN_MAX)
		before->children[before->children_count++] = child;
}

/* A process that left the copy's group; when its parent had ended, it became ours. */
static void end_stray(struct lk_copy_before *before, pid_t child)
{
	for (size_t i = 0; i < before->children_count; i++)
		if (before->children[i] == child)
			return;
	kill(child, SIGKILL);
	LK_REAL(waitpid)(child, NULL, 0);
}

static void keep_before(struct lk_copy *copy)
{
	copy->before = lk_pages_map(sizeof *copy->before);
	if (copy->before)
		each_child(copy->before, keep_child);
}

static void put_back(struct lk_copy *copy)
{
	prctl(PR_SET_CHILD_SUBREAPER, copy->was_reaper);
	release_signals(copy);
	if (copy->before)
		lk_pages_unmap(copy->before, sizeof *copy->before);
}

pid_t lk_copy_make(struct lk_copy *copy)
{
	keep_before(copy);
	hold_signals(copy);
	/* What the copy leaves behind comes to us, to be ended. */
	prctl(PR_GET_CHILD_SUBREAPER, &copy->was_reaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	copy->since = lk_child_starting();
	copy->process = LK_REAL(fork)();
	if (copy->process == 0)
		return 0;
	int saved = errno;
	if (copy->process > 0) {
		LK_REAL(setpgid)(copy->process, copy->process);
		return copy->process;
	}
	put_back(copy);
	errno = saved;
	return -1;
}

bool lk_copy_isolate(const struct lk_copy *copy, const void *series, const void *releases)
{
	/* To a pipe the limit 1 means: no core file. */
	const struct rlimit no_core = { 1, 1 };

	syscall(SYS_setpgid, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(SIGCHLD, &copy->child_action, NULL);
	sigprocmask(SIG_SETMASK, &copy->signals, NULL);
	return lk_quarantine_enter(lk_runner_file()->fd,
				   &(struct lk_shared_memory){ { copy->news, series, releases } });
}

void lk_copy_tell(struct lk_copy_news *news, bool done)
{
	news->done = done;
	__atomic_add_fetch(&news->runs, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &news->runs, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void lk_copy_leave(void)
{
	for (;;)
		syscall(SYS_exit_group, 0);
}

static void wait_for_news(const struct lk_copy_news *news, uint32_t seen, unsigned milliseconds)
{
	const struct timespec time = { 0, (long)milliseconds * 1000000 };

	syscall(SYS_futex, &news->runs, FUTEX_WAIT, seen, &time, NULL, 0);
}

unsigned lk_copy_delay_ms(pid_t process)
{
	enum { NS_IN_MS = 1000000 };
	char path[64], text[128], *rest;

	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)process);
	if (lk_proc_read(path, text, sizeof text) == 0)
		return 0;
	strtoull(text, &rest, 10); /* the time that it ran */
	return (unsigned)(strtoull(rest, NULL, 10) / NS_IN_MS);
}

static enum lk_copy_end wait_for_end(const struct lk_copy *copy, unsigned run_ms,
				     unsigned total_ms, int *status)
{
	uint64_t now = lk_clock_ms(), run_end = now + run_ms, end = now + total_ms;
	unsigned slice = 1, delay = 0;

	for (uint32_t seen = 0;; now = lk_clock_ms()) {
		uint32_t runs = __atomic_load_n(&copy->news->runs, __ATOMIC_ACQUIRE);

		if (runs != seen && copy->news->done)
			return copy->news->reason[0] ? LK_COPY_STOPPED : LK_COPY_DONE;
		*status = -1;
		if (LK_REAL(waitpid)(copy->process, status, WNOHANG) != 0)
			return LK_COPY_DIED;
		if (runs != seen)
			run_end = now + run_ms;
		if (now >= run_end) {
			unsigned more = lk_copy_delay_ms(copy->process);
			run_end += more - delay;
			delay = more;
		}
		if (now >= run_end || now >= end)
			return LK_COPY_SLOW;
		seen = runs;
		wait_for_news(copy->news, seen, slice);
		slice = slice < 8 ? slice * 2 : slice;
	}
}

/* Ends the copy's process group and waits until no process of it is left. */
static void end_group(pid_t group)
{
	enum { PAUSES_MAX = 200, PAUSE_NS = 1000000 };
	const struct timespec pause = { 0, PAUSE_NS };

	kill(group, SIGKILL);
	kill(-group, SIGKILL);
	for (int pauses = 0; pauses < PAUSES_MAX;) {
		pid_t reaped = LK_REAL(waitpid)(-group, NULL, WNOHANG);

		if (reaped < 0 && errno == ECHILD)
			return;
		if (reaped == 0) {
			nanosleep(&pause, NULL);
			pauses++;
		}
	}
}

enum lk_copy_end lk_copy_watch(struct lk_copy *copy, unsigned run_ms, unsigned total_ms,
			       int *status)
{
	enum lk_copy_end end = wait_for_end(copy, run_ms, total_ms, status);

	end_group(copy->process);
	lk_child_kill_of(copy->process, copy->since); /* that left the group */
	if (copy->before)
		each_child(copy->before, end_stray);
	put_back(copy);
	return end;
}
