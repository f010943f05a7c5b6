/* SPDX-License-Identifier: MIT */
/* A clean suite of 500 tests, each of which uses what is watched. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *use_heap(void *argument)
{
	char *text = strdup("a text");

	text = realloc(text, 1000);
	free(text);
	return argument;
}

START_TEST(clean)
{
	pthread_t thread;
	int fds[2];

	for (int i = 0; i <= _i % 10; i++)
		use_heap(NULL);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	close(fds[1]);
	if (_i % 10 == 0) {
		ck_assert_int_eq(pthread_create(&thread, NULL, use_heap, NULL), 0);
		pthread_join(thread, NULL);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Clean");

	for (int i = 0; i < 5; i++) {
		TCase *tcase = tcase_create("clean");
		tcase_add_loop_test(tcase, clean, 100 * i, 100 * (i + 1));
		suite_add_tcase(suite, tcase);
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
