/* SPDX-License-Identifier: MIT */
/* Each pattern, and the same mended: without leakcheck all of these tests pass. */
#include <check.h>
#include <leakcheck.h>
#include <stdlib.h>

#include "patterns.h"

START_TEST(forgotten_thread)
{
	ck_assert_int_eq(price_of(7), 14);
}
END_TEST
START_TEST(forgotten_thread_mended)
{
	ck_assert_int_eq(price_of_mended(7), 14);
}
END_TEST

START_TEST(growing_table)
{
	request_handle("ann");
}
END_TEST
START_TEST(growing_table_mended)
{
	request_handle_mended("ann");
}
END_TEST

START_TEST(small_piece)
{
	message_read("Subject: hello\nHow are you?\n");
}
END_TEST
START_TEST(small_piece_mended)
{
	message_read_mended("Subject: hello\nHow are you?\n");
}
END_TEST

static const char long_text[] = "more than a buffer of the pool can hold, "
				"so that it is sent by nobody at all";
START_TEST(pool_misuse)
{
	ck_assert_int_eq(send_text(long_text), -1);
}
END_TEST
START_TEST(pool_misuse_mended)
{
	ck_assert_int_eq(send_text_mended(long_text), -1);
}
END_TEST

START_TEST(unclosed_file)
{
	ck_assert_int_eq(number_read("/etc/passwd"), -1);
}
END_TEST
START_TEST(unclosed_file_mended)
{
	ck_assert_int_eq(number_read_mended("/etc/passwd"), -1);
}
END_TEST

START_TEST(temporaries)
{
	LEAKCHECK_LIMIT(20, 0, 0, 0);
	free(stars(100));
}
END_TEST
START_TEST(temporaries_mended)
{
	LEAKCHECK_LIMIT(20, 0, 0, 0);
	free(stars_mended(100));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Patterns");
	TCase *core = tcase_create("core");
	SRunner *runner;
	int failed;

	tcase_add_test(core, forgotten_thread);
	tcase_add_test(core, forgotten_thread_mended);
	tcase_add_test(core, growing_table);
	tcase_add_test(core, growing_table_mended);
	tcase_add_test(core, small_piece);
	tcase_add_test(core, small_piece_mended);
	tcase_add_test(core, pool_misuse);
	tcase_add_test(core, pool_misuse_mended);
	tcase_add_test(core, unclosed_file);
	tcase_add_test(core, unclosed_file_mended);
	tcase_add_test(core, temporaries);
	tcase_add_test(core, temporaries_mended);
	suite_add_tcase(suite, core);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
