/* SPDX-License-Identifier: MIT */
/* Tests that leave nothing, but try what leakcheck's tables hold. */
#include <check.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { AT_ONCE = 20, THREADS = 5000, PAGES_MAX = 200 };

static pthread_barrier_t together;

static void *take_and_release(void *wait)
{
	if (wait)
		pthread_barrier_wait(&together);
	free(malloc(100));
	return NULL;
}

static void run_threads(int count, int at_once)
{
	pthread_t threads[AT_ONCE];

	for (int done = 0; done < count; done += at_once) {
		for (int i = 0; i < at_once; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_release,
							at_once == AT_ONCE ? &together : NULL),
					 0);
		for (int i = 0; i < at_once; i++)
			ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
}

static void count_pages(long *mapped, long *resident)
{
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%ld %ld", mapped, resident), 2);
	fclose(file);
}

/* Once as many at once as there will ever be, then the rest. */
START_TEST(short_threads_do_not_grow_memory)
{
	long mapped, resident, mapped_then, resident_then;

	mallopt(M_ARENA_MAX, 1);
	pthread_barrier_init(&together, NULL, AT_ONCE);
	run_threads(2 * AT_ONCE, AT_ONCE);
	count_pages(&mapped, &resident);
	run_threads(THREADS / 2, 1);
	run_threads(THREADS / 2, AT_ONCE / 2);
	count_pages(&mapped_then, &resident_then);
	ck_assert_int_le(mapped_then - mapped, PAGES_MAX);
	ck_assert_int_le(resident_then - resident, PAGES_MAX);
}
END_TEST

/* The table of sizes that do not fit into a row has room for 16384. */
enum { BIG = 1 << 24, ROOM = 1 << 14, TOO_MANY = 6 };
static void *blocks[ROOM + TOO_MANY];

START_TEST(more_big_blocks_than_there_are_rows_for)
{
	for (int i = 0; i < ROOM + TOO_MANY; i++)
		ck_assert_ptr_nonnull(blocks[i] = malloc(BIG));
	for (int i = 0; i < ROOM + TOO_MANY; i++)
		free(blocks[i]);
}
END_TEST

START_TEST(as_many_big_blocks_as_there_are_rows_for)
{
	for (int i = 0; i < ROOM; i++)
		ck_assert_ptr_nonnull(blocks[i] = malloc(BIG));
	for (int i = 0; i < ROOM; i++)
		free(blocks[i]);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("Growth");
	TCase *tests = tcase_create("growth");

	if (argc > 1 && argv[1][0] == 't') {
		tcase_add_test(tests, short_threads_do_not_grow_memory);
	} else {
		tcase_add_test(tests, as_many_big_blocks_as_there_are_rows_for);
		tcase_add_test(tests, more_big_blocks_than_there_are_rows_for);
	}
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
