/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, TAKES = 20000, SIZE_MAX_TAKEN = 150 };

static struct lk_arena arena;
static pthread_barrier_t start;

struct taker {
	unsigned number;
	unsigned *records[TAKES];
	size_t words[TAKES];
	const char *fault;
};

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Fills each record with a number of its own; two that overlap spoil each other. */
static void *take_many(void *context)
{
	struct taker *taker = context;
	unsigned seed = taker->number;

	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < TAKES; i++) {
		size_t size = 1 + (size_t)rand_r(&seed) % SIZE_MAX_TAKEN;
		void *record = lk_arena_take(&arena, size);

		if (!record)
			taker->fault = "refused";
		else if ((uintptr_t)record % 16)
			taker->fault = "not aligned";
		else if (!is_zero(record, size))
			taker->fault = "not zeroed";
		if (taker->fault)
			return NULL;
		taker->records[i] = record;
		taker->words[i] = size / sizeof(unsigned);
		for (size_t word = 0; word < taker->words[i]; word++)
			taker->records[i][word] = taker->number * TAKES + i + 1;
	}
	return NULL;
}

static void check_records(const struct taker *taker)
{
	unsigned spoilt = 0;

	for (unsigned i = 0; i < TAKES; i++)
		for (size_t word = 0; word < taker->words[i]; word++)
			spoilt += taker->records[i][word] != taker->number * TAKES + i + 1;
	ck_assert_uint_eq(spoilt, 0);
}

START_TEST(takes_of_many_threads_do_not_overlap)
{
	static struct taker takers[THREADS];
	pthread_t threads[THREADS];

	pthread_barrier_init(&start, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		takers[i].number = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		ck_assert_msg(!takers[i].fault, "%s", takers[i].fault);
		check_records(&takers[i]);
	}
}
END_TEST

START_TEST(takes_the_largest_records)
{
	enum { LARGEST = 64 << 10, COUNT = 40 };
	unsigned char *records[COUNT];

	for (int i = 0; i < COUNT; i++) {
		records[i] = lk_arena_take(&arena, LARGEST);
		ck_assert_ptr_nonnull(records[i]);
		ck_assert(is_zero(records[i], LARGEST));
		memset(records[i], i + 1, LARGEST);
	}
	for (int i = 0; i < COUNT; i++) {
		size_t at = 0;

		while (at < LARGEST && records[i][at] == i + 1)
			at++;
		ck_assert_uint_eq(at, LARGEST);
	}
}
END_TEST

START_TEST(maps_zeroed_pages)
{
	const size_t size = 3 * 4096;
	unsigned char *pages = lk_pages_map(size), resident[3];

	ck_assert_ptr_nonnull(pages);
	ck_assert(is_zero(pages, size));
	memset(pages, 1, size);
	ck_assert_int_eq(mincore(pages, size, resident), 0);
	errno = EXDEV;
	lk_pages_unmap(pages, size);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(mincore(pages, size, resident), -1);
	ck_assert_int_eq(errno, ENOMEM); /* nothing is mapped there */
}
END_TEST

START_TEST(a_refusal_keeps_errno)
{
	errno = EXDEV;
	ck_assert_ptr_null(lk_pages_map((size_t)1 << 62));
	ck_assert_ptr_null(lk_pages_map_shared((size_t)1 << 62));
	ck_assert_int_eq(errno, EXDEV);
	void *pages = lk_pages_map(4096);
	ck_assert_ptr_nonnull(pages);
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

/* A child writes VALUE to the first byte of PAGES. */
static void write_in_child(unsigned char *pages, unsigned char value)
{
	pid_t child = fork();

	if (child == 0) {
		*pages = value;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(only_shared_pages_are_shared)
{
	unsigned char *shared = lk_pages_map_shared(4096), *own = lk_pages_map(4096);

	write_in_child(shared, 5);
	write_in_child(own, 5);
	ck_assert_int_eq(*shared, 5);
	ck_assert_int_eq(*own, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tests = tcase_create("arena");

	tcase_add_test(tests, takes_of_many_threads_do_not_overlap);
	tcase_add_test(tests, takes_the_largest_records);
	tcase_add_test(tests, maps_zeroed_pages);
	tcase_add_test(tests, a_refusal_keeps_errno);
	tcase_add_test(tests, only_shared_pages_are_shared);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
