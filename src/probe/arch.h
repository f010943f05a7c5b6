/* SPDX-License-Identifier: MIT */
/* What the stack walker must know of the processor: DWARF register numbers,
 * and how to read the registers of the running function. */
#ifndef LK_PROBE_ARCH_H
#define LK_PROBE_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#if defined __x86_64__

enum {
	LK_REG_FP = 6,
	LK_REG_SP = 7,
	LK_REG_PC = 16, /* column of the return address */
	LK_REG_COUNT = 17,
};

/* A call pushes the return address: it is the last word before the caller's frame,
 * next to the frame record of the function that was called. */
#define LK_ARCH_CALL_PUSHES

/* A variable of a library that the linker put into the program. */
enum { LK_RELOCATION_COPY = 5 };

/* Thread-local data may lie so far above the record that a thread's handle names. */
enum { LK_TLS_ABOVE = 0 };

/* The registers a function must give back to its caller, which are all that
 * the frames outside may use, and where they were read (*PC). */
static inline __attribute__((always_inline)) uint32_t lk_arch_read(uintptr_t *registers)
{
	__asm__ volatile("movq %%rbx, 3*8(%0)\n\t"
			 "movq %%rbp, 6*8(%0)\n\t"
			 "movq %%rsp, 7*8(%0)\n\t"
			 "movq %%r12, 12*8(%0)\n\t"
			 "movq %%r13, 13*8(%0)\n\t"
			 "movq %%r14, 14*8(%0)\n\t"
			 "movq %%r15, 15*8(%0)\n\t"
			 "leaq 0(%%rip), %%rax\n\t"
			 "movq %%rax, 16*8(%0)"
			 :
			 : "r"(registers)
			 : "rax", "memory");
	return 1u << 3 | 1u << 6 | 1u << 7 | 0xfu << 12 | 1u << 16;
}

/* Return addresses are stored as they are. */
static inline uintptr_t lk_arch_pc(uintptr_t word)
{
	return word;
}

#elif defined __aarch64__

enum {
	LK_REG_FP = 29,
	LK_REG_SP = 31,
	LK_REG_PC = 30, /* the link register is the column of the return address */
	LK_REG_COUNT = 32,
};
enum { LK_RELOCATION_COPY = 1024 };
enum { LK_TLS_ABOVE = 1 << 16 };

static inline __attribute__((always_inline)) uint32_t lk_arch_read(uintptr_t *registers)
{
	uintptr_t scratch;

	__asm__ volatile("stp x19, x20, [%1, #19*8]\n\t"
			 "stp x21, x22, [%1, #21*8]\n\t"
			 "stp x23, x24, [%1, #23*8]\n\t"
			 "stp x25, x26, [%1, #25*8]\n\t"
			 "stp x27, x28, [%1, #27*8]\n\t"
			 "str x29, [%1, #29*8]\n\t"
			 "mov %0, sp\n\t"
			 "str %0, [%1, #31*8]\n\t"
			 "adr %0, .\n\t"
			 "str %0, [%1, #30*8]"
			 : "=&r"(scratch)
			 : "r"(registers)
			 : "memory");
	return 0x7ffu << 19 | 1u << 30 | 1u << 31;
}

/* Pointer authentication signs return addresses in their upper bits; XPACLRI
 * takes the signature off, and is a no-op on processors without it. */
static inline uintptr_t lk_arch_pc(uintptr_t word)
{
	register uintptr_t x30 __asm__("x30") = word;

	__asm__("hint #7" : "+r"(x30));
	return x30;
}

/* The kernel returns from signal handlers to its own code without call frame
 * information: mov x8, #__NR_rt_sigreturn; svc #0.  The stack pointer is then at
 * the siginfo_t, and the interrupted registers x0..x30, sp and pc, one after the
 * other, are in the ucontext_t behind it. */
#define LK_SIGNAL_RETURN_CODE UINT64_C(0xd4000001d2801168)
enum {
	LK_SIGNAL_RETURN_SIZE = 8,
	LK_SIGNAL_REGISTERS = 128 + 176 + 8,
	LK_SIGNAL_PC = 32, /* its place in that row */
};

/* Linkers write no table for the procedure linkage table: [bti c]; adrp x16, ..;
 * ldr x17, [x16, ..]; add x16, x16, ..; br x17.  The caller's registers are all there. */
enum { LK_STUB_INSTRUCTIONS_MAX = 5 };

/* Does CODE, LK_STUB_INSTRUCTIONS_MAX instructions from anywhere in an entry, look
 * like its rest? */
static inline bool lk_arch_is_stub(const uint32_t *code)
{
	for (unsigned i = 0; i < LK_STUB_INSTRUCTIONS_MAX; i++) {
		if (code[i] == 0xd61f0220)
			return true;
		if (code[i] != 0xd503245f && (code[i] & 0x9f00001f) != 0x90000010 &&
		    (code[i] & 0xffc003ff) != 0xf9400211 && (code[i] & 0xffc003ff) != 0x91000210)
			return false;
	}
	return false;
}

#else
#error "leakcheck walks stacks on x86-64 and aarch64 only"
#endif

#endif
