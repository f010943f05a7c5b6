/* SPDX-License-Identifier: MIT */
/* The names that split, group, await and end processes. */
#include <errno.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "probe/descriptor.h"
#include "probe/listener.h"
#include "probe/thread.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

LK_EXPORT pid_t fork(void)
{
	lk_listener.forking();
	pid_t child = LK_REAL(fork)();
	if (child == 0) {
		lk_thread_forked();
		lk_listener.forked_child();
	}
	return child;
}

LK_EXPORT int forkpty(int *master, char *name, const struct termios *terminal,
		      const struct winsize *size)
{
	lk_listener.forking();
	int child = LK_REAL(forkpty)(master, name, terminal, size);
	if (child == 0) {
		lk_thread_forked();
		lk_listener.forked_child();
	} else if (child > 0) {
		lk_descriptor_opened(*master, LK_DESCRIPTOR_LOWEST, FRAME);
	}
	return child;
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
	if (result >= 0)
		return (pid_t)result;
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

LK_EXPORT pid_t waitpid(pid_t process, int *status, int options)
{
	int own;
	int *seen = status ? status : &own;
	pid_t waited = LK_REAL(waitpid)(process, seen, options);

	if (waited > 0)
		lk_listener.waited(waited, *seen);
	return waited;
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
