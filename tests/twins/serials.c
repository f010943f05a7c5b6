/* SPDX-License-Identifier: MIT */
/* Allocations by number: each test loses a block in lose_here that is to be found by it. */
#include <malloc.h>
#include <pthread.h>

#define TWIN_CASE "serials"
#include "twins.h"

static __attribute__((noinline)) void lose_here(size_t size)
{
	lose(malloc(size));
}

static void make_some(void)
{
	void *aligned;

	for (size_t i = 0; i < 5; i++)
		free(use(malloc(i)));
	free(use(realloc(use(calloc(3, 5)), 5000)));
	need(posix_memalign(&aligned, 64, 10) == 0);
	free(aligned);
	free(use(aligned_alloc(64, 64)));
	free(use(memalign(64, 10)));
	free(use(valloc(10)));
	free(use(pvalloc(10)));
	free(use(reallocarray(NULL, 2, 10)));
}

MUST_LEAK(one, "heap 30 B in 1 block, lost: nothing points to it, first at serial ", "lose_here")
{
	make_some();
	lose_here(30);
	make_some();
}
END_TEST
MUST_LEAK(three, "heap 90 B in 3 blocks, lost: nothing points to them, first at serial ",
	  "lose_here")
{
	make_some();
	for (int i = 0; i < 3; i++)
		lose_here(30);
}
END_TEST
/* The last that gave it. */
MUST_LEAK(moved, "heap 9000 B in 1 block, lost: nothing points to it, first at serial ", BODY)
{
	void *block = use(malloc(10));

	make_some();
	lose(realloc(block, 9000));
}
END_TEST
/* Another order each time, so no number is wanted; but all have one. */
static void *work(void *argument)
{
	for (int i = 0; i < 1000; i++)
		free(use(malloc(10)));
	lose_here(30);
	return argument;
}
MUST_LEAK(threads, "heap 120 B in 4 blocks, lost: nothing points to them, first at serial ",
	  "lose_here")
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		need(pthread_create(&threads[i], NULL, work, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}
END_TEST
/* It runs again, to see whether it grows, and is told of once all the same. */
struct node {
	struct node *next;
};
static struct node *list;
MUST_LEAK(grows, " runs], first at serial ", "lengthen")
{
	void lengthen(void);
	make_some();
	lengthen();
}
END_TEST
__attribute__((noinline)) void lengthen(void)
{
	struct node *node = malloc(sizeof *node);

	node->next = list;
	list = node;
}
MUST_PASS(clean)
{
	make_some();
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
