/* SPDX-License-Identifier: MIT */
/* suite TESTS DESCRIPTORS fork|nofork: runs TESTS trivial tests of Check, each of which
 * takes and releases a block, with at least DESCRIPTORS descriptors open.  Times the
 * whole run. */
#include <check.h>
#include <string.h>

#include "bench.h"

START_TEST(trivial)
{
	char *block = malloc(100);

	ck_assert_ptr_nonnull(block);
	free(block);
}
END_TEST

int main(int argc, char **argv)
{
	unsigned long tests = number(argc, argv, 1, 100);
	unsigned long descriptors = number(argc, argv, 2, 0);
	int forks = argc < 4 || strcmp(argv[3], "nofork") != 0;
	Suite *suite = suite_create("trivial");
	TCase *test_case = tcase_create("trivial");

	while (descriptors > 0 && (unsigned long)dup(STDIN_FILENO) + 1 < descriptors)
		;
	tcase_add_loop_test(test_case, trivial, 0, (int)tests);
	suite_add_tcase(suite, test_case);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, forks ? CK_FORK : CK_NOFORK);

	struct stopwatch watch = start_watch();
	srunner_run_all(runner, CK_SILENT);
	stop_watch(&watch);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	print_bench("suite", &watch, tests);
	putchar('\n');
	return failed != 0;
}
