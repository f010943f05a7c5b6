/* SPDX-License-Identifier: MIT */
/* Which test is running: its name, and the exit status it is expected to end with.
 *
 * Check does not tell either through libc.  But when it sends the test's location,
 * its own frame on the stack holds a pointer to its record of the test, and the
 * record can be proved: it leads to the very file and line that were sent. */
#ifndef LK_CHECK_TEST_CASE_H
#define LK_CHECK_TEST_CASE_H

#include <stdbool.h>

enum { LK_TEST_NAME_MAX = 128 };

struct lk_test_case {
	bool known;		     /* false: the rest is empty */
	char name[LK_TEST_NAME_MAX]; /* cut if it is longer; not escaped */
	int exit_status;	     /* that the test is expected to end with */
	int signal;		     /* the same, 0 for none */
};

/* Looks above FRAME for Check's record of the test at FILE:LINE. */
void lk_test_case_find(const void *frame, const char *file, unsigned line,
		       struct lk_test_case *ret);

#endif
