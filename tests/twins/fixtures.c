/* SPDX-License-Identifier: MIT */
/* Fixtures: checked ones belong to the test, unchecked ones to none. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>

#define TWINS_CASE fixtures_case
static void fixtures_case(void *tcase, const char *name);
#include "twins.h"

static void *blocks[8];
static unsigned used;
static void take(void) { blocks[used++] = malloc(100); }
static void give(void)
{
	free(blocks[--used]);
	blocks[used] = NULL;
}
static void take_and_keep(void) { lose(malloc(5000)); }

#define TWIN_CASE "no fixtures"
MUST_PASS(no_fixtures) { free(use(malloc(1))); } END_TEST
MUST_LEAK(no_fixtures, "heap 101 B in 1 block", BODY) { lose(malloc(101)); } END_TEST
MUST_PASS(empty) {} END_TEST

#undef TWIN_CASE
#define TWIN_CASE "several checked"
MUST_PASS(several_checked) { ck_assert_uint_eq(used, 3); } END_TEST
MUST_LEAK(several_checked, "heap 102 B in 1 block", BODY) { lose(malloc(102)); } END_TEST
/* The last setup's block, and the test's in its place. */
MUST_PASS(exchange) { free(blocks[2]); blocks[2] = malloc(300); } END_TEST

#undef TWIN_CASE
#define TWIN_CASE "one teardown missing"
MUST_LEAK(second_setup_keeps, "heap 5000 B in 1 block", "take_and_keep")
{
	ck_assert_uint_eq(used, 2);
}
END_TEST

#undef TWIN_CASE
#define TWIN_CASE "first teardown keeps"
MUST_LEAK(first_teardown_keeps, "heap 5000 B in 1 block", "take_and_keep")
{
	ck_assert_uint_eq(used, 1);
}
END_TEST

/* A whole world around the tests of a case. */
static int file;
static void set_world_up(void)
{
	pid_t child;

	take_and_keep();
	need((file = open("/dev/null", O_RDONLY)) >= 0);
	printf("# the world is up\n");
	fflush(stdout);
	take_and_keep();
	if ((child = fork()) == 0) {
		take_and_keep();
		exit(0);
	}
	need(child > 0 && waitpid(child, NULL, 0) == child);
	if ((child = fork()) == 0) {
		setpgid(0, 0);
		take_and_keep();
		exit(0);
	}
	need(child > 0 && waitpid(child, NULL, 0) == child);
	take();
}
static void tear_world_down(void)
{
	take_and_keep();
	fflush(NULL);
	close(file);
	give();
	take_and_keep();
}

#undef TWIN_CASE
#define TWIN_CASE "unchecked"
MUST_PASS(in_unchecked) { ck_assert_uint_eq(used, 1); } END_TEST
MUST_LEAK(in_unchecked, "heap 103 B in 1 block", BODY) { lose(malloc(103)); } END_TEST
MUST_PASS(after_leak_in_unchecked) { ck_assert_int_ge(file, 0); } END_TEST

#undef TWIN_CASE
#define TWIN_CASE "after unchecked"
MUST_PASS(after_unchecked) { ck_assert_uint_eq(used, 0); } END_TEST

#undef TWIN_CASE
#define TWIN_CASE "unchecked and checked"
MUST_PASS(in_both) { ck_assert_uint_eq(used, 2); } END_TEST
MUST_LEAK(in_both, "heap 104 B in 1 block", BODY) { lose(malloc(104)); } END_TEST
MUST_PASS(free_of_unchecked_block) { free(blocks[0]); blocks[0] = NULL; } END_TEST

/* A thread beside the tests; without fork it runs on while they do. */
static pthread_t beside;
static volatile bool beside_ends;
static void *run_beside(void *argument)
{
	while (!beside_ends)
		sched_yield();
	return argument;
}
static void start_beside(void) { need(pthread_create(&beside, NULL, run_beside, NULL) == 0); }
static void end_beside(void)
{
	beside_ends = true;
	pthread_join(beside, NULL);
}

#undef TWIN_CASE
#define TWIN_CASE "thread beside"
MUST_PASS(thread_beside) { free(use(malloc(1))); } END_TEST
MUST_LEAK(thread_beside, "heap 108 B in 1 block", BODY) { lose(malloc(108)); } END_TEST

static void flush(void) { fflush(stdout); }
static void flush_all(void) { fflush(NULL); }

#undef TWIN_CASE
#define TWIN_CASE "flushing"
MUST_PASS(flushing)
{
	printf("# a line\n");
	fflush(stdout);
	void *block = use(malloc(10));
	fflush(stdout);
	fflush(NULL);
	free(block);
}
END_TEST
MUST_LEAK(before_flush, "heap 105 B in 1 block", BODY)
{
	lose(malloc(105));
	fflush(stdout);
	fflush(stdout);
}
END_TEST
MUST_LEAK(after_flush, "heap 106 B in 1 block", BODY)
{
	fflush(stdout);
	lose(malloc(106));
}
END_TEST

#undef TWIN_CASE
#define TWIN_CASE "loop"
MUST_PASS(each_turn) { free(use(malloc((size_t)_i))); } END_TEST
MUST_LEAK(each_turn, "B in 1 block", BODY) { lose(malloc((size_t)_i)); } END_TEST
START_TEST(third_turn_leaks)
{
	void *block = use(malloc(107));
	if (_i != 2)
		free(block);
}
END_TEST

static void fixtures_case(void *tcase, const char *name)
{
	if (strcmp(name, "several checked") == 0) {
		tcase_add_checked_fixture(tcase, take, give);
		tcase_add_checked_fixture(tcase, take, NULL);
		tcase_add_checked_fixture(tcase, NULL, give);
		tcase_add_checked_fixture(tcase, take, give);
	} else if (strcmp(name, "one teardown missing") == 0) {
		tcase_add_checked_fixture(tcase, take, give);
		tcase_add_checked_fixture(tcase, take_and_keep, NULL);
		tcase_add_checked_fixture(tcase, take, give);
	} else if (strcmp(name, "first teardown keeps") == 0) {
		tcase_add_checked_fixture(tcase, take, give);
		tcase_add_checked_fixture(tcase, NULL, take_and_keep);
	} else if (strcmp(name, "unchecked") == 0) {
		tcase_add_unchecked_fixture(tcase, set_world_up, tear_world_down);
		tcase_add_unchecked_fixture(tcase, take_and_keep, take_and_keep);
	} else if (strcmp(name, "unchecked and checked") == 0) {
		tcase_add_checked_fixture(tcase, take, give);
		tcase_add_unchecked_fixture(tcase, set_world_up, tear_world_down);
	} else if (strcmp(name, "thread beside") == 0) {
		tcase_add_unchecked_fixture(tcase, start_beside, end_beside);
	} else if (strcmp(name, "flushing") == 0) {
		tcase_add_unchecked_fixture(tcase, flush, flush_all);
		tcase_add_checked_fixture(tcase, flush_all, flush);
		tcase_add_checked_fixture(tcase, flush, flush_all);
	} else if (strcmp(name, "loop") == 0) {
		tcase_add_loop_test(tcase, must_pass_each_turn, 1, 5);
		tcase_add_loop_test(tcase, must_leak_each_turn, 1, 5);
		tcase_add_loop_test(tcase, third_turn_leaks, 0, 5);
	}
}

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
