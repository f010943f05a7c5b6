/* SPDX-License-Identifier: MIT */
/* Tests whose captures say what they left, and nothing else.  With an argument, a program
 * without tests: `program` ends by return, `exit` by exit, `_exit` so; `fork` in two
 * processes. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void *kept[4];
static void *volatile lost;

START_TEST(clean)
{
	for (int i = 0; i < 100; i++)
		free(malloc(50));
}
END_TEST

START_TEST(leaks)
{
	lost = malloc(100);
	lost = NULL;
	kept[0] = malloc(7);
	kept[1] = malloc(8);
	open("/dev/null", O_RDONLY);
}
END_TEST

START_TEST(peaks)
{
	void *blocks[4];

	for (int turn = 0; turn < 10; turn++) {
		for (int i = 0; i < 4; i++)
			blocks[i] = malloc(900);
		for (int i = 0; i < 4; i++)
			blocks[i] = realloc(blocks[i], 1000);
		for (int i = 0; i < 4; i++)
			free(blocks[i]);
	}
}
END_TEST

START_TEST(clean_again)
{
	free(malloc(50));
}
END_TEST

START_TEST(fails)
{
	kept[2] = malloc(9);
	ck_abort_msg("on purpose");
}
END_TEST

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

START_TEST(starts)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_for_ever, NULL);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_for_ever(NULL);
	}
}
END_TEST

static int run_tests(void)
{
	Suite *suite = suite_create("captures");
	TCase *tcase = tcase_create("captures");
	SRunner *runner;

	tcase_add_test(tcase, clean);
	tcase_add_test(tcase, leaks);
	tcase_add_test(tcase, fails);
	tcase_add_test(tcase, peaks);
	tcase_add_test(tcase, clean_again);
	tcase_add_test(tcase, starts);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	if (argc == 1)
		return run_tests();
	for (int i = 0; i < 3; i++)
		lost = malloc(1000);
	kept[3] = malloc(123);
	if (strcmp(how, "fork") == 0) {
		if (fork() == 0) {
			kept[2] = malloc(77);
			exit(0);
		}
		wait(NULL);
	}
	if (strcmp(how, "exit") == 0)
		exit(0);
	if (strcmp(how, "_exit") == 0)
		_exit(0);
	return 0;
}
