/* SPDX-License-Identifier: MIT */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/complain.h"

/* What the caller gave us, for the program to have. */
struct heritage {
	sigset_t mask;
	struct sigaction child_action;
};

/* The program's side of the fork; FAILURE takes errno if it cannot be run. */
static _Noreturn void become_program(const char *path, char **arguments,
				     const struct heritage *heritage, pid_t parent, int failure)
{
	/* SIGTERM, not SIGKILL: Check ends the running test when it gets it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigaction(SIGCHLD, &heritage->child_action, NULL);
	sigprocmask(SIG_SETMASK, &heritage->mask, NULL);
	if (getppid() != parent)
		raise(SIGTERM); /* it died before prctl */
	execv(path, arguments);

	int number = errno;
	_exit(write(failure, &number, sizeof number) == sizeof number ? 127 : 126);
}

/* Did the program get SIGNAL as well, from the terminal, which sends it to the
 * whole process group?  That it is gone is told to the session's leader alone. */
static bool is_from_terminal(int signal, const siginfo_t *info)
{
	static const int numbers[] = { SIGINT,	SIGQUIT, SIGTSTP, SIGHUP,
				       SIGCONT, SIGTTIN, SIGTTOU, SIGWINCH };

	if (signal == SIGHUP && getsid(0) == getpid())
		return false;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (signal == numbers[i])
			return info->si_code == SI_KERNEL;
	return false;
}

/* Stops this process as the program was stopped, so that a shell sees its job
 * stop; returns when it is continued. */
static void stop_alike(int signal)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t one;

	if (signal == SIGSTOP)
		return; /* meant for the program alone, or sent to us as well */
	sigaction(signal, &standard, NULL);
	sigemptyset(&one);
	sigaddset(&one, signal);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
}

/* Follows the program's changes of state; true when it has ended. */
static bool follow(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) == child) {
		if (!WIFSTOPPED(*status))
			return true;
		stop_alike(WSTOPSIG(*status));
	}
	return false;
}

/* Everything is blocked, so nothing is lost between two looks. */
static void stand_between(pid_t child, int *status)
{
	sigset_t all;
	siginfo_t info;

	sigfillset(&all);
	while (!follow(child, status)) {
		int signal = sigwaitinfo(&all, &info);

		if (signal > 0 && signal != SIGCHLD && !is_from_terminal(signal, &info))
			kill(child, signal);
	}
	/* What came too late for the program must not end us before the summary. */
	while (sigtimedwait(&all, &info, &(struct timespec){ 0 }) > 0)
		continue;
}

/* Waits until exec has succeeded: the pipe closes; else returns errno. */
static int read_failure(int fd)
{
	int number = 0;
	ssize_t got;

	do
		got = read(fd, &number, sizeof number);
	while (got < 0 && errno == EINTR);
	return got == sizeof number ? number : 0;
}

bool lk_child_run(const char *path, char **arguments, int *status)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	struct heritage heritage;
	pid_t parent = getpid();
	sigset_t all;
	int failure[2];

	if (pipe2(failure, O_CLOEXEC) != 0)
		return lk_complain("cannot make a pipe: %s", strerror(errno));
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &heritage.mask);
	/* Were it ignored, the kernel would throw the program's status away. */
	sigaction(SIGCHLD, &standard, &heritage.child_action);

	pid_t child = fork();
	int number = child < 0 ? errno : 0;
	if (child == 0)
		become_program(path, arguments, &heritage, parent, failure[1]);
	close(failure[1]);
	if (child > 0) {
		number = read_failure(failure[0]);
		stand_between(child, status);
	}
	close(failure[0]);
	sigprocmask(SIG_SETMASK, &heritage.mask, NULL);
	return number == 0 || lk_complain("cannot run '%s': %s", path, strerror(number));
}

void lk_child_end_alike(int status)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t one;

	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	prctl(PR_SET_DUMPABLE, 0);
	sigaction(WTERMSIG(status), &standard, NULL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	raise(WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	exit(128 + WTERMSIG(status));
}
