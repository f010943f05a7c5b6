/* SPDX-License-Identifier: MIT */
/* find BLOCKS: how long it takes to find leaks among BLOCKS live blocks.
 *
 * Tests of Check that leak, without fork; the processor time from the end of a leaking
 * test to the start of the next one, where LeakSanitizer, which would not look by itself
 * before the program ends, is told to.
 *   one_ns  one block is leaked, while BLOCKS older ones live; what the same takes
 *           while no others live (few_ns) is taken off
 *   all_ns  BLOCKS blocks of 16 stacks are leaked, while BLOCKS older ones live;
 *           naming the stacks is within
 * ns_per_op and cpu are one_ns. */
#include <check.h>

#include "bench.h"

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static unsigned long blocks;
static void **kept;
static void *volatile lost;
static uint64_t ended;
static uint64_t gaps[4];
static unsigned gaps_count;

static NOINLINE void *take(unsigned left, uint64_t path, size_t size)
{
	void *block;

	if (left == 0)
		block = malloc(size);
	else if (path & 1)
		block = take(left - 1, path >> 1, size);
	else {
		block = take(left - 1, path >> 1, size);
		KEEP(block, "other site");
	}
	KEEP(block, "take");
	return block;
}

static void take_all(void **places)
{
	uint64_t state = 88172645463325252u;

	for (unsigned long i = 0; i < blocks; i++) {
		uint64_t value = next_random(&state);
		void *block = take(4, value >> 40, 32 + value % 129);

		if (places)
			places[i] = block;
		else
			lost = block;
	}
	lost = NULL;
}

static void build(void)
{
	kept = malloc(blocks * sizeof *kept);
	if (!kept)
		exit(1);
	take_all(kept);
}

START_TEST(leaks_one)
{
	lost = malloc(100);
	lost = NULL;
	ended = processor_ns();
}
END_TEST

START_TEST(leaks_all)
{
	take_all(NULL);
	ended = processor_ns();
}
END_TEST

START_TEST(looks)
{
	if (__lsan_do_recoverable_leak_check)
		__lsan_do_recoverable_leak_check();
	gaps[gaps_count++] = processor_ns() - ended;
}
END_TEST

static void add(Suite *suite, const TTest *leaks, void (*setup)(void))
{
	TCase *test_case = tcase_create("leaks");

	if (setup)
		tcase_add_unchecked_fixture(test_case, setup, NULL);
	tcase_add_test(test_case, leaks);
	tcase_add_test(test_case, looks);
	suite_add_tcase(suite, test_case);
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("find");

	blocks = number(argc, argv, 1, 1000000);
	add(suite, leaks_one, NULL); /* the first report is the dearest */
	add(suite, leaks_one, NULL);
	add(suite, leaks_one, build);
	add(suite, leaks_all, NULL);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	uint64_t one = gaps[2] > gaps[1] ? gaps[2] - gaps[1] : 0;
	print_bench("find", &(struct stopwatch){ one, one }, 1);
	printf(" one_ns=%llu few_ns=%llu all_ns=%llu\n", (unsigned long long)one,
	       (unsigned long long)gaps[1], (unsigned long long)gaps[3]);
	fflush(stdout);
	_exit(gaps_count != 4);
}
