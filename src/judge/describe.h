/* SPDX-License-Identifier: MIT */
/* Words for a leaked descriptor, thread or child process. */
#ifndef LK_JUDGE_DESCRIBE_H
#define LK_JUDGE_DESCRIBE_H

#include <stdio.h>

#include "judge/symbols.h"
#include "model/snapshot.h"

/* "fd 7 /var/lib/x.db O_RDWR|O_CLOEXEC".  The caller frees it; NULL when out of
 * memory.  Names from outside are escaped: no control character gets through. */
char *lk_describe_descriptor(const struct lk_descriptor *row);

/* "thread 4711 \"writer\" [STATE], still running, not joined, started in worker_main,
 * 2 s old, idle for 450 ms", as above.  STATE, which is escaped, may be NULL. */
char *lk_describe_thread(const struct lk_thread_left *row, const char *state,
			 struct lk_symbols *symbols);

/* Writes which thread it is: "thread 4711 \"writer\"". */
void lk_describe_who(FILE *out, const struct lk_thread_left *row);

/* "child 4711 \"sleep 100\", still running, started by fork", as above. */
char *lk_describe_child(const struct lk_child_left *row);

/* "handle chunk 0x7f0012345670 and 2 more, 96 B, not given back", as above. */
char *lk_describe_handles(const struct lk_handles_left *row);

/* "1500 allocations, 1000 allowed by check_parse.c:40", as above. */
char *lk_describe_breach(const struct lk_breach *row);

/* "fd 7 closed twice", as above. */
char *lk_describe_misuse(const struct lk_misuse *row);

#endif
