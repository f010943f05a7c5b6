/* SPDX-License-Identifier: MIT */
#include "judge/series.h"

#include <inttypes.h>
#include <stdbool.h>

unsigned lk_series_least(enum lk_kind kind)
{
	return kind == LK_KIND_heap ? 3 : 1;
}

static bool is_constant(const struct lk_series *series)
{
	unsigned shown = series->runs < LK_SERIES_SHOWN ? series->runs : LK_SERIES_SHOWN;

	for (unsigned i = 0; i < shown; i++)
		if (series->count_change[i] > 0 || series->bytes_change[i] > 0)
			return false;
	return true;
}

enum lk_again lk_series_judge(const struct lk_series *series, unsigned least)
{
	if (!series || series->runs == 0)
		return LK_AGAIN_unknown;
	if (series->runs < least)
		return series->lost == 0 && is_constant(series) ? LK_AGAIN_once : LK_AGAIN_unknown;
	if (series->lost > 0 || series->last_rest <= series->runs / 2)
		return LK_AGAIN_grows;
	return is_constant(series) ? LK_AGAIN_once : LK_AGAIN_settles;
}

void lk_series_print(FILE *out, const struct lk_series *series)
{
	enum { FIRST = 3 };
	unsigned shown = series->runs <= LK_SERIES_SHOWN ? series->runs : FIRST;
	bool by_count = false;

	if (series->runs == 0)
		return;
	for (unsigned i = 0; i < shown; i++)
		by_count |= series->count_change[i] != 0;
	for (unsigned i = 0; i < shown; i++)
		fprintf(out, "%s%+" PRId64 "%s", i == 0 ? "[" : " ",
			by_count ? series->count_change[i] : series->bytes_change[i],
			by_count || series->bytes_change[i] == 0 ? "" : " B");
	if (series->runs > shown)
		fprintf(out, " ... %u runs", series->runs);
	fputc(']', out);
}
