/* SPDX-License-Identifier: MIT */
/* naming STACKS: what the report of STACKS leaks of as many distinct stacks costs.
 *
 * Linked with the functions that functions.awk writes.  A forked test of Check
 * leaks a block in each of STACKS stacks, five generated functions deep; its twin
 * releases the blocks.  ns_per_op is the time of the whole run of the first less
 * that of its twin, the median of several: so everything that a leak costs is
 * within - freezing, loading libdw, naming, writing the report, Check's share.
 * Every test is a new process, so nothing is warm but the kernel's cache of files. */
#include <check.h>

#include "bench.h"

struct state {
	unsigned salt;
	double weight;
	char name[16];
};
extern void *(*const step_table[])(unsigned left, struct state *state);
extern const unsigned step_count;

enum { TIMES = 5, STACKS_MAX = 1000, FUNCTIONS_EACH = 5 };
static unsigned stacks;

static void take(void **blocks)
{
	struct state state = { 1, 1.0, "" };

	for (unsigned i = 0; i < stacks; i++)
		blocks[i] = step_table[i * (step_count / stacks)](FUNCTIONS_EACH - 1, &state);
}

START_TEST(leaks)
{
	void *blocks[STACKS_MAX];

	take(blocks);
}
END_TEST

START_TEST(releases)
{
	void *blocks[STACKS_MAX];

	take(blocks);
	for (unsigned i = 0; i < stacks; i++)
		free(blocks[i]);
}
END_TEST

static struct stopwatch run(const TTest *test)
{
	Suite *suite = suite_create("naming");
	TCase *test_case = tcase_create("naming");

	tcase_add_test(test_case, test);
	suite_add_tcase(suite, test_case);
	SRunner *runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_FORK);
	struct stopwatch watch = start_watch();
	srunner_run_all(runner, CK_SILENT);
	stop_watch(&watch);
	srunner_free(runner);
	return watch;
}

static int by_size(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static uint64_t median(int64_t *values)
{
	qsort(values, TIMES, sizeof *values, by_size);
	return values[TIMES / 2] > 0 ? (uint64_t)values[TIMES / 2] : 0;
}

int main(int argc, char **argv)
{
	int64_t walls[TIMES], processors[TIMES];

	stacks = (unsigned)number(argc, argv, 1, 100);
	if (stacks < 1 || stacks > STACKS_MAX)
		return 2;
	for (unsigned i = 0; i < TIMES; i++) {
		struct stopwatch clean = run(releases), leaky = run(leaks);

		walls[i] = (int64_t)(leaky.wall - clean.wall);
		processors[i] = (int64_t)(leaky.processor - clean.processor);
	}
	struct stopwatch watch = { median(walls), median(processors) };
	print_bench("naming", &watch, 1);
	putchar('\n');
	return 0;
}
