/* SPDX-License-Identifier: MIT */
/* What is watched in this process, and since when.
 *
 * Time is cut into epochs: a mark opens a new one, and every row carries the
 * epoch it was born in.  "Since the mark" is `born in the current epoch`. */
#ifndef LK_PROBE_TRACKER_H
#define LK_PROBE_TRACKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/options.h"
#include "model/run.h"

/* Epochs live in 15 bits of a row.  Rows of OLD belong to no test. */
enum { LK_EPOCH_OLD = 1, LK_EPOCH_FIRST = 2, LK_EPOCH_LAST = (1 << 15) - 1 };

struct lk_tracker {
	bool sanitized; /* a sanitizer owns malloc, and tells of each block */
	bool memcheck; /* valgrind's memcheck is asked for lost memory instead */
	bool heap, descriptors, threads, children; /* what is watched */
	uint32_t epoch;			 /* the current one */
	uintptr_t ours_start, ours_end;	 /* our own code and data */
	/* In it, what the loader and libc got from us before libc's malloc was found. */
	uintptr_t early_start, early_end;
	struct lk_options options;
	pid_t process;	    /* that booted; what it forks inherits the number */
	struct lk_run *run; /* never NULL after boot */
	bool run_is_named;  /* the leakcheck command made it, and will print it */
	char run_path[64];  /* where, if it is named */
};
extern struct lk_tracker lk_tracker;

/* Reads the settings from ENVIRONMENT (as main gets it), maps the run's record,
 * looks for rivals.  Called once from the library's constructor.  A mistake in
 * LEAKCHECK_OPTIONS ends the process with one sentence and status 2: a test must not
 * run with half its settings. */
void lk_tracker_boot(char **environment);

/* Opens a new epoch: from here on, everything taken is young. */
void lk_tracker_mark(void);

/* A record of this process's own, shared with its children from now on. */
void lk_tracker_renew_run(void);

/* SIZE zeroed bytes, shared with the processes that are forked from now on; never
 * given back.  NULL if memory is refused. */
void *lk_tracker_share(size_t size);

/* Adds a sentence to the run's record, once however often it is said; returns
 * its place there, LK_NOTICES_MAX if there is no room left. */
unsigned lk_tracker_notice(const char *sentence);

/* Why heap memory cannot be watched here although it was asked for, as a
 * sentence; NULL if it can. */
const char *lk_tracker_heap_blind(void);

#endif
