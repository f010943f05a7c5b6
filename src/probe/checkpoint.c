/* SPDX-License-Identifier: MIT */
#include "probe/checkpoint.h"

#include "probe/stack_bounds.h"
#include "base/light.h"

/* End of the main thread's stack, from the dynamic loader. */
extern void *__libc_stack_end;

size_t lk_checkpoint_room(const void *hook_frame)
{
	enum { PAGE = 4096, GAP = 1 << 20 };
	uintptr_t from = (uintptr_t)hook_frame, end = (from | (PAGE - 1)) + 1;
	uintptr_t stack_end = (uintptr_t)__libc_stack_end;

	/* The kernel maps nothing closer than GAP below the main thread's stack. */
	if (from < stack_end && stack_end - from < GAP)
		end = stack_end;
	else if (end - from < LK_CHECKPOINT_STACK_MAX && lk_bounds_readable(end))
		end += PAGE;
	return end - from < LK_CHECKPOINT_STACK_MAX ? end - from : LK_CHECKPOINT_STACK_MAX;
}

#define FUNCTION(name) \
	".globl " name "\n.hidden " name "\n.type " name ", %function\n" name ":\n.cfi_startproc\n"
#define END(name) ".cfi_endproc\n.size " name ", .-" name "\n"

/* The stack is written back from below it: the stack pointer is moved out of the way
 * first, and nothing is called. */
#if defined __x86_64__

__asm__(".pushsection .text\n"
	FUNCTION("lk_checkpoint_save")
	"	mov %rbx, 0(%rdi)\n"
	"	mov %rbp, 8(%rdi)\n"
	"	mov %r12, 16(%rdi)\n"
	"	mov %r13, 24(%rdi)\n"
	"	mov %r14, 32(%rdi)\n"
	"	mov %r15, 40(%rdi)\n"
	"	mov (%rsp), %rax\n"
	"	mov %rax, 48(%rdi)\n"
	"	and $-16, %rsi\n"
	"	mov %rsi, 192(%rdi)\n"
	"	mov %rsi, %rcx\n"
	"	lea 8(%rsp), %rsi\n"
	"	mov %rsi, 200(%rdi)\n"
	"	add $208, %rdi\n"
	"	shr $3, %rcx\n"
	"	rep movsq\n"
	"	xor %eax, %eax\n"
	"	ret\n"
	END("lk_checkpoint_save")
	FUNCTION("lk_checkpoint_return")
	"	mov %rdi, %rdx\n"
	"	mov 200(%rdx), %rdi\n"
	"	lea -256(%rdi), %rax\n"
	"	cmp %rsp, %rax\n"
	"	cmovb %rax, %rsp\n"
	"	lea 208(%rdx), %rsi\n"
	"	mov 192(%rdx), %rcx\n"
	"	shr $3, %rcx\n"
	"	rep movsq\n"
	"	mov 0(%rdx), %rbx\n"
	"	mov 8(%rdx), %rbp\n"
	"	mov 16(%rdx), %r12\n"
	"	mov 24(%rdx), %r13\n"
	"	mov 32(%rdx), %r14\n"
	"	mov 40(%rdx), %r15\n"
	"	mov 200(%rdx), %rsp\n"
	"	mov $1, %eax\n"
	"	jmp *48(%rdx)\n"
	END("lk_checkpoint_return")
	".popsection\n");

#elif defined __aarch64__

__asm__(".pushsection .text\n"
	FUNCTION("lk_checkpoint_save")
	"	stp x19, x20, [x0, #0]\n"
	"	stp x21, x22, [x0, #16]\n"
	"	stp x23, x24, [x0, #32]\n"
	"	stp x25, x26, [x0, #48]\n"
	"	stp x27, x28, [x0, #64]\n"
	"	stp x29, x30, [x0, #80]\n"
	"	stp d8, d9, [x0, #96]\n"
	"	stp d10, d11, [x0, #112]\n"
	"	stp d12, d13, [x0, #128]\n"
	"	stp d14, d15, [x0, #144]\n"
	"	and x1, x1, #-16\n"
	"	mov x2, sp\n"
	"	stp x1, x2, [x0, #192]\n"
	"	add x0, x0, #208\n"
	"1:	cbz x1, 2f\n"
	"	ldp x3, x4, [x2], #16\n"
	"	stp x3, x4, [x0], #16\n"
	"	sub x1, x1, #16\n"
	"	b 1b\n"
	"2:	mov w0, #0\n"
	"	ret\n"
	END("lk_checkpoint_save")
	FUNCTION("lk_checkpoint_return")
	"	ldp x1, x2, [x0, #192]\n"
	"	sub x3, x2, #256\n"
	"	mov x4, sp\n"
	"	cmp x4, x3\n"
	"	csel x3, x3, x4, hi\n"
	"	mov sp, x3\n"
	"	mov x6, x2\n"
	"	add x5, x0, #208\n"
	"1:	cbz x1, 2f\n"
	"	ldp x3, x4, [x5], #16\n"
	"	stp x3, x4, [x2], #16\n"
	"	sub x1, x1, #16\n"
	"	b 1b\n"
	"2:	ldp x19, x20, [x0, #0]\n"
	"	ldp x21, x22, [x0, #16]\n"
	"	ldp x23, x24, [x0, #32]\n"
	"	ldp x25, x26, [x0, #48]\n"
	"	ldp x27, x28, [x0, #64]\n"
	"	ldp x29, x30, [x0, #80]\n"
	"	ldp d8, d9, [x0, #96]\n"
	"	ldp d10, d11, [x0, #112]\n"
	"	ldp d12, d13, [x0, #128]\n"
	"	ldp d14, d15, [x0, #144]\n"
	"	mov sp, x6\n"
	"	mov w0, #1\n"
	"	ret\n"
	END("lk_checkpoint_return")
	".popsection\n");

#endif

#define PLACE(member) __builtin_offsetof(struct lk_checkpoint, member)
_Static_assert(PLACE(size) == 192 && PLACE(sp) == 200 && PLACE(stack) == 208, "as above");
