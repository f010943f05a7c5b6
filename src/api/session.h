/* SPDX-License-Identifier: MIT */
/* The bridge between the towers: a window is opened on the tables, and what is
 * young at its end is frozen, judged and named.
 *
 * One window at a time; opening another one ends the last.  Everything here is
 * leakcheck's own work and leaves no trace in the tables. */
#ifndef LK_API_SESSION_H
#define LK_API_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "api/room.h"
#include "judge/finding.h"
#include "judge/verdict.h"
#include "model/snapshot.h"

/* From here on everything is young.  FRAME is the frame of the hook that was
 * called (see probe/unwind.h): stacks are shown down to it. */
void lk_session_open(const void *frame);

/* What is alive now is nobody's leak: blocks, descriptors, threads, children. */
void lk_session_ignore_current(void);

/* The stack on which the last window was opened; LK_STACK_NONE if none was. */
lk_stack_id lk_session_stack(void);

struct lk_outcome {
	enum lk_verdict verdict;
	struct lk_findings findings; /* empty unless LEAKED */
	struct lk_snapshot snapshot; /* what the findings point into */
	struct lk_room room;
};

/* Waits, for SETTLE_MS milliseconds at most, until no other thread runs that could
 * still give something back; false if one does. */
bool lk_session_settle(unsigned settle_ms);

struct lk_session_end {
	unsigned settle_ms; /* the longest that is waited */
	const char *test;   /* its name, for the user's rules; NULL if it is not known */
	long expected;	    /* leaks that it is to leave; -1 if it did not say */
	/* Called with what was found: may fill its series. */
	void (*run_again)(struct lk_snapshot *snapshot);
};

/* Ends the window and judges it: settles, freezes, runs again, names, leaves out what
 * the user's rules cover.  Adds the test to the run's record.  Release the outcome
 * with lk_outcome_release. */
void lk_session_close(const struct lk_session_end *end, struct lk_outcome *ret);
void lk_outcome_release(struct lk_outcome *outcome);

/* What is there now, in the middle of the window, for people to look at: judged by no
 * policy, named whole.  For a dump all threads are looked at, and are in the findings'
 * waits alone.  In *RET, to be released as an outcome; its verdict is unset.  False when
 * memory is refused. */
bool lk_session_look(bool is_dump, struct lk_outcome *ret);
/* The same of PROCESS, the process of a test, by a copy that was made for nothing else
 * by thread THREAD of its runner or of itself (probe/borrow.h); that believes to be the
 * test afterwards.  False if PROCESS cannot be read. */
bool lk_session_borrow(pid_t process, pid_t thread);

#endif
