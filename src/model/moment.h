/* SPDX-License-Identifier: MIT */
/* When and of what a snapshot was taken, and what the process's counters said then. */
#ifndef LK_MODEL_MOMENT_H
#define LK_MODEL_MOMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

enum { LK_MOMENT_TEST_MAX = 256, LK_MOMENT_PROGRAM_MAX = 512 };

/* What the sites of a snapshot hold. */
enum lk_scope {
	LK_SCOPE_WINDOW,  /* what was taken since the window was opened, and is young */
	LK_SCOPE_PROCESS, /* all that is alive */
};

/* Sums since the process started, or since the window was opened (the scope); sizes in
 * bytes. */
struct lk_counts {
	uint64_t allocations, releases; /* calls that gave or took a block */
	uint64_t allocated_bytes;	/* by those calls, as they were asked for */
	uint64_t live_blocks, live_bytes;
	/* The most that was live at once; of a window, above what was live at its start. */
	uint64_t peak_bytes;
	uint64_t heap_used, heap_system; /* by the allocator; and what it has of the kernel */
	uint64_t descriptors, threads, children; /* there are now */
	uint64_t opened, started, spawned;	 /* of them, there were in all */
	uint64_t resident_peak;		 /* of the process, as getrusage tells */
};

struct lk_moment {
	enum lk_scope scope;
	pid_t process;
	uint64_t monotonic_ns, realtime_ns; /* when it was taken: both clocks at once */
	uint64_t span_ns;     /* from the first to the last that was looked at */
	/* Of a window, from when it was opened until its test ended; of a process, since the
	 * library was loaded, so that "monotonic_ns - duration_ns" and its number name it; 0
	 * unknown. */
	uint64_t duration_ns;
	struct lk_counts counts;
	/* Counted on request only: totals, releases, allocated_bytes; and peak_bytes.  Then
	 * these and allocations of a process are without what happened in windows. */
	bool totals_known, peak_known;
	char test[LK_MOMENT_TEST_MAX]; /* as Check names it; empty outside of tests */
	char program[LK_MOMENT_PROGRAM_MAX]; /* path of the executable */
};

/* Are both of a whole process, and of the same one?  Numbers of processes are used again,
 * so the program is compared, too. */
static inline bool lk_moment_is_same_process(const struct lk_moment *one,
					     const struct lk_moment *other)
{
	return one->scope == LK_SCOPE_PROCESS && other->scope == LK_SCOPE_PROCESS &&
	       one->process == other->process && strcmp(one->program, other->program) == 0;
}

#endif
