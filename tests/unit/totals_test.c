/* SPDX-License-Identifier: MIT */
/* Rows put by hand; none of the blocks exists. */
#include "probe/totals.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "probe/counters.h"
#include "probe/heap.h"
#include "probe/tracker.h"
#include "probe/unwind.h"

enum { THREADS = 4, PAIRS = 20000, SIZE = 48 };

static uintptr_t next_address = 0x10000000000;

static __attribute__((noinline)) void *take(size_t size)
{
	void *block = (void *)__atomic_fetch_add(&next_address, 64, __ATOMIC_RELAXED);

	lk_heap_put(block, size, __builtin_frame_address(0));
	return block;
}

static struct lk_totals_sum sum(void)
{
	struct lk_totals_sum sum;

	lk_totals_sum(&sum);
	return sum;
}

static void setup(void)
{
	lk_tracker.heap = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	lk_unwind_set_depth(32);
}

START_TEST(nothing_is_counted_until_it_is_requested)
{
	take(SIZE);
	ck_assert(!lk_totals_known());
	ck_assert_uint_eq(sum().allocations, 0);
}
END_TEST

START_TEST(what_was_alive_at_the_request_is_alive)
{
	void *block = take(SIZE);

	ck_assert(lk_totals_request());
	ck_assert(lk_totals_request());
	ck_assert_uint_eq(sum().live_bytes, SIZE);
	lk_heap_take(block, NULL);
	ck_assert_uint_eq(sum().live_bytes, 0);
	ck_assert_uint_eq(sum().releases, 1);
	ck_assert_uint_eq(sum().allocations, 0);
	ck_assert_uint_eq(sum().peak_bytes, SIZE);
}
END_TEST

START_TEST(without_a_heap_it_is_refused)
{
	lk_tracker.heap = false;
	ck_assert(!lk_totals_request());
}
END_TEST

static void *pairs(void *unused)
{
	for (int i = 0; i < PAIRS; i++)
		lk_heap_take(take(SIZE), NULL);
	return unused;
}

static void *lose(void *unused)
{
	for (int i = 0; i < PAIRS; i++)
		take(SIZE);
	return unused;
}

static void add(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes)
{
	uint64_t *total = context;

	ck_assert_uint_ne(stack, LK_STACK_NONE);
	total[0] += blocks;
	total[1] += bytes;
}

static void run(void *(*routine)(void *))
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, routine, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

START_TEST(every_event_of_many_threads_counts)
{
	uint64_t total[2] = { 0 };

	take(SIZE); /* this thread's counters were in use before */
	ck_assert(lk_totals_request());
	run(pairs);
	run(lose);
	ck_assert_uint_eq(sum().allocations, 2 * THREADS * PAIRS);
	ck_assert_uint_eq(sum().allocated_bytes, 2 * THREADS * PAIRS * SIZE);
	ck_assert_uint_eq(sum().releases, THREADS * PAIRS);
	ck_assert_uint_eq(sum().live_bytes, (THREADS * PAIRS + 1) * SIZE);
	ck_assert_uint_eq(sum().peak_bytes, sum().live_bytes);
	lk_totals_each(add, total);
	ck_assert_uint_eq(total[0], 2 * THREADS * PAIRS);
	ck_assert_uint_eq(total[1], 2 * THREADS * PAIRS * SIZE);
	ck_assert_uint_eq(lk_totals_lost(), 0);
	/* And what the counters tell is the same as without. */
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), THREADS * PAIRS + 1);
	ck_assert_uint_eq(lk_counters_allocations(), 2 * THREADS * PAIRS + 1);
}
END_TEST

START_TEST(a_window_is_counted_apart)
{
	uint64_t inside[2] = { 0 }, outside[2] = { 0 };
	struct lk_totals_sum window;

	ck_assert(lk_totals_request());
	take(10);
	lk_totals_window_begin();
	lk_tracker_mark();
	lk_heap_take(take(1000), NULL);
	take(20);
	lk_totals_sum_window(&window);
	lk_totals_each(add, inside);
	lk_totals_window_end();
	lk_totals_window_end();
	take(30);
	lk_totals_each_outside(add, outside);
	ck_assert_uint_eq(inside[0], 2);
	ck_assert_uint_eq(inside[1], 1020);
	ck_assert_uint_eq(outside[0], 2);
	ck_assert_uint_eq(outside[1], 40);
	ck_assert_uint_eq(window.allocations, 2);
	ck_assert_uint_eq(window.releases, 1);
	ck_assert_uint_eq(window.peak_bytes, 1000);
	ck_assert_uint_eq(sum().allocations, 4);
	ck_assert_uint_eq(sum().peak_bytes, 1010);

	lk_totals_window_begin();
	take(5);
	inside[0] = inside[1] = 0;
	lk_totals_each(add, inside);
	lk_totals_sum_window(&window);
	ck_assert_uint_eq(inside[1], 5);
	ck_assert_uint_eq(window.peak_bytes, 5);
}
END_TEST

START_TEST(a_resize_is_an_allocation_and_a_release)
{
	struct lk_block row;

	ck_assert(lk_totals_request());
	void *block = take(100);
	lk_heap_take(block, &row);
	lk_heap_restore(&row); /* realloc failed */
	ck_assert_uint_eq(sum().releases, 0);
	ck_assert_uint_eq(sum().live_bytes, 100);
	lk_heap_take(block, &row);
	lk_heap_move(block, 300, &row, true, __builtin_frame_address(0));
	ck_assert_uint_eq(sum().allocations, 2);
	ck_assert_uint_eq(sum().releases, 1);
	ck_assert_uint_eq(sum().live_bytes, 300);
	ck_assert_uint_eq(sum().allocated_bytes, 400);
}
END_TEST

START_TEST(scopes_of_the_peak_nest)
{
	ck_assert(lk_totals_request());
	lk_heap_take(take(1000), NULL);
	uint64_t before = lk_totals_peak_begin();
	ck_assert_uint_eq(sum().peak_bytes, 0);
	lk_heap_take(take(10), NULL);
	ck_assert_uint_eq(sum().peak_bytes, 10);
	lk_totals_peak_end(before);
	ck_assert_uint_eq(sum().peak_bytes, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("totals");
	TCase *tcase = tcase_create("totals");
	SRunner *runner;

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, nothing_is_counted_until_it_is_requested);
	tcase_add_test(tcase, what_was_alive_at_the_request_is_alive);
	tcase_add_test(tcase, without_a_heap_it_is_refused);
	tcase_add_test(tcase, every_event_of_many_threads_counts);
	tcase_add_test(tcase, a_window_is_counted_apart);
	tcase_add_test(tcase, a_resize_is_an_allocation_and_a_release);
	tcase_add_test(tcase, scopes_of_the_peak_nest);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
