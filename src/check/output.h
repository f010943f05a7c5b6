/* SPDX-License-Identifier: MIT */
/* Where reports go: the file of --report, and standard error. */
#ifndef LK_CHECK_OUTPUT_H
#define LK_CHECK_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Appends SIZE bytes to the file that --report names; false if there is none. */
bool lk_output_append(const char *text, size_t size);

/* Writes SIZE bytes to what was standard error when the runner began.  A test may have
 * put a file of its own on number 2: then its runner says it when the test is over, cut
 * if it is long. */
void lk_output_say(const char *text, size_t size);

/* In the runner: says what the process of a test could not say itself. */
void lk_output_for_test(void);

#endif
