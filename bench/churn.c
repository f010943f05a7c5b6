/* SPDX-License-Identifier: MIT */
/* churn DEPTH PAIRS THREADS: each thread does PAIRS pairs of malloc and free.
 *
 * Every malloc stands at the end of a chain of DEPTH calls that begins anew.  The
 * four calls outside the innermost one have two call sites each, chosen at random:
 * 16 distinct stacks, of which four frames change from one to the next on average.  A
 * block of 16 to 271 bytes lives until 64 more were taken by its thread. */
#include <pthread.h>

#include "bench.h"

enum { RING = 64 };

static unsigned branches, outer_calls;
static unsigned long pairs;

static NOINLINE void *take(size_t size)
{
	char *block = malloc(size);

	if (block)
		*block = 1;
	KEEP(block, "take");
	return block;
}

static NOINLINE void *branch(unsigned left, uint64_t path, size_t size)
{
	void *block;

	if (left == 1 && (path & 1)) {
		block = take(size);
		KEEP(block, "innermost, one site");
	} else if (left == 1) {
		block = take(size);
		KEEP(block, "innermost, other site");
	} else if (path & 1) {
		block = branch(left - 1, path >> 1, size);
		KEEP(block, "one site");
	} else {
		block = branch(left - 1, path >> 1, size);
		KEEP(block, "other site");
	}
	return block;
}

static NOINLINE void *descend(unsigned left, uint64_t path, size_t size)
{
	void *block;

	if (left == 0)
		block = branch(branches, path, size);
	else
		block = descend(left - 1, path, size);
	KEEP(block, "descend");
	return block;
}

static void *work(void *argument)
{
	uint64_t state = 88172645463325252u + (uintptr_t)argument;
	void *ring[RING] = { NULL };

	for (unsigned long i = 0; i < pairs; i++) {
		uint64_t value = next_random(&state);
		void **place = &ring[i % RING];

		free(*place);
		*place = descend(outer_calls, value, 16 + (value >> 32) % 256);
	}
	for (unsigned i = 0; i < RING; i++)
		free(ring[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	enum { THREADS_MAX = 64 };
	unsigned depth = (unsigned)number(argc, argv, 1, 15);
	unsigned threads = (unsigned)number(argc, argv, 3, 1);
	pthread_t others[THREADS_MAX];

	pairs = number(argc, argv, 2, 1000000);
	if (depth < 5 || threads < 1 || threads > THREADS_MAX)
		return 2;
	branches = depth < 8 ? 2 : 4;
	outer_calls = depth - branches - 3; /* take, the last descend, work */

	struct stopwatch watch = start_watch();
	for (unsigned i = 1; i < threads; i++)
		if (pthread_create(&others[i], NULL, work, (void *)(uintptr_t)i) != 0)
			return 1;
	work(NULL);
	for (unsigned i = 1; i < threads; i++)
		pthread_join(others[i], NULL);
	stop_watch(&watch);
	print_bench("churn", &watch, pairs * threads);
	putchar('\n');
	return 0;
}
