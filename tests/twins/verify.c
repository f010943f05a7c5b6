/* SPDX-License-Identifier: MIT */
/* LEAKCHECK_VERIFY_NONE() at the place that the first word names, and nothing
 * else that would have a test verified. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leakcheck.h"

static const char *place = "";
static void *volatile sink;

static void verify_at(const char *here)
{
	if (strcmp(place, here) == 0)
		LEAKCHECK_VERIFY_NONE();
}

static void leak(void)
{
	sink = malloc(100);
	sink = NULL;
}

static void *of_setup;
static void setup(void)
{
	of_setup = malloc(10);
	verify_at("setup");
}
static void teardown(void)
{
	verify_at("teardown");
	verify_at("twice");
	verify_at("twice");
	free(of_setup);
}
static void last_teardown(void) { verify_at("twice"); }
static void unchecked_setup(void) { verify_at("unchecked setup"); }
static void unchecked_teardown(void) { verify_at("unchecked teardown"); }

START_TEST(clean)
{
	verify_at("test");
	free(malloc(1));
}
END_TEST
START_TEST(leaks)
{
	verify_at("test");
	leak();
	if (strcmp(place, "child") == 0) {
		pid_t child = fork();
		if (child == 0) {
			verify_at("child");
			exit(0);
		}
		waitpid(child, NULL, 0);
	}
}
END_TEST
START_TEST(fails_and_leaks)
{
	verify_at("test");
	leak();
	ck_abort_msg("by itself");
}
END_TEST
/* Not in a case with fixtures: never verified. */
START_TEST(leaks_elsewhere) { leak(); } END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Verify");
	TCase *tcase = tcase_create("fixtures"), *other = tcase_create("elsewhere");

	if (argc > 1)
		place = argv[1];
	verify_at("main");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_checked_fixture(tcase, NULL, last_teardown);
	tcase_add_unchecked_fixture(tcase, unchecked_setup, unchecked_teardown);
	tcase_add_test(tcase, clean);
	tcase_add_test(tcase, leaks);
	if (argc > 2)
		tcase_add_test(tcase, fails_and_leaks);
	tcase_add_test(other, leaks_elsewhere);
	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, other);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	verify_at("after");
	return failed != 0;
}
