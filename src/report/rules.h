/* SPDX-License-Identifier: MIT */
/* What is said of rules (judge/suppression.h). */
#ifndef LK_REPORT_RULES_H
#define LK_REPORT_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "judge/suppression.h"

/* A line for each rule of rows FIRST and on that USES says matched nothing or could
 * not be evaluated; returns how many lines. */
size_t lk_report_stale_rules(FILE *out, const struct lk_suppressions *list,
			     const struct lk_rule_use *uses, size_t first);

/* For each id among the FINDINGS that fail the test, a rule that covers it: in
 * valgrind's form for memory and descriptors, by id for the rest. */
void lk_report_rules_for(FILE *out, const struct lk_findings *findings);

#endif
