/* SPDX-License-Identifier: MIT */
/* So many tests in one process that whatever numbers them begins anew.  Early
 * tests leave one leak of each kind behind; the very last one leaks again. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { TESTS = (1 << 15) + 300 };

static void *volatile sink;

static void *nothing(void *argument)
{
	return argument;
}

static void leak(void)
{
	pthread_t thread;

	sink = malloc(100);
	sink = NULL;
	ck_assert_int_ge(open("/dev/null", O_RDONLY), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, nothing, NULL), 0);
}

START_TEST(turn)
{
	void *block = malloc(10);

	if (_i % 50 == 10 && _i < 300)
		leak();
	if (_i == TESTS - 1)
		leak();
	free(block);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Wrap");
	TCase *tcase = tcase_create("wrap");

	tcase_add_loop_test(tcase, turn, 0, TESTS);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
