/* SPDX-License-Identifier: MIT */
/* The triage page of a run that has ended. */
#ifndef LK_CLI_TRIAGE_H
#define LK_CLI_TRIAGE_H

#include <stdbool.h>

#include "base/options.h"
#include "model/run.h"

/* Is one asked for, by --page or by the verb; or what grows, by --every? */
bool lk_triage_is_wanted(const struct lk_options *options);

/* Makes what is asked for of the records of the run, of which SEEN tells what could not be
 * checked.  False after one sentence. */
bool lk_triage_write(const struct lk_options *options, const struct lk_run *seen);

#endif
