/* SPDX-License-Identifier: MIT */
/* An ordinary Check suite: every test passes, three of them leak. */
#include <check.h>
#include <stdlib.h>

#include "parse.h"

START_TEST(test_headers)
{
	struct header *list = headers_parse("From: me\nTo: you\n");

	ck_assert_str_eq(list->name, "To");
	headers_free(list);
}
END_TEST

START_TEST(test_bad_header)
{
	ck_assert_ptr_null(headers_parse("From: me\nTo: you\nno colon here\n"));
}
END_TEST

START_TEST(test_log)
{
	ck_assert_int_eq(log_line("/dev/null", "hello"), 0);
}
END_TEST

START_TEST(test_log_empty)
{
	ck_assert_int_eq(log_line("/dev/null", ""), -1);
}
END_TEST

START_TEST(test_flusher)
{
	flusher_start();
	flusher_stop();
}
END_TEST

START_TEST(test_flusher_runs)
{
	flusher_start(); /* the mistake is the test's own: nobody stops it */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Parse");
	TCase *core = tcase_create("core");
	SRunner *runner;
	int failed;

	tcase_add_test(core, test_headers);
	tcase_add_test(core, test_bad_header);
	tcase_add_test(core, test_log);
	tcase_add_test(core, test_log_empty);
	tcase_add_test(core, test_flusher);
	tcase_add_test(core, test_flusher_runs);
	suite_add_tcase(suite, core);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
