/* SPDX-License-Identifier: MIT */
/* The clock is ours: nothing here waits. */
#include "judge/settle.h"

#include <check.h>

enum { LOOKS_MAX = 20, WAIT_MAX_US = 100000, NEVER = 1000 };

static unsigned looks, settled_at, waits;
static unsigned long now_us, waited_us[100];

static bool is_settled(void *context)
{
	ck_assert_ptr_eq(context, &looks);
	/* Every look but the first follows a wait. */
	ck_assert_uint_ge(waits + 1, looks);
	return ++looks >= settled_at;
}

static void wait(unsigned long microseconds)
{
	ck_assert_uint_eq(waits + 1, looks);
	ck_assert_uint_lt(waits, 100);
	waited_us[waits++] = microseconds;
	now_us += microseconds;
}

static bool settle(unsigned at, unsigned limit_ms)
{
	looks = waits = 0;
	now_us = 0;
	settled_at = at;
	return lk_settle(is_settled, &looks, wait, limit_ms);
}

START_TEST(stops_at_once)
{
	ck_assert(settle(1, 450));
	ck_assert_uint_eq(looks, 1);
	ck_assert_uint_eq(waits, 0);
	for (unsigned at = 2; at <= LOOKS_MAX; at++) {
		ck_assert(settle(at, 60000));
		ck_assert_uint_eq(looks, at);
		ck_assert_uint_eq(waits, at - 1);
	}
}
END_TEST

START_TEST(waits_twice_as_long_each_time)
{
	unsigned long wanted = 1;

	settle(NEVER, 60000);
	ck_assert_uint_ge(waits, LOOKS_MAX - 1);
	for (unsigned i = 0; i < waits; i++) {
		ck_assert_uint_eq(waited_us[i], wanted);
		wanted = wanted * 2 < WAIT_MAX_US ? wanted * 2 : WAIT_MAX_US;
	}
}
END_TEST

START_TEST(looks_twenty_times_at_most)
{
	ck_assert(!settle(NEVER, 60000));
	ck_assert_uint_eq(looks, LOOKS_MAX);
}
END_TEST

START_TEST(waits_no_longer_than_the_limit)
{
	for (unsigned limit_ms = 1; limit_ms <= 300; limit_ms++) {
		ck_assert(!settle(NEVER, limit_ms));
		/* The whole of it, when the back-off is not exhausted before. */
		ck_assert_uint_eq(now_us, limit_ms * 1000ul);
		/* And looks again after the last wait. */
		ck_assert_uint_gt(looks, waits);
	}
	ck_assert(settle(9, 1));
	ck_assert_uint_le(now_us, 1000);
}
END_TEST

START_TEST(does_not_wait_without_time)
{
	ck_assert(!settle(NEVER, 0));
	ck_assert_uint_eq(waits, 0);
	ck_assert(settle(1, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settle");
	TCase *tests = tcase_create("settle");

	tcase_add_test(tests, stops_at_once);
	tcase_add_test(tests, waits_twice_as_long_each_time);
	tcase_add_test(tests, looks_twenty_times_at_most);
	tcase_add_test(tests, waits_no_longer_than_the_limit);
	tcase_add_test(tests, does_not_wait_without_time);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
