/* SPDX-License-Identifier: MIT */
/* What grows over time, as text. */
#ifndef LK_REPORT_GROWTH_H
#define LK_REPORT_GROWTH_H

#include <stdbool.h>
#include <stdio.h>

#include "judge/growth.h"

/* For the first processes that PROFILE has several snapshots of: the totals with their
 * statistics and verdicts, then what of the stacks behind them is not flat.  *RET_SOME
 * tells whether there was such a process.  False when out of memory. */
bool lk_report_growth(FILE *out, const struct lk_profile *profile, bool *ret_some);

/* "grows: rises by 1.2 KiB a second, in each part of the 12.0 s"; UNITS are those of one and
 * of several, of which "B" is bytes. */
void lk_report_trend(FILE *out, const struct lk_trend *trend, const char *const units[2]);

/* The units of what is counted of KIND. */
const char *const *lk_report_units(enum lk_kind kind);

/* Who holds memory, in a word: "lost", "held by the program"; "" if that is not known. */
const char *lk_report_hold_word(enum lk_hold hold);

#endif
