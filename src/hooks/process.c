/* SPDX-License-Identifier: MIT */
/* The names that split, group and end processes. */
#include <errno.h>
#include <pty.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "probe/child.h"
#include "probe/descriptor.h"
#include "probe/lessons.h"
#include "probe/listener.h"
#include "probe/thread.h"
#include "probe/unwind.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

/* Begins a fork: the time, 0 if the child is Check's own. */
static uint64_t splitting(void)
{
	uint64_t now = lk_child_starting();

	lk_lessons_take();
	return lk_listener.forking() ? now : 0;
}

/* The other threads are not in this process, and it is no test. */
static void become_child(void)
{
	lk_thread_forked();
	lk_unwind_forked();
	lk_listener.forked_child();
}

/* After a fork, in both processes. */
static pid_t split(pid_t child, enum lk_child_start start, uint64_t since, const void *frame)
{
	if (child == 0)
		become_child();
	else if (since)
		lk_child_started(child, start, since, frame);
	return child;
}

LK_EXPORT pid_t fork(void)
{
	uint64_t since = splitting();

	return split(LK_REAL(fork)(), LK_CHILD_BY_fork, since, FRAME);
}

LK_EXPORT pid_t _Fork(void)
{
	uint64_t since = splitting();

	return split(LK_REAL(_Fork)(), LK_CHILD_BY_fork, since, FRAME);
}

LK_EXPORT int forkpty(int *fd, char *name, const struct termios *mode, const struct winsize *size)
{
	uint64_t since = splitting();
	int child = LK_REAL(forkpty)(fd, name, mode, size);

	if (child > 0)
		lk_descriptor_opened(*fd, LK_DESCRIPTOR_LOWEST, FRAME);
	return split(child, LK_CHILD_BY_forkpty, since, FRAME);
}

/* Returns in the child only: its parent has ended. */
LK_EXPORT int daemon(int stay, int keep)
{
	uint64_t since = splitting();
	int status = LK_REAL(daemon)(stay, keep);

	if (status == 0) {
		become_child();
		lk_child_started((pid_t)syscall(SYS_getpid), LK_CHILD_BY_daemon, since, FRAME);
	}
	return status;
}

struct clone_main {
	int (*main)(void *);
	void *argument;
};

static int clone_main(void *argument)
{
	struct clone_main given = *(struct clone_main *)argument;

	become_child();
	return given.main(given.argument);
}

/* What shares our memory is left alone: our tables are its own, too. */
LK_EXPORT int clone(int (*main)(void *), void *stack, int flags, void *argument, ...)
{
	struct clone_main given = { main, argument };
	va_list rest;

	va_start(rest, argument);
	pid_t *parent_tid = va_arg(rest, pid_t *);
	void *tls = va_arg(rest, void *);
	pid_t *child_tid = va_arg(rest, pid_t *);
	va_end(rest);
	if (flags & CLONE_THREAD)
		return LK_REAL(clone)(main, stack, flags, argument, parent_tid, tls, child_tid);
	uint64_t since = splitting();
	int child = flags & CLONE_VM ? LK_REAL(clone)(main, stack, flags, argument, parent_tid,
						      tls, child_tid) :
				       LK_REAL(clone)(clone_main, stack, flags, &given,
						      parent_tid, tls, child_tid);
	return split(child, LK_CHILD_BY_clone, since, FRAME);
}

/* vfork returns twice into the caller's frame, so no C function can stand in
 * front of it: the return address is kept in a register while both return.
 * Parent and child share this thread's record; the child, which runs first, sets
 * the mark that descriptors are not ours, the parent takes it away. */
/* Called from the assembly below only. */
void lk_vfork_mark(long child) __attribute__((visibility("hidden"), used));
pid_t lk_vfork_result(long result) __attribute__((visibility("hidden"), used));

void lk_vfork_mark(long child)
{
	lk_self.in_vfork_child = child == 0;
}

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	"vfork:\n"
	"	.cfi_startproc\n"
	"	pop %rdx\n" /* the kernel keeps rdx over the call */
	"	.cfi_adjust_cfa_offset -8\n"
	"	.cfi_register %rip, %rdx\n"
	"	mov $58, %eax\n"
	"	syscall\n"
	"	push %rdx\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_rel_offset %rip, 0\n"
	"	push %rax\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	mov %rax, %rdi\n"
	"	call lk_vfork_mark\n"
	"	pop %rdi\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	jmp lk_vfork_result\n"
	"	.cfi_endproc\n"
	".size vfork, .-vfork\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text\n"
	".globl vfork\n"
	".type vfork, %function\n"
	"vfork:\n"
	"	.cfi_startproc\n"
	"	mov x9, x30\n" /* neither the kernel nor the child's calls touch our x30 */
	"	mov x8, #220\n" /* clone(CLONE_VM | CLONE_VFORK | SIGCHLD, 0) */
	"	mov x0, #0x4111\n"
	"	mov x1, #0\n"
	"	svc #0\n"
	"	stp x9, x0, [sp, #-16]!\n"
	"	.cfi_adjust_cfa_offset 16\n"
	"	.cfi_offset x30, -16\n"
	"	bl lk_vfork_mark\n"
	"	ldp x30, x0, [sp], #16\n"
	"	.cfi_adjust_cfa_offset -16\n"
	"	.cfi_restore x30\n"
	"	b lk_vfork_result\n"
	"	.cfi_endproc\n"
	".size vfork, .-vfork\n"
	".popsection\n");
#endif

/* Turns what the kernel returned into what vfork returns. */
pid_t lk_vfork_result(long result)
{
	if (result >= 0) {
		lk_child_started((pid_t)result, LK_CHILD_BY_vfork, 0, FRAME);
		return (pid_t)result;
	}
	errno = (int)-result;
	return -1;
}

LK_EXPORT int setpgid(pid_t process, pid_t group)
{
	int status = LK_REAL(setpgid)(process, group);

	if (status == 0)
		lk_listener.group_set(process, group, FRAME);
	return status;
}

LK_EXPORT int killpg(pid_t group, int number)
{
	lk_listener.killing(group, number);
	return LK_REAL(killpg)(group, number);
}

LK_EXPORT int timer_settime(timer_t timer, int flags, const struct itimerspec *value,
			    struct itimerspec *before)
{
	int result = LK_REAL(timer_settime)(timer, flags, value, before);

	if (result == 0 && !(flags & TIMER_ABSTIME))
		lk_listener.timer_set((uint64_t)value->it_value.tv_sec * 1000 +
				      (uint64_t)value->it_value.tv_nsec / 1000000);
	return result;
}

LK_EXPORT void exit(int status)
{
	LK_REAL(exit)(lk_listener.exiting(status));
	__builtin_unreachable();
}

LK_EXPORT void _exit(int status)
{
	lk_listener.leaving();
	LK_REAL(_exit)(status);
	__builtin_unreachable();
}

LK_EXPORT void _Exit(int status)
{
	lk_listener.leaving();
	LK_REAL(_Exit)(status);
	__builtin_unreachable();
}
