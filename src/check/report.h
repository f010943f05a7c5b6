/* SPDX-License-Identifier: MIT */
/* Turns the outcome of a test into Check's own words. */
#ifndef LK_CHECK_REPORT_H
#define LK_CHECK_REPORT_H

#include <stdbool.h>

/* Ends the window of the test that has just run and judges it, if it is to be
 * verified; a leak is written to Check's message file as the test's failure.
 * Returns whether the test leaked. */
bool lk_report_test(void);

#endif
