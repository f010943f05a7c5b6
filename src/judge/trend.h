/* SPDX-License-Identifier: MIT */
/* Does a quantity that was looked at again and again grow?
 *
 * Memory in use is no normal noise: it jumps, comes back and runs in teeth, so all that
 * decides goes by order and medians, which single values cannot bend:
 *  - the rate is Theil's and Sen's: the median of the slopes of all pairs (P. K. Sen, 1968,
 *    "Estimates of the regression coefficient based on Kendall's tau");
 *  - whether it rises at all is Mann's test (H. B. Mann, 1945, "Nonparametric tests against
 *    trend") with Kendall's correction for equal values;
 *  - a cache that was filled in one or two steps passes that test too, so it is asked
 *    again between the two largest steps (binary segmentation, A. J. Scott and M. Knott,
 *    1974), and the medians of the quarters of the time must rise one after the other. */
#ifndef LK_JUDGE_TREND_H
#define LK_JUDGE_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_trend_point {
	uint64_t time_ns;
	uint64_t value;
};

/* X(name, in a word) */
#define LK_TREND_VERDICTS(X) \
	X(grows, "grows")    \
	X(burst, "burst")    \
	X(flat, "flat")      \
	X(unsure, "unsure")

enum lk_trend_verdict {
#define LK_NAME(name, word) LK_TREND_##name,
	LK_TREND_VERDICTS(LK_NAME)
#undef LK_NAME
		LK_TREND_VERDICT_COUNT
};

/* Why: X(name, verdict). */
#define LK_TREND_SHAPES(X) \
	X(rising, grows)   \
	X(peak, burst)	/* rose high above its median and came back */ \
	X(level, flat)	   \
	X(wavering, flat) /* up and down, by more than a tenth */ \
	X(step, flat)	/* rose once and stayed */ \
	X(falling, flat)   \
	X(few, unsure)	/* less than LK_TREND_LEAST points */ \
	X(late, unsure) /* rose so late that it cannot be told how it goes on */

enum lk_trend_shape {
#define LK_NAME(name, verdict) LK_TREND_IS_##name,
	LK_TREND_SHAPES(LK_NAME)
#undef LK_NAME
		LK_TREND_SHAPE_COUNT
};

enum { LK_TREND_LEAST = 5 };

struct lk_trend {
	enum lk_trend_verdict verdict;
	enum lk_trend_shape shape;
	size_t points;
	uint64_t span_ns; /* from the first point to the last */
	uint64_t first, last, least, most, median, p95;
	double mean, deviation; /* the standard deviation */
	double rate; /* change in a second; 0 if no time went by */
	/* Since the first point: of a peak when it was higher than half way, of a step or
	 * late rise the first point after it and the end. */
	uint64_t from_ns, to_ns;
};

/* "grows", "burst", "flat", "unsure" */
extern const char *const lk_trend_words[LK_TREND_VERDICT_COUNT];

/* Judges POINTS, in order of time; the statistics are of all of them, even if there are too
 * few to judge.  COUNT must not be 0.  False when out of memory. */
bool lk_trend_judge(const struct lk_trend_point *points, size_t count, struct lk_trend *ret);

#endif
