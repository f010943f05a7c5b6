/* SPDX-License-Identifier: MIT */
#include "probe/handle.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/handle.h"
#include "probe/tracker.h"

#define FRAME __builtin_frame_address(0)

static void count_row(void *context, const struct lk_handle_row *row)
{
	(void)row;
	++*(size_t *)context;
}

static size_t count(uint32_t epoch)
{
	size_t rows = 0;

	lk_handle_each(epoch, count_row, &rows);
	return rows;
}

static void copy_row(void *context, const struct lk_handle_row *row)
{
	*(struct lk_handle_row *)context = *row;
}

START_TEST(keeps_what_it_is_told)
{
	struct lk_handle_row row = { 0 };

	ck_assert(!lk_handle_take(5, "slot"));
	ck_assert(lk_handle_put(5, 77, "slot", FRAME));
	lk_handle_each(lk_tracker.epoch, copy_row, &row);
	ck_assert_uint_eq(row.handle, 5);
	ck_assert_uint_eq(row.size, 77);
	ck_assert_str_eq(row.kind, "slot");
	ck_assert_uint_eq(row.epoch, lk_tracker.epoch);
	ck_assert_uint_ne(row.stack, LK_STACK_NONE);
	ck_assert(!lk_handle_take(5, "session"));
	ck_assert(!lk_handle_take(6, "slot"));
	ck_assert(lk_handle_take(5, "slot"));
	ck_assert(!lk_handle_take(5, "slot"));
	ck_assert_uint_eq(count(LK_HANDLE_ANY), 0);
}
END_TEST

START_TEST(knows_epochs)
{
	lk_handle_put(1, 0, "old", FRAME);
	lk_tracker.epoch++;
	lk_handle_put(2, 0, "young", FRAME);
	ck_assert_uint_eq(count(lk_tracker.epoch), 1);
	ck_assert_uint_eq(count(lk_tracker.epoch - 1), 1);
	ck_assert_uint_eq(count(LK_HANDLE_ANY), 2);
	lk_handle_age();
	ck_assert_uint_eq(count(lk_tracker.epoch), 0);
	ck_assert_uint_eq(count(LK_EPOCH_OLD), 2);
	ck_assert(lk_handle_take(1, "old"));
	ck_assert(lk_handle_take(2, "young"));
}
END_TEST

/* Where the table puts a handle, as handle.c has it: many that meet in one place, at the
 * end of the table, go on at its start. */
static uintptr_t meeting(size_t i)
{
	enum { BUCKETS = 1 << 18 };
	static uintptr_t handles[4000];
	static size_t made;

	for (uintptr_t handle = made ? handles[made - 1] + 1 : 1; made <= i; handle++)
		if ((handle * UINT64_C(0x9E3779B97F4A7C15)) >> 46 == BUCKETS - 1)
			handles[made++] = handle;
	return handles[i];
}

/* Handles that all belong to one place come and go. */
START_TEST(agrees_with_an_array)
{
	enum { COUNT = 60, STEPS = 20000 };
	static int times[COUNT];
	unsigned seed = (unsigned)_i;
	size_t all = 0;

	for (int step = 0; step < STEPS; step++) {
		size_t i = (size_t)rand_r(&seed) % COUNT;
		bool is_put = rand_r(&seed) % 2 == 0;

		if (is_put) {
			ck_assert(lk_handle_put(meeting(i), i, "slot", FRAME));
		} else if (lk_handle_take(meeting(i), "slot") != (times[i] > 0)) {
			ck_abort_msg("seed %d, step %d: %zu is there %d times", _i, step, i,
				     times[i]);
		}
		all += is_put ? 1 : times[i] > 0 ? (size_t)-1 : 0;
		times[i] += is_put ? 1 : times[i] > 0 ? -1 : 0;
	}
	ck_assert_uint_eq(count(LK_HANDLE_ANY), all);
	for (size_t i = 0; i < COUNT; i++)
		for (; times[i] > 0; times[i]--)
			ck_assert(lk_handle_take(meeting(i), "slot"));
	ck_assert_uint_eq(count(LK_HANDLE_ANY), 0);
	ck_assert_uint_eq(lk_handle_lost(), 0);
}
END_TEST

START_TEST(takes_ranges)
{
	for (uintptr_t i = 0; i < 100; i++)
		lk_handle_put(1000 + i, 1, i % 2 ? "odd" : "even", FRAME);
	ck_assert_uint_eq(lk_handle_take_within(1010, 20), 20);
	ck_assert_uint_eq(lk_handle_take_within(1010, 20), 0);
	ck_assert(lk_handle_take(1009, "odd"));
	ck_assert(lk_handle_take(1030, "even"));
	ck_assert_uint_eq(lk_handle_take_within(0, SIZE_MAX), 78);
	ck_assert_uint_eq(count(LK_HANDLE_ANY), 0);
}
END_TEST

START_TEST(counts_kinds_it_has_no_room_for)
{
	enum { KINDS = 255 };
	char name[LK_HANDLE_KIND_MAX + 10];
	size_t kept = 0;

	for (int i = 0; i <= KINDS; i++) {
		snprintf(name, sizeof name, "kind %d", i);
		kept += lk_handle_put((uintptr_t)i, 0, name, FRAME);
	}
	ck_assert_uint_lt(kept, KINDS + 1);
	ck_assert_uint_eq(lk_handle_lost(), KINDS + 1 - kept);
	/* Only so much of a name counts. */
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert(!lk_handle_take(3, name));
	ck_assert(lk_handle_take(3, "kind 3"));
}
END_TEST

START_TEST(names_are_cut)
{
	char name[LK_HANDLE_KIND_MAX + 10];

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert(lk_handle_put(3, 0, name, FRAME));
	name[LK_HANDLE_KIND_MAX - 1] = '\0';
	ck_assert(lk_handle_take(3, name));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("handle");
	TCase *tests = tcase_create("handle");

	lk_tracker.epoch = LK_EPOCH_FIRST;
	tcase_add_test(tests, keeps_what_it_is_told);
	tcase_add_test(tests, knows_epochs);
	tcase_add_loop_test(tests, agrees_with_an_array, 0, 5);
	tcase_add_test(tests, takes_ranges);
	tcase_add_test(tests, names_are_cut);
	tcase_add_test(tests, counts_kinds_it_has_no_room_for);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
