/* SPDX-License-Identifier: MIT */
/* A test that waits for a file named "go", holds something meanwhile, and is to go on
 * as if nobody had looked: where the signal comes to another process, the runner's, no
 * call of the test is interrupted. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hold_until_told(void)
{
	const char *mode = getenv("CK_FORK");
	bool is_runner = mode && strcmp(mode, "no") == 0;
	void *volatile block = malloc(4321);
	int fd = open("/dev/zero", O_RDONLY), ready = creat("ready", 0666);

	while (access("go", F_OK) != 0)
		ck_assert(poll(NULL, 0, 500) == 0 || (is_runner && errno == EINTR));
	close(ready);
	close(fd);
	free(block);
}

START_TEST(waits) { hold_until_told(); } END_TEST

/* The same without a call into the kernel for most of the time. */
static void turn_until_told(void)
{
	int ready = creat("ready", 0666), fd = open("/dev/zero", O_RDONLY);

	while (access("go", F_OK) != 0)
		for (volatile unsigned turns = 0; turns < 50000000; turns++)
			;
	close(ready);
	close(fd);
}
START_TEST(turns) { turn_until_told(); } END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("asked");
	TCase *tcase = tcase_create("asked");

	tcase_add_test(tcase, argc > 1 && strcmp(argv[1], "turns") == 0 ? turns : waits);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
