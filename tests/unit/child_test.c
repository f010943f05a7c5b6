/* SPDX-License-Identifier: MIT */
/* Real children; what the hooks would tell is told by hand. */
#include "probe/child.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc_status.h"
#include "base/self.h"
#include "probe/tracker.h"

static pid_t children[8];
static unsigned children_count;

static void setup(void)
{
	lk_tracker.children = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	lk_child_mark();
}

static void teardown(void)
{
	for (unsigned i = 0; i < children_count; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	children_count = 0;
}

static pid_t make(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ck_assert_int_gt(child, 0);
	children[children_count++] = child;
	return child;
}

static __attribute__((noinline)) pid_t start(enum lk_child_start how)
{
	uint64_t since = lk_child_starting();
	pid_t child = make();

	lk_child_started(child, how, since, __builtin_frame_address(0));
	return child;
}

static struct lk_child_seen seen[8];
static unsigned seen_count;

static void see(void *context, const struct lk_child_seen *child)
{
	ck_assert_ptr_eq(context, seen);
	ck_assert_uint_lt(seen_count, 8);
	seen[seen_count++] = *child;
}

static unsigned look(void)
{
	seen_count = 0;
	ck_assert(lk_child_each(see, seen));
	return seen_count;
}

START_TEST(nothing_is_left_of_nothing)
{
	ck_assert_uint_eq(look(), 0);
	ck_assert(!lk_child_may_go());
	ck_assert_uint_eq(lk_child_starts(), 0);
}
END_TEST

START_TEST(tells_how_and_where_it_was_started)
{
	pid_t child = start(LK_CHILD_BY_forkpty);

	ck_assert_uint_eq(look(), 1);
	ck_assert_int_eq(seen[0].pid, child);
	ck_assert_int_eq(seen[0].parent, getpid());
	ck_assert_int_eq(seen[0].start, LK_CHILD_BY_forkpty);
	ck_assert_uint_ne(seen[0].stack, LK_STACK_NONE);
	ck_assert_str_eq(seen[0].name, "child_test");
	ck_assert_uint_eq(lk_child_starts(), 1);
}
END_TEST

START_TEST(tells_one_that_nobody_told)
{
	pid_t child = make();

	ck_assert_uint_eq(look(), 1);
	ck_assert_int_eq(seen[0].pid, child);
	ck_assert_int_eq(seen[0].start, LK_CHILD_BY_unseen);
	ck_assert_uint_eq(seen[0].stack, LK_STACK_NONE);
}
END_TEST

START_TEST(what_was_there_at_the_mark_is_not_told)
{
	make();
	start(LK_CHILD_BY_fork);
	lk_tracker.epoch++;
	lk_child_mark();
	ck_assert_uint_eq(look(), 0);
	pid_t child = start(LK_CHILD_BY_fork);
	ck_assert_uint_eq(look(), 1);
	ck_assert_int_eq(seen[0].pid, child);
}
END_TEST

START_TEST(one_that_was_waited_for_is_gone)
{
	pid_t child = start(LK_CHILD_BY_fork);

	kill(child, SIGKILL);
	siginfo_t info;
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	ck_assert_uint_eq(look(), 1);
	ck_assert_int_eq(seen[0].state, 'Z');
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	/* Told or not: the kernel is asked. */
	ck_assert_uint_eq(look(), 0);
	lk_child_waited(child);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

START_TEST(a_number_alone_is_no_identity)
{
	uint64_t long_ago = 1;
	pid_t child = make();

	/* A row of an earlier process of this number, that began and ended long ago. */
	lk_child_started(child, LK_CHILD_BY_vfork, long_ago, __builtin_frame_address(0));
	ck_assert_uint_eq(look(), 1);
	struct lk_proc_status status;
	ck_assert(lk_proc_status(child, &status));
	ck_assert_uint_eq(seen[0].started, status.started);
}
END_TEST

START_TEST(what_is_ours_is_not_told)
{
	lk_self.quiet++;
	lk_child_started(make(), LK_CHILD_BY_fork, lk_child_starting(),
			 __builtin_frame_address(0));
	lk_self.quiet--;
	lk_self.ignoring++;
	start(LK_CHILD_BY_fork);
	lk_self.ignoring--;
	ck_assert_uint_eq(lk_child_starts(), 1);
	/* No row tells of the first; the second is meant to stay. */
	ck_assert_uint_eq(look(), 1);
	ck_assert_int_eq(seen[0].pid, children[0]);
}
END_TEST

START_TEST(more_than_there_are_rows_for)
{
	enum { MANY = 10000 };
	uint64_t since = lk_child_starting();

	/* Numbers of processes that are not there: their rows are taken again. */
	for (int i = 0; i < MANY; i++)
		lk_child_started(1 << 29 | i, LK_CHILD_BY_fork, since, __builtin_frame_address(0));
	ck_assert_uint_eq(lk_child_lost(), 0);
	ck_assert_uint_eq(look(), 0);
}
END_TEST

/* The name in the kernel's line may look like the rest of it. */
START_TEST(a_status_behind_any_name)
{
	static const char *const names[] = { "plain", ") Z 1 2 3", "a b c", "(((", "))))", "" };
	struct lk_proc_status status;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		prctl(PR_SET_NAME, names[i]);
		ck_assert(lk_proc_status(getpid(), &status));
		ck_assert_str_eq(status.name, names[i]);
		ck_assert_int_eq(status.parent, getppid());
		ck_assert_int_eq(status.group, getpgrp());
		ck_assert_int_eq(status.state, 'R');
		ck_assert_uint_gt(status.started, 0);
	}
	ck_assert(!lk_proc_status(1 << 29, &status));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("child");
	TCase *tcase = tcase_create("child");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_is_left_of_nothing);
	tcase_add_test(tcase, tells_how_and_where_it_was_started);
	tcase_add_test(tcase, tells_one_that_nobody_told);
	tcase_add_test(tcase, what_was_there_at_the_mark_is_not_told);
	tcase_add_test(tcase, one_that_was_waited_for_is_gone);
	tcase_add_test(tcase, a_number_alone_is_no_identity);
	tcase_add_test(tcase, what_is_ours_is_not_told);
	tcase_add_test(tcase, more_than_there_are_rows_for);
	tcase_add_test(tcase, a_status_behind_any_name);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
