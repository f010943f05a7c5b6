/* SPDX-License-Identifier: MIT */
/* Runs of tests in other processes and threads than the first one; the word says
 * which.  The program's status is that of the run in question. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef LINKED
#include "leakcheck.h"
#endif

#define need(condition)                     \
	do {                                \
		if (!(condition)) {         \
			perror(#condition); \
			abort();            \
		}                           \
	} while (0)

static void *volatile sink;

static void leak(size_t size)
{
	sink = malloc(size);
	sink = NULL;
}

START_TEST(clean) { free(malloc(1)); } END_TEST
START_TEST(leaks) { leak(10); } END_TEST
START_TEST(exits) { exit(0); } END_TEST

/* Tests of several processes meet here, so that these run at the same time. */
static pthread_barrier_t *meeting_point;
static void meet(void)
{
	if (meeting_point)
		pthread_barrier_wait(meeting_point);
}
START_TEST(meets) { meet(); } END_TEST
START_TEST(meets_and_exits) { meet(); exit(0); } END_TEST

/* Runs the COUNT tests as a suite; how many failed? */
static int run(const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create("Runs");
	TCase *tcase = tcase_create("runs");

	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}
#define RUN(...) \
	run((const TTest *const[]){ __VA_ARGS__ }, \
	    sizeof((const TTest *const[]){ __VA_ARGS__ }) / sizeof(const TTest *))

/* How CHILD ended: its status, or -1. */
static int status_of(pid_t child)
{
	int status;

	need(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int run_in_worker(void)
{
	RUN(clean);
	pid_t worker = fork();
	if (worker == 0)
		exit(RUN(leaks, clean));
	return status_of(worker);
}

enum { WORKERS = 4 };
static int run_in_workers_at_once(void)
{
	pthread_barrierattr_t shared;
	pthread_barrier_t *barrier = mmap(NULL, sizeof *barrier, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t workers[WORKERS];
	int failed = 0;

	need(barrier != MAP_FAILED);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	need(pthread_barrier_init(barrier, &shared, WORKERS) == 0);
	RUN(meets, meets_and_exits);
	meeting_point = barrier;
	for (int i = 0; i < WORKERS; i++)
		if ((workers[i] = fork()) == 0)
			exit(RUN(meets, meets_and_exits, meets, meets_and_exits));
	for (int i = 0; i < WORKERS; i++)
		failed |= status_of(workers[i]);
	return failed;
}

static void *run_three(void *failed)
{
	*(int *)failed = RUN(clean, leaks, leaks);
	return NULL;
}
static int run_in_thread(void)
{
	pthread_t thread;
	int failed = -1;

	RUN(clean);
	need(pthread_create(&thread, NULL, run_three, &failed) == 0);
	pthread_join(thread, NULL);
	return failed;
}

/* A test whose child has a run of its own. */
START_TEST(has_run_in_child)
{
	pid_t child = fork();
	if (child == 0)
		exit(RUN(clean));
	ck_assert_int_eq(status_of(child), 0);
}
END_TEST
static int run_under_test(void) { return RUN(has_run_in_child, clean); }
static int run_under_test_before_leak(void) { return RUN(has_run_in_child, leaks); }

/* No run in this process itself. */
static int run_in_two_children(void)
{
	pid_t children[2];
	int failed = 0;

	for (int i = 0; i < 2; i++)
		if ((children[i] = fork()) == 0)
			exit(RUN(leaks, exits));
	for (int i = 0; i < 2; i++)
		failed += status_of(children[i]);
	return failed;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		int (*run)(void);
	} ways[] = {
		{ "worker", run_in_worker },
		{ "workers", run_in_workers_at_once },
		{ "thread", run_in_thread },
		{ "under", run_under_test },
		{ "under_before_leak", run_under_test_before_leak },
		{ "children", run_in_two_children },
	};

#ifdef LINKED
	leakcheck_verify_all();
#endif
	for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
		if (strcmp(argv[1], ways[i].word) == 0)
			return ways[i].run();
	fprintf(stderr, "%s: which way?\n", argv[0]);
	return 100;
}
