/* SPDX-License-Identifier: MIT */
/* Ordinary calls: random paths of many depths, trees, recursion, callbacks from
 * libc, frames of variable and of big size, longjmp, threads, tiny stacks. */
#include <alloca.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <string.h>

#include "program.h"

struct path {
	uint64_t seed;
	jmp_buf *escape;
};

typedef void descent(struct path *path, int depth);
static descent plain, with_buffer, with_alloca, with_big_frame, aligned;
static descent *const ways[] = { plain, with_buffer, with_alloca, with_big_frame, aligned };

static NOINLINE void go_on(struct path *path, int depth)
{
	unsigned choice = next_random(&path->seed);

	if (choice % 16 == 0)
		allocate_somewhere(choice >> 8);
	if (depth > 0)
		ways[(choice >> 4) % 5](path, depth - 1);
	else
		for (int i = 0; i < 8; i++)
			allocate_somewhere(next_random(&path->seed));
	if (path->escape && choice % 64 == 1)
		longjmp(*path->escape, 1);
	STAY;
}

static NOINLINE void plain(struct path *path, int depth)
{
	if (path->seed & 1)
		go_on(path, depth);
	else
		go_on(path, depth / 2);
	STAY;
}

static NOINLINE void with_buffer(struct path *path, int depth)
{
	volatile char buffer[200];

	buffer[depth] = 1;
	go_on(path, depth);
	buffer[0] = 2;
}

static NOINLINE void with_alloca(struct path *path, int depth)
{
	volatile char *buffer = alloca(16 + path->seed % 500);

	buffer[0] = 1;
	go_on(path, depth);
	buffer[1] = 2;
}

static NOINLINE void with_big_frame(struct path *path, int depth)
{
	volatile char buffer[9000];

	buffer[depth] = 1;
	go_on(path, depth);
	buffer[0] = 2;
}

static NOINLINE void aligned(struct path *path, int depth)
{
	volatile char buffer[64] __attribute__((aligned(64)));
	volatile char *variable = alloca(1 + path->seed % 64);

	buffer[depth % 64] = 1;
	variable[0] = 1;
	go_on(path, depth);
	buffer[0] = 2;
}

static NOINLINE void tree(int depth)
{
	allocate(24);
	if (depth > 0) {
		tree(depth - 1);
		tree(depth - 1);
	}
	allocate_somewhere((unsigned)depth);
}

static NOINLINE void recurse(int depth)
{
	allocate(24);
	if (depth > 0)
		recurse(depth - 1);
	allocate(25);
	STAY;
}

static int by_value(const void *left, const void *right)
{
	allocate(8);
	return *(const int *)left - *(const int *)right;
}

static NOINLINE void one_round(struct path *path)
{
	static const int depths[] = { 5, 15, 30, 60, 75 };
	int numbers[12];
	jmp_buf escape;

	for (int i = 0; i < 40; i++) {
		/* Some paths come again, as they do in programs. */
		path->seed = i % 4 ? path->seed : 1 + (unsigned)i % 7;
		go_on(path, depths[i % 5]);
	}
	for (volatile int i = 0; i < 10; i++) {
		path->escape = &escape;
		if (!setjmp(escape))
			go_on(path, 20);
		path->escape = NULL;
	}
	for (int i = 0; i < 12; i++)
		numbers[i] = (int)(next_random(&path->seed) % 100);
	qsort(numbers, 12, sizeof *numbers, by_value);
	tree(6);
	recurse(100);
}

static void *run(void *argument)
{
	struct path path = { .seed = (uintptr_t)argument };

	for (int round = (int)((uintptr_t)argument >> 8); round > 0; round--)
		one_round(&path);
	return NULL;
}

static void *run_small(void *argument)
{
	recurse(20);
	return argument;
}

int main(int argc, char **argv)
{
	uintptr_t rounds = (uintptr_t)rounds_of(argc, argv);
	pthread_t threads[4];
	pthread_attr_t small;

	run((void *)(rounds << 8 | 5));
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, run, (void *)((rounds / 4 + 1) << 8 | (i + 1)));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 16384);
	for (uintptr_t i = 0; i < rounds / 2 + 8; i++) {
		pthread_create(&threads[0], &small, run_small, NULL);
		pthread_join(threads[0], NULL);
	}
	return 0;
}
