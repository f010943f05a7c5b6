/* SPDX-License-Identifier: MIT */
/* Makes this process see the tables of another one in place of its own.
 *
 * For a copy that was forked to report on a process which cannot do so itself: the
 * test that hangs.  Both were forked from one runner, so that our tables lie at the
 * same addresses in both; what the other one has there is read when it is touched.
 * Nothing is asked of that process, and it is not disturbed.  Afterwards all of probe/
 * speaks of it, and this process is good for nothing but the report. */
#ifndef LK_PROBE_BORROW_H
#define LK_PROBE_BORROW_H

#include <stdbool.h>
#include <sys/types.h>

/* If PROCESS is our parent, of whose thread THREAD we are a copy, there is nothing to
 * read.
 *
 * Descriptors are taken over as well where the kernel allows it.
 *
 * False if PROCESS cannot be read, or has mapped something where we have something
 * else.  The calling thread is quiet from then on, and must be the only one. */
bool lk_borrow(pid_t process, pid_t thread);

#endif
