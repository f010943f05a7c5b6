/* SPDX-License-Identifier: MIT */
/* What forked children learn of stacks, told to the process that forks them, so that
 * the next child knows it from the start.  Most stacks of a test's process outside of
 * the test's own functions are those of the test before.
 *
 * It is hearsay: a stack that was told is a list of return addresses, and the process
 * learns anew, from its own modules, what they mean.  What does not fit in is not told. */
#ifndef LK_PROBE_LESSONS_H
#define LK_PROBE_LESSONS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/depot.h"

enum { LK_LESSONS_WORDS = 151 };

/* What is shared; zeroed at first. */
struct lk_lessons {
	uint32_t used; /* words taken, also those for which there was no room */
	/* Stacks, outermost frame first: the number of frames times four and the outermost
	 * one's parent, then the frames.  A word of 0 is not written yet. */
	uintptr_t words[LK_LESSONS_WORDS];
};

/* The calling process takes what the children that it forks from now on will tell in
 * LESSONS, shared memory; NULL: nobody tells anything. */
void lk_lessons_begin(struct lk_lessons *lessons);

/* In a child: STACK was met for the first time.  Async-signal-safe, as all here. */
void lk_lessons_tell(const struct lk_depot_node *stack);

/* Learns what children have told.  Keeps errno. */
void lk_lessons_take(void);

/* In a child that was just forked. */
void lk_lessons_forked(void);

#endif
