/* SPDX-License-Identifier: MIT */
#include "check/hang.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "api/session.h"
#include "api/watch.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "base/proc.h"
#include "base/proc_status.h"
#include "base/spare_heap.h"
#include "check/output.h"
#include "check/runner.h"
#include "check/test_name.h"
#include "report/text.h"
#include "report/threads.h"

/* Seconds after which a copy gives up, and bytes that a report of it may have. */
enum { PATIENCE = 10, TEXT_MAX = 1 << 16 };

static void note_moving(void *context, int thread)
{
	struct lk_proc_status status;

	*(bool *)context |= lk_proc_status(thread, &status) && status.state != 'T' &&
			    status.state != 't' && status.state != 'Z' && status.state != 'X';
}

/* Nothing moves any more, and where a thread runs can be read.  One that sleeps in the
 * kernel for good does not stop: then the rest will do. */
static void stop(pid_t test)
{
	enum { LOOKS_MAX = 200 };
	const struct timespec pause = { .tv_nsec = 1000000 };
	char tasks[32];
	struct lk_text text;
	bool is_moving = true;

	lk_text_init(&text, tasks, sizeof tasks);
	lk_text_format(&text, "/proc/%d/task", (int)test);
	kill(test, SIGSTOP);
	for (int look = 0; look < LOOKS_MAX && is_moving; look++) {
		is_moving = false;
		if (lk_proc_each(tasks, note_moving, &is_moving) && is_moving)
			nanosleep(&pause, NULL);
	}
}

/* Where a thread runs can be read while it is held; it goes on when we are gone.  One
 * that waits in the kernel is let alone: its call would be interrupted. */
static void hold_if_running(void *context, int thread)
{
	char path[64], line[16];
	struct lk_text text;

	lk_text_init(&text, path, sizeof path);
	lk_text_format(&text, "/proc/%d/task/%d/syscall", *(const pid_t *)context, thread);
	if (lk_proc_read(path, line, sizeof line) == 0 || line[0] != 'r')
		return;
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) == 0 &&
	    ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) == 0)
		syscall(SYS_wait4, thread, NULL, __WALL, NULL);
}

static void hold_running(pid_t process)
{
	char tasks[32];
	struct lk_text text;

	lk_text_init(&text, tasks, sizeof tasks);
	lk_text_format(&text, "/proc/%d/task", (int)process);
	lk_proc_each(tasks, hold_if_running, &process);
}

/* Why a process is looked at. */
enum occasion { TIMED_OUT, ASKED, CRASHED };

struct look {
	pid_t process;
	pid_t thread; /* of ours, that looks */
	enum occasion occasion;
	int signal; /* that it gets */
	struct lk_test_place place;
};

static void print_occasion(FILE *out, const struct look *look)
{
	lk_test_name_print(out, &look->place);
	switch (look->occasion) {
	case TIMED_OUT:
		fputs(": timed out; what it was doing", out);
		return;
	case ASKED:
		fputs(": asked by a signal; what it is doing", out);
		return;
	case CRASHED:
		fprintf(out, ": ended by signal %d; not judged, it left", look->signal);
		return;
	}
}

/* NULL if there is nothing to say, or nothing can be said: *RET_OK tells which. */
static char *describe(struct look *look, size_t *ret_size, bool *ret_ok)
{
	struct lk_outcome outcome;
	char *text = NULL;

	*ret_ok = lk_session_look(look->occasion != CRASHED, &outcome);
	if (!*ret_ok || (look->occasion == CRASHED && outcome.findings.count == 0))
		return NULL;
	FILE *out = open_memstream(&text, ret_size);
	*ret_ok = out != NULL;
	if (!out)
		return NULL;
	if (!look->place.test.known)
		lk_test_name_find(&look->place); /* as the test itself knows it */
	fputs("leakcheck: ", out);
	print_occasion(out, look);
	fputc('\n', out);
	if (look->occasion != CRASHED) {
		lk_report_threads(out, &outcome.findings.waits, "  ");
		fputs(outcome.findings.count > 0 ? "  it holds\n" : "  it holds nothing else\n",
		      out);
	}
	lk_report_left(out, &outcome.findings, "  ");
	LK_REAL(fclose)(out);
	return text;
}

/* In the copy. */
static bool report(struct look *look)
{
	size_t size;
	bool ok;

	if (look->occasion == TIMED_OUT)
		stop(look->process);
	if (look->occasion == ASKED)
		hold_running(look->process);
	if (!lk_session_borrow(look->process, look->thread) || !lk_spare_heap_use())
		return false;
	char *text = describe(look, &size, &ok);
	if (!text)
		return ok;
	bool in_file = lk_output_append(text, size);
	if (!in_file || look->occasion != CRASHED)
		lk_output_say(text, size < TEXT_MAX ? size : TEXT_MAX);
	return true;
}

static _Noreturn void report_and_leave(struct look *look)
{
	sigset_t none;

	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PATIENCE);
	bool ok = report(look);
	for (;;)
		syscall(SYS_exit_group, ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* By the bare system call: the locks that fork() takes may be ours, and nobody is to be
 * told of the copy's end. */
static void tell(pid_t process, enum occasion occasion, int signal)
{
	int saved = lk_quiet_begin(), status = -1;
	if (RUNNING_ON_VALGRIND) {
		lk_say("what the test is doing cannot be read under valgrind");
		lk_quiet_end(saved);
		return;
	}
	struct look look = { process, (pid_t)syscall(SYS_gettid), occasion, signal, { 0 } };

	lk_test_name_find(&look.place);
	pid_t copy = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (copy == 0)
		report_and_leave(&look);
	while (copy > 0 && syscall(SYS_wait4, copy, &status, __WALL, NULL) < 0 && errno == EINTR)
		;
	if (status != 0)
		lk_say("what the test is doing could not be read");
	lk_quiet_end(saved);
}

void lk_hang_report(pid_t test)
{
	tell(test, TIMED_OUT, SIGKILL);
}

static void asked(int number)
{
	const struct lk_shared *shared = lk_runner.shared;
	bool is_runner = lk_runner.role == LK_ROLE_RUNNER;
	pid_t test = is_runner && shared && shared->test.process ? shared->test.process : getpid();

	if (lk_runner.role == LK_ROLE_BYSTANDER)
		return;
	if (test == getpid() && !lk_runner.window_open) {
		lk_say("asked by a signal: no test is running in this process");
		return;
	}
	/* Where the system lets only ancestors look, our copy may. */
	int saved = errno;
	if (test == getpid())
		prctl(PR_SET_PTRACER, test);
	tell(test, ASKED, number);
	errno = saved;
}

void lk_hang_listen(void)
{
	struct sigaction action = { .sa_handler = asked, .sa_flags = SA_RESTART };

	sigfillset(&action.sa_mask);
	if (lk_tracker.options.dump_signal)
		sigaction(lk_tracker.options.dump_signal, &action, NULL);
}

static void crashed(int number)
{
	const struct lk_shared *shared = lk_runner.shared;

	if (lk_runner.role == LK_ROLE_TEST && lk_runner.window_open && shared &&
	    shared->test.process == getpid())
		tell(getpid(), CRASHED, number);
	/* The standard action is in force again. */
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
}

void lk_hang_watch_crashes(void)
{
	static const int fatal[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGILL,	 SIGTRAP,  SIGABRT, SIGBUS,
				     SIGFPE,  SIGSEGV, SIGUSR1, SIGUSR2, SIGPIPE,  SIGALRM, SIGTERM,
				     SIGXCPU, SIGXFSZ, SIGPROF, SIGSYS,	 SIGVTALRM };
	struct sigaction action = { .sa_handler = crashed,
				    .sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK };
	struct sigaction before;

	for (size_t i = 0; i < LK_COUNT(fatal); i++)
		if (sigaction(fatal[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(fatal[i], &action, NULL);
}
