/* SPDX-License-Identifier: MIT */
/* Leaves a daemon, which the copies that run the test again start too, and a list that
 * grows, so that there are such copies. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile list;

/* Bound to nothing but its starter's record: another session, no open file. */
static void serve(void)
{
	setsid();
	close_range(0, ~0u, 0);
	prctl(PR_SET_NAME, getenv("DAEMON")); /* told apart from other runs' */
	signal(SIGALRM, SIG_DFL);
	alarm(20);
	for (;;)
		pause();
}

START_TEST(leaves_a_daemon)
{
	void **node = malloc(20);

	node[0] = list;
	list = node;
	pid_t child = fork();
	if (child == 0) {
		if (fork() == 0)
			serve();
		_exit(0);
	}
	waitpid(child, NULL, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("daemons");
	TCase *tcase = tcase_create("daemons");

	tcase_add_test(tcase, leaves_a_daemon);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
