/* SPDX-License-Identifier: MIT */
/* Tests that use more memory than they may, beside tests that keep their limits. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "leakcheck.h"

static void *volatile sink;

static void *use(void *block)
{
	sink = block;
	block = sink;
	sink = NULL;
	return block;
}

#define lose(block) ((void)use(block))
#define need(condition) ((condition) ? (void)0 : abort())

static __attribute__((noinline)) void *take(size_t size)
{
	return use(malloc(size));
}

/* COUNT blocks of SIZE bytes, one after the other. */
static __attribute__((noinline)) void churn(int count, size_t size)
{
	for (int i = 0; i < count; i++)
		free(take(size));
}

/* So many at once. */
static __attribute__((noinline)) void pile_up(int count, size_t size)
{
	void **blocks = take((size_t)count * sizeof *blocks);

	for (int i = 0; i < count; i++)
		blocks[i] = take(size);
	for (int i = 0; i < count; i++)
		free(blocks[i]);
	free(blocks);
}

enum { MANY = 1000 };

#define PASSES(name, limit, code)                  \
	START_TEST(passes_##name)                  \
	{                                          \
		limit;                             \
		code;                              \
	}                                          \
	END_TEST
#define FAILS(name, limit, code)                   \
	START_TEST(fails_##name)                   \
	{                                          \
		limit;                             \
		code;                              \
	}                                          \
	END_TEST

PASSES(no_limit, LEAKCHECK_LIMIT(0, 0, 0, 0), churn(MANY, 1000))
/* Assertions of Check's allocate. */
PASSES(allocations, LEAKCHECK_LIMIT(MANY, MANY * 10, 0, 0),
       ck_assert_int_eq(1, 1);
       churn(MANY, 10);
       ck_assert_int_eq(1, 1))
FAILS(allocations, LEAKCHECK_LIMIT(MANY - 1, 0, 0, 0), churn(MANY, 10))
PASSES(bytes, LEAKCHECK_LIMIT(0, 100000, 0, 0), churn(100, 1000))
FAILS(bytes, LEAKCHECK_LIMIT(0, 99999, 0, 0), churn(100, 1000))
PASSES(peak, LEAKCHECK_LIMIT(0, 0, 20000, 0), churn(MANY, 10000))
FAILS(peak, LEAKCHECK_LIMIT(0, 0, 9999, 0), pile_up(10, 1000))
PASSES(growth, LEAKCHECK_LIMIT(0, 0, 0, 1000), pile_up(10, 1000))
static void *kept;
FAILS(growth, LEAKCHECK_LIMIT(0, 0, 0, 1000), kept = take(1001))
FAILS(none, LEAKCHECK_LIMIT(0, 0, 0, LEAKCHECK_NONE), kept = take(1))
PASSES(none, LEAKCHECK_LIMIT(0, 0, 0, LEAKCHECK_NONE), free(take(1)))
/* Before it, nothing counts. */
PASSES(before, (churn(MANY, 1000), LEAKCHECK_LIMIT(50, 5000, 5000, 50)), churn(2, 100))
FAILS(two, LEAKCHECK_LIMIT(100, 100000, 0, 0), churn(MANY, 1000))

START_TEST(passes_scope)
{
	churn(MANY, 10);
	int scope = LEAKCHECK_LIMIT_BEGIN(10, 0, 0, 0);
	churn(10, 10);
	int over = LEAKCHECK_LIMIT_END(scope);
	churn(MANY, 10);
	ck_assert_int_eq(over, 0);
}
END_TEST
START_TEST(fails_scope)
{
	int scope = LEAKCHECK_LIMIT_BEGIN(LEAKCHECK_NONE, 0, 0, 0);
	churn(1, 10);
	int over = LEAKCHECK_LIMIT_END(scope);
	churn(MANY, 10);
	ck_assert_int_eq(over, 1);
}
END_TEST
/* The outer scope breaks its limit of bytes, the inner one that of allocations. */
START_TEST(fails_nested)
{
	int outer = LEAKCHECK_LIMIT_BEGIN(0, 1000, 0, 0);
	churn(1, 1000);
	int inner = LEAKCHECK_LIMIT_BEGIN(5, 100, 0, 0);
	churn(6, 1);
	int inner_over = LEAKCHECK_LIMIT_END(inner);
	int outer_over = LEAKCHECK_LIMIT_END(outer);
	ck_assert_int_eq(inner_over, 1);
	ck_assert_int_eq(outer_over, 1);
}
END_TEST
/* A peak inside is one of the scope around it, too; one before is not. */
START_TEST(fails_peaks)
{
	pile_up(10, 3000);
	int outer = LEAKCHECK_LIMIT_BEGIN(0, 0, 9000, 0);
	int first = LEAKCHECK_LIMIT_BEGIN(0, 0, 5000, 0);
	pile_up(2, 1000);
	int first_over = LEAKCHECK_LIMIT_END(first);
	int second = LEAKCHECK_LIMIT_BEGIN(0, 0, 50000, 0);
	pile_up(10, 1000);
	int second_over = LEAKCHECK_LIMIT_END(second);
	int outer_over = LEAKCHECK_LIMIT_END(outer);
	ck_assert_int_eq(first_over, 0);
	ck_assert_int_eq(second_over, 0);
	ck_assert_int_eq(outer_over, 1);
}
END_TEST
/* Nor does it help to begin anew. */
START_TEST(fails_reset)
{
	LEAKCHECK_LIMIT(0, 0, 9000, 0);
	int inner = LEAKCHECK_LIMIT_BEGIN(0, 0, 5000, 0);
	pile_up(10, 1000);
	leakcheck_reset_peak();
	int over = LEAKCHECK_LIMIT_END(inner);
	ck_assert_int_eq(over, 1);
}
END_TEST
/* A set-up's limit holds for the test and its teardown. */
static void limit_in_setup(void)
{
	LEAKCHECK_LIMIT(MANY, 0, 0, 0);
}
START_TEST(fails_setup)
{
	churn(MANY + 1, 10);
}
END_TEST
START_TEST(passes_setup)
{
	churn(MANY, 10);
}
END_TEST
static void *work(void *argument)
{
	churn(MANY, 10);
	return argument;
}
START_TEST(fails_threads)
{
	pthread_t threads[4];

	LEAKCHECK_LIMIT(4 * MANY - 1, 0, 0, 0);
	for (int i = 0; i < 4; i++)
		need(pthread_create(&threads[i], NULL, work, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}
END_TEST
/* A leak beside it. */
START_TEST(fails_and_leaks)
{
	LEAKCHECK_LIMIT(100, 0, 0, 0);
	churn(MANY, 10);
	lose(take(77));
}
END_TEST
/* It runs again, and asks again, as often as need be: a test that is a leak besides. */
static void **list;
START_TEST(fails_again)
{
	int scope = LEAKCHECK_LIMIT_BEGIN(5, 0, 0, 0);
	churn(6, 10);
	ck_assert_int_eq(LEAKCHECK_LIMIT_END(scope), 1);
	LEAKCHECK_LIMIT(0, 1, 0, 0);
	void **entry = take(sizeof *entry);
	*entry = list;
	list = entry;
}
END_TEST
/* More scopes than there is room for. */
START_TEST(unsure_scopes)
{
	for (int i = 0; i < 17; i++)
		LEAKCHECK_LIMIT(1000000, 0, 0, 0);
}
END_TEST

int main(int argc, char **argv)
{
	static const TTest *const *const tests[] = {
		&passes_no_limit, &passes_allocations, &fails_allocations, &passes_bytes,
		&fails_bytes, &passes_peak, &fails_peak, &passes_growth,
		&fails_growth, &fails_none, &passes_none, &passes_before,
		&fails_two, &passes_scope, &fails_scope, &fails_nested,
		&fails_peaks, &fails_threads, &fails_and_leaks, &unsure_scopes,
		&fails_again, &fails_reset,
	};
	Suite *suite = suite_create("Budgets");
	TCase *tcase = tcase_create("budgets"), *limited = tcase_create("budgets");
	SRunner *runner = srunner_create(suite);
	const char *only = getenv("TWINS_ONLY");

	if (argc > 1) {
		/* Without Check. */
		int scope = LEAKCHECK_LIMIT_BEGIN(10, 0, 0, 0);
		churn(atoi(argv[1]), 10);
		int over = LEAKCHECK_LIMIT_END(scope);
		printf("%d\n", over);
		return 0;
	}
	suite_add_tcase(suite, tcase);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		if (!only || strcmp(only, (*tests[i])->name) == 0)
			tcase_add_test(tcase, *tests[i]);
	if (!only) {
		tcase_add_checked_fixture(limited, limit_in_setup, NULL);
		tcase_add_test(limited, fails_setup);
		tcase_add_test(limited, passes_setup);
		suite_add_tcase(suite, limited);
	}
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
