/* SPDX-License-Identifier: MIT */
/* What each test did, in numbers: a table for people, and JSON. */
#ifndef LK_REPORT_STATS_H
#define LK_REPORT_STATS_H

#include <stdio.h>

#include "model/moment.h"
#include "report/profile_report.h"

/* Prints the MOMENTS of COUNT tests, taken at their ends, in their order, and their sum.  What was
 * not counted is a dash. */
void lk_stats_print(FILE *out, const struct lk_moment *moments, size_t count);

/* The same as a JSON object, with null for a dash. */
void lk_stats_json(FILE *out, const struct lk_moment *moments, size_t count);

/* The table of the tests in REPORT's profile that are selected.  False when out of memory. */
bool lk_report_stats(FILE *out, const struct lk_profile_report *report);

#endif
