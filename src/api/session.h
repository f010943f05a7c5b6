/* SPDX-License-Identifier: MIT */
/* The bridge between the towers: a window is opened on the tables, and what is
 * young at its end is frozen, judged and named.
 *
 * One window at a time; opening another one ends the last.  Everything here is
 * leakcheck's own work and leaves no trace in the tables. */
#ifndef LK_API_SESSION_H
#define LK_API_SESSION_H

#include <stdbool.h>

#include "judge/finding.h"
#include "judge/verdict.h"
#include "model/snapshot.h"

/* From here on everything is young.  FRAME is the frame of the hook that was
 * called (see probe/unwind.h): stacks are shown down to it. */
void lk_session_open(const void *frame);

struct lk_outcome {
	enum lk_verdict verdict;
	struct lk_findings findings; /* empty unless LEAKED */
	struct lk_snapshot snapshot; /* what the findings point into */
};

/* Ends the window and judges it: settles (for SETTLE_MS milliseconds at most),
 * freezes, names, leaves out what the user's rules cover in TEST (its name, or
 * NULL).  Adds the test to the run's record.  Release the outcome with
 * lk_outcome_release. */
void lk_session_close(unsigned settle_ms, const char *test, struct lk_outcome *ret);
void lk_outcome_release(struct lk_outcome *outcome);

#endif
