/* SPDX-License-Identifier: MIT */
/* Several runners in one program, and one inside of a test. */
#include "twins.h"

START_TEST(inner_clean) { free(use(malloc(1))); } END_TEST
START_TEST(inner_leak) { lose(malloc(2)); } END_TEST
START_TEST(inner_failure) { ck_abort_msg("meant to fail"); } END_TEST

static Suite *suite_of(const char *name, const TTest *first, const TTest *second)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_add_test(tcase, first);
	tcase_add_test(tcase, second);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* Runs a suite inside the test that calls it; returns how many failed. */
static int run_inside(const TTest *first, const TTest *second)
{
	SRunner *runner = srunner_create(suite_of("inner", first, second));
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

#define TWIN_CASE "nested"
MUST_PASS(nested) { ck_assert_int_eq(run_inside(inner_clean, inner_clean), 0); } END_TEST
MUST_PASS(nested_failure) { ck_assert_int_eq(run_inside(inner_clean, inner_failure), 1); } END_TEST
MUST_LEAK(after_nested, "heap 100 B in 1 block", BODY)
{
	ck_assert_int_eq(run_inside(inner_clean, inner_failure), 1);
	lose(malloc(100));
}
END_TEST
MUST_LEAK(before_nested, "heap 101 B in 1 block", BODY)
{
	lose(malloc(101));
	ck_assert_int_eq(run_inside(inner_clean, inner_clean), 0);
}
END_TEST
MUST_PASS(after_nested_ones) { free(use(malloc(3))); } END_TEST

static int run(Suite *suite, Suite *another)
{
	SRunner *runner = srunner_create(suite);
	if (another)
		srunner_add_suite(runner, another);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "several") == 0)
		return 10 * run(suite_of("one", inner_clean, inner_leak), NULL) +
		       run(suite_of("two", inner_clean, inner_clean),
			   suite_of("three", inner_leak, inner_leak));
	return twins_main(argc, argv);
}
