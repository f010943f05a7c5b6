/* SPDX-License-Identifier: MIT */
/* Tests that keep something, and say how often they ran: they write it into the file
 * "runs", outside of their process.
 *
 *     once [main | fixture] TEST... */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leakcheck.h"

/* KEPT is one for each test: without fork all are in one process. */
static void run(const char *name, void **kept)
{
	int fd = open("runs", O_WRONLY | O_APPEND | O_CREAT, 0644);

	dprintf(fd, "%s\n", name);
	close(fd);
	if (!*kept)
		*kept = malloc(100);
}

START_TEST(asks)
{
	leakcheck_run_once();
	static void *kept;
	run("asks", &kept);
}
END_TEST
START_TEST(silent)
{
	static void *kept;
	run("silent", &kept);
}
END_TEST
START_TEST(loses)
{
	void *lost = NULL;
	run("loses", &lost);
}
END_TEST
static void fixture(void)
{
	leakcheck_run_once();
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Once");

	for (int i = 1; i < argc; i++) {
		TCase *tcase = tcase_create(argv[i]);

		if (strcmp(argv[i], "main") == 0)
			leakcheck_run_once();
		if (strcmp(argv[1], "fixture") == 0)
			tcase_add_unchecked_fixture(tcase, fixture, NULL);
		if (strcmp(argv[i], "asks") == 0)
			tcase_add_test(tcase, asks);
		if (strcmp(argv[i], "silent") == 0)
			tcase_add_test(tcase, silent);
		if (strcmp(argv[i], "loses") == 0)
			tcase_add_test(tcase, loses);
		suite_add_tcase(suite, tcase);
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
