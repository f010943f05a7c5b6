/* SPDX-License-Identifier: MIT */
/* What this process is to ignore: the rules of the files that --suppressions names, then
 * those that the program gave to leakcheck_suppress(); and the baseline. */
#ifndef LK_API_SUPPRESSIONS_H
#define LK_API_SUPPRESSIONS_H

#include <stdbool.h>

#include "judge/baseline.h"
#include "judge/suppression.h"

/* Reads the files, once; children inherit what was read.  If they cannot be read, says
 * so and ends the process with LK_STATUS_REFUSED: nothing is to run without them. */
void lk_rules_load(void);

/* Never NULL; empty when nothing is to be ignored. */
const struct lk_suppressions *lk_rules(void);

/* The leaks that are known; NULL without a baseline. */
struct lk_baseline *lk_rules_baseline(void);

/* How many of the rules come from files. */
size_t lk_rules_from_files(void);

#endif
