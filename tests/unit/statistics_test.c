/* SPDX-License-Identifier: MIT */
#include "judge/statistics.h"

#include "profile_fixture.h"

static struct lk_selection selection;
static struct lk_statistics table;

static void setup(void)
{
	fixture_setup();
	fixture_add(0, 1, 2, 100);
	fixture_add(0, 2, 1, 50);
	fixture_add(0, 3, 4, 100);
	fixture_add(1, 4, 1, 7);
	fixture_add(1, 5, 1, 1000);
	fixture_add(1, 0, 1, 3);
	lk_selection_init(&selection, &fixture);
}

static void teardown(void)
{
	lk_statistics_release(&table);
	lk_statistics_release(&table);
	ck_assert_ptr_null(table.rows);
}

struct wanted {
	const char *label;
	uint64_t blocks, bytes, cumulative_bytes;
};

static void expect_rows(const struct wanted *wanted, size_t count)
{
	lk_statistics_release(&table);
	ck_assert(lk_statistics_make(&fixture, &selection, &table));
	for (size_t i = 0; i < count && i < table.count; i++) {
		const struct lk_row *row = &table.rows[i];

		ck_assert_str_eq(row->label, wanted[i].label);
		ck_assert_uint_eq(row->values[LK_VALUE_live_blocks], wanted[i].blocks);
		ck_assert_uint_eq(row->values[LK_VALUE_live_bytes], wanted[i].bytes);
		ck_assert_uint_eq(row->cumulative[LK_VALUE_live_bytes],
				  wanted[i].cumulative_bytes);
	}
	ck_assert_uint_eq(table.count, count);
}

#define EXPECT(...)                                                                    \
	expect_rows((const struct wanted[]){ __VA_ARGS__ },                            \
		    sizeof(const struct wanted[]){ __VA_ARGS__ } / sizeof(struct wanted))

START_TEST(by_function)
{
	EXPECT({ "copy", 1, 1000, 1000 }, { "parse", 3, 150, 1150 }, { "test_two", 4, 100, 100 },
	       { "libz.so.1+0x12", 1, 7, 7 }, { "(stack not known)", 1, 3, 3 });
	ck_assert_uint_eq(table.total[LK_VALUE_live_bytes], 1260);
	ck_assert_uint_eq(table.total[LK_VALUE_live_blocks], 10);
	ck_assert_str_eq(table.rows[1].file, "parse.c");
	ck_assert_uint_eq(table.rows[1].samples, 2);
}
END_TEST

START_TEST(by_line)
{
	selection.group = LK_GROUP_line;
	EXPECT({ "util.c:5", 1, 1000, 1000 }, { "main.c:40", 4, 100, 100 },
	       { "parse.c:20", 2, 100, 150 }, { "parse.c:21", 1, 50, 50 },
	       { "libz.so.1+0x12", 1, 7, 7 }, { "(stack not known)", 1, 3, 3 });
	ck_assert_uint_eq(table.rows[1].line, 40);
	ck_assert_str_eq(table.rows[1].function, "test_two");
}
END_TEST

START_TEST(by_file)
{
	selection.group = LK_GROUP_file;
	EXPECT({ "util.c", 1, 1000, 1000 }, { "parse.c", 3, 150, 1150 }, { "main.c", 4, 100, 1250 },
	       { "/usr/lib/libz.so.1", 1, 7, 7 }, { "(stack not known)", 1, 3, 3 });
}
END_TEST

START_TEST(by_library)
{
	selection.group = LK_GROUP_library;
	EXPECT({ "/src/check_parse", 8, 1250, 1250 }, { "/usr/lib/libz.so.1", 1, 7, 7 },
	       { "(stack not known)", 1, 3, 3 });
}
END_TEST

START_TEST(by_stack)
{
	selection.group = LK_GROUP_stack;
	EXPECT({ "copy", 1, 1000, 1000 }, { "test_two", 4, 100, 100 }, { "parse", 2, 100, 100 },
	       { "parse", 1, 50, 50 }, { "libz.so.1+0x12", 1, 7, 7 },
	       { "(stack not known)", 1, 3, 3 });
	ck_assert_uint_eq(table.rows[2].stack, 1);
}
END_TEST

START_TEST(by_test)
{
	selection.group = LK_GROUP_test;
	fixture_parts[1].test = NULL;
	EXPECT({ "(outside of tests)", 3, 1010, 1010 }, { "test_one", 7, 250, 250 });
}
END_TEST

START_TEST(cumulative_counts_a_recursive_function_once)
{
	selection.cumulative = true;
	EXPECT({ "parse", 3, 150, 1150 }, { "test_one", 0, 0, 1150 }, { "copy", 1, 1000, 1000 },
	       { "test_two", 4, 100, 100 }, { "xmalloc", 0, 0, 100 },
	       { "libz.so.1+0x12", 1, 7, 7 }, { "(stack not known)", 1, 3, 3 });
	ck_assert_uint_eq(table.total[LK_VALUE_live_bytes], 1260);
}
END_TEST

START_TEST(by_blocks)
{
	selection.sort = LK_VALUE_live_blocks;
	selection.group = LK_GROUP_library;
	fixture_add(0, 4, 7, 0);
	EXPECT({ "/src/check_parse", 8, 1250, 1250 }, { "/usr/lib/libz.so.1", 8, 7, 7 },
	       { "(stack not known)", 1, 3, 3 });
}
END_TEST

/* tracemalloc sorts the label downwards, too. */
START_TEST(ties_go_by_label_downwards)
{
	fixture.samples_count = 0;
	selection.group = LK_GROUP_line;
	fixture_add(0, 1, 1, 10);
	fixture_add(0, 2, 1, 10);
	fixture_add(0, 3, 1, 10);
	fixture_add(0, 5, 1, 10);
	EXPECT({ "util.c:5", 1, 10, 10 }, { "parse.c:21", 1, 10, 10 }, { "parse.c:20", 1, 10, 20 },
	       { "main.c:40", 1, 10, 10 });
}
END_TEST

static void filter(const struct lk_filter *filters, size_t count)
{
	selection.filters = filters;
	selection.filters_count = count;
}

START_TEST(filters_look_at_all_frames)
{
	static const struct lk_filter include = { .pattern = "parse.c" };
	static const struct lk_filter both[] = { { .pattern = "test_*" },
						 { .pattern = "xmalloc", .excludes = true } };

	selection.group = LK_GROUP_stack;
	filter(&include, 1);
	EXPECT({ "copy", 1, 1000, 1000 }, { "parse", 2, 100, 100 }, { "parse", 1, 50, 50 });
	ck_assert_uint_eq(table.left_out, 3);
	ck_assert_uint_eq(table.total[LK_VALUE_live_bytes], 1150);
	filter(both, 2);
	EXPECT({ "copy", 1, 1000, 1000 }, { "test_two", 4, 100, 100 }, { "parse", 1, 50, 50 });
}
END_TEST

START_TEST(filters_may_look_where_a_sample_counts)
{
	static const struct lk_filter first = { .pattern = "parse.c", .first_only = true };
	static const struct lk_filter other = { .pattern = "xmalloc", .first_only = true };

	selection.group = LK_GROUP_stack;
	filter(&first, 1);
	EXPECT({ "parse", 2, 100, 100 }, { "parse", 1, 50, 50 });
	filter(&other, 1);
	lk_statistics_release(&table);
	ck_assert(lk_statistics_make(&fixture, &selection, &table));
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(filters_know_lines_and_libraries)
{
	static const struct lk_filter line = { .pattern = "parse.c:21" };
	static const struct lk_filter library = { .pattern = "libz.so*" };
	static const struct lk_filter path = { .pattern = "/usr/lib/*", .excludes = true };

	selection.group = LK_GROUP_library;
	filter(&line, 1);
	EXPECT({ "/src/check_parse", 1, 50, 50 });
	filter(&library, 1);
	EXPECT({ "/usr/lib/libz.so.1", 1, 7, 7 });
	filter(&path, 1);
	EXPECT({ "/src/check_parse", 8, 1250, 1250 }, { "(stack not known)", 1, 3, 3 });
}
END_TEST

START_TEST(tests_and_parts_are_chosen)
{
	selection.group = LK_GROUP_test;
	selection.test = "*_one";
	EXPECT({ "test_one", 7, 250, 250 });
	ck_assert_uint_eq(table.left_out, 3);
	selection.test = NULL;
	selection.first_part = 1;
	EXPECT({ "test_two", 3, 1010, 1010 });
	ck_assert_uint_eq(table.left_out, 0);
}
END_TEST

START_TEST(other_kinds_are_apart)
{
	for (int i = 0; i < 3; i++) {
		struct lk_profile_sample *sample = fixture_add(0, 1, 1, 0);

		sample->kind = LK_KIND_descriptor;
		sample->state = i < 2 ? "socket" : "file";
		sample->what = i == 0 ? "fd 3 a" : i == 1 ? "fd 4 b" : "fd 5 c";
	}
	selection.kind = LK_KIND_descriptor;
	selection.group = LK_GROUP_each;
	EXPECT({ "fd 5 c", 1, 0, 0 }, { "fd 4 b", 1, 0, 0 }, { "fd 3 a", 1, 0, 0 });
	ck_assert_str_eq(table.rows[0].state, "file");
	selection.group = LK_GROUP_state;
	/* The fixture's words are no interned ones. */
	fixture_samples[fixture.samples_count - 2].state =
		fixture_samples[fixture.samples_count - 3].state;
	EXPECT({ "socket", 2, 0, 0 }, { "file", 1, 0, 0 });
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("statistics");
	TCase *cases = tcase_create("statistics");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, by_function);
	tcase_add_test(cases, by_line);
	tcase_add_test(cases, by_file);
	tcase_add_test(cases, by_library);
	tcase_add_test(cases, by_stack);
	tcase_add_test(cases, by_test);
	tcase_add_test(cases, cumulative_counts_a_recursive_function_once);
	tcase_add_test(cases, by_blocks);
	tcase_add_test(cases, ties_go_by_label_downwards);
	tcase_add_test(cases, filters_look_at_all_frames);
	tcase_add_test(cases, filters_may_look_where_a_sample_counts);
	tcase_add_test(cases, filters_know_lines_and_libraries);
	tcase_add_test(cases, tests_and_parts_are_chosen);
	tcase_add_test(cases, other_kinds_are_apart);
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
