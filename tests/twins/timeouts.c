/* SPDX-License-Identifier: MIT */
/* Tests that never end: they wait, they spin, they do so with signals blocked. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile kept;

static void keep_things(void)
{
	kept = malloc(1234567);
	for (int i = 0; i < 100; i++)
		kept = malloc(50);
	if (open("/dev/zero", O_RDONLY) < 0)
		abort();
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void spin_for_ever(void)
{
	static volatile unsigned turns;

	for (;;)
		turns++;
}

static void *take_and_wait(void *argument)
{
	pthread_mutex_t *mutex = argument;

	pthread_mutex_lock(mutex);
	return NULL;
}

START_TEST(hangs_waiting)
{
	keep_things();
	wait_for_ever();
}
END_TEST
START_TEST(hangs_spinning)
{
	keep_things();
	spin_for_ever();
}
END_TEST
START_TEST(hangs_deaf)
{
	sigset_t all;

	keep_things();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	wait_for_ever();
}
END_TEST
START_TEST(hangs_joining)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	keep_things();
	pthread_mutex_lock(&mutex);
	pthread_create(&thread, NULL, take_and_wait, &mutex);
	pthread_join(thread, NULL);
}
END_TEST
/* Nothing of libc works any more: its heap is broken. */
START_TEST(hangs_broken)
{
	char *block = malloc(24);

	keep_things();
	memset(block - 16, 0x5a, 4096);
	wait_for_ever();
}
END_TEST
START_TEST(passes)
{
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timeouts");
	TCase *tcase = tcase_create("timeouts");

	tcase_set_timeout(tcase, 0.4);
	tcase_add_test(tcase, hangs_waiting);
	tcase_add_test(tcase, hangs_spinning);
	tcase_add_test(tcase, hangs_deaf);
	tcase_add_test(tcase, hangs_joining);
	tcase_add_test(tcase, hangs_broken);
	tcase_add_test(tcase, passes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
