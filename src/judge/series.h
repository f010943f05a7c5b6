/* SPDX-License-Identifier: MIT */
/* What a series says: does it go on? */
#ifndef LK_JUDGE_SERIES_H
#define LK_JUDGE_SERIES_H

#include <stdio.h>

#include "judge/verdict.h"
#include "model/series.h"

/* Further runs that are needed before KIND can be said to grow: memory may be kept
 * by a cache that has room for more, a descriptor or thread hardly. */
unsigned lk_series_least(enum lk_kind kind);

/* Grows: it rose, in count or bytes, in every run of the last half; or the next runs
 * lost it.  Unknown: there were fewer than LEAST runs, unless those left nothing. */
enum lk_again lk_series_judge(const struct lk_series *series, unsigned least);

/* "[+1 +1 +1]", "[+16 B +16 B +16 B ... 40 runs]"; nothing if there were no runs. */
void lk_series_print(FILE *out, const struct lk_series *series);

#endif
