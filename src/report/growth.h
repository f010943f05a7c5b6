/* SPDX-License-Identifier: MIT */
/* What grows over time, as text. */
#ifndef LK_REPORT_GROWTH_H
#define LK_REPORT_GROWTH_H

#include <stdbool.h>
#include <stdio.h>

#include "judge/growth.h"

/* For each process that PROFILE has several snapshots of: its totals with their statistics
 * and verdicts, then what of the stacks behind them is not flat.  *RET_SOME tells whether
 * there was such a process.  False when out of memory. */
bool lk_report_growth(FILE *out, const struct lk_profile *profile, bool *ret_some);

/* "grows: +1.2 KiB/s, in each part of 12 s"; a sentence about UNIT ("B" is bytes). */
void lk_report_trend(FILE *out, const struct lk_trend *trend, const char *unit);

/* Who holds memory, in a word: "lost", "held by the program"; "" if that is not known. */
const char *lk_report_hold_word(enum lk_hold hold);

#endif
