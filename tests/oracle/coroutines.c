/* SPDX-License-Identifier: MIT */
/* Coroutines by swapcontext, whose stacks are unmapped and mapped again smaller
 * at the same place. */
#include <sys/mman.h>
#include <ucontext.h>

#include "program.h"

enum { COROUTINES = 3, PAGE = 4096 };

static ucontext_t scheduler, coroutines[COROUTINES];
static int running;

static NOINLINE void work(int depth, int pauses)
{
	volatile char buffer[48];

	buffer[0] = 1;
	allocate_somewhere((unsigned)depth);
	if (depth > 0)
		work(depth - 1, pauses);
	else
		for (; pauses > 0; pauses--) {
			allocate(20);
			swapcontext(&coroutines[running], &scheduler);
			allocate(21);
		}
	buffer[1] = 1;
}

static void body(int number)
{
	work(3 + number * 4, 5);
}

static NOINLINE void one_round(size_t pages)
{
	char *stacks[COROUTINES];

	for (int i = 0; i < COROUTINES; i++) {
		stacks[i] = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		getcontext(&coroutines[i]);
		coroutines[i].uc_stack.ss_sp = stacks[i];
		coroutines[i].uc_stack.ss_size = pages * PAGE;
		coroutines[i].uc_link = &scheduler;
		makecontext(&coroutines[i], (void (*)(void))(void *)body, 1, i);
	}
	for (int pass = 0; pass < 6; pass++)
		for (running = 0; running < COROUTINES; running++) {
			allocate_somewhere((unsigned)pass);
			swapcontext(&scheduler, &coroutines[running]);
		}
	for (int i = 0; i < COROUTINES; i++)
		munmap(stacks[i], pages * PAGE);
}

int main(int argc, char **argv)
{
	for (int round = rounds_of(argc, argv) * 10; round > 0; round--)
		one_round(round % 2 ? 16 : 4);
	return 0;
}
