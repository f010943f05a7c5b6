/* SPDX-License-Identifier: MIT */
/* Stacks that are hard to walk or to name: each leak is told through the function
 * that a reader looks for. */
#define TWIN_CASE "stacks"
#include "twins.h"

#include <alloca.h>
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>

#define NOINLINE __attribute__((noinline))
#define STAY __asm__ volatile("" ::: "memory")

static NOINLINE void *take(size_t size)
{
	void *block = use(malloc(size));
	STAY;
	return block;
}

/* A frame of variable size, below one that keeps its stack aligned. */
static NOINLINE void *with_alloca(size_t size)
{
	volatile char *room = alloca(size % 7 * 100 + 16);
	room[0] = 1;
	void *block = take(size);
	room[1] = 1;
	return block;
}
static NOINLINE void *aligned(size_t size)
{
	volatile char room[64] __attribute__((aligned(64)));
	room[size % 64] = 1;
	void *block = with_alloca(size);
	room[0] = 1;
	return block;
}
MUST_LEAK(alloca, "heap 69 B in 3 blocks", "aligned")
{
	for (volatile int i = 0; i < 3; i++)
		lose(aligned(23));
	free(aligned(23)); /* what is left in registers leads to no lost block */
}
END_TEST
MUST_PASS(alloca)
{
	for (volatile int i = 0; i < 30; i++)
		free(aligned((size_t)i));
}
END_TEST

/* The frames that longjmp leaves are not those of the next stack. */
static jmp_buf escape;
static NOINLINE void jump_below(int depth)
{
	if (depth > 0) {
		jump_below(depth - 1);
		STAY;
		return;
	}
	free(take(24));
	longjmp(escape, 1);
}
static NOINLINE void *after_jump(void)
{
	if (!setjmp(escape))
		jump_below(20);
	return take(31);
}
MUST_LEAK(after_longjmp, "heap 31 B in 1 block", "after_jump") { lose(after_jump()); } END_TEST
MUST_PASS(after_longjmp) { free(after_jump()); } END_TEST

/* In C++: thrown through frames that allocated, caught by throw_and_take. */
void *throw_and_take(size_t size);
MUST_LEAK(after_exception, "heap 37 B in 1 block", "throw_and_take")
{
	lose(throw_and_take(37));
}
END_TEST
MUST_PASS(after_exception) { free(throw_and_take(37)); } END_TEST

/* Code without tables, which a compiler at run time made: no more is known than the
 * function it calls.  And assembly whose tables say that the return address is in a
 * register. */
#if defined __x86_64__
/* push %rbp; call *%rsi; pop %rbp; ret */
static const unsigned char generated[] = { 0x55, 0xff, 0xd6, 0x5d, 0xc3 };
__asm__(".pushsection .text\n"
	".type by_hand, @function\n"
	"by_hand:\n"
	"	.cfi_startproc\n"
	"	pop %r12\n" /* the test gives it back */
	"	.cfi_adjust_cfa_offset -8\n"
	"	.cfi_register %rip, %r12\n"
	"	call *%rsi\n"
	"	jmp *%r12\n"
	"	.cfi_endproc\n"
	".size by_hand, .-by_hand\n"
	".popsection\n");
#define BY_HAND_KEEPS "r12"
#else
/* stp x29, x30, [sp, #-16]!; blr x1; ldp x29, x30, [sp], #16; ret */
static const uint32_t generated[] = { 0xa9bf7bfd, 0xd63f0020, 0xa8c17bfd, 0xd65f03c0 };
__asm__(".pushsection .text\n"
	".type by_hand, %function\n"
	"by_hand:\n"
	"	.cfi_startproc\n"
	"	mov x19, x30\n" /* the test gives it back */
	"	.cfi_register x30, x19\n"
	"	blr x1\n"
	"	br x19\n"
	"	.cfi_endproc\n"
	".size by_hand, .-by_hand\n"
	".popsection\n");
#define BY_HAND_KEEPS "x19"
#endif

void *by_hand(size_t size, void *(*function)(size_t)) __attribute__((visibility("hidden")));

static NOINLINE void *call_by_hand(size_t size)
{
	void *block = by_hand(size, take);
	__asm__ volatile("" ::: BY_HAND_KEEPS, "memory");
	return block;
}
MUST_LEAK(by_hand, "heap 41 B in 1 block", "call_by_hand") { lose(call_by_hand(41)); } END_TEST
MUST_PASS(by_hand) { free(call_by_hand(41)); } END_TEST

static NOINLINE void *take_for_generated(size_t size)
{
	void *block = take(size);
	STAY;
	return block;
}
static void *call_generated(size_t size)
{
	char *page = mmap(NULL, sizeof generated, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(page, generated, sizeof generated);
	mprotect(page, sizeof generated, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(page, page + sizeof generated);
	void *(*call)(size_t, void *(*)(size_t));
	*(void **)&call = page;
	void *block = call(size, take_for_generated);
	munmap(page, sizeof generated);
	return block;
}
MUST_LEAK(generated, "heap 43 B in 1 block", "take_for_generated")
{
	lose(call_generated(43));
}
END_TEST
MUST_PASS(generated) { free(call_generated(43)); } END_TEST

/* The dynamic linker asks a resolver for a function's address when it is called for
 * the first time; what it takes is lost below the call. */
void *bound_late(void);
static NOINLINE void call_bound_late(void)
{
	bound_late();
	STAY;
}
MUST_LEAK(in_resolver, "heap 47 B in 1 block", "call_bound_late") { call_bound_late(); } END_TEST

/* The smallest stack that a thread may have, filled more than half. */
static NOINLINE void *deep(int depth)
{
	volatile char room[256];
	room[0] = 1;
	void *block = depth > 0 ? deep(depth - 1) : take(61);
	room[1] = 1;
	return block;
}
static void *start_small(void *unused)
{
	(void)unused;
	return deep(8);
}
static void *on_small_stack(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *block;
	pthread_attr_init(&attributes);
	need(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN)) == 0);
	need(pthread_create(&thread, &attributes, start_small, NULL) == 0);
	pthread_join(thread, &block);
	pthread_attr_destroy(&attributes);
	return use(block);
}
MUST_LEAK(on_small_stack, "heap 61 B in 1 block", "deep") { lose(on_small_stack()); } END_TEST
MUST_PASS(on_small_stack) { free(on_small_stack()); } END_TEST

#undef TWIN_CASE
#define TWIN_CASE "unloading"
/* A library that is gone when the report is made, and another one in its place. */
static void *(*function_of(void **library, const char *path))(size_t)
{
	*library = dlopen(path, RTLD_NOW);
	need(*library != NULL);
	return (void *(*)(size_t))(uintptr_t)dlsym(*library, "take_in_plugin");
}
static NOINLINE void *take_and_unload(size_t size, int others)
{
	void *library, *block = NULL;
	for (int i = 0; i <= others; i++) {
		const char *path = i == 0 ? "./one.so" : "./other.so";
		void *(*function)(size_t) = function_of(&library, path);
		void *mine = use(function(size));
		if (i == 0)
			block = mine;
		else
			free(mine);
		dlclose(library);
	}
	return block;
}
MUST_LEAK(unloaded, "heap 5300 B in 1 block", "take_in_plugin")
{
	lose(take_and_unload(5300, 0));
}
END_TEST
MUST_LEAK(unloaded_and_replaced, "heap 5900 B in 1 block", "take_inside_one")
{
	lose(take_and_unload(5900, 5));
}
END_TEST
MUST_PASS(unloaded_and_replaced) { free(take_and_unload(5900, 5)); } END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
