/* SPDX-License-Identifier: MIT */
/* What is in a process at one instant, the young or all: the only value that crosses from
 * the light tower to the heavy one.  Plain data, no pointer into the tables. */
#ifndef LK_MODEL_SNAPSHOT_H
#define LK_MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/breach.h"
#include "model/child.h"
#include "model/descriptor.h"
#include "model/handle.h"
#include "model/misuse.h"
#include "model/module.h"
#include "model/moment.h"
#include "model/series.h"
#include "model/stack.h"
#include "model/thread.h"

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

/* What a chain of pointers begins with. */
enum lk_root {
	LK_ROOT_NONE,
	LK_ROOT_DATA,	  /* data of a module */
	LK_ROOT_TLS,	  /* thread-local data of the window's thread */
	LK_ROOT_KEY,	  /* pthread_setspecific in that thread */
	LK_ROOT_STACK,	  /* its stack, where it was when the window was opened */
	LK_ROOT_ALTSTACK, /* its alternate signal stack */
	LK_ROOT_THREAD,	  /* stack or thread-local data of another thread */
	LK_ROOT_MAPPING,  /* memory that the program mapped itself */
	LK_ROOT_LOADER,	  /* the dynamic loader allocated it */
};

enum { LK_PATH_STEPS_MAX = 8 };

/* The shortest chain of pointers to a block: the word at `address` points into a
 * block, that many bytes into which stands a pointer into the next, and so on. */
struct lk_path {
	enum lk_root root;
	pid_t tid; /* of a thread's root */
	uintptr_t address;
	uintptr_t module; /* thread-local data: bias of the module that has it, or 0, */
	uint64_t offset; /* and how far inside */
	uint32_t steps; /* the first of them in offsets */
	uint64_t offsets[LK_PATH_STEPS_MAX];
	/* How far into its block each pointer of a chain through data or thread-local data
	 * points: [0] the word at `address`, [i] the one at offsets[i - 1]. */
	uint64_t inner[LK_PATH_STEPS_MAX + 1];
	uint64_t sizes[LK_PATH_STEPS_MAX]; /* of the blocks that offsets are in */
};

/* Blocks of one stack that are held alike. */
struct lk_site {
	size_t stack; /* index into stacks */
	enum lk_hold hold;
	uint64_t blocks, bytes;
	uint64_t inner; /* of the blocks: only pointers into them, none to their start */
	/* Lost: what is reached through these blocks only. */
	uint64_t through_blocks, through_bytes;
	size_t path; /* index into paths, to one of the blocks; paths[0] is empty */
	size_t series; /* index into series; series[0] is the empty one */
	uint64_t serial; /* the number of the first of them in the test; 0: not numbered */
};

/* All that one stack took, alive or not, in the scope of the moment. */
struct lk_total {
	size_t stack; /* index into stacks */
	uint64_t blocks, bytes;
};

/* Blocks that the test released when it ran again: where they came from, of which the
 * inner frames are known, and where they were released. */
struct lk_release {
	size_t born, freed; /* indices into stacks */
	uint64_t blocks;
};

enum { LK_NOT_AGAIN_MAX = 256 };

struct lk_snapshot {
	struct lk_moment moment;
	struct lk_site *sites;
	size_t sites_count;
	struct lk_total *totals; /* each stack once; none unless moment.totals_known */
	size_t totals_count;
	struct lk_descriptor *descriptors;
	size_t descriptors_count;
	uint64_t descriptors_beyond; /* as new as these, without a row: there is no room */
	/* The young ones, then the others up to threads_seen: all of the process, so that
	 * who waits for whom is known, or none.  In the scope of a process all count as
	 * young. */
	struct lk_thread_left *threads;
	size_t threads_count, threads_seen;
	struct lk_call *calls; /* of the innermost frames of threads that wait; each site once */
	size_t calls_count;
	struct lk_misuse *misuses;
	size_t misuses_count;
	struct lk_child_left *children;
	size_t children_count;
	struct lk_handles_left *handles;
	size_t handles_count;
	struct lk_breach *breaches;
	size_t breaches_count;
	struct lk_stack *stacks;
	size_t stacks_count;
	uintptr_t *frames;
	size_t frames_count;
	struct lk_module *modules;
	size_t modules_count;
	struct lk_path *paths;
	size_t paths_count;
	/* How it went on; [0] says that the test was not run again. */
	struct lk_series *series;
	size_t series_count, series_max;
	struct lk_release *releases;
	size_t releases_count;
	/* Why it could not be run again as often as was needed; empty if it could. */
	char not_again[LK_NOT_AGAIN_MAX];
	size_t window_stack; /* index into stacks: where the window was opened */
	/* Rows that did not fit; not 0: the snapshot is incomplete. */
	uint64_t events_lost;
	bool run_hung; /* it waited for what never came: perhaps for a thread, which it had not */
	bool is_unscanned; /* who holds the blocks could not be looked for */
	bool descriptors_unknown; /* the kernel's list could not be read */
	bool threads_unknown;	  /* so too: threads_seen may be too few */
	bool children_unknown;	  /* there are some that nothing is known about */
};

#endif
