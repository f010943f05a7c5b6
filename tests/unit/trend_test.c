/* SPDX-License-Identifier: MIT */
#include "judge/trend.h"

#include <check.h>
#include <stdlib.h>

enum { POINTS_MAX = 1000, SEEDS = 100 };
static const uint64_t second = 1000000000;

static struct lk_trend_point points[POINTS_MAX];
static size_t points_count;
static struct lk_trend trend;
static unsigned seed;

static void empty(void)
{
	points_count = 0;
	seed = 1;
}

static void add(double value)
{
	points[points_count].time_ns = 1000 * second + points_count * second;
	points[points_count++].value = (uint64_t)value;
}

/* Noise whose standard deviation is near 1: the sum of 12 even ones. */
static double noise(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)rand_r(&seed) / RAND_MAX;
	return sum;
}

static void judge(void)
{
	ck_assert(lk_trend_judge(points, points_count, &trend));
	ck_assert_uint_eq(trend.points, points_count);
}

static void is(enum lk_trend_verdict verdict, enum lk_trend_shape shape)
{
	judge();
	ck_assert_msg(trend.verdict == verdict && trend.shape == shape,
		      "%zu points are verdict %s, shape %d; wanted %s, %d", points_count,
		      lk_trend_words[trend.verdict], (int)trend.shape, lk_trend_words[verdict],
		      (int)shape);
}

/* How many of SEEDS series, each made by FILL, grow. */
static int growing(void (*fill)(int), int count)
{
	int sum = 0;

	for (unsigned i = 1; i <= SEEDS; i++) {
		points_count = 0;
		seed = i;
		fill(count);
		judge();
		sum += trend.verdict == LK_TREND_grows;
	}
	return sum;
}

START_TEST(a_constant_is_level)
{
	for (int i = 0; i < 10; i++)
		add(4096);
	is(LK_TREND_flat, LK_TREND_IS_level);
	ck_assert_uint_eq(trend.median, 4096);
	ck_assert_uint_eq(trend.p95, 4096);
	ck_assert(trend.rate == 0 && trend.deviation == 0 && trend.mean == 4096);
}
END_TEST

START_TEST(nothing_at_all_is_level)
{
	for (int i = 0; i < 10; i++)
		add(0);
	is(LK_TREND_flat, LK_TREND_IS_level);
}
END_TEST

static void fill_noise(int count)
{
	while (count-- > 0)
		add(10000 + 100 * noise());
}

START_TEST(noise_seldom_grows)
{
	static const int counts[] = { 5, 6, 7, 8, 12, 16, 40, 100, 300 };

	ck_assert_int_le(growing(fill_noise, counts[_i]), 3);
}
END_TEST

START_TEST(noise_is_level)
{
	fill_noise(100);
	is(LK_TREND_flat, LK_TREND_IS_level);
	ck_assert(trend.deviation > 50 && trend.deviation < 200);
	ck_assert(trend.p95 > trend.median && trend.p95 < trend.most);
}
END_TEST

static void fill_leak(int count)
{
	for (int i = 0; i < count; i++)
		add(10000 + 100 * i + 30 * noise());
}

START_TEST(a_steady_leak_grows)
{
	static const int counts[] = { 8, 12, 16, 40, 100, 300 };

	ck_assert_int_ge(growing(fill_leak, counts[_i]), 95);
	ck_assert(trend.rate > 80 && trend.rate < 120);
}
END_TEST

START_TEST(five_points_that_rise_each_time_grow)
{
	for (int i = 0; i < 5; i++)
		add(10 + i);
	is(LK_TREND_grows, LK_TREND_IS_rising);
	ck_assert(trend.rate == 1);
}
END_TEST

START_TEST(four_are_too_few)
{
	for (int i = 0; i < 4; i++)
		add(10 + i);
	is(LK_TREND_unsure, LK_TREND_IS_few);
	ck_assert_uint_eq(trend.most, 13);
}
END_TEST

START_TEST(one_point_is_too_few)
{
	add(7);
	is(LK_TREND_unsure, LK_TREND_IS_few);
	ck_assert_uint_eq(trend.p95, 7);
}
END_TEST

START_TEST(a_block_now_and_then_grows)
{
	for (int i = 0; i < 60; i++)
		add(i / 10 * 24);
	is(LK_TREND_grows, LK_TREND_IS_rising);
}
END_TEST

START_TEST(a_leak_under_teeth_grows)
{
	for (int i = 0; i < 100; i++)
		add(1000 + 40 * i + i % 10 * 50);
	is(LK_TREND_grows, LK_TREND_IS_rising);
}
END_TEST

START_TEST(a_leak_after_a_start_that_takes_much_grows)
{
	for (int i = 0; i < 60; i++)
		add(i < 5 ? 1000 : 100000 + 10 * i);
	is(LK_TREND_grows, LK_TREND_IS_rising);
	ck_assert(trend.rate > 8 && trend.rate < 20);
}
END_TEST

START_TEST(more_points_than_are_compared_keep_their_rate)
{
	for (int i = 0; i < POINTS_MAX; i++)
		add(5 * i);
	is(LK_TREND_grows, LK_TREND_IS_rising);
	ck_assert(trend.rate > 4.9 && trend.rate < 5.1);
}
END_TEST

static int step_at;
static void fill_step(int count)
{
	for (int i = 0; i < count; i++)
		add((i < step_at ? 10000 : 50000) + 50 * noise());
}

START_TEST(a_cache_that_is_filled_once_is_flat)
{
	static const int steps[] = { 5, 20, 35, 50, 65, 80, 96 };

	step_at = steps[_i];
	ck_assert_int_le(growing(fill_step, 100), 3);
	ck_assert_int_eq(trend.shape, LK_TREND_IS_step);
	ck_assert_uint_eq(trend.from_ns, (uint64_t)step_at * second);
}
END_TEST

START_TEST(two_steps_do_not_grow)
{
	for (int i = 0; i < 100; i++)
		add(i < 30 ? 1000 : i < 70 ? 5000 : 9000);
	judge();
	ck_assert_int_ne(trend.verdict, LK_TREND_grows);
}
END_TEST

START_TEST(a_burst_comes_back)
{
	for (int i = 0; i < 30; i++)
		add((i >= 10 && i < 14 ? 900000 : 10000) + i % 3);
	is(LK_TREND_burst, LK_TREND_IS_peak);
	ck_assert_uint_eq(trend.from_ns, 10 * second);
	ck_assert_uint_eq(trend.to_ns, 13 * second);
	ck_assert(trend.median < 20000);
}
END_TEST

START_TEST(what_rises_at_the_very_end_is_unsure)
{
	for (int i = 0; i < 30; i++)
		add(i < 28 ? 10000 : 90000);
	is(LK_TREND_unsure, LK_TREND_IS_late);
	ck_assert_uint_eq(trend.from_ns, 28 * second);
}
END_TEST

START_TEST(teeth_are_flat)
{
	for (int i = 0; i < 100; i++)
		add(1000 + (i + _i) % 13 * 100);
	is(LK_TREND_flat, LK_TREND_IS_wavering);
}
END_TEST

START_TEST(what_goes_away_falls)
{
	for (int i = 0; i < 30; i++)
		add(10000 - 100 * i);
	is(LK_TREND_flat, LK_TREND_IS_falling);
	ck_assert(trend.rate == -100);
}
END_TEST

START_TEST(one_instant_has_no_rate)
{
	for (int i = 0; i < 8; i++) {
		add(10 * i);
		points[i].time_ns = 1;
	}
	judge();
	ck_assert(trend.rate == 0 && trend.span_ns == 0);
}
END_TEST

START_TEST(huge_values_do_not_overflow)
{
	for (int i = 0; i < 20; i++)
		add(1.8e19 - 1e15 * (20 - i));
	is(LK_TREND_grows, LK_TREND_IS_rising);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trend");
	TCase *tests = tcase_create("trend");

	tcase_add_checked_fixture(tests, empty, NULL);
	tcase_add_test(tests, a_constant_is_level);
	tcase_add_test(tests, nothing_at_all_is_level);
	tcase_add_loop_test(tests, noise_seldom_grows, 0, 9);
	tcase_add_test(tests, noise_is_level);
	tcase_add_loop_test(tests, a_steady_leak_grows, 0, 6);
	tcase_add_test(tests, five_points_that_rise_each_time_grow);
	tcase_add_test(tests, four_are_too_few);
	tcase_add_test(tests, one_point_is_too_few);
	tcase_add_test(tests, a_block_now_and_then_grows);
	tcase_add_test(tests, a_leak_under_teeth_grows);
	tcase_add_test(tests, a_leak_after_a_start_that_takes_much_grows);
	tcase_add_test(tests, more_points_than_are_compared_keep_their_rate);
	tcase_add_loop_test(tests, a_cache_that_is_filled_once_is_flat, 0, 7);
	tcase_add_test(tests, two_steps_do_not_grow);
	tcase_add_test(tests, a_burst_comes_back);
	tcase_add_test(tests, what_rises_at_the_very_end_is_unsure);
	tcase_add_loop_test(tests, teeth_are_flat, 0, 13);
	tcase_add_test(tests, what_goes_away_falls);
	tcase_add_test(tests, one_instant_has_no_rate);
	tcase_add_test(tests, huge_values_do_not_overflow);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
