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

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tests = tcase_create("verdict");

	tcase_add_test(tests, a_leak_is_a_leak);
	tcase_add_test(tests, what_was_not_seen_is_never_clean);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
