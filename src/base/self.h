/* SPDX-License-Identifier: MIT */
/* What leakcheck knows of the calling thread.
 *
 * One small initial-exec TLS record: touching it never allocates, so it is
 * valid before constructors, after destructors and in signal handlers.  A new
 * thread starts with all zeros; the recorder fills the pointers on first use. */
#ifndef LK_BASE_SELF_H
#define LK_BASE_SELF_H

#include <errno.h>
#include <stdint.h>

#include "base/attributes.h"

struct lk_counters;

struct lk_self {
	/* > 0: what this thread does is leakcheck's own work and is not tracked.
	 * volatile: libc's functions are declared `leaf`, and gcc would drop the
	 * stores around a call to them. */
	volatile int quiet;
	/* > 0: the thread is inside a stack walk; a signal handler that gets here
	 * must not touch `walker`. */
	volatile int recording;
	/* In a child of vfork(): it has descriptors of its own, which are not told. */
	volatile int in_vfork_child;
	/* > 0: the thread is inside waitpid(): a signal handler that interrupted it there
	 * interrupted no allocation. */
	volatile int in_waitpid;
	/* > 0: what this thread takes is meant to stay (leakcheck_ignore_begin). */
	int ignoring;
	/* The stack walker's memory of the last walk (probe/unwind.c). */
	void *walker;
	/* The thread's event counters (probe/counters.h); NULL before its first event
	 * and after it has ended, which is told apart by counters_given_back. */
	struct lk_counters *counters;
	int counters_given_back;
	/* The row of the thread in the table of threads (probe/thread.c). */
	void *thread;
};

extern LK_TLS struct lk_self lk_self;

/* Brackets around leakcheck's own work in a tested process.  They nest, and
 * END gives errno back as BEGIN found it. */
static inline int lk_quiet_begin(void)
{
	lk_self.quiet++;
	return errno;
}

static inline void lk_quiet_end(int saved_errno)
{
	lk_self.quiet--;
	errno = saved_errno;
}

#endif
