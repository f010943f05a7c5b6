/* SPDX-License-Identifier: MIT */
/* What each test did, in numbers: a table for people, and JSON. */
#ifndef LK_REPORT_STATS_H
#define LK_REPORT_STATS_H

#include <stdbool.h>
#include <stdio.h>

#include "report/profile_report.h"

/* Each prints the tests of REPORT's profile that are selected, in their order, and their
 * sum, without what Check itself allocated.  What was not counted is a dash, in JSON null. */
bool lk_report_stats(FILE *out, const struct lk_profile_report *report);
bool lk_report_stats_json(FILE *out, const struct lk_profile_report *report);

#endif
