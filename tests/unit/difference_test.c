/* SPDX-License-Identifier: MIT */
#include "judge/difference.h"

#include "profile_fixture.h"

static struct lk_selection selection;
static struct lk_difference difference;

static void setup(void)
{
	fixture_setup();
	lk_selection_init(&selection, &fixture);
	selection.group = LK_GROUP_line;
}

static void teardown(void)
{
	lk_difference_release(&difference);
	lk_difference_release(&difference);
	ck_assert_ptr_null(difference.rows);
}

struct wanted {
	const char *label;
	int64_t bytes_change;
	uint64_t bytes;
	int64_t blocks_change;
	uint64_t blocks;
};

static void expect_rows(const struct wanted *wanted, size_t count)
{
	lk_difference_release(&difference);
	ck_assert(lk_difference_make(&fixture, &selection, 1, &difference));
	for (size_t i = 0; i < count && i < difference.count; i++) {
		const struct lk_changed_row *row = &difference.rows[i];

		ck_assert_str_eq(row->row.label, wanted[i].label);
		ck_assert_int_eq(lk_change(row, LK_VALUE_live_bytes), wanted[i].bytes_change);
		ck_assert_uint_eq(row->now[LK_VALUE_live_bytes], wanted[i].bytes);
		ck_assert_int_eq(lk_change(row, LK_VALUE_live_blocks), wanted[i].blocks_change);
		ck_assert_uint_eq(row->now[LK_VALUE_live_blocks], wanted[i].blocks);
	}
	ck_assert_uint_eq(difference.count, count);
}

#define EXPECT(...)                                                                    \
	expect_rows((const struct wanted[]){ __VA_ARGS__ },                            \
		    sizeof(const struct wanted[]){ __VA_ARGS__ } / sizeof(struct wanted))

START_TEST(new_gone_grown_and_unchanged)
{
	fixture_add(0, 1, 1, 100);
	fixture_add(0, 2, 2, 500);
	fixture_add(0, 4, 1, 7);
	fixture_add(1, 1, 3, 400);
	fixture_add(1, 3, 1, 50);
	fixture_add(1, 4, 1, 7);
	EXPECT({ "parse.c:21", -500, 0, -2, 0 }, { "parse.c:20", 300, 400, 2, 3 },
	       { "main.c:40", 50, 50, 1, 1 }, { "libz.so.1+0x12", 0, 7, 0, 1 });
	ck_assert_uint_eq(difference.changed, 3);
	ck_assert(difference.rows[0].was_there && !difference.rows[0].is_there);
	ck_assert(difference.rows[1].was_there && difference.rows[1].is_there);
	ck_assert(!difference.rows[2].was_there && difference.rows[2].is_there);
	ck_assert_uint_eq(difference.old_total[LK_VALUE_live_bytes], 607);
	ck_assert_uint_eq(difference.total[LK_VALUE_live_bytes], 457);
}
END_TEST

/* |change| of bytes, bytes, |change| of blocks, blocks, label: each downwards. */
START_TEST(ties_are_broken_as_tracemalloc_does)
{
	fixture_add(0, 1, 1, 10);
	fixture_add(1, 1, 2, 20);
	fixture_add(0, 2, 2, 20);
	fixture_add(1, 2, 1, 10);
	fixture_add(0, 3, 5, 10);
	fixture_add(1, 3, 2, 20);
	EXPECT({ "main.c:40", 10, 20, -3, 2 }, { "parse.c:20", 10, 20, 1, 2 },
	       { "parse.c:21", -10, 10, -1, 1 });
	fixture_setup();
	fixture_add(1, 1, 1, 10);
	fixture_add(1, 3, 1, 10);
	EXPECT({ "parse.c:20", 10, 10, 1, 1 }, { "main.c:40", 10, 10, 1, 1 });
}
END_TEST

START_TEST(cumulative_on_both_sides)
{
	selection.group = LK_GROUP_function;
	selection.cumulative = true;
	fixture_add(0, 1, 1, 100);
	fixture_add(1, 1, 1, 100);
	fixture_add(1, 2, 1, 50);
	EXPECT({ "parse", 50, 150, 1, 2 }, { "test_one", 50, 150, 1, 2 },
	       { "xmalloc", 0, 100, 0, 1 });
}
END_TEST

START_TEST(a_thread_that_does_something_else)
{
	for (size_t part = 0; part < 2; part++) {
		struct lk_profile_sample *sample = fixture_add(part, 1, 1, 0);

		sample->kind = LK_KIND_thread;
		sample->what = "thread 12 \"flusher\"";
		sample->state = part == 0 ? "poll" : "mutex";
	}
	fixture_samples[1].what = fixture_samples[0].what;
	selection.kind = LK_KIND_thread;
	selection.group = LK_GROUP_each;
	EXPECT({ "thread 12 \"flusher\"", 0, 0, 0, 1 });
	ck_assert_uint_eq(difference.changed, 0);
	ck_assert_str_eq(difference.rows[0].old_state, "poll");
	ck_assert_str_eq(difference.rows[0].row.state, "mutex");
}
END_TEST

START_TEST(nothing_against_nothing)
{
	ck_assert(lk_difference_make(&fixture, &selection, 1, &difference));
	ck_assert_uint_eq(difference.count, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("difference");
	TCase *cases = tcase_create("difference");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, new_gone_grown_and_unchanged);
	tcase_add_test(cases, ties_are_broken_as_tracemalloc_does);
	tcase_add_test(cases, cumulative_on_both_sides);
	tcase_add_test(cases, a_thread_that_does_something_else);
	tcase_add_test(cases, nothing_against_nothing);
	suite_add_tcase(suite, cases);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
