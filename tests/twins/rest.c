/* SPDX-License-Identifier: MIT */
/* What is opened behind everybody's back between two tests, and is no test's: by main
 * between two runs, by fixtures that are not checked.  And what a test opens so. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

/* A system call that goes through no function. */
static int duplicate(int fd)
{
#if defined(__x86_64__)
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(32l), "D"((long)fd)
			 : "rcx", "r11", "memory");
	return (int)result;
#elif defined(__aarch64__)
	register long number __asm__("x8") = 23, result __asm__("x0") = fd;

	__asm__ volatile("svc #0" : "+r"(result) : "r"(number) : "memory");
	return (int)result;
#endif
}

static void open_one(void)
{
	if (duplicate(0) < 0)
		abort();
}

START_TEST(clean)
{
	free(malloc(10));
}
END_TEST

START_TEST(opens)
{
	open_one();
}
END_TEST

START_TEST(opens_and_closes)
{
	int fd = duplicate(0);

	ck_assert_int_ge(fd, 0);
	close(fd);
}
END_TEST

static TCase *tests_between(void (*before)(void), void (*after)(void), const TTest *last)
{
	TCase *tests = tcase_create("tests");

	tcase_add_unchecked_fixture(tests, before, after);
	tcase_add_test(tests, clean);
	tcase_add_test(tests, opens_and_closes);
	tcase_add_test(tests, clean);
	if (last)
		tcase_add_test(tests, last);
	return tests;
}

/* Begins and ends with tests that have no fixture. */
static SRunner *runner_of(TCase *one, TCase *other)
{
	Suite *suite = suite_create("Rest");

	suite_add_tcase(suite, tests_between(NULL, NULL, NULL));
	suite_add_tcase(suite, one);
	suite_add_tcase(suite, other);
	suite_add_tcase(suite, tests_between(NULL, NULL, NULL));
	return srunner_create(suite);
}

int main(int argc, char **argv)
{
	const TTest *last = argc > 1 && argv[1][0] == 'l' ? opens : NULL;
	SRunner *one = runner_of(tests_between(open_one, NULL, NULL),
				 tests_between(NULL, open_one, NULL));
	SRunner *other = runner_of(tests_between(NULL, open_one, NULL),
				   tests_between(open_one, NULL, last));

	srunner_run_all(one, CK_ENV);
	open_one();
	srunner_run_all(one, CK_ENV);
	open_one();
	srunner_run_all(other, CK_ENV);
	int failed = srunner_ntests_failed(one) + srunner_ntests_failed(other);
	srunner_free(one);
	srunner_free(other);
	return failed > 0;
}
