/* SPDX-License-Identifier: MIT */
/* Tests that leave things which rules may cover. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocked.h"
#ifdef LINKED
#include <leakcheck.h>
#endif

static void *volatile sink;

static __attribute__((noinline)) void fill_cache(void)
{
	sink = malloc(100);
	sink = NULL;
}

static __attribute__((noinline)) void open_log(void)
{
	if (open("/dev/null", O_WRONLY) < 0)
		abort();
}

static volatile pid_t tid;

static void *worker(void *unused)
{
	tid = gettid();
	for (;;)
		pause();
	return unused;
}

static __attribute__((noinline)) void start_pool(void)
{
	pthread_t thread;

	tid = 0;
	if (pthread_create(&thread, NULL, worker, NULL) != 0)
		abort();
	wait_until_blocked(&tid);
}

/* What is last in a body may be a jump, which leaves no frame. */
START_TEST(heap) { fill_cache(); sink = NULL; } END_TEST
START_TEST(descriptor) { open_log(); sink = NULL; } END_TEST
START_TEST(twice)
{
	for (volatile int i = 0; i < 2; i++)
		fill_cache();
}
END_TEST
START_TEST(clean) { free(malloc(1)); } END_TEST
START_TEST(thread) { start_pool(); sink = NULL; } END_TEST
START_TEST(both) { fill_cache(); open_log(); sink = NULL; } END_TEST

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const TTest **test;
	} all[] = { { "heap", &heap }, { "descriptor", &descriptor },
		    { "thread", &thread }, { "both", &both },
		    { "clean", &clean }, { "twice", &twice } };
	Suite *suite = suite_create("Rules");
	TCase *tests = tcase_create("rules");

#ifdef LINKED
	leakcheck_verify_all();
	if (leakcheck_suppress("leak:fill_cache  # it is a cache\nfd:/dev/zero") != 2)
		return 9;
#endif
	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			if (strcmp(argv[i], all[k].name) == 0)
				tcase_add_test(tests, *all[k].test);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
