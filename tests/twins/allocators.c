/* SPDX-License-Identifier: MIT */
/* Small blocks, which other allocators place as close as 8 bytes to each other:
 * each one that stays is counted, and no other.  They stay in a table, because
 * whether they are lost is not the question here. */
#define TWIN_CASE "allocators"
#include "twins.h"

#include <malloc.h>
#include <pthread.h>
#include <stdint.h>

enum { BLOCKS = 999 };

static void *volatile blocks[BLOCKS];

static __attribute__((noinline)) void take(size_t size)
{
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = use(malloc(size));
}

static void give(int first, int distance)
{
	for (int i = first; i < BLOCKS; i += distance) {
		free(blocks[i]);
		blocks[i] = NULL;
	}
}

#define SIZES(name, size, lost)                                                        \
	MUST_PASS(all_of_##name)                                                       \
	{                                                                              \
		take(size);                                                            \
		give(0, 1);                                                            \
	}                                                                              \
	END_TEST                                                                       \
	MUST_LEAK(all_of_##name, "heap " #lost " B in 999 blocks", "take")             \
	{                                                                              \
		take(size);                                                            \
	}                                                                              \
	END_TEST
SIZES(1, 1, 999)
SIZES(8, 8, 7992)
SIZES(16, 16, 15984)
SIZES(24, 24, 23976)

MUST_LEAK(every_second_of_8, "heap 3992 B in 499 blocks", "take")
{
	take(8);
	give(0, 2);
}
END_TEST

MUST_LEAK(every_third_of_16, "heap 5328 B in 333 blocks", "take")
{
	take(16);
	give(0, 3);
	give(1, 3);
}
END_TEST

/* Neighbours come and go beside the one that stays. */
MUST_LEAK(one_among_many, "heap 8 B in 1 block", "take")
{
	for (int round = 0; round < 20; round++) {
		take(8);
		if (round == 10)
			blocks[500] = NULL;
		give(0, 1);
	}
}
END_TEST

MUST_PASS(grown_and_shrunk)
{
	take(8);
	for (int i = 0; i < BLOCKS; i++)
		blocks[i] = realloc(realloc(blocks[i], 100), 8);
	give(0, 1);
}
END_TEST

MUST_LEAK(grown, "heap 8325 B in 333 blocks", BODY)
{
	take(8);
	for (int i = 0; i < BLOCKS; i += 3)
		blocks[i] = use(realloc(blocks[i], 25));
	give(1, 3);
	give(2, 3);
}
END_TEST

static void *take_and_give(void *unused)
{
	void *volatile mine[200]; /* `use` is not for two threads at once */

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 200; i++)
			mine[i] = malloc(8);
		for (int i = 0; i < 200; i++)
			free(mine[i]);
	}
	return unused;
}

static void meanwhile(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		need(pthread_create(&threads[i], NULL, take_and_give, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

MUST_PASS(in_threads) { meanwhile(); } END_TEST
MUST_LEAK(beside_threads, "heap 7992 B in 999 blocks", "take")
{
	take(8);
	meanwhile();
}
END_TEST

/* How close they are is said for whoever reads the test's log. */
static void tell_distance(void)
{
	uintptr_t least = UINTPTR_MAX;

	take(8);
	for (int i = 1; i < BLOCKS; i++) {
		uintptr_t one = (uintptr_t)blocks[i - 1], other = (uintptr_t)blocks[i];
		uintptr_t distance = one > other ? one - other : other - one;
		least = distance < least ? distance : least;
	}
	give(0, 1);
	printf("%lu\n", (unsigned long)least);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "distance") == 0) {
		tell_distance();
		return 0;
	}
	meanwhile(); /* what libc keeps for threads is there from now on */
	return twins_main(argc, argv);
}
