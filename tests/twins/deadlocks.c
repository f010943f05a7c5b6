/* SPDX-License-Identifier: MIT */
/* Threads that wait for each other in a circle, and others that nobody can wake; and
 * the same that come through. */
#include <pthread.h>
#include <sched.h>
#include <time.h>

static void setup(void);
#define TWINS_CASE(tcase, name) tcase_add_checked_fixture(tcase, setup, NULL)
#include "blocked.h"
#include "twins.h"

#define NOINLINE __attribute__((noinline))

/* For the threads that stay, and for those that come through. */
static struct pair {
	pthread_mutex_t a, b;
} stay = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER },
  pass = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };
static pthread_barrier_t both, all;
static pthread_t first, second, third;
static volatile int sink;

/* Threads tell their numbers, and do not wait for anything before. */
static volatile pid_t tids[3];
static void wait_until_all_blocked(int count)
{
	for (int i = 0; i < count; i++)
		wait_until_blocked(&tids[i]);
}
static void start(pthread_t *thread, void *(*routine)(void *), void *argument)
{
	need(pthread_create(thread, NULL, routine, argument) == 0);
}

#define TWIN_CASE "deadlocks"

/* The order of two locks. */
static NOINLINE void take(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	sink++;
}
static void give(pthread_mutex_t *mutex) { pthread_mutex_unlock(mutex); }
static NOINLINE void *a_then_b(void *argument)
{
	struct pair *pair = argument;
	take(&pair->a);
	if (pair == &stay)
		pthread_barrier_wait(&both);
	tids[0] = gettid();
	take(&pair->b);
	give(&pair->b);
	give(&pair->a);
	return argument;
}
static NOINLINE void *b_then_a(void *argument)
{
	struct pair *pair = argument;
	take(&pair->b);
	pthread_barrier_wait(&both);
	tids[1] = gettid();
	take(&pair->a);
	give(&pair->a);
	give(&pair->b);
	return argument;
}
MUST_LEAK(abba, AMONG "of 2 threads", "b_then_a")
{
	start(&first, a_then_b, &stay);
	start(&second, b_then_a, &stay);
	wait_until_all_blocked(2);
}
END_TEST
MUST_PASS(abab)
{
	start(&first, a_then_b, &pass);
	start(&second, a_then_b, &pass);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
}
END_TEST

/* A lock that is taken twice. */
static NOINLINE void *take_twice(void *argument)
{
	take(argument);
	tids[0] = gettid();
	take(argument);
	sink++;
	return argument;
}
MUST_LEAK(itself, AMONG "of 1 thread", "take_twice")
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	start(&first, take_twice, &mutex);
	wait_until_all_blocked(1);
}
END_TEST
MUST_PASS(itself)
{
	pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	start(&first, take_twice, &mutex);
	pthread_join(first, NULL);
}
END_TEST

/* Three that join each other: of two, the C library refuses the second. */
static struct place {
	int number;
	pthread_t *next;
} ring[3] = { { 0, &second }, { 1, &third }, { 2, &first } };
static NOINLINE void *join_next(void *argument)
{
	struct place *place = argument;
	pthread_barrier_wait(&all);
	tids[place->number] = gettid();
	pthread_join(*place->next, NULL);
	sink++;
	return argument;
}
MUST_LEAK(ring, AMONG "of 3 threads", "join_next")
{
	start(&first, join_next, &ring[0]);
	start(&second, join_next, &ring[1]);
	start(&third, join_next, &ring[2]);
	pthread_barrier_wait(&all);
	wait_until_all_blocked(3);
}
END_TEST

/* One holds what the thread needs that it joins. */
static NOINLINE void *take_c(void *c)
{
	tids[1] = gettid();
	take(c);
	give(c);
	return NULL;
}
static NOINLINE void *hold_c_and_join(void *c)
{
	take(c);
	start(&second, take_c, c);
	tids[0] = gettid();
	pthread_join(second, NULL);
	give(c);
	return NULL;
}
MUST_LEAK(join_with_lock, AMONG "of 2 threads", "hold_c_and_join")
{
	static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
	start(&first, hold_c_and_join, &c);
	wait_until_all_blocked(2);
}
END_TEST
MUST_PASS(join_without_lock)
{
	pthread_mutex_t c = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	start(&first, take_c, &c);
	pthread_join(first, NULL);
}
END_TEST

/* Locks for reading and writing: who writes is known. */
static pthread_rwlock_t left = PTHREAD_RWLOCK_INITIALIZER, right = PTHREAD_RWLOCK_INITIALIZER;
static NOINLINE void *write_left_read_right(void *argument)
{
	pthread_rwlock_wrlock(&left);
	pthread_barrier_wait(&both);
	tids[0] = gettid();
	pthread_rwlock_rdlock(&right);
	sink++;
	return argument;
}
static NOINLINE void *write_right_write_left(void *argument)
{
	pthread_rwlock_wrlock(&right);
	pthread_barrier_wait(&both);
	tids[1] = gettid();
	pthread_rwlock_wrlock(&left);
	sink++;
	return argument;
}
MUST_LEAK(readers_and_writers, AMONG "of 2 threads", "write_right_write_left")
{
	start(&first, write_left_read_right, NULL);
	start(&second, write_right_write_left, NULL);
	wait_until_all_blocked(2);
}
END_TEST

/* No circle, but nobody is left who could give the lock. */
static NOINLINE void *take_and_end(void *argument)
{
	take(argument);
	return NULL;
}
static NOINLINE void *take_too_late(void *argument)
{
	tids[0] = gettid();
	take(argument);
	sink++;
	return NULL;
}
MUST_LEAK(holder_has_ended, "never goes on: the thread that holds the lock has ended",
	  "take_too_late")
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	start(&first, take_and_end, &mutex);
	pthread_join(first, NULL);
	start(&second, take_too_late, &mutex);
	wait_until_all_blocked(1);
}
END_TEST
MUST_LEAK(test_holds_lock, "probably never goes on: the test is over", "take_too_late")
{
	pthread_t thread;
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	take(&mutex);
	start(&thread, take_too_late, &mutex);
	wait_until_all_blocked(1);
}
END_TEST
/* Who waits behind a circle waits as long. */
static NOINLINE void *join_first(void *argument)
{
	tids[1] = gettid();
	pthread_join(first, NULL);
	sink++;
	return argument;
}
MUST_LEAK(behind, AMONG "never goes on: the thread that it waits for never goes on", "join_first")
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	start(&first, take_twice, &mutex);
	start(&second, join_first, NULL);
	wait_until_all_blocked(2);
}
END_TEST

static int ends[2];
static NOINLINE void *read_pipe(void *argument)
{
	char byte;
	tids[0] = gettid();
	sink += (int)read(ends[0], &byte, 1);
	return argument;
}
MUST_LEAK(own_pipe, "probably never goes on: the test is over, and the pipe's other end is in this",
	  "read_pipe")
{
	pthread_t thread;
	start(&thread, read_pipe, NULL);
	wait_until_all_blocked(1);
}
END_TEST

/* It looks like a circle, but time ends it. */
static NOINLINE void *take_twice_in_time(void *argument)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 1000;
	take(argument);
	tids[0] = gettid();
	pthread_mutex_timedlock(argument, &until);
	sink++;
	return argument;
}
MUST_LEAK(timed, "[mutex 0x", "take_twice_in_time")
{
	pthread_t thread;
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	start(&thread, take_twice_in_time, &mutex);
	wait_until_all_blocked(1);
}
END_TEST

static void setup(void)
{
	memset((void *)tids, 0, sizeof tids);
}

int main(int argc, char **argv)
{
	pthread_barrier_init(&both, NULL, 2);
	pthread_barrier_init(&all, NULL, 4);
	need(pipe(ends) == 0);
	return twins_main(argc, argv);
}
