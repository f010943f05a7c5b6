/* SPDX-License-Identifier: MIT */
/* Handles of the program's own: a pool that tells of its chunks, and numbers. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>

#include "leakcheck.h"

#define TWIN_CASE "handles"
#include "twins.h"

enum { CHUNK = 32, CHUNKS = 4096 };
static char pool[CHUNK * CHUNKS];
static unsigned pool_used;

/* Never gives out again what was given back: fine for a test. */
static void *chunk_take(void)
{
	void *chunk = &pool[CHUNK * (pool_used++ % CHUNKS)];

	leakcheck_track(chunk, CHUNK, "chunk");
	return chunk;
}

static void chunk_give(void *chunk)
{
	ck_assert_int_eq(leakcheck_untrack(chunk, "chunk"), 1);
}

MUST_PASS(given_back)
{
	chunk_give(chunk_take());
}
END_TEST
MUST_LEAK(chunk, ", 32 B, not given back, rises each time [+1]", "chunk_take")
{
	use(chunk_take());
}
END_TEST
MUST_LEAK(chunks, " and 2 more, 96 B, not given back", "chunk_take")
{
	for (int i = 0; i < 3; i++)
		use(chunk_take());
}
END_TEST
MUST_LEAK(one_of_two, ", 32 B, not given back", "chunk_take")
{
	for (int i = 0; i < 2; i++)
		if (i > 0)
			chunk_give(chunk_take());
		else
			use(chunk_take());
}
END_TEST
static intptr_t sessions;
MUST_LEAK(number, "handle session 0x1, not given back", BODY)
{
	leakcheck_track((void *)++sessions, 0, "session");
}
END_TEST
MUST_PASS(numbers)
{
	leakcheck_track((void *)7, 0, "session");
	leakcheck_track((void *)0, 0, "session");
	ck_assert_int_eq(leakcheck_untrack((void *)0, "session"), 1);
	ck_assert_int_eq(leakcheck_untrack((void *)7, "session"), 1);
	ck_assert_int_eq(leakcheck_untrack((void *)7, "session"), 0);
}
END_TEST
MUST_PASS(no_kind)
{
	leakcheck_track((void *)7, 0, NULL);
	ck_assert_int_eq(leakcheck_untrack((void *)7, ""), 1);
}
END_TEST
MUST_LEAK(another_kind, "handle slot 0x8, not given back", BODY)
{
	leakcheck_track((void *)8, 0, "slot");
	leakcheck_track((void *)8, 0, "session");
	ck_assert_int_eq(leakcheck_untrack((void *)8, "session"), 1);
}
END_TEST
MUST_LEAK(twice, "handle slot 0x9, not given back", BODY)
{
	for (int i = 0; i < 2; i++)
		leakcheck_track((void *)9, 0, "slot");
	ck_assert_int_eq(leakcheck_untrack((void *)9, "slot"), 1);
}
END_TEST
MUST_PASS(pool_destroyed)
{
	static char other[100];

	for (int i = 0; i < 100; i++)
		leakcheck_track(&other[i], 1, "chunk");
	ck_assert_uint_eq(leakcheck_untrack_within(other, sizeof other), 100);
	ck_assert_uint_eq(leakcheck_untrack_within(other, sizeof other), 0);
}
END_TEST
MUST_LEAK(another_pool_destroyed, ", 32 B, not given back", "chunk_take")
{
	static char other[100];

	use(chunk_take());
	leakcheck_track(other + 99, 1, "chunk");
	ck_assert_uint_eq(leakcheck_untrack_within(other, sizeof other), 1);
}
END_TEST
/* Not more each time: a note. */
MUST_PASS(once)
{
	static bool is_there;

	if (!is_there)
		leakcheck_track(&is_there, 0, "cache");
	is_there = true;
}
END_TEST
MUST_PASS(ignored)
{
	leakcheck_ignore_begin();
	use(chunk_take());
	leakcheck_ignore_end();
}
END_TEST
/* What the block itself holds is judged by itself. */
MUST_LEAK(of_heap, AMONG "handle buffer 0x", BODY)
{
	void *block = use(malloc(123));

	leakcheck_track(block, 123, "buffer");
}
END_TEST
MUST_PASS(many)
{
	enum { MANY = 50000 };

	for (uintptr_t i = 0; i < MANY; i++)
		if (!leakcheck_track((void *)(i * 64), 64, "many"))
			ck_abort_msg("no room for %lu", (unsigned long)i);
	for (uintptr_t i = 0; i < MANY; i++)
		if (!leakcheck_untrack((void *)(i * 64), "many"))
			ck_abort_msg("%lu was forgotten", (unsigned long)i);
}
END_TEST
static void *take_and_give(void *argument)
{
	enum { TIMES = 3000 };

	for (uintptr_t i = 0; i < TIMES; i++) {
		/* All threads go for the same rows. */
		leakcheck_track((void *)(i % 13), 1, "shared");
		leakcheck_track((char *)argument + i % 7, 1, "own");
		if (!leakcheck_untrack((char *)argument + i % 7, "own") ||
		    !leakcheck_untrack((void *)(i % 13), "shared"))
			return argument;
	}
	return NULL;
}
static void run_threads(void)
{
	enum { THREADS = 4 };
	pthread_t threads[THREADS];
	static char own[THREADS][8];

	for (int i = 0; i < THREADS; i++)
		need(pthread_create(&threads[i], NULL, take_and_give, own[i]) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		need(pthread_join(threads[i], &wrong) == 0);
		ck_assert_ptr_null(wrong);
	}
}
MUST_PASS(threads)
{
	run_threads();
}
END_TEST
MUST_LEAK(beside_threads, "handle left 0x", BODY)
{
	leakcheck_track(pool, 1, "left");
	run_threads();
}
END_TEST
/* A child's are its own. */
MUST_PASS(child)
{
	int status = -1;

	leakcheck_track(pool, 1, "parent");
	pid_t child = fork();
	if (child == 0) {
		use(chunk_take());
		_exit(leakcheck_untrack(pool, "parent") != 1);
	}
	need(waitpid(child, &status, 0) == child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(leakcheck_untrack(pool, "parent"), 1);
}
END_TEST
static void take_in_signal(int number)
{
	(void)number;
	leakcheck_track(pool, 1, "signal");
}
MUST_LEAK(signal_handler, "handle signal 0x", "take_in_signal")
{
	signal(SIGUSR1, take_in_signal);
	raise(SIGUSR1);
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
