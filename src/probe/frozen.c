/* SPDX-License-Identifier: MIT */
#include "probe/frozen.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/light.h"

enum { SECONDS_MAX = 20, SIGNAL_SET_SIZE = 8 };

static void settle_in(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGALRM };
	/* As the kernel has it: handler, flags, restorer, mask. */
	const uintptr_t by_default[4] = { (uintptr_t)SIG_DFL };
	const struct itimerval limit = { .it_value = { .tv_sec = SECONDS_MAX } };
	struct rlimit memory;
	uint64_t blocked = UINT64_MAX;

	for (size_t i = 0; i < LK_COUNT(fatal); i++) {
		syscall(SYS_rt_sigaction, fatal[i], by_default, NULL, SIGNAL_SET_SIZE);
		blocked &= ~((uint64_t)1 << (fatal[i] - 1));
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, SIGNAL_SET_SIZE);
	syscall(SYS_setitimer, ITIMER_REAL, &limit, NULL);
	if (getrlimit(RLIMIT_AS, &memory) == 0) {
		memory.rlim_cur = memory.rlim_max;
		syscall(SYS_prlimit64, 0, RLIMIT_AS, &memory, NULL);
	}
}

void lk_frozen_make_room(void)
{
	syscall(SYS_close, 0);
}

/* In a copy that ends with SIGNAL; returns its number, or -1 with errno. */
static long run(int signal, bool (*work)(void *context), void *context, int *status)
{
	long result, copy = syscall(SYS_clone, signal, NULL, NULL, NULL, NULL);

	if (copy == 0) {
		settle_in();
		syscall(SYS_exit_group, !work(context));
	}
	do
		result = copy < 0 ? copy : syscall(SYS_wait4, copy, status, __WALL, NULL);
	while (result < 0 && copy > 0 && errno == EINTR);
	return copy;
}

/* An emulator may know no process that ends without a signal: the program sees none. */
static long run_unseen(bool (*work)(void *context), void *context, int *status)
{
	static const int64_t at_once[2];
	const uint64_t child = (uint64_t)1 << (SIGCHLD - 1);
	uint64_t before = 0, pending = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &child, &before, SIGNAL_SET_SIZE);
	syscall(SYS_rt_sigpending, &pending, SIGNAL_SET_SIZE);
	long copy = run(SIGCHLD, work, context, status);
	if (!(pending & child))
		syscall(SYS_rt_sigtimedwait, &child, NULL, at_once, SIGNAL_SET_SIZE);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGNAL_SET_SIZE);
	return copy;
}

bool lk_frozen_run(bool (*work)(void *context), void *context)
{
	int saved = errno, status = -1;
	long copy = run(0, work, context, &status);

	if (copy < 0 && errno == EINVAL)
		copy = run_unseen(work, context, &status);
	errno = saved;
	return copy > 0 && status == 0;
}
