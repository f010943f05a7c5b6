/* SPDX-License-Identifier: MIT */
/* A copy of the test's process that is thrown away: what it prints goes nowhere, its
 * parent's signal handlers do not see it, and nothing of it is left when it is over. */
#ifndef LK_CHECK_COPY_H
#define LK_CHECK_COPY_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LK_COPY_REASON_MAX = 160 };

/* Shared by the copy and its parent. */
struct lk_copy_news {
	uint32_t runs;	   /* that it has ended; counts the end of the copy, too */
	bool done;	   /* it has nothing more to do */
	char reason[LK_COPY_REASON_MAX]; /* why it stopped before; may be empty */
};

struct lk_copy {
	pid_t process;
	uint64_t since; /* the tick before it was made (probe/child.h) */
	struct lk_copy_news *news;
	/* What is put back when it is over. */
	sigset_t signals;
	struct sigaction child_action;
	bool child_was_pending;
	int was_reaper;
	struct lk_copy_before *before; /* NULL if memory was refused */
};

enum lk_copy_end {
	LK_COPY_DONE,
	LK_COPY_STOPPED, /* news->reason says why */
	LK_COPY_DIED,	 /* *status as waitpid gives it, -1 if somebody else has it */
	LK_COPY_SLOW,
};

/* Forks: 0 in the copy, which must call lk_copy_isolate next; -1 with errno when it
 * could not be made.  Runs the program's pthread_atfork handlers. */
pid_t lk_copy_make(struct lk_copy *copy);

/* In the copy.  False if its output cannot be kept in: then it must leave.  SERIES and
 * RELEASES stay shared with the parent. */
bool lk_copy_isolate(const struct lk_copy *copy, const void *series, const void *releases);

/* In the copy: a run has ended, or all of them. */
void lk_copy_tell(struct lk_copy_news *news, bool done);
void lk_copy_leave(void) __attribute__((noreturn));

/* For how long the main thread of PROCESS has been ready to run, and did not, because
 * the machine is busy; 0 if the kernel does not tell.  In milliseconds. */
unsigned lk_copy_delay_ms(pid_t process);

/* In the parent: waits while each run takes at most RUN_MS, such delays not counted,
 * and all at most TOTAL_MS milliseconds, ends all that the copy has started, and reaps
 * it. */
enum lk_copy_end lk_copy_watch(struct lk_copy *copy, unsigned run_ms, unsigned total_ms,
			       int *status);

#endif
