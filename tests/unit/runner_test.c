/* SPDX-License-Identifier: MIT */
#include "check/runner.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/watch.h"

static struct lk_run run;

static void setup(void)
{
	lk_tracker.run = &run;
	lk_tracker.run_is_named = true; /* so that nothing is printed at the end */
}

static const struct {
	const char *before, *after; /* NULL: unset */
} lists[] = {
	{ NULL, NULL },
	{ "libleakcheck.so", NULL },
	{ "/usr/lib/libleakcheck.so.0.0.0", NULL },
	{ "/a/libleakcheck.so.0 /b/other.so", "/b/other.so" },
	{ "/b/other.so:/a/libleakcheck.so", "/b/other.so" },
	{ "x.so:/p/libleakcheck.so.0:y.so", "x.so:y.so" },
	{ "libleakcheck.so:x.so:libleakcheck.so.0", "x.so" },
	{ ": /p/libleakcheck.so : ", NULL },
	{ "  x.so  libleakcheck.so::y.so ", "x.so:y.so" },
	{ "/p/mylibleakcheck.so", "/p/mylibleakcheck.so" },
	{ "x.so", "x.so" },
	{ "liblea.so:libleakcheck.s", "liblea.so:libleakcheck.s" },
};
enum { LISTS = sizeof lists / sizeof *lists };

START_TEST(takes_itself_out_of_the_environment)
{
	unsetenv("LD_PRELOAD");
	if (lists[_i].before)
		setenv("LD_PRELOAD", lists[_i].before, 1);
	setenv(LK_RUN_VARIABLE, "/proc/1/fd/3", 1);
	setenv("LEAKCHECK_OPTIONS", "heap=no", 1);
	lk_runner_recognised();
	const char *left = getenv("LD_PRELOAD");
	if (lists[_i].after) {
		ck_assert_ptr_nonnull(left);
		ck_assert_str_eq(left, lists[_i].after);
	} else {
		ck_assert_ptr_null(left);
	}
	ck_assert_ptr_null(getenv(LK_RUN_VARIABLE));
}
END_TEST

START_TEST(leaves_what_only_looks_like_it)
{
	static const char *const others[] = {
		"/opt/libleakcheck.so.d/other.so",
		"/opt/libleakcheck.so/other.so",
		"libleakcheck.sorry.so",
	};

	setenv("LD_PRELOAD", others[_i], 1);
	lk_runner_recognised();
	ck_assert_ptr_nonnull(getenv("LD_PRELOAD"));
	ck_assert_str_eq(getenv("LD_PRELOAD"), others[_i]);
}
END_TEST

START_TEST(is_recognised_once_in_a_process)
{
	lk_runner_recognised();
	const struct lk_shared *shared = lk_runner.shared;
	ck_assert_int_eq(lk_runner.role, LK_ROLE_RUNNER);
	ck_assert_ptr_nonnull(shared);
	lk_runner.window_open = lk_runner.failed = true;
	lk_runner_recognised();
	ck_assert_ptr_eq(lk_runner.shared, shared);
	ck_assert(!lk_runner.window_open);
	ck_assert(!lk_runner.failed);
	ck_assert_uint_eq(run.runners, 1);
}
END_TEST

/* Forks a child that says so in the shared record; as a runner of its own if asked. */
static void judge_in_child(bool is_runner)
{
	pid_t child = fork();

	if (child == 0) {
		if (is_runner)
			lk_runner_recognised();
		lk_runner.shared->test.judged = true;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(shares_the_record_with_its_tests)
{
	lk_tracker_renew_run();
	lk_runner_recognised();
	judge_in_child(true);
	ck_assert(!lk_runner.shared->test.judged);
	judge_in_child(false);
	ck_assert(lk_runner.shared->test.judged);
}
END_TEST

START_TEST(closing_a_window_keeps_the_runner)
{
	lk_runner_recognised();
	lk_runner.window_open = lk_runner.user_code = lk_runner.test_seen = true;
	lk_runner.duration_seen = lk_runner.failed = lk_runner.verify = true;
	lk_runner_close_window();
	ck_assert(!lk_runner.window_open && !lk_runner.user_code && !lk_runner.test_seen);
	ck_assert(!lk_runner.duration_seen && !lk_runner.failed && !lk_runner.verify);
	ck_assert_int_eq(lk_runner.role, LK_ROLE_RUNNER);
}
END_TEST

START_TEST(a_misuse_is_said_and_counted)
{
	char said[512] = "";
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	lk_runner_misuse("check_parse.c", 88, "it is a test of it");
	ck_assert_int_gt(read(ends[0], said, sizeof said - 1), 0);
	ck_assert_int_eq(strncmp(said, "leakcheck: check_parse.c:88: ", 29), 0);
	ck_assert_ptr_nonnull(strstr(said, "it is a test of it\n"));
	ck_assert_uint_eq(run.misuses, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("runner");
	TCase *tests = tcase_create("runner");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, takes_itself_out_of_the_environment, 0, LISTS);
	tcase_add_loop_test(tests, leaves_what_only_looks_like_it, 0, 3);
	tcase_add_test(tests, is_recognised_once_in_a_process);
	tcase_add_test(tests, shares_the_record_with_its_tests);
	tcase_add_test(tests, closing_a_window_keeps_the_runner);
	tcase_add_test(tests, a_misuse_is_said_and_counted);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
