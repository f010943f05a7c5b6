/* SPDX-License-Identifier: MIT */
#include "probe/counters.h"

#include <check.h>
#include <pthread.h>
#include <stdbool.h>

enum { OLD = 1, EPOCH = 2, LATER = 3 };

/* Puts COUNT blocks of EPOCH, or takes them. */
static void put(uint32_t epoch, uint32_t current, int count)
{
	while (count-- > 0)
		lk_counters_block(epoch, current, +1, 1);
}

static void take(uint32_t epoch, uint32_t current, int count)
{
	while (count-- > 0)
		lk_counters_block(epoch, current, -1, 0);
}

static void run(void *(*routine)(void *), void *argument)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, routine, argument), 0);
	pthread_join(thread, NULL);
}

START_TEST(counts_the_blocks_of_the_epoch)
{
	ck_assert_int_eq(lk_counters_young(EPOCH), 0);
	put(EPOCH, EPOCH, 5);
	put(OLD, EPOCH, 2);
	take(EPOCH, EPOCH, 1);
	take(OLD, EPOCH, 7);
	ck_assert_int_eq(lk_counters_young(EPOCH), 4);
	ck_assert_int_eq(lk_counters_young(LATER), 0);
	ck_assert_uint_eq(lk_counters_allocations(), 7);

	take(EPOCH, LATER, 4);
	ck_assert_int_eq(lk_counters_young(LATER), 0);
	put(LATER, LATER, 3);
	ck_assert_int_eq(lk_counters_young(LATER), 3);
	ck_assert_int_eq(lk_counters_young(EPOCH), 0);
	ck_assert_uint_eq(lk_counters_allocations(), 10);
}
END_TEST

START_TEST(a_restored_block_is_no_allocation)
{
	put(EPOCH, EPOCH, 1);
	take(EPOCH, EPOCH, 1);
	lk_counters_block(EPOCH, EPOCH, +1, 0);
	ck_assert_int_eq(lk_counters_young(EPOCH), 1);
	ck_assert_uint_eq(lk_counters_allocations(), 1);
}
END_TEST

static void *put_ten(void *context)
{
	put(EPOCH, EPOCH, 10);
	*(void **)context = lk_self.counters;
	lk_counters_thread_end();
	return NULL;
}

START_TEST(sums_over_threads_also_ended_ones)
{
	void *first, *second;

	put(EPOCH, EPOCH, 1);
	run(put_ten, &first);
	take(EPOCH, EPOCH, 4); /* of another thread's */
	ck_assert_int_eq(lk_counters_young(EPOCH), 7);
	/* The next thread gets the set that the first one left, and what is in it. */
	run(put_ten, &second);
	ck_assert_ptr_eq(first, second);
	ck_assert_ptr_ne(first, lk_self.counters);
	ck_assert_int_eq(lk_counters_young(EPOCH), 17);
	ck_assert_uint_eq(lk_counters_allocations(), 21);
}
END_TEST

/* Destructors of thread-local values still allocate and release. */
static void *go_on_after_the_end(void *context)
{
	(void)context;
	put(EPOCH, EPOCH, 10);
	lk_counters_thread_end();
	put(EPOCH, EPOCH, 3);
	take(EPOCH, EPOCH, 12);
	lk_counters_thread_end();
	put(OLD, EPOCH, 1);
	take(EPOCH, EPOCH, 1);
	return NULL;
}

START_TEST(counts_after_the_end_of_a_thread)
{
	for (int i = 1; i <= 3; i++) {
		put(EPOCH, EPOCH, 2);
		run(go_on_after_the_end, NULL);
		ck_assert_int_eq(lk_counters_young(EPOCH), 2 * i);
		ck_assert_uint_eq(lk_counters_allocations(), 16u * (unsigned)i);
	}
}
END_TEST

static void *end_in_two_epochs(void *context)
{
	(void)context;
	lk_counters_thread_end();
	put(EPOCH, EPOCH, 5);
	ck_assert_int_eq(lk_counters_young(EPOCH), 5);
	put(LATER, LATER, 2);
	take(EPOCH, LATER, 5);
	return NULL;
}

START_TEST(the_shared_set_follows_the_epoch)
{
	run(end_in_two_epochs, NULL);
	ck_assert_int_eq(lk_counters_young(LATER), 2);
	ck_assert_int_eq(lk_counters_young(EPOCH), 0);
	ck_assert_uint_eq(lk_counters_allocations(), 7);
}
END_TEST

/* A handler interrupts its own thread, which is turning its set to a new epoch. */
START_TEST(a_set_that_is_busy_is_not_touched)
{
	put(EPOCH, EPOCH, 2);
	struct lk_counters *mine = lk_self.counters;
	struct lk_counters before = *mine;

	mine->busy = 1;
	put(LATER, LATER, 3);
	take(LATER, LATER, 1);
	ck_assert_uint_eq(mine->epoch, before.epoch);
	ck_assert_int_eq(mine->young, before.young);
	ck_assert_uint_eq(mine->allocations, before.allocations);
	ck_assert_int_eq(mine->busy, 1);
	ck_assert_int_eq(lk_counters_young(LATER), 2);
	mine->busy = 0;
	put(LATER, LATER, 5);
	ck_assert_int_eq(mine->young, 5);
	ck_assert_int_eq(lk_counters_young(LATER), 7);
	ck_assert_uint_eq(lk_counters_allocations(), 10);
}
END_TEST

enum { THREADS = 4, ROUNDS = 100000 };

static void *count_on(void *context)
{
	bool is_shared = context != NULL;

	if (is_shared)
		lk_counters_thread_end();
	put(EPOCH, EPOCH, ROUNDS);
	take(EPOCH, EPOCH, ROUNDS - 1);
	lk_counters_thread_end();
	return NULL;
}

START_TEST(counts_of_threads_at_the_same_time_add_up)
{
	pthread_t threads[THREADS];

	put(EPOCH, EPOCH, 1);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_on, i % 2 ? &threads : NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(lk_counters_young(EPOCH), THREADS + 1);
	ck_assert_uint_eq(lk_counters_allocations(), THREADS * ROUNDS + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counters");
	TCase *tests = tcase_create("counters");

	tcase_add_test(tests, counts_the_blocks_of_the_epoch);
	tcase_add_test(tests, a_restored_block_is_no_allocation);
	tcase_add_test(tests, sums_over_threads_also_ended_ones);
	tcase_add_test(tests, counts_after_the_end_of_a_thread);
	tcase_add_test(tests, the_shared_set_follows_the_epoch);
	tcase_add_test(tests, a_set_that_is_busy_is_not_touched);
	tcase_add_test(tests, counts_of_threads_at_the_same_time_add_up);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
