/* SPDX-License-Identifier: MIT */
#include "report/stats.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct lk_profile_part parts[2];
static struct lk_profile profile;
static const char *wanted;
static char *text;

static void setup(void)
{
	memset(parts, 0, sizeof parts);
	profile = (struct lk_profile){ .parts = parts, .parts_count = 2 };
	wanted = NULL;
	parts[0].test = "test_one";
	strcpy(parts[0].moment.program, "./check_x");
	parts[0].moment.counts = (struct lk_counts){ .allocations = 12,
						     .allocated_bytes = 1016,
						     .live_blocks = 4,
						     .live_bytes = 40,
						     .peak_bytes = 600,
						     .opened = 3,
						     .started = 2,
						     .spawned = 1 };
	parts[0].check_blocks = 2;
	parts[0].check_bytes = 16;
	parts[0].moment.duration_ns = 1234567;
	parts[1].moment.counts =
		(struct lk_counts){ .allocations = 5, .allocated_bytes = 50, .peak_bytes = 20 };
	for (int i = 0; i < 2; i++)
		parts[i].moment.totals_known = parts[i].moment.peak_known = true;
}

static void teardown(void)
{
	free(text);
	text = NULL;
}

typedef bool maker(FILE *out, const struct lk_profile_report *report);

static void print(maker *make)
{
	struct lk_profile_report report = { .profile = &profile, .selection.test = wanted };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert(make(out, &report));
	fclose(out);
}

/* The line of TEST, with its blanks as one. */
static const char *line(const char *test)
{
	static char found[256];
	char copy[4096];

	ck_assert_uint_lt(strlen(text), sizeof copy);
	strcpy(copy, text);
	for (char *rest = copy, *one; (one = strtok_r(rest, "\n", &rest));) {
		char *word, *words = one;

		if (strlen(one) < strlen(test) ||
		    strcmp(one + strlen(one) - strlen(test), test) != 0)
			continue;
		found[0] = '\0';
		while ((word = strtok_r(words, " ", &words))) {
			strcat(found, *found ? " " : "");
			strcat(found, word);
		}
		return found;
	}
	return "";
}

START_TEST(a_row_for_each_test_and_their_sum)
{
	print(lk_report_stats);
	ck_assert_str_eq(line(" test_one"), "10 1000 600 6 4 40 3 2 1 1.234 test_one");
	ck_assert_str_eq(line("(unknown)"), "5 50 20 5 0 0 0 0 0 0.000 (unknown)");
	/* The peaks were not at one time. */
	ck_assert_str_eq(line("(all)"), "15 1050 600 11 4 40 3 2 1 1.234 (all)");
}
END_TEST

START_TEST(what_was_not_counted_is_a_dash)
{
	parts[1].moment.totals_known = false;
	parts[0].moment.peak_known = false;
	print(lk_report_stats);
	ck_assert_str_eq(line(" test_one"), "10 1000 - 6 4 40 3 2 1 1.234 test_one");
	ck_assert_str_eq(line("(unknown)"), "5 - 20 5 0 0 0 0 0 0.000 (unknown)");
	ck_assert_str_eq(line("(all)"), "15 - - 11 4 40 3 2 1 1.234 (all)");
}
END_TEST

START_TEST(columns_stand_below_each_other)
{
	parts[0].moment.counts.allocated_bytes = 123456789012;
	print(lk_report_stats);
	size_t width = strcspn(text, "\n") - strlen("test");

	for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
		ck_assert_uint_gt(strcspn(at, "\n"), width);
		ck_assert_int_eq(at[width - 1], ' ');
		ck_assert_int_ne(at[width], ' ');
	}
}
END_TEST

START_TEST(names_cannot_reach_the_terminal)
{
	parts[0].test = "a\n\033[31m";
	print(lk_report_stats);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "a\\n\\x1b[31m\n"));
}
END_TEST

START_TEST(no_test_has_an_empty_sum)
{
	profile.parts_count = 0;
	print(lk_report_stats);
	ck_assert_str_eq(line("(all)"), "0 0 0 0 0 0 0 0 0 0.000 (all)");
}
END_TEST

START_TEST(only_tests_that_are_selected)
{
	wanted = "*_one";
	print(lk_report_stats);
	ck_assert_str_eq(line("(unknown)"), "");
	ck_assert_str_eq(line("(all)"), "10 1000 600 6 4 40 3 2 1 1.234 (all)");
	teardown();
	wanted = NULL;
	parts[0].moment.scope = LK_SCOPE_PROCESS;
	print(lk_report_stats);
	ck_assert_str_eq(line("(all)"), "5 50 20 5 0 0 0 0 0 0.000 (all)");
}
END_TEST

START_TEST(json_has_the_same_numbers)
{
	parts[1].moment.peak_known = false;
	print(lk_report_stats_json);
	ck_assert_ptr_nonnull(strstr(text, "{\"program\":\"./check_x\",\"test\":\"test_one\","
					   "\"allocations\":10,\"bytes\":1000,\"peak_bytes\":600,"
					   "\"temporary\":6,\"left_blocks\":4,\"left_bytes\":40,"
					   "\"descriptors\":3,\"threads\":2,\"children\":1,"
					   "\"microseconds\":1234}"));
	ck_assert_ptr_nonnull(strstr(text, "\"test\":null,\"allocations\":5,\"bytes\":50,"
					   "\"peak_bytes\":null,"));
	ck_assert_ptr_nonnull(strstr(text, "\"all\":{\"allocations\":15,\"bytes\":1050,"
					   "\"peak_bytes\":null,"));
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("stats");
	TCase *cases = tcase_create("stats");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, a_row_for_each_test_and_their_sum);
	tcase_add_test(cases, what_was_not_counted_is_a_dash);
	tcase_add_test(cases, columns_stand_below_each_other);
	tcase_add_test(cases, names_cannot_reach_the_terminal);
	tcase_add_test(cases, no_test_has_an_empty_sum);
	tcase_add_test(cases, only_tests_that_are_selected);
	tcase_add_test(cases, json_has_the_same_numbers);
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
