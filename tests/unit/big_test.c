/* SPDX-License-Identifier: MIT */
#include "probe/big.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

enum { UNKNOWN = (1 << 24) - 1, ROOM = 1 << 14 };

static uintptr_t address_of(size_t i)
{
	return 0x10000000000 + i * 0x1000010;
}

START_TEST(keeps_sizes)
{
	ck_assert_uint_eq(lk_big_size(0x5000), UNKNOWN);
	lk_big_take(0x5000);
	lk_big_put(0x5000, (size_t)1 << 33);
	lk_big_put(0x5010, (1 << 24) + 1);
	ck_assert_uint_eq(lk_big_size(0x5000), (size_t)1 << 33);
	ck_assert_uint_eq(lk_big_size(0x5010), (1 << 24) + 1);
	lk_big_put(0x5000, SIZE_MAX);
	ck_assert_uint_eq(lk_big_size(0x5000), SIZE_MAX);
	lk_big_take(0x5000);
	ck_assert_uint_eq(lk_big_size(0x5000), UNKNOWN);
	ck_assert_uint_eq(lk_big_size(0x5010), (1 << 24) + 1);
	ck_assert_uint_eq(lk_big_lost(), 0);
}
END_TEST

/* Blocks come and go far more often than there are rows, almost filling them. */
START_TEST(agrees_with_an_array)
{
	enum { COUNT = ROOM - 100 };
	static size_t sizes[COUNT];
	unsigned seed = (unsigned)_i;

	for (int step = 0; step < 200000; step++) {
		size_t i = (size_t)rand_r(&seed) % COUNT;

		if (lk_big_size(address_of(i)) != (sizes[i] ? sizes[i] : UNKNOWN))
			ck_abort_msg("seed %d, step %d: the size differs", _i, step);
		if (sizes[i])
			lk_big_take(address_of(i));
		else
			lk_big_put(address_of(i), (size_t)step + (1 << 24));
		sizes[i] = sizes[i] ? 0 : (size_t)step + (1 << 24);
	}
	ck_assert_uint_eq(lk_big_lost(), 0);
}
END_TEST

START_TEST(counts_what_does_not_fit)
{
	size_t wrong = 0;

	for (size_t i = 0; i < ROOM; i++)
		lk_big_put(address_of(i), i + (1 << 24));
	ck_assert_uint_eq(lk_big_lost(), 0);
	lk_big_put(address_of(ROOM), 1 << 25);
	ck_assert_uint_eq(lk_big_lost(), 1);
	ck_assert_uint_eq(lk_big_size(address_of(ROOM)), UNKNOWN);
	for (size_t i = 0; i < ROOM; i++)
		wrong += lk_big_size(address_of(i)) != i + (1 << 24);
	ck_assert_uint_eq(wrong, 0);
	lk_big_put(address_of(5), 1 << 26); /* known: needs no room */
	ck_assert_uint_eq(lk_big_size(address_of(5)), 1 << 26);
	lk_big_take(address_of(77));
	lk_big_put(address_of(ROOM), 1 << 25);
	ck_assert_uint_eq(lk_big_size(address_of(ROOM)), 1 << 25);
	ck_assert_uint_eq(lk_big_size(address_of(77)), UNKNOWN);
	ck_assert_uint_eq(lk_big_lost(), 1);
}
END_TEST

static void *come_and_go(void *context)
{
	size_t first = (size_t)(uintptr_t)context * 1000, wrong = 0;

	for (size_t turn = 1; turn <= 50; turn++) {
		for (size_t i = first; i < first + 1000; i++)
			lk_big_put(address_of(i), i + turn);
		for (size_t i = first; i < first + 1000; i++) {
			wrong += lk_big_size(address_of(i)) != i + turn;
			lk_big_take(address_of(i));
			wrong += lk_big_size(address_of(i)) != UNKNOWN;
		}
	}
	return (void *)(uintptr_t)wrong;
}

START_TEST(threads_do_not_disturb_each_other)
{
	pthread_t threads[4];
	void *wrong;

	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, come_and_go, (void *)i);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
	ck_assert_uint_eq(lk_big_lost(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("big");
	TCase *tests = tcase_create("big");

	tcase_add_test(tests, keeps_sizes);
	tcase_add_loop_test(tests, agrees_with_an_array, 0, 3);
	tcase_add_test(tests, counts_what_does_not_fit);
	tcase_add_test(tests, threads_do_not_disturb_each_other);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
