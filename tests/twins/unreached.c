/* SPDX-License-Identifier: MIT */
/* Tests that end before their teardown, in each way, with something in their hands. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile kept;

static void take(size_t size)
{
	kept = malloc(size);
	if (open("/dev/zero", O_RDONLY) < 0)
		abort();
}

START_TEST(fails) { take(1001); ck_abort_msg("no"); } END_TEST
START_TEST(fails_in_a_loop)
{
	if (_i == 4)
		take(2004);
	ck_assert_int_ne(_i, 4);
}
END_TEST
START_TEST(fails_with_nothing) { ck_abort_msg("no"); } END_TEST
START_TEST(exits) { take(1002); exit(3); } END_TEST
START_TEST(quits) { take(1003); _exit(0); } END_TEST
START_TEST(aborts) { take(1004); abort(); } END_TEST
START_TEST(raises) { take(1005); raise(SIGTERM); } END_TEST
START_TEST(crashes) { take(1006); *(volatile int *)8 = 1; } END_TEST
START_TEST(passes) { free(malloc(1)); } END_TEST
/* Its child's end is not the test's. */
START_TEST(forks)
{
	pid_t child = fork();

	if (child == 0) {
		take(1007);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = vfork();
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
}
END_TEST

static void take_and_fail(void)
{
	take(1008);
	ck_abort_msg("of the fixture");
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Unreached");
	TCase *tcase = tcase_create("mild");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, fails);
	tcase_add_loop_test(tcase, fails_in_a_loop, 3, 6);
	tcase_add_test(tcase, fails_with_nothing);
	tcase_add_test(tcase, forks);
	tcase_add_test(tcase, passes);
	tcase = tcase_create("fixture");
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, take_and_fail, NULL);
	tcase_add_test(tcase, passes);
	tcase = tcase_create("ends");
	if (argc > 1)
		suite_add_tcase(suite, tcase);
	tcase_add_exit_test(tcase, exits, 3);
	tcase_add_test(tcase, quits);
	tcase_add_test_raise_signal(tcase, aborts, SIGABRT);
	tcase_add_test_raise_signal(tcase, raises, SIGTERM);
	tcase_add_test_raise_signal(tcase, crashes, SIGSEGV);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
