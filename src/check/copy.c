/* SPDX-License-Identifier: MIT */
#include "check/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/watch.h"
#include "base/clock.h"
#include "base/proc.h"
#include "check/runner.h"

/* glibc's list of all open streams. */
extern FILE *_IO_list_all;

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

pid_t lk_copy_make(struct lk_copy *copy)
{
	hold_signals(copy);
	/* What the copy leaves behind comes to us, to be ended. */
	prctl(PR_GET_CHILD_SUBREAPER, &copy->was_reaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	copy->process = LK_REAL(fork)();
	if (copy->process == 0)
		return 0;
	int saved = errno;
	if (copy->process > 0) {
		LK_REAL(setpgid)(copy->process, copy->process);
		return copy->process;
	}
	prctl(PR_SET_CHILD_SUBREAPER, copy->was_reaper);
	release_signals(copy);
	errno = saved;
	return -1;
}

/* A descriptor that takes everything and gives nothing; there may be no number left
 * for it, and no /dev. */
static int open_nowhere(void)
{
	int fd = LK_REAL(open)("/dev/null", O_RDWR);

	for (int victim = 0; fd < 0 && errno == EMFILE && victim <= STDERR_FILENO; victim++) {
		LK_REAL(close)(victim);
		fd = LK_REAL(open)("/dev/null", O_RDWR);
	}
	return fd >= 0 ? fd : LK_REAL(memfd_create)("nowhere", 0);
}

struct muting {
	int nowhere;
	struct stat standard[3];
	bool is_open[3];
};

static bool leads_to_standard(const struct muting *muting, int fd)
{
	struct stat status;

	if (fd <= STDERR_FILENO)
		return muting->is_open[fd];
	if (fstat(fd, &status) != 0)
		return false;
	for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
		if (muting->is_open[i] && status.st_dev == muting->standard[i].st_dev &&
		    status.st_ino == muting->standard[i].st_ino)
			return true;
	return false;
}

static void mute(void *context, int fd)
{
	const struct muting *muting = context;

	if (fd != muting->nowhere && leads_to_standard(muting, fd))
		LK_REAL(dup2)(muting->nowhere, fd);
}

/* The standard streams, and copies of them that a test keeps to put them back. */
static bool mute_all(void)
{
	struct muting muting = { 0 };

	for (int i = 0; i <= STDERR_FILENO; i++)
		muting.is_open[i] = fstat(i, &muting.standard[i]) == 0;
	muting.nowhere = open_nowhere();
	if (muting.nowhere < 0)
		return false;
	if (!lk_proc_each("/proc/self/fd", mute, &muting))
		for (int i = 0; i <= STDERR_FILENO; i++)
			mute(&muting, i);
	if (muting.nowhere > STDERR_FILENO || !muting.is_open[muting.nowhere])
		LK_REAL(close)(muting.nowhere);
	return true;
}

/* What the parent will write yet. */
static void drop_pending_output(void)
{
	for (FILE *stream = _IO_list_all; stream; stream = stream->_chain)
		if (__fpending(stream) > 0)
			__fpurge(stream);
}

/* A file of the copy's own in place of Check's, which both processes share. */
static bool replace_message_file(int number)
{
	LK_REAL(close)(number);
	int fd = LK_REAL(memfd_create)("check", 0);

	if (fd < 0 || fd == number)
		return fd == number;
	bool ok = LK_REAL(dup2)(fd, number) == number;
	LK_REAL(close)(fd);
	return ok;
}

bool lk_copy_isolate(const struct lk_copy *copy)
{
	/* To a pipe the limit 1 means: no core file. */
	const struct rlimit no_core = { 1, 1 };

	syscall(SYS_setpgid, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(SIGCHLD, &copy->child_action, NULL);
	sigprocmask(SIG_SETMASK, &copy->signals, NULL);
	drop_pending_output();
	return mute_all() && replace_message_file(lk_runner_file()->fd);
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

static enum lk_copy_end wait_for_end(const struct lk_copy *copy, unsigned run_ms,
				     unsigned total_ms, int *status)
{
	uint64_t now = lk_clock_ms(), run_end = now + run_ms, end = now + total_ms;
	unsigned slice = 1;

	for (uint32_t seen = 0;; now = lk_clock_ms()) {
		uint32_t runs = __atomic_load_n(&copy->news->runs, __ATOMIC_ACQUIRE);

		if (runs != seen && copy->news->done)
			return copy->news->reason[0] ? LK_COPY_STOPPED : LK_COPY_DONE;
		*status = -1;
		if (LK_REAL(waitpid)(copy->process, status, WNOHANG) != 0)
			return LK_COPY_DIED;
		if (runs != seen)
			run_end = now + run_ms;
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
	prctl(PR_SET_CHILD_SUBREAPER, copy->was_reaper);
	release_signals(copy);
	return end;
}
