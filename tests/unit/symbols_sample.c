/* SPDX-License-Identifier: MIT */
/* A program with a bit of everything symbols_test.c wants to see named.  Prints
 * lines of "what address-in-the-file line...": the return address of a call,
 * and the source lines of the call and of the inlined calls around it. */
#include <inttypes.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>

static uintptr_t bias;

/* Keeps a call from becoming a jump. */
#define STAY() __asm__ volatile("" ::: "memory")

__attribute__((noinline)) static uintptr_t call(void)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);

	STAY();
	return pc;
}

__attribute__((noinline)) static void print(const char *what, uintptr_t pc, unsigned line)
{
	printf("%s %" PRIxPTR " %u", what, pc - bias, line);
}

__attribute__((noinline)) static void plain_function(void)
{
	print("plain", call(), __LINE__);
	STAY();
}

static inline __attribute__((always_inline)) void innermost(void)
{
	print("inlined", call(), __LINE__);
}

static inline __attribute__((always_inline)) unsigned middle(void)
{
	innermost(); return __LINE__;
}

__attribute__((noinline)) static void outermost(void)
{
	unsigned line = middle(), own_line = __LINE__;

	printf(" %u %u", line, own_line);
	STAY();
}

__attribute__((noinline)) void mangled(void) __asm__("_ZN5store5clearEi");
void mangled(void)
{
	print("mangled", call(), __LINE__);
	STAY();
}

__attribute__((noinline)) void __hidden_name(void);
void __hidden_name(void)
{
	print("aliased", call(), __LINE__);
	STAY();
}
void open_name(void) __attribute__((alias("__hidden_name")));

/* No debug information covers it, and it does not tell its size. */
void hand_written(void);
__asm__(".pushsection .text\n"
	".globl hand_written\n"
	"hand_written:\n"
	"	ret\n"
	"	ret\n"
	".type after_hand_written, @function\n"
	"after_hand_written:\n"
	"	ret\n"
	".size after_hand_written, . - after_hand_written\n"
	".popsection\n");

static int remember_bias(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)size, (void)context;
	bias = info->dlpi_addr;
	return 1;
}

int main(void)
{
	dl_iterate_phdr(remember_bias, NULL);
	plain_function();
	printf("\n");
	outermost();
	printf("\n");
	mangled();
	printf("\n");
	__hidden_name();
	printf("\n");
	print("assembly", (uintptr_t)hand_written + 2, 0);
	printf("\n");
	return 0;
}
