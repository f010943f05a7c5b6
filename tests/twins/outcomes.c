/* SPDX-License-Identifier: MIT */
/* Tests that end in every way there is, each with and without a leak.  The
 * name says how: outcomes.sh compares with what Check says without leakcheck. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void *volatile sink;

static void leak(void)
{
	sink = malloc(100);
	sink = NULL;
}

/* Each way twice: NAME_clean and NAME_leaking. */
#define WAY(name, ...)                                                    \
	START_TEST(name##_clean) { __VA_ARGS__; } END_TEST                \
	START_TEST(name##_leaking) { leak(); __VA_ARGS__; } END_TEST

WAY(passes, (void)0)
WAY(fails, ck_assert_str_eq("one thing", "another"))
WAY(aborts, ck_abort_msg("a reason"))
WAY(exits_0, exit(0))
WAY(exits_1, exit(1))
WAY(exits_3, exit(3))
WAY(exits_98, exit(98))
WAY(exits_99, exit(99))
WAY(quits_0, _exit(0))
WAY(executes, execl("/bin/true", "true", NULL))
WAY(raises_segv, raise(SIGSEGV))
WAY(raises_abrt, abort())
WAY(raises_kill, raise(SIGKILL))
WAY(hangs, for (;;) pause())

static jmp_buf place;
static void jump(void)
{
	leak();
	longjmp(place, 1);
}
START_TEST(jumps_clean)
{
	void *volatile block = malloc(10);
	if (setjmp(place) == 0)
		longjmp(place, 1);
	free(block);
}
END_TEST
START_TEST(jumps_leaking)
{
	if (setjmp(place) == 0)
		jump();
}
END_TEST
START_TEST(closes_all_clean) { close_range(3, ~0u, 0); } END_TEST
START_TEST(closes_all_leaking)
{
	close_range(3, ~0u, 0);
	leak();
	open("/dev/null", O_RDONLY);
}
END_TEST
/* Opens ten files, after which there is no number left. */
enum { OPENED = 10 };
static int opened[OPENED];
static void open_all(void)
{
	struct rlimit limit;

	for (int i = 0; i < OPENED; i++)
		opened[i] = open("/dev/null", O_RDONLY);
	int next = dup(STDIN_FILENO);
	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_lt(open("/dev/null", O_RDONLY), 0);
}
START_TEST(opens_all_clean)
{
	open_all();
	for (int i = 0; i < OPENED; i++)
		close(opened[i]);
}
END_TEST
START_TEST(opens_all_leaking)
{
	leak();
	open_all();
}
END_TEST

static void leak_and_fail(void)
{
	leak();
	ck_abort_msg("of the fixture");
}

struct way {
	const TTest **clean, **leaking;
};
#define ROW(name) { &name##_clean, &name##_leaking }
#define COUNT(ways) (sizeof(ways) / sizeof *(ways))

static TCase *add_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	suite_add_tcase(suite, tcase);
	return tcase;
}

/* Those that leave the runner alive when Check does not fork. */
static void add_mild(Suite *suite)
{
	static const struct way ways[] = { ROW(passes), ROW(fails), ROW(aborts), ROW(jumps) };
	static const char *const fixtures[] = { "setup", "teardown" };
	TCase *tcase = add_case(suite, "mild");

	for (size_t i = 0; i < COUNT(ways); i++) {
		tcase_add_test(tcase, *ways[i].clean);
		tcase_add_test(tcase, *ways[i].leaking);
	}
	tcase_add_test(tcase, passes_clean);
	for (int i = 0; i < 2; i++) {
		tcase = add_case(suite, fixtures[i]);
		tcase_add_checked_fixture(tcase, i == 0 ? leak_and_fail : NULL,
					  i == 1 ? leak_and_fail : NULL);
		tcase_add_test(tcase, passes_clean);
		tcase_add_test(tcase, passes_leaking);
	}
	tcase_add_test(add_case(suite, "last"), passes_clean);
}

static void add_ends(Suite *suite)
{
	static const struct way plain[] = {
		ROW(exits_0), ROW(exits_1), ROW(exits_3), ROW(exits_98), ROW(exits_99),
		ROW(quits_0), ROW(executes), ROW(raises_segv), ROW(raises_abrt),
		ROW(raises_kill), ROW(closes_all), ROW(opens_all),
	};
	static const struct way exits[] = {
		ROW(passes), ROW(fails), ROW(exits_0), ROW(exits_1), ROW(exits_3), ROW(exits_98),
		ROW(exits_99), ROW(raises_segv),
	};
	static const struct { const char *name; int status; } statuses[] = {
		{ "expects_0", 0 }, { "expects_1", 1 }, { "expects_3", 3 },
		{ "expects_98", 98 }, { "expects_99", 99 },
	};
	static const struct way signals[] = {
		ROW(passes), ROW(fails), ROW(exits_0), ROW(exits_3), ROW(raises_segv),
		ROW(raises_abrt),
	};
	TCase *tcase = add_case(suite, "plain");

	for (size_t i = 0; i < COUNT(plain); i++) {
		tcase_add_test(tcase, *plain[i].clean);
		tcase_add_test(tcase, *plain[i].leaking);
	}
	for (size_t k = 0; k < COUNT(statuses); k++) {
		tcase = add_case(suite, statuses[k].name);
		for (size_t i = 0; i < COUNT(exits); i++) {
			tcase_add_exit_test(tcase, *exits[i].clean, statuses[k].status);
			tcase_add_exit_test(tcase, *exits[i].leaking, statuses[k].status);
		}
	}
	tcase = add_case(suite, "expects_segv");
	for (size_t i = 0; i < COUNT(signals); i++) {
		tcase_add_test_raise_signal(tcase, *signals[i].clean, SIGSEGV);
		tcase_add_test_raise_signal(tcase, *signals[i].leaking, SIGSEGV);
	}
	tcase = add_case(suite, "timeout");
	tcase_set_timeout(tcase, 0.3);
	tcase_add_test(tcase, hangs_clean);
	tcase_add_test(tcase, hangs_leaking);
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Outcomes");

	if (argc > 1 && strcmp(argv[1], "mild") == 0)
		add_mild(suite);
	else
		add_ends(suite);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
