/* SPDX-License-Identifier: MIT */
/* Programs that are odd in one way or two: each word names a test of the only
 * case, or something to be done before. */
#include <check.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef LINKED
#include "leakcheck.h"
#endif
#ifdef HELPED
void helper_verify(void);
#endif

static void *volatile sink;

static void leak(void)
{
	sink = malloc(10);
	sink = NULL;
}

START_TEST(clean) { free(malloc(1)); } END_TEST
START_TEST(leaks) { leak(); } END_TEST
START_TEST(leaves_open) { open("/dev/null", O_RDONLY); } END_TEST
/* Without fork, libc would keep what was printed so far. */
START_TEST(quits) { leak(); fflush(NULL); _exit(0); } END_TEST
START_TEST(executes) { leak(); fflush(NULL); execl("/bin/true", "true", NULL); } END_TEST
START_TEST(crashes) { leak(); raise(SIGSEGV); } END_TEST
START_TEST(closes_all) { leak(); closefrom(3); } END_TEST
/* The report has to go elsewhere. */
START_TEST(takes_standard_error)
{
	close(STDERR_FILENO);
	ck_assert_int_eq(open("precious", O_CREAT | O_TRUNC | O_WRONLY, 0644), STDERR_FILENO);
	ck_assert_int_eq(write(STDERR_FILENO, "data\n", 5), 5);
	leak();
	/* Numbers that no shell or harness left open. */
	for (int copy = 200; copy < 203; copy++)
		dup2(STDERR_FILENO, copy);
}
END_TEST
#ifdef HELPED
START_TEST(asks_helper)
{
	leak();
	helper_verify();
}
END_TEST
#endif

static const struct {
	const char *word;
	const TTest **test;
	int exit_status, signal;
} tests[] = {
	{ "clean", &clean, 0, 0 },
	{ "leaks", &leaks, 0, 0 },
	{ "leaves_open", &leaves_open, 0, 0 },
	{ "leaves_open_expecting_99", &leaves_open, 99, 0 },
	{ "quits", &quits, 0, 0 },
	{ "executes", &executes, 0, 0 },
	{ "crashes_as_expected", &crashes, 0, SIGSEGV },
	{ "closes_all", &closes_all, 0, 0 },
	{ "takes_standard_error", &takes_standard_error, 0, 0 },
#ifdef HELPED
	{ "asks_helper", &asks_helper, 0, 0 },
#endif
};

static void add_test(TCase *tcase, const char *word)
{
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		if (strcmp(word, tests[i].word) == 0) {
			if (tests[i].signal)
				tcase_add_test_raise_signal(tcase, *tests[i].test, tests[i].signal);
			else
				tcase_add_exit_test(tcase, *tests[i].test, tests[i].exit_status);
			return;
		}
	fprintf(stderr, "no test %s\n", word);
	abort();
}

/* An unchecked teardown with a child that leads a group, as Check's tests do. */
static void have_child(void)
{
	pid_t child = fork();

	if (child == 0) {
		setpgid(0, 0);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* Loads LIBRARY into a process without an environment. */
static int load_bare(const char *library)
{
	clearenv();
	void *handle = dlopen(library, RTLD_NOW);
	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	dlclose(handle);
	return 0;
}

#ifdef LINKED
static void verify(void) { LEAKCHECK_VERIFY_NONE(); }
#endif

/* Does what WORD says; false if that is nothing but a test. */
static int prepare(TCase *tcase, const char *word)
{
	/* The environment is a constant: who writes there crashes. */
	if (strcmp(word, "with_constant_environment") == 0)
		return putenv("LD_PRELOAD=libodd.so") == 0;
	if (strcmp(word, "with_child_in_teardown") == 0) {
		tcase_add_unchecked_fixture(tcase, NULL, have_child);
		return 1;
	}
#ifdef LINKED
	if (strcmp(word, "verified_in_setup") == 0) {
		tcase_add_checked_fixture(tcase, verify, NULL);
		return 1;
	}
#endif
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "load_bare") == 0)
		return load_bare(argv[2]);
#ifdef LINKED
	if (argc == 1) {
		verify();
		return 0;
	}
#endif
	Suite *suite = suite_create("Odd");
	TCase *tcase = tcase_create("odd");
	for (int i = 1; i < argc; i++)
		if (!prepare(tcase, argv[i]))
			add_test(tcase, argv[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
