/* SPDX-License-Identifier: MIT */
/* What all threads of a snapshot wait for, and for whom: cycles, and threads that
 * nobody can wake any more. */
#ifndef LK_JUDGE_WAITS_H
#define LK_JUDGE_WAITS_H

#include <stdbool.h>
#include <stddef.h>

#include "judge/named_stack.h"
#include "judge/symbols.h"
#include "judge/wait.h"
#include "model/snapshot.h"

/* One thread.  The text belongs to it and is escaped. */
struct lk_thread_waits {
	const struct lk_thread_left *thread;
	struct lk_wait wait;
	struct lk_named_stack now, created;
	char *state; /* "mutex 0x7f12 held by thread 12 \"b\", 3 s" */
	/* Index of the thread that it waits for, NONE if that is none of the snapshot. */
	size_t holder;
	size_t cycle;	   /* number of the cycle it is part of, from 1; 0: of none */
	const char *stuck; /* why it can never go on; NULL: it may */
	bool stuck_is_sure;
};

struct lk_waits {
	struct lk_thread_waits *rows; /* as snapshot->threads */
	size_t count;
	size_t young; /* the first ones of them */
	size_t cycles;
};
#define LK_WAITS_NONE SIZE_MAX

/* Names what the threads of SNAPSHOT do.  TEST_IS_OVER: the thread that looked has
 * nothing more to do for the others.  False when out of memory.  SYMBOLS and SNAPSHOT
 * must outlive the result. */
bool lk_waits_make(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
		   bool test_is_over, struct lk_waits *ret);
/* Also for a zeroed struct. */
void lk_waits_release(struct lk_waits *waits);

#endif
