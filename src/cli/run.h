/* SPDX-License-Identifier: MIT */
/* Running a program under leakcheck, for the verbs that do. */
#ifndef LK_CLI_RUN_H
#define LK_CLI_RUN_H

#include <stdbool.h>

#include "base/options.h"
#include "model/run.h"

/* Fills OPTIONS from the environment and the ARGUMENTS; *REST is what stands behind
 * them, NULL if nothing does.  False if there is nothing more to do, with the exit
 * STATUS: help was asked for, or one sentence says what is wrong. */
bool lk_run_options(char **arguments, struct lk_options *options, char ***rest, int *status);

/* Runs the program and tells what was seen; returns the exit status.  OPTIONS are
 * changed: names of files become absolute.  If NEW_BASELINE is not NULL, the leaks are
 * written to that file, and the status is 0 if they were. */
int lk_run(char **program, struct lk_options *options, const char *new_baseline);

/* Runs the program as a self-test (check/plant.h), what it prints thrown away, and
 * copies the record to SEEN.  False after one sentence. */
bool lk_run_planted(char **program, struct lk_options *options, struct lk_run *seen);

#endif
