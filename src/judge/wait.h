/* SPDX-License-Identifier: MIT */
/* What one thread waits for, told from what the kernel and its memory show. */
#ifndef LK_JUDGE_WAIT_H
#define LK_JUDGE_WAIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "judge/named_stack.h"
#include "model/snapshot.h"

enum lk_wait_kind {
#define LK_WAIT(name, words) LK_WAIT_##name,
#include "judge/wait.def"
	LK_WAIT_COUNT
};

/* As a report calls it: "mutex", "read". */
const char *lk_wait_word(enum lk_wait_kind kind);

struct lk_wait {
	enum lk_wait_kind kind;
	uintptr_t object; /* the lock, condition, semaphore...; 0: none */
	pid_t holder;	  /* who has the lock, or is joined; 0: nobody, or unknown */
	bool is_timed;	  /* it stops waiting by itself */
	bool is_shared;	  /* other processes may end it */
};

/* What THREAD of SNAPSHOT, whose stack is NOW, waits for.  SYMBOLS name what a call leads
 * to. */
struct lk_wait lk_wait_tell(const struct lk_snapshot *snapshot, const struct lk_thread_left *thread,
			    const struct lk_named_stack *now, struct lk_symbols *symbols);

/* The start of the function that is called before RETURN_ADDRESS; 0 if SNAPSHOT does not
 * tell. */
uintptr_t lk_wait_callee(const struct lk_snapshot *snapshot, uintptr_t return_address);

/* Writes it without who holds it: "mutex 0x7f12", "read of fd 5 (pipe:[77] opened at
 * a.c:3)"; ORIGIN, which may be NULL, is where the descriptor was opened. */
void lk_wait_print(FILE *out, const struct lk_wait *wait, const struct lk_thread_now *now,
		   const struct lk_frame *origin);

#endif
