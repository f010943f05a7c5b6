/* SPDX-License-Identifier: MIT */
/* What is open is compared with what fcntl says of each number. */
#include "probe/open_numbers.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

enum { NUMBERS_MAX = 10000 };

static bool seen[NUMBERS_MAX];
static int last_seen;
static uint64_t told; /* of word 1 */

static uint64_t likely(unsigned word)
{
	return word == 1 ? told : 0;
}

static void see_one(int fd)
{
	ck_assert_int_gt(fd, last_seen);
	ck_assert_int_lt(fd, NUMBERS_MAX);
	seen[fd] = true;
	last_seen = fd;
}

static void see(void *context, unsigned word, uint64_t open)
{
	ck_assert_ptr_eq(context, seen);
	for (; open; open &= open - 1)
		see_one((int)word * 64 + __builtin_ctzll(open));
}

static bool look(void)
{
	memset(seen, 0, sizeof seen);
	last_seen = -1;
	errno = 12345;
	bool known = lk_open_numbers_each(0, likely, see, seen);
	ck_assert_int_eq(errno, 12345);
	return known;
}

/* The first number told wrong, -1 if there is none. */
static int first_wrong(void)
{
	ck_assert(look());
	for (int fd = 0; fd < NUMBERS_MAX; fd++)
		if (seen[fd] != (fcntl(fd, F_GETFD) >= 0))
			return fd;
	return -1;
}

static void setup(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < NUMBERS_MAX ? limit.rlim_max : NUMBERS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(first_wrong(), -1); /* reads the list */
}

static int put_at(int number)
{
	int null = open("/dev/null", O_RDONLY);
	int fd = dup2(null, number);

	if (null != number)
		close(null);
	return fd;
}

static const int numbers[] = { 63, 64, 65, 127, 128, 255, 256, 257, 511, 512, 900, 1023 };

START_TEST(a_number_anywhere_is_seen)
{
	int fd = numbers[_i];

	ck_assert_int_eq(put_at(fd), fd);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(seen[fd]);
	close(fd);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(!seen[fd]);
}
END_TEST

/* All of them, so that the kernel's table grows step by step and stays full. */
START_TEST(numbers_everywhere_are_seen)
{
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ck_assert_int_eq(put_at(numbers[i]), numbers[i]);
		ck_assert_int_eq(first_wrong(), -1);
	}
	for (int fd = 10; fd < 1024; fd += 3)
		put_at(fd);
	ck_assert_int_eq(first_wrong(), -1);
}
END_TEST

START_TEST(numbers_beyond_what_is_polled_are_seen)
{
	if (put_at(NUMBERS_MAX - 1) != NUMBERS_MAX - 1)
		return; /* the limit is lower here */
	ck_assert_int_eq(first_wrong(), -1);
	close(NUMBERS_MAX - 1);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(!seen[NUMBERS_MAX - 1]);
}
END_TEST

/* Whether there is anything to read from it or not. */
START_TEST(pipes_at_the_ends_of_tables_are_seen)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[_i & 1], 64), 64);
	ck_assert_int_eq(dup2(ends[_i & 1], 256), 256);
	if (_i & 2)
		close(ends[!(_i & 1)]);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(seen[64] && seen[256]);
}
END_TEST

/* poll() takes them for closed. */
START_TEST(paths_that_nobody_told_of_are_seen_where_the_kernel_puts_them)
{
	int fd = open("/", O_PATH), other = open("/", O_PATH);

	ck_assert_int_eq(first_wrong(), -1);
	close(fd);
	ck_assert_int_eq(first_wrong(), -1);
	close(other);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(!seen[other]);
}
END_TEST

START_TEST(paths_that_were_told_are_seen_anywhere)
{
	int fd = open("/", O_PATH);

	ck_assert_int_eq(dup2(fd, 100), 100);
	close(fd);
	told = (uint64_t)1 << (100 - 64);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(seen[100]);
	close(100);
	ck_assert_int_eq(first_wrong(), -1);
	told = 0;
}
END_TEST

START_TEST(a_low_limit_hides_nothing)
{
	struct rlimit limit;

	put_at(70);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 8;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(first_wrong(), -1);
	ck_assert(seen[70]);
}
END_TEST

/* One tick: were they to come by themselves, a slow machine would do nothing else. */
static void set_timer(long microseconds)
{
	struct itimerval once = { { 0, 0 }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &once, NULL);
}

static void on_tick(int signal)
{
	(void)signal;
	set_timer(50);
}

START_TEST(signals_do_not_disturb)
{
	int wrong = -1;

	signal(SIGALRM, on_tick);
	set_timer(50);
	for (int i = 0; i < 200 && wrong < 0; i++)
		wrong = first_wrong();
	signal(SIGALRM, SIG_IGN);
	ck_assert_int_eq(wrong, -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("open_numbers");
	TCase *tests = tcase_create("open_numbers");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_set_timeout(tests, 60); /* signals on a busy machine */
	tcase_add_loop_test(tests, a_number_anywhere_is_seen, 0,
			    sizeof numbers / sizeof *numbers);
	tcase_add_test(tests, numbers_everywhere_are_seen);
	tcase_add_test(tests, numbers_beyond_what_is_polled_are_seen);
	tcase_add_loop_test(tests, pipes_at_the_ends_of_tables_are_seen, 0, 4);
	tcase_add_test(tests, paths_that_nobody_told_of_are_seen_where_the_kernel_puts_them);
	tcase_add_test(tests, paths_that_were_told_are_seen_anywhere);
	tcase_add_test(tests, a_low_limit_hides_nothing);
	tcase_add_test(tests, signals_do_not_disturb);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
