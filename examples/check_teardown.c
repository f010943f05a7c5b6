/* SPDX-License-Identifier: MIT */
/* The library linked in: LEAKCHECK_VERIFY_NONE() in a checked teardown verifies
 * the tests of one test case, with no command around the program. */
#include <check.h>
#include <leakcheck.h>
#include <stdlib.h>

#include "parse.h"

static struct header *list;

static void setup(void)
{
	list = headers_parse("From: me\n");
}

static void teardown(void)
{
	headers_free(list);
	LEAKCHECK_VERIFY_NONE();
}

START_TEST(test_reads)
{
	ck_assert_str_eq(list->name, "From");
}
END_TEST

START_TEST(test_forgets)
{
	list = NULL; /* the mistake: the teardown frees nothing now */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Teardown");
	TCase *core = tcase_create("core");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(core, setup, teardown);
	tcase_add_test(core, test_reads);
	tcase_add_test(core, test_forgets);
	suite_add_tcase(suite, core);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
