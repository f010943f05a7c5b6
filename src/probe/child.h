/* SPDX-License-Identifier: MIT */
/* The table of child processes, and which of them a test has left.
 *
 * The kernel is the truth: it is asked once whether there is any child.  The rows
 * only tell where one was started, and of which test it is.  They lie in memory
 * that is shared with all children, so that what a child starts in its turn is
 * known too: a daemon is found when its parent is long gone.  A program that a
 * child executes is not watched; what that leaves behind is recognised by its
 * process group and by an open file that it inherited.
 *
 * A process is told by its number and the time of its start, for numbers are
 * reused.  Nothing here blocks or allocates. */
#ifndef LK_PROBE_CHILD_H
#define LK_PROBE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/child.h"
#include "model/stack.h"

struct lk_child_row;

/* Call before a child is started; returns the time, for lk_child_started. */
uint64_t lk_child_starting(void);
/* CHILD, which may be this very process, was started since SINCE by the caller of
 * the hook whose frame is FRAME.  Numbers below 1 are ignored. */
void lk_child_started(pid_t child, enum lk_child_start start, uint64_t since, const void *frame);
/* The same for the last one that this thread started, whose number libc keeps. */
void lk_child_started_last(enum lk_child_start start, uint64_t since, const void *frame);
/* This thread is about to start a child that the same call will await; returns the
 * row to be given back afterwards (may be NULL). */
struct lk_child_row *lk_child_awaiting(enum lk_child_start start, const void *frame);
void lk_child_awaited(struct lk_child_row *row);
/* CHILD was waited for. */
void lk_child_waited(pid_t child);

/* Children inherit descriptor FD, open on that file, unless they close it. */
void lk_child_token(int fd, dev_t device, ino_t inode);

/* What is there now belongs to no test; call at a mark, after lk_tracker_mark. */
void lk_child_mark(void);
/* No child of now belongs to an epoch to come: epochs are about to start over. */
void lk_child_age(void);

/* In a copy that we forked to run the test again: what it starts is its own, and not
 * the original's. */
void lk_child_copied(void);
/* Ends and awaits what the copy COPY, which was made since SINCE and has ended, has
 * started and left.  To be called where what loses its parent comes to us. */
void lk_child_kill_of(pid_t copy, uint64_t since);

struct lk_child_seen {
	pid_t pid, parent;
	uint64_t started; /* in the kernel's clock ticks since it booted */
	char state;
	char name[16];
	enum lk_child_start start;
	lk_stack_id stack;
};
/* Calls VISIT for each process that was started since the mark and is still there,
 * also if it only waits to be waited for.  False if there is one that cannot be
 * told about, because /proc cannot be read. */
bool lk_child_each(void (*visit)(void *context, const struct lk_child_seen *child),
		   void *context);

/* Is one there that may still go away without the test's doing?  One that somebody
 * else awaits, or a signal handler, or that nobody needs to await. */
bool lk_child_may_go(void);

/* Children that this process started; and those that could not be kept. */
uint64_t lk_child_starts(void);
uint64_t lk_child_lost(void);

#endif
