/* SPDX-License-Identifier: MIT */
#include "judge/verdict.h"

#include <check.h>

START_TEST(a_leak_is_a_leak)
{
	ck_assert_int_eq(lk_judge(1, 0), LK_LEAKED);
	ck_assert_int_eq(lk_judge(1, 1), LK_LEAKED);
	ck_assert_int_eq(lk_judge(UINT64_MAX, UINT64_MAX), LK_LEAKED);
	ck_assert_int_eq(lk_judge((uint64_t)1 << 32, 0), LK_LEAKED);
}
END_TEST

START_TEST(what_was_not_seen_is_never_clean)
{
	ck_assert_int_eq(lk_judge(0, 0), LK_CLEAN);
	ck_assert_int_eq(lk_judge(0, 1), LK_UNSURE);
	ck_assert_int_eq(lk_judge(0, (uint64_t)1 << 32), LK_UNSURE);
}
END_TEST

START_TEST(what_may_fail_a_test_is_asked_for)
{
	for (int class = 0; class < LK_CLASS_COUNT; class++)
		for (int again = 0; again < LK_AGAIN_COUNT; again++) {
			ck_assert_int_eq(lk_rule(class, again, LK_FAIL_ON_ALL), LK_RULING_fail);
			ck_assert_int_ne(lk_rule(class, again, 0), LK_RULING_fail);
		}
}
END_TEST

/* The rule that decides a leak. */
START_TEST(a_leak_is_lost_or_grows)
{
	const unsigned usual = LK_FAIL_ON_DEFAULT;

	for (int again = 0; again < LK_AGAIN_COUNT; again++) {
		ck_assert_int_eq(lk_rule(LK_CLASS_lost, again, usual), LK_RULING_fail);
		ck_assert_int_eq(lk_rule(LK_CLASS_indirect, again, usual), LK_RULING_fail);
		ck_assert_int_eq(lk_rule(LK_CLASS_libc, again, usual), LK_RULING_note);
		ck_assert_int_eq(lk_rule(LK_CLASS_replaced, again, usual), LK_RULING_note);
	}
	ck_assert_int_eq(lk_rule(LK_CLASS_retained, LK_AGAIN_grows, usual), LK_RULING_fail);
	ck_assert_int_eq(lk_rule(LK_CLASS_retained, LK_AGAIN_once, usual), LK_RULING_note);
	ck_assert_int_eq(lk_rule(LK_CLASS_retained, LK_AGAIN_settles, usual), LK_RULING_note);
	ck_assert_int_eq(lk_rule(LK_CLASS_retained, LK_AGAIN_unknown, usual), LK_RULING_unproven);
	/* A limit is no resource: it is broken, or not. */
	for (int class = LK_CLASS_open; class < LK_CLASS_exceeded; class++)
		ck_assert_int_ne(lk_rule(class, LK_AGAIN_once, usual), LK_RULING_fail);
	ck_assert_int_eq(lk_rule(LK_CLASS_exceeded, LK_AGAIN_unknown, usual), LK_RULING_fail);
	ck_assert_int_eq(lk_rule(LK_CLASS_unmeasured, LK_AGAIN_unknown, usual), LK_RULING_unproven);
	ck_assert_int_eq(lk_rule(LK_CLASS_open, LK_AGAIN_unknown, usual), LK_RULING_fail);
	ck_assert_int_eq(lk_rule(LK_CLASS_left, LK_AGAIN_unknown, usual), LK_RULING_fail);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tests = tcase_create("verdict");

	tcase_add_test(tests, a_leak_is_a_leak);
	tcase_add_test(tests, what_was_not_seen_is_never_clean);
	tcase_add_test(tests, what_may_fail_a_test_is_asked_for);
	tcase_add_test(tests, a_leak_is_lost_or_grows);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
