/* SPDX-License-Identifier: MIT */
#include "api/aside.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/proc.h"
#include "base/proc_status.h"
#include "base/real.h"
#include "base/self.h"
#include "base/spare_heap.h"

/* Seconds after which a copy gives up: another thread may have held a lock that the copy
 * needs, and is not there to release it. */
enum { PATIENCE = 5 };

/* A debugger's breakpoints are in the copied code, too, and nobody would handle them
 * there; the files have the code as it was. */
static void drop_breakpoints(void *context, const struct lk_map *map)
{
	(void)context;
	if (map->executable && !map->writable && !map->shared && map->name[0] == '/')
		madvise((void *)map->start, map->end - map->start, MADV_DONTNEED);
}

struct answer {
	bool is_done, result;
	char text[];
};

static void settle_in(void)
{
	static const int fatal[] = { SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT };
	sigset_t none;

	for (size_t i = 0; i < LK_COUNT(fatal); i++)
		signal(fatal[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PATIENCE);
}

/* By the bare system call: the locks that fork() takes may be held.  A debugger is not to
 * follow the copy, and nobody to be told of its end. */
static pid_t make_copy(void)
{
	long copy = syscall(SYS_clone, CLONE_UNTRACED, 0, 0, 0, 0);

	/* An emulator may know no process that ends without a signal. */
	if (copy < 0 && errno == EINVAL)
		copy = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	return (pid_t)copy;
}

struct task {
	bool (*work)(void *context, char *text, size_t size);
	void *context;
	struct answer *answer;
	size_t size;
};

static void *perform(void *argument)
{
	struct task *task = argument;

	lk_self.quiet++; /* it may be a thread of its own */
	task->answer->result = task->work(task->context, task->answer->text, task->size);
	__atomic_store_n(&task->answer->is_done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Names need more stack than some threads have. */
static bool has_stack(void)
{
	enum { WANTED = 768 << 10 };
	pthread_attr_t attributes;
	void *start = NULL;
	size_t size = 0;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!lk_self.thread || pthread_getattr_np(pthread_self(), &attributes) != 0)
		return true; /* the first thread */
	pthread_attr_getstack(&attributes, &start, &size);
	pthread_attr_destroy(&attributes);
	return here >= (uintptr_t)start && here - (uintptr_t)start >= WANTED;
}

static _Noreturn void perform_and_leave(struct task *task, bool is_traced)
{
	pthread_t thread;

	settle_in();
	if (is_traced)
		lk_proc_maps(drop_breakpoints, NULL);
	if (lk_spare_heap_use()) {
		if (has_stack() || LK_REAL(pthread_create)(&thread, NULL, perform, task) != 0)
			perform(task);
		else
			LK_REAL(pthread_join)(thread, NULL);
	}
	for (;;)
		syscall(SYS_exit_group, 0);
}

bool lk_aside_write(bool (*work)(void *context, char *text, size_t size), void *context,
		    char *text, size_t size)
{
	const size_t room = sizeof(struct answer) + size;
	int saved = lk_quiet_begin();
	struct answer *answer = RUNNING_ON_VALGRIND ? NULL : lk_pages_map_shared(room);
	bool is_traced = lk_proc_tracer() != 0;
	pid_t copy = answer ? make_copy() : -1;

	if (copy == 0)
		perform_and_leave(&(struct task){ work, context, answer, size }, is_traced);
	while (copy > 0 && syscall(SYS_wait4, copy, NULL, __WALL, NULL) < 0 && errno == EINTR)
		;
	bool result = answer && answer->is_done && answer->result;
	if (result) {
		memcpy(text, answer->text, size);
		text[size - 1] = '\0';
	}
	if (answer)
		lk_pages_unmap(answer, room);
	lk_quiet_end(saved);
	return result;
}
