/* SPDX-License-Identifier: MIT */
#include "judge/growth.h"

#include <stdlib.h>

const char *const lk_growth_words[LK_GROWTH_TOTAL_COUNT] = {
#define LK_NAME(field, words, one, several) words,
	LK_GROWTH_TOTALS(LK_NAME)
#undef LK_NAME
};
const char *const lk_growth_units[LK_GROWTH_TOTAL_COUNT][2] = {
#define LK_NAME(field, words, one, several) { one, several },
	LK_GROWTH_TOTALS(LK_NAME)
#undef LK_NAME
};

static bool is_first(const struct lk_profile *profile, size_t part)
{
	for (size_t i = 0; i < part; i++)
		if (lk_moment_is_same_process(&profile->parts[i].moment,
					      &profile->parts[part].moment))
			return false;
	return profile->parts[part].moment.scope == LK_SCOPE_PROCESS;
}

/* Writes the place of each part in the series to PLACES, SIZE_MAX for those of other
 * processes; returns how many are in it. */
static size_t find_parts(const struct lk_profile *profile, size_t first, size_t *places)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->parts_count; i++)
		places[i] = i >= first && lk_moment_is_same_process(&profile->parts[i].moment,
								    &profile->parts[first].moment)
				    ? count++
				    : SIZE_MAX;
	return count;
}

static uint64_t total_of(const struct lk_counts *counts, enum lk_growth_total total)
{
	switch (total) {
#define LK_NAME(field, words, one, several) \
	case LK_GROWTH_##field:             \
		return counts->field;
		LK_GROWTH_TOTALS(LK_NAME)
#undef LK_NAME
	case LK_GROWTH_TOTAL_COUNT:
		break;
	}
	return 0;
}

static bool judge_totals(const struct lk_profile *profile, const size_t *places,
			 struct lk_growth *growth)
{
	bool ok = true;

	for (int total = 0; ok && total < LK_GROWTH_TOTAL_COUNT; total++) {
		struct lk_trend_point *points = calloc(growth->points, sizeof *points);

		growth->totals[total] = points;
		for (size_t i = 0; points && i < profile->parts_count; i++)
			if (places[i] != SIZE_MAX)
				points[places[i]] = (struct lk_trend_point){
					profile->parts[i].moment.monotonic_ns,
					total_of(&profile->parts[i].moment.counts, total)
				};
		ok = points && lk_trend_judge(points, growth->points, &growth->trends[total]);
	}
	return ok;
}

/* A sample's share of its row. */
struct share {
	enum lk_kind kind;
	enum lk_hold hold;
	size_t stack, place;
	uint64_t value;
};

static int by_row(const void *a, const void *b)
{
	const struct share *one = a, *other = b;

	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (one->stack != other->stack)
		return one->stack < other->stack ? -1 : 1;
	return (one->place > other->place) - (one->place < other->place);
}

static size_t collect(const struct lk_profile *profile, const size_t *places, struct share *shares)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &profile->samples[i];
		uint64_t value =
			sample->values[sample->kind == LK_KIND_heap ? LK_VALUE_live_bytes
								    : LK_VALUE_live_blocks];

		if (places[sample->part] != SIZE_MAX && value > 0)
			shares[count++] = (struct share){ sample->kind, sample->hold, sample->stack,
							  places[sample->part], value };
	}
	qsort(shares, count, sizeof *shares, by_row);
	return count;
}

/* The row of SHARES, of one stack; what did not change is left out. */
static bool add_row(struct lk_growth *growth, const struct share *shares, size_t count,
		    struct lk_trend_point *points)
{
	struct lk_growth_row *row = &growth->rows[growth->rows_count];
	uint64_t most = 0;

	*row = (struct lk_growth_row){ .kind = shares->kind, .stack = shares->stack };
	for (size_t i = 0; i < growth->points; i++)
		points[i] = (struct lk_trend_point){ growth->totals[0][i].time_ns, 0 };
	for (size_t i = 0; i < count; i++) {
		points[shares[i].place].value += shares[i].value;
		if (shares[i].place + 1 == growth->points && shares[i].value > most) {
			most = shares[i].value;
			row->hold = shares[i].hold;
		}
	}
	if (!lk_trend_judge(points, growth->points, &row->trend))
		return false;
	growth->rows_count += row->trend.least < row->trend.most;
	return true;
}

static int in_order(const void *a, const void *b)
{
	static const int ranks[LK_TREND_VERDICT_COUNT] = { [LK_TREND_grows] = 0,
							   [LK_TREND_unsure] = 1,
							   [LK_TREND_burst] = 2,
							   [LK_TREND_flat] = 3 };
	const struct lk_growth_row *one = a, *other = b;
	int left = ranks[one->trend.verdict], right = ranks[other->trend.verdict];
	uint64_t low = one->trend.most - one->trend.least,
		 high = other->trend.most - other->trend.least;

	if (left != right)
		return left < right ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	if (left == 0 && one->trend.rate != other->trend.rate)
		return one->trend.rate > other->trend.rate ? -1 : 1;
	if (low != high)
		return low > high ? -1 : 1;
	return (one->stack > other->stack) - (one->stack < other->stack);
}

static bool judge_rows(const struct lk_profile *profile, const size_t *places,
		       struct lk_growth *growth)
{
	struct share *shares = calloc(profile->samples_count + 1, sizeof *shares);
	struct lk_trend_point *points = calloc(growth->points, sizeof *points);
	bool ok = shares && points;
	size_t count = ok ? collect(profile, places, shares) : 0;

	growth->rows = calloc(count + 1, sizeof *growth->rows);
	ok = ok && growth->rows;
	for (size_t i = 0, end; ok && i < count; i = end) {
		for (end = i + 1; end < count && shares[end].kind == shares[i].kind &&
				  shares[end].stack == shares[i].stack;
		     end++)
			;
		ok = add_row(growth, shares + i, end - i, points);
	}
	if (ok)
		qsort(growth->rows, growth->rows_count, sizeof *growth->rows, in_order);
	free(points);
	free(shares);
	return ok;
}

bool lk_growth_next(const struct lk_profile *profile, size_t *first, struct lk_growth *ret)
{
	size_t *places = calloc(profile->parts_count + 1, sizeof *places);
	struct lk_growth growth = { 0 };
	bool ok = places != NULL;

	for (; ok && *first < profile->parts_count; ++*first) {
		if (!is_first(profile, *first))
			continue;
		growth.points = find_parts(profile, *first, places);
		if (growth.points >= 2)
			break;
	}
	if (ok && *first >= profile->parts_count) {
		free(places);
		*first = SIZE_MAX;
		return true;
	}
	if (ok) {
		growth.process = profile->parts[*first].moment.process;
		ok = judge_totals(profile, places, &growth) && judge_rows(profile, places, &growth);
	}
	free(places);
	if (ok)
		*ret = growth;
	else
		lk_growth_release(&growth);
	return ok;
}

void lk_growth_release(struct lk_growth *growth)
{
	for (int total = 0; total < LK_GROWTH_TOTAL_COUNT; total++)
		free(growth->totals[total]);
	free(growth->rows);
	*growth = (struct lk_growth){ 0 };
}
