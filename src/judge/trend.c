/* SPDX-License-Identifier: MIT */
#include "judge/trend.h"

#include <stdlib.h>
#include <string.h>

const char *const lk_trend_words[LK_TREND_VERDICT_COUNT] = {
#define LK_NAME(name, word) word,
	LK_TREND_VERDICTS(LK_NAME)
#undef LK_NAME
};

static const enum lk_trend_verdict verdict_of[LK_TREND_SHAPE_COUNT] = {
#define LK_NAME(name, verdict) LK_TREND_##verdict,
	LK_TREND_SHAPES(LK_NAME)
#undef LK_NAME
};

/* One in 40, and one in 20, of the series without a trend rise so by chance. */
static const double sure = 1.96, likely = 1.64;
/* More points than these are thinned out by medians, since all pairs are looked at. */
enum { POINTS_MAX = 100, PAIRS_MAX = POINTS_MAX * (POINTS_MAX - 1) / 2 };

struct series {
	size_t count;
	double time[POINTS_MAX]; /* in seconds since the first point */
	double value[POINTS_MAX];
	double sorted[POINTS_MAX]; /* room */
	double slopes[PAIRS_MAX];  /* room */
};

/* The library that is loaded into programs does not draw in libm. */
static double square_root(double square)
{
	double root = square > 1 ? square : 1;

	for (int i = 0; square > 0 && i < 2000; i++) {
		double next = (root + square / root) / 2;

		if (next >= root)
			break;
		root = next;
	}
	return square > 0 ? root : 0;
}

static int compare(const void *a, const void *b)
{
	const double *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static double median_of_sorted(const double *values, size_t count)
{
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Of the values [FROM, TO), which are at least one. */
static double median(struct series *series, size_t from, size_t to)
{
	memcpy(series->sorted, series->value + from, (to - from) * sizeof *series->sorted);
	qsort(series->sorted, to - from, sizeof *series->sorted, compare);
	return median_of_sorted(series->sorted, to - from);
}

/* What would be the standard deviation if it were normal noise, not bent by strays. */
static double spread(struct series *series, size_t from, size_t to)
{
	double middle = median(series, from, to);

	for (size_t i = 0; i < to - from; i++) {
		double distance = series->value[from + i] - middle;

		series->sorted[i] = distance < 0 ? -distance : distance;
	}
	qsort(series->sorted, to - from, sizeof *series->sorted, compare);
	return 1.4826 * median_of_sorted(series->sorted, to - from);
}

/* Mann's S and its variance for the values [FROM, TO), added to what is there. */
static void add_evidence(struct series *series, size_t from, size_t to, double *s, double *variance)
{
	double n = (double)(to - from), sum = n * (n - 1) * (2 * n + 5);

	for (size_t i = from; i < to; i++)
		for (size_t j = i + 1; j < to; j++)
			*s += compare(&series->value[j], &series->value[i]);
	if (to == from)
		return;
	median(series, from, to); /* sorts them */
	for (size_t i = 0, equal; i < to - from; i += equal) {
		for (equal = 1; i + equal < to - from; equal++)
			if (series->sorted[i + equal] > series->sorted[i])
				break;
		double t = (double)equal;
		sum -= t * (t - 1) * (2 * t + 5);
	}
	*variance += sum / 18;
}

static double evidence_of(double s, double variance)
{
	if (variance <= 0 || s == 0)
		return 0;
	return (s > 0 ? s - 1 : s + 1) / square_root(variance);
}

static double evidence(struct series *series)
{
	double s = 0, variance = 0;

	add_evidence(series, 0, series->count, &s, &variance);
	return evidence_of(s, variance);
}

/* Where [FROM, TO) falls into two levels best; *GAIN is by how much the squares of the
 * distances to the levels are less than of those to one.  FROM if it cannot be cut. */
static size_t find_step(const struct series *series, size_t from, size_t to, double *gain)
{
	double all = 0, left = 0;
	size_t best = from;

	*gain = 0;
	for (size_t i = from; i < to; i++)
		all += series->value[i];
	double n = (double)(to - from), mean = all / n;
	for (size_t i = from + 1; i < to; i++) {
		left += series->value[i - 1];
		double k = (double)(i - from);
		double distance = left / k - mean;
		double now = distance * distance * k * n / (n - k);

		if (now > *gain) {
			*gain = now;
			best = i;
		}
	}
	return best;
}

/* The evidence for a rise that the two largest steps do not give. */
static double evidence_between_steps(struct series *series)
{
	double gain, left, right, s = 0, variance = 0;
	size_t first = find_step(series, 0, series->count, &gain);
	size_t low = find_step(series, 0, first > 0 ? first : 1, &left);
	size_t high = find_step(series, first, series->count, &right);
	size_t cuts[] = { 0, left > right ? low : first, left > right ? first : high,
			  series->count };

	for (size_t i = 0; i < 3; i++)
		add_evidence(series, cuts[i], cuts[i + 1], &s, &variance);
	return evidence_of(s, variance);
}

/* Rises the median from each part of the time to the next? */
static bool parts_rise(struct series *series)
{
	size_t parts = series->count >= 12 ? 4 : 3;
	double before = median(series, 0, series->count / parts);

	for (size_t part = 1; part < parts; part++) {
		double now = median(series, series->count * part / parts,
				    series->count * (part + 1) / parts);

		if (now <= before)
			return false;
		before = now;
	}
	return true;
}

static bool is_rising(struct series *series)
{
	enum { ENOUGH_FOR_PARTS = 8 };
	size_t rises = 0;

	if (evidence(series) < sure)
		return false;
	if (series->count >= ENOUGH_FOR_PARTS)
		return parts_rise(series) && evidence_between_steps(series) >= likely;
	for (size_t i = 1; i < series->count; i++)
		rises += series->value[i] > series->value[i - 1];
	return rises + 2 >= series->count;
}

static double rate_of(struct series *series)
{
	size_t pairs = 0;

	for (size_t i = 0; i < series->count; i++)
		for (size_t j = i + 1; j < series->count; j++)
			if (series->time[j] > series->time[i])
				series->slopes[pairs++] = (series->value[j] - series->value[i]) /
							  (series->time[j] - series->time[i]);
	if (pairs == 0)
		return 0;
	qsort(series->slopes, pairs, sizeof *series->slopes, compare);
	return median_of_sorted(series->slopes, pairs);
}

static void set_time(struct lk_trend *trend, const struct lk_trend_point *points, size_t from,
		     size_t to)
{
	trend->from_ns = points[from].time_ns - points[0].time_ns;
	trend->to_ns = points[to].time_ns - points[0].time_ns;
}

/* Stands the highest point out of the noise? */
static bool is_high(const struct lk_trend *trend, double noise)
{
	double rise = (double)trend->most - (double)trend->median;

	return rise > 6 * noise && rise * 10 >= (double)trend->median;
}

/* A high part in the middle is a peak, one at the end a rise that came late. */
static enum lk_trend_shape judge_high(const struct lk_trend_point *points, size_t count,
				      struct lk_trend *trend)
{
	uint64_t half = trend->median + (trend->most - trend->median) / 2;
	size_t top = 0, from, to;

	while (points[top].value < trend->most)
		top++;
	if (points[count - 1].value > half) /* the last high part is what matters */
		top = count - 1;
	for (from = top; from > 0 && points[from - 1].value > half; from--)
		;
	for (to = top; to + 1 < count && points[to + 1].value > half; to++)
		;
	set_time(trend, points, from, to);
	return to + 1 == count ? LK_TREND_IS_late : LK_TREND_IS_peak;
}

/* Is it one step between two levels?  *AT is the first point of the second one. */
static bool is_step(struct series *series, size_t *at)
{
	enum { LEAST = 3 };
	double gain;

	*at = find_step(series, 0, series->count, &gain);
	if (*at < LEAST || series->count - *at < LEAST)
		return false;
	double low = median(series, 0, *at), high = median(series, *at, series->count);
	double noise = spread(series, 0, *at), other = spread(series, *at, series->count);

	return high - low > 6 * (noise > other ? noise : other) && (high - low) * 10 >= low;
}

static enum lk_trend_shape judge_shape(struct series *series, const struct lk_trend_point *points,
				       size_t count, struct lk_trend *trend)
{
	size_t at;

	if (count < LK_TREND_LEAST)
		return LK_TREND_IS_few;
	if (trend->least == trend->most)
		return LK_TREND_IS_level;
	if (is_rising(series))
		return LK_TREND_IS_rising;
	if (is_step(series, &at)) {
		set_time(trend, points, at * count / series->count, count - 1);
		return LK_TREND_IS_step;
	}
	if (is_high(trend, spread(series, 0, series->count)))
		return judge_high(points, count, trend);
	if (evidence(series) <= -sure)
		return LK_TREND_IS_falling;
	return (trend->most - trend->least) * 10 > trend->median ? LK_TREND_IS_wavering
								 : LK_TREND_IS_level;
}

static int by_value(const void *a, const void *b)
{
	const struct lk_trend_point *one = a, *other = b;

	return (one->value > other->value) - (one->value < other->value);
}

static void describe(const struct lk_trend_point *points, struct lk_trend_point *sorted,
		     size_t count, struct lk_trend *trend)
{
	double sum = 0, squares = 0;

	memcpy(sorted, points, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_value);
	trend->points = count;
	trend->span_ns = points[count - 1].time_ns - points[0].time_ns;
	trend->first = points[0].value;
	trend->last = points[count - 1].value;
	trend->least = sorted[0].value;
	trend->most = sorted[count - 1].value;
	trend->median = sorted[(count - 1) / 2].value;
	trend->p95 = sorted[(count * 95 + 99) / 100 - 1].value;
	for (size_t i = 0; i < count; i++)
		sum += (double)points[i].value;
	trend->mean = sum / (double)count;
	for (size_t i = 0; i < count; i++) {
		double distance = (double)points[i].value - trend->mean;

		squares += distance * distance;
	}
	trend->deviation = square_root(squares / (double)count);
}

/* Each value is the median of equally many points. */
static void thin(const struct lk_trend_point *points, struct lk_trend_point *sorted, size_t count,
		 struct series *series)
{
	series->count = count < POINTS_MAX ? count : POINTS_MAX;
	for (size_t i = 0; i < series->count; i++) {
		size_t from = i * count / series->count, to = (i + 1) * count / series->count;

		memcpy(sorted, points + from, (to - from) * sizeof *sorted);
		qsort(sorted, to - from, sizeof *sorted, by_value);
		series->time[i] =
			(double)(points[(from + to) / 2].time_ns - points[0].time_ns) / 1e9;
		series->value[i] = (double)sorted[(to - from) / 2].value;
	}
}

bool lk_trend_judge(const struct lk_trend_point *points, size_t count, struct lk_trend *ret)
{
	struct lk_trend_point *sorted = malloc(count * sizeof *sorted);
	struct series *series = malloc(sizeof *series);
	struct lk_trend trend = { 0 };
	bool ok = sorted && series;

	if (ok) {
		describe(points, sorted, count, &trend);
		thin(points, sorted, count, series);
		trend.rate = trend.least < trend.most ? rate_of(series) : 0;
		trend.shape = judge_shape(series, points, count, &trend);
		trend.verdict = verdict_of[trend.shape];
		*ret = trend;
	}
	free(series);
	free(sorted);
	return ok;
}
