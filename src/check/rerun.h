/* SPDX-License-Identifier: MIT */
/* Runs a test again, in a copy of its process, to see what grows each time.
 *
 * At the start of a window the place is remembered where Check's runner stands.  If
 * the test has left something that only another run can judge, a copy goes back to
 * that place: setup, body and teardown run again, with everything that the last
 * runs have left, until the boundary is reached where the test ended before. */
#ifndef LK_CHECK_RERUN_H
#define LK_CHECK_RERUN_H

#include <stdbool.h>

#include "model/snapshot.h"

/* A window may open here; in a copy this returns again at the start of each run. */
void lk_rerun_mark(void);

/* Is this process a copy that runs the test again? */
bool lk_rerun_is_copy(void);

/* Runs the test that has just ended again, if what SNAPSHOT holds asks for it, and
 * fills its series. */
void lk_rerun_test(struct lk_snapshot *snapshot);

/* In the copy: a further run has ended as the test did; or it did not, and
 * what it did instead is told by two texts, one after the other. */
void lk_rerun_ended(void) __attribute__((noreturn));
void lk_rerun_failed(const char *what, const char *details) __attribute__((noreturn));

/* The calling process was forked by the test: it is no copy, and runs nothing again. */
void lk_rerun_forked(void);

#endif
