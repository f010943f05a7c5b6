/* SPDX-License-Identifier: MIT */
/* 100 000 leaks from 500 places in one test, between two clean ones.  The last
 * line printed is the peak memory of the largest test process, in KiB. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { PLACES = 500, BLOCKS = 200, TURNS = 9 };

static void *volatile sink;

/* 512 stacks: to the left or to the right on each of TURNS levels. */
static void left(int place, int level);
static void right(int place, int level);

static inline __attribute__((always_inline)) void go_on(int place, int level)
{
	if (level == TURNS) {
		sink = calloc(1, 24);
		sink = NULL;
	} else if (place >> level & 1) {
		left(place, level + 1);
	} else {
		right(place, level + 1);
	}
}

static __attribute__((noinline)) void left(int place, int level)
{
	go_on(place, level);
	__asm__ volatile("nop");
}

static __attribute__((noinline)) void right(int place, int level)
{
	go_on(place, level);
	__asm__ volatile("");
}

START_TEST(leaks_much)
{
	for (int block = 0; block < BLOCKS; block++)
		for (int place = 0; place < PLACES; place++)
			go_on(place, 0);
}
END_TEST

START_TEST(clean)
{
	sink = malloc(24);
	free(sink);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Volume");
	TCase *tcase = tcase_create("volume");
	struct rusage usage;

	tcase_add_test(tcase, clean);
	tcase_add_test(tcase, leaks_much);
	tcase_add_test(tcase, clean);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	int who = srunner_fork_status(runner) == CK_FORK ? RUSAGE_CHILDREN : RUSAGE_SELF;
	srunner_run_all(runner, CK_VERBOSE);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	getrusage(who, &usage);
	printf("peak %ld\n", usage.ru_maxrss);
	return failed != 0;
}
