/* SPDX-License-Identifier: MIT */
/* What a test that hangs is doing.
 *
 * A copy of the process tells it, which was made in the middle of anything: it has a
 * heap of its own, reads the test from outside, and may fail without harm to either. */
#ifndef LK_CHECK_HANG_H
#define LK_CHECK_HANG_H

#include <sys/types.h>

/* Check is about to kill TEST, the process of the test that this runner has forked and
 * waits for, because its time is over.  Stops TEST, and prints what it does and has. */
void lk_hang_report(pid_t test);

/* Does the same whenever this process, which a runner was recognised in, gets the
 * signal of --dump-signal; threads that run are held meanwhile, so far as the system
 * allows it, and those that wait are left alone. */
void lk_hang_listen(void);

/* In the process of a test: before a signal ends it, prints what it leaves.  Takes the
 * place of the standard action of signals that end a process. */
void lk_hang_watch_crashes(void);

#endif
