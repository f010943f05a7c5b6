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
	const void *record; /* Check's; it tells one test from another */
	int loop_start, loop_end; /* of a test that loops: more than one apart */
	int iteration;		  /* filled in by who counts them */
};

/* Looks above FRAME for Check's record of the test at FILE:LINE. */
void lk_test_case_find(const void *frame, const char *file, unsigned line,
		       struct lk_test_case *ret);

enum { LK_TEST_GROUP_MAX = 64 };

/* A test and where it stands, found without a word from Check. */
struct lk_test_place {
	bool known; /* false: the rest is empty */
	struct lk_test_case test;
	char file[256];
	unsigned line;
	char tcase[LK_TEST_GROUP_MAX], suite[LK_TEST_GROUP_MAX]; /* not escaped; "" unknown */
};

/* Looks above FRAME for the test that Check is about to run, runs, or has just run.
 * The proof: a record on the stack is in the list of a test case on the stack.  RECORD
 * is Check's of the test; NULL if it is not known: then it must be the only one, or
 * only the case is told.  Needs the live table. */
void lk_test_place_find(const void *frame, const void *record, struct lk_test_place *ret);

#endif
