/* SPDX-License-Identifier: MIT */
/* The last lines of a run: what was checked, what was not and why. */
#ifndef LK_REPORT_SUMMARY_H
#define LK_REPORT_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/options.h"
#include "model/run.h"
#include "report/status.h"

/* Prints the summary of RUN to STREAM: always the line that begins with
 * "leakcheck: N tests checked", then a line for each thing that is not as it
 * should be.  RUN may still be written to by others: each number is read once
 * or twice, none is trusted to fit another. */
void lk_summary_print(const struct lk_run *run, FILE *stream);

/* The part of it that tells what could not be checked or watched, and why. */
void lk_summary_print_doubts(const struct lk_run *run, FILE *stream);

/* Tests that got no verdict, of all reasons together. */
uint64_t lk_summary_not_checked(const struct lk_run *run);

/* Was a program captured that has no tests? */
bool lk_summary_is_capture(const struct lk_run *run);

/* The exit status that OPTIONS give to a run whose program returned 0. */
enum lk_status lk_summary_status(const struct lk_run *run, const struct lk_options *options);

#endif
