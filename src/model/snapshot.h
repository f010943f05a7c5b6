/* SPDX-License-Identifier: MIT */
/* What is young in a process at one instant: the only value that crosses from
 * the light tower to the heavy one.  Plain data, no pointer into the tables. */
#ifndef LK_MODEL_SNAPSHOT_H
#define LK_MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/child.h"
#include "model/descriptor.h"
#include "model/module.h"
#include "model/series.h"
#include "model/stack.h"

/* A stack's frames lie in snapshot.frames[first .. first + count). */
struct lk_stack {
	lk_stack_id id;
	uint32_t first, count;
	bool cut; /* outer frames are missing */
};

/* Who holds a block, as a scan of the process's memory finds (probe/reach.h). */
enum lk_hold {
	LK_HOLD_UNSCANNED, /* it could not be looked for */
	LK_HOLD_LOST,	   /* nobody */
	LK_HOLD_MEMCHECK,  /* nobody, as valgrind found */
	LK_HOLD_INDIRECT,  /* only lost blocks */
	LK_HOLD_RETAINED,  /* the program */
	LK_HOLD_THREAD,	   /* only a thread of the window */
	LK_HOLD_LIBC,	   /* only the C library */
	LK_HOLD_COUNT
};

/* Blocks of one stack that are held alike. */
struct lk_site {
	size_t stack; /* index into stacks */
	enum lk_hold hold;
	uint64_t blocks, bytes;
	size_t series; /* index into series; series[0] is the empty one */
};

enum { LK_THREAD_NAME_MAX = 16, LK_NOT_AGAIN_MAX = 256 };

struct lk_thread_left {
	pid_t tid;
	bool finished; /* ended, but neither joined nor detached */
	bool detached;
	size_t stack; /* where it was created */
	uintptr_t start; /* its start routine */
	size_t series; /* index into series */
	char name[LK_THREAD_NAME_MAX];
};

struct lk_snapshot {
	struct lk_site *sites;
	size_t sites_count;
	struct lk_descriptor *descriptors;
	size_t descriptors_count;
	uint64_t descriptors_beyond; /* as new as these, without a row: there is no room */
	struct lk_thread_left *threads;
	size_t threads_count;
	struct lk_child_left *children;
	size_t children_count;
	struct lk_stack *stacks;
	size_t stacks_count;
	uintptr_t *frames;
	size_t frames_count;
	struct lk_module *modules;
	size_t modules_count;
	/* How it went on; [0] says that the test was not run again. */
	struct lk_series *series;
	size_t series_count, series_max;
	/* Why it could not be run again as often as was needed; empty if it could. */
	char not_again[LK_NOT_AGAIN_MAX];
	size_t window_stack; /* index into stacks: where the window was opened */
	/* Rows that did not fit; not 0: the snapshot is incomplete. */
	uint64_t events_lost;
	bool descriptors_unknown; /* the kernel's list could not be read */
	bool children_unknown;	  /* there are some that nothing is known about */
};

#endif
