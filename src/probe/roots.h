/* SPDX-License-Identifier: MIT */
/* What must be known of a process before a copy of it is made to be scanned: what
 * only the loader or the kernel can tell of this very process. */
#ifndef LK_PROBE_ROOTS_H
#define LK_PROBE_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/snapshot.h"

enum { LK_ROOT_AREAS_MAX = 8192, LK_ROOT_THREADS_MAX = 4096, LK_ROOT_COPIES_MAX = 512 };

/* Data or thread-local data of a module. */
struct lk_root_area {
	uintptr_t start, end;
	uintptr_t bias; /* of the module */
	bool is_libc, is_ours, is_tls;
};

/* A thread besides the calling one. */
struct lk_root_thread {
	pid_t tid;
	bool is_young;		/* made in the window, or by nobody we know */
	uintptr_t sp;		/* 0: not known */
	uintptr_t handle;	/* 0: not known */
	uintptr_t arguments[6]; /* of the system call that it is in */
};

struct lk_roots {
	struct lk_root_area areas[LK_ROOT_AREAS_MAX];
	size_t areas_count;
	/* Variables of the C library that the linker put into the program. */
	struct lk_root_area copies[LK_ROOT_COPIES_MAX];
	size_t copies_count;
	struct lk_root_thread threads[LK_ROOT_THREADS_MAX];
	size_t threads_count;
	uintptr_t loader_start, loader_end; /* ld.so's code */
	uintptr_t stack_start, stack_end;   /* the window's part of the calling thread's stack */
	bool is_whole; /* all blocks are judged, and no window counts */
	bool is_short;			    /* something did not fit */
};

/* Collects them for the calling thread, which opened the window unless all blocks are to be
 * judged; NULL when memory is refused.  Call in lk_quiet_begin. */
struct lk_roots *lk_roots_collect(bool is_whole);
void lk_roots_release(struct lk_roots *roots);

#endif
