/* SPDX-License-Identifier: MIT */
/* Is there stack enough for a library that keeps big arrays on it?
 *
 * A thread may have a small stack, and a stack that has not grown yet cannot
 * grow any more when RLIMIT_AS is used up: both end in SIGSEGV. */
#ifndef LK_JUDGE_STACK_ROOM_H
#define LK_JUDGE_STACK_ROOM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of the stack of the thread that asked last.  All zeros is a
 * valid start. */
struct lk_stack_room {
	bool known;
	pthread_t thread;
	uintptr_t lowest;  /* where the stack ends */
	uintptr_t touched; /* the stack is known to be mapped from here up */
};

/* Makes sure that SIZE bytes below the caller's frame can be used. */
bool lk_stack_room_ensure(struct lk_stack_room *room, size_t size);

#endif
