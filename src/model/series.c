/* SPDX-License-Identifier: MIT */
#include "model/series.h"

#include "base/light.h"

void lk_series_add(struct lk_series *series, int64_t count, int64_t bytes)
{
	int64_t more = count - series->count, more_bytes = bytes - series->bytes;

	if (series->runs < LK_SERIES_SHOWN) {
		series->count_change[series->runs] = more;
		series->bytes_change[series->runs] = more_bytes;
	}
	series->runs++;
	if (more <= 0 && more_bytes <= 0)
		series->last_rest = series->runs;
	series->count = count;
	series->bytes = bytes;
}
