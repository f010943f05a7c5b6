/* SPDX-License-Identifier: MIT */
/* A thread at one instant: who made it, and what it does. */
#ifndef LK_MODEL_THREAD_H
#define LK_MODEL_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/descriptor.h"

enum lk_activity {
	LK_ACTIVITY_UNKNOWN, /* the kernel does not tell */
	LK_ACTIVITY_LOOKING, /* it is the one that took the snapshot */
	LK_ACTIVITY_RUNNING,
	LK_ACTIVITY_CALL,    /* it waits in a system call */
	LK_ACTIVITY_STALLED, /* it waits elsewhere: for a page of memory */
	LK_ACTIVITY_ENDED,
};

enum {
	LK_THREAD_NAME_MAX = 16,
	LK_THREAD_MEMORY = 64,
	LK_FUTEX_BEFORE = 32, /* where in that memory the word of a futex is */
	LK_THREAD_TARGET_MAX = 256,
};

/* What a thread does now. */
struct lk_thread_now {
	enum lk_activity activity;
	int call; /* number of the system call, -1 unless it waits in one */
	uint64_t arguments[6];
	/* Memory that the arguments point to: from 32 bytes before the word of a futex,
	 * the start of poll's and select's first set, of a time, of an address. */
	uint8_t memory[LK_THREAD_MEMORY];
	bool memory_known;
	char channel[32]; /* where in the kernel, if that is all it tells; else "" */
	/* The descriptor in arguments[0] as the kernel names it, not escaped; else "". */
	char target[LK_THREAD_TARGET_MAX];
	enum lk_other_end other_end; /* if that is a pipe */
	int other_fd;		     /* LK_END_HERE: the lowest number that is one */
	size_t target_stack;	     /* index into stacks: where it was opened; 0 unknown */
	size_t stack;		     /* index into stacks: where the thread is; 0 unknown */
	uint32_t sure;		     /* the frames outside of the first SURE ones are a guess */
};

/* A call that a stack goes through: where it returns to, and the function that it calls.
 * It names what a thread is in where the C library's own functions have no names, and may
 * have been jumped on from. */
struct lk_call {
	uintptr_t site, target;
};

struct lk_thread_left {
	pid_t tid;
	bool is_main;
	bool is_known; /* made through a hook: what follows is known */
	bool finished; /* ended, but neither joined nor detached */
	bool detached;
	bool is_handle_held; /* the program still knows its pthread_t */
	size_t stack;	     /* where it was created */
	pid_t creator;	     /* 0 unknown */
	uintptr_t start;     /* its start routine */
	uint64_t age_ms;
	size_t series; /* index into series */
	char name[LK_THREAD_NAME_MAX];
	uint64_t settled_ms; /* for so long it was waited for, */
	uint64_t cpu_us;     /* and so much processor time it used meanwhile */
	struct lk_thread_now now;
};

#endif
