/* SPDX-License-Identifier: MIT */
#include "judge/series.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct lk_series series;

static void empty(void)
{
	series = (struct lk_series){ .count = 1, .bytes = 10 };
}

/* Each of CHANGES adds so many blocks of 10 bytes. */
static enum lk_again judge(const char *changes)
{
	for (; *changes; changes++)
		lk_series_add(&series, series.count + *changes - '0',
			      series.bytes + (*changes - '0') * 10);
	return lk_series_judge(&series, 3);
}

START_TEST(no_run_says_nothing) { ck_assert_int_eq(judge(""), LK_AGAIN_unknown); } END_TEST
START_TEST(two_runs_are_too_few) { ck_assert_int_eq(judge("11"), LK_AGAIN_unknown); } END_TEST
START_TEST(a_run_without_more_is_enough)
{
	ck_assert_int_eq(judge("0"), LK_AGAIN_once);
	ck_assert_int_eq(judge("1"), LK_AGAIN_unknown);
}
END_TEST
START_TEST(one_run_is_enough_for_a_descriptor)
{
	lk_series_add(&series, 2, 0);
	ck_assert_int_eq(lk_series_judge(&series, lk_series_least(LK_KIND_descriptor)),
			 LK_AGAIN_grows);
}
END_TEST
START_TEST(nothing_more_is_once) { ck_assert_int_eq(judge("000"), LK_AGAIN_once); } END_TEST
START_TEST(more_each_time_grows) { ck_assert_int_eq(judge("111"), LK_AGAIN_grows); } END_TEST
START_TEST(a_late_start_grows) { ck_assert_int_eq(judge("011"), LK_AGAIN_grows); } END_TEST
START_TEST(a_rest_in_the_last_half_settles)
{
	ck_assert_int_eq(judge("1111111011"), LK_AGAIN_settles);
}
END_TEST
START_TEST(an_early_rest_is_forgotten)
{
	ck_assert_int_eq(judge("1011111111"), LK_AGAIN_grows);
}
END_TEST
START_TEST(a_ring_settles_when_it_is_full)
{
	ck_assert_int_eq(judge("111111111111111"), LK_AGAIN_grows);
	ck_assert_int_eq(judge("0"), LK_AGAIN_settles);
}
END_TEST
START_TEST(bytes_alone_grow)
{
	for (int64_t i = 1; i <= 3; i++)
		lk_series_add(&series, 1, 10 + i);
	ck_assert_int_eq(lk_series_judge(&series, 3), LK_AGAIN_grows);
}
END_TEST
START_TEST(what_is_lost_by_then_grows)
{
	judge("000");
	series.lost = 1;
	ck_assert_int_eq(lk_series_judge(&series, 3), LK_AGAIN_grows);
}
END_TEST

static void prints(const char *wanted)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	lk_series_print(out, &series);
	fclose(out);
	ck_assert_str_eq(text, wanted);
	free(text);
}

START_TEST(is_printed_whole_or_cut)
{
	prints("");
	judge("101");
	prints("[+1 +0 +1]");
	judge("111111");
	prints("[+1 +0 +1 ... 9 runs]");
}
END_TEST
START_TEST(is_printed_in_bytes_where_only_they_change)
{
	lk_series_add(&series, 1, 26);
	lk_series_add(&series, 1, 26);
	prints("[+16 B +0]");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("series");
	TCase *tests = tcase_create("series");

	tcase_add_checked_fixture(tests, empty, NULL);
	tcase_add_test(tests, no_run_says_nothing);
	tcase_add_test(tests, two_runs_are_too_few);
	tcase_add_test(tests, a_run_without_more_is_enough);
	tcase_add_test(tests, one_run_is_enough_for_a_descriptor);
	tcase_add_test(tests, nothing_more_is_once);
	tcase_add_test(tests, more_each_time_grows);
	tcase_add_test(tests, a_late_start_grows);
	tcase_add_test(tests, a_rest_in_the_last_half_settles);
	tcase_add_test(tests, an_early_rest_is_forgotten);
	tcase_add_test(tests, a_ring_settles_when_it_is_full);
	tcase_add_test(tests, bytes_alone_grow);
	tcase_add_test(tests, what_is_lost_by_then_grows);
	tcase_add_test(tests, is_printed_whole_or_cut);
	tcase_add_test(tests, is_printed_in_bytes_where_only_they_change);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
