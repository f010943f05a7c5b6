/* SPDX-License-Identifier: MIT */
#include "probe/ranges.h"

#include <check.h>
#include <stdlib.h>

enum { SPACE = 500 };

static struct lk_ranges ranges;

static void check_against(const bool *wanted)
{
	for (uintptr_t address = 0; address < SPACE; address++)
		if (lk_ranges_hold(&ranges, address) != wanted[address])
			ck_abort_msg("address %lu", (unsigned long)address);
	for (size_t i = 1; i < ranges.count; i++)
		ck_assert_uint_gt(ranges.rows[i].start, ranges.rows[i - 1].end);
}

START_TEST(agrees_with_a_list)
{
	bool wanted[SPACE] = { false };

	srand((unsigned)_i);
	unsigned count = (unsigned)rand() % 60;

	ck_assert(lk_ranges_make(&ranges, 60));
	for (unsigned i = 0; i < count; i++) {
		uintptr_t start = (uintptr_t)rand() % SPACE;
		uintptr_t end = start + (uintptr_t)rand() % 20;

		end = end < SPACE ? end : SPACE;
		lk_ranges_add(&ranges, start, end);
		for (uintptr_t address = start; address < end; address++)
			wanted[address] = true;
	}
	lk_ranges_sort(&ranges);
	check_against(wanted);
	ck_assert(!ranges.is_short);
	lk_ranges_release(&ranges);
	ck_assert_ptr_null(ranges.rows);
}
END_TEST

START_TEST(an_empty_set_holds_nothing)
{
	ck_assert(lk_ranges_make(&ranges, 4));
	lk_ranges_add(&ranges, 7, 7);
	lk_ranges_add(&ranges, 9, 3);
	lk_ranges_sort(&ranges);
	ck_assert_uint_eq(ranges.count, 0);
	ck_assert(!lk_ranges_hold(&ranges, 7));
	ck_assert_ptr_null(lk_ranges_from(&ranges, 0));
	lk_ranges_release(&ranges);
}
END_TEST

START_TEST(tells_when_it_is_full)
{
	ck_assert(lk_ranges_make(&ranges, 3));
	for (uintptr_t i = 0; i < 3; i++)
		lk_ranges_add(&ranges, 100 - i * 10, 101 - i * 10);
	ck_assert(!ranges.is_short);
	lk_ranges_add(&ranges, 5, 6);
	ck_assert(ranges.is_short);
	lk_ranges_sort(&ranges);
	ck_assert_uint_eq(lk_ranges_from(&ranges, 81)->start, 90);
	ck_assert_uint_eq(lk_ranges_from(&ranges, 80)->start, 80);
	ck_assert_ptr_null(lk_ranges_from(&ranges, 101));
	lk_ranges_release(&ranges);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ranges");
	TCase *tests = tcase_create("ranges");

	tcase_add_loop_test(tests, agrees_with_a_list, 0, 200);
	tcase_add_test(tests, an_empty_set_holds_nothing);
	tcase_add_test(tests, tells_when_it_is_full);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
