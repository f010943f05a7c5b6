/* SPDX-License-Identifier: MIT */
/* A clean test and one leak of each kind, for every way to build and to run.
 * Linked: VERIFY_ALL or VERIFY_NONE is defined, and no leakcheck command needed.
 * The word "subunit" makes Check write subunit. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(VERIFY_ALL) || defined(VERIFY_NONE)
#include "leakcheck.h"
#endif

static void *volatile sink;

static void *for_ever(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *at_once(void *argument)
{
	return argument;
}

START_TEST(clean)
{
	pthread_t thread;
	int fd = open("/dev/null", O_RDONLY);

	sink = malloc(100);
	free(sink);
	sink = NULL;
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(pthread_create(&thread, NULL, at_once, NULL), 0);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(leaks_heap)
{
	sink = malloc(100);
	sink = NULL;
}
END_TEST

START_TEST(leaks_descriptor)
{
	ck_assert_int_ge(open("/dev/null", O_RDONLY), 0);
}
END_TEST

START_TEST(leaks_thread)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, for_ever, NULL), 0);
}
END_TEST

#ifdef VERIFY_NONE
static void verify(void)
{
	LEAKCHECK_VERIFY_NONE();
}
#endif

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Kinds");
	TCase *tcase = tcase_create("kinds");

#ifdef VERIFY_ALL
	leakcheck_verify_all();
#endif
#ifdef VERIFY_NONE
	tcase_add_checked_fixture(tcase, NULL, verify);
#endif
	tcase_add_test(tcase, clean);
	tcase_add_test(tcase, leaks_heap);
	tcase_add_test(tcase, leaks_descriptor);
	tcase_add_test(tcase, leaks_thread);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, argc > 1 && strcmp(argv[1], "subunit") == 0 ? CK_SUBUNIT : CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
