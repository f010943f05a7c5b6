/* SPDX-License-Identifier: MIT */
/* joins N: N tests, each of which starts 50 threads and joins, or detaches and sees
 * end, all of them.  None may be reported, although the kernel lists a thread for
 * some time after it was joined. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

enum { THREADS = 50 };

static void *work(void *argument)
{
	void *volatile block = malloc(100);
	free(block);
	return argument;
}

static int work_c11(void *argument)
{
	return argument != NULL;
}

START_TEST(joins)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

START_TEST(mixes)
{
	pthread_t threads[THREADS];
	thrd_t c11;
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, NULL), 0);
	ck_assert_int_eq(thrd_create(&c11, work_c11, NULL), thrd_success);
	for (int i = 0; i < THREADS; i++)
		if (i % 5 == 0)
			pthread_detach(threads[i]);
		else
			pthread_join(threads[i], NULL);
	thrd_join(c11, NULL);
}
END_TEST

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 1;
	Suite *suite = suite_create("Joins");
	TCase *tcase = tcase_create("joins");
	const char *which = argc > 2 ? argv[2] : "joins";

	tcase_add_loop_test(tcase, strcmp(which, "mixes") == 0 ? mixes : joins, 0, runs);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
