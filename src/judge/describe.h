/* SPDX-License-Identifier: MIT */
/* Words for a leaked descriptor, thread or child process. */
#ifndef LK_JUDGE_DESCRIBE_H
#define LK_JUDGE_DESCRIBE_H

#include "judge/symbols.h"
#include "model/snapshot.h"

/* "fd 7 /var/lib/x.db O_RDWR|O_CLOEXEC".  The caller frees it; NULL when out of
 * memory.  Names from outside are escaped: no control character gets through. */
char *lk_describe_descriptor(const struct lk_descriptor *row);

/* "thread 4711 \"writer\", still running, not joined, started in worker_main", as
 * above. */
char *lk_describe_thread(const struct lk_thread_left *row, struct lk_symbols *symbols);

/* "child 4711 \"sleep 100\", still running, started by fork", as above. */
char *lk_describe_child(const struct lk_child_left *row);

/* "fd 7 closed twice", as above. */
char *lk_describe_misuse(const struct lk_misuse *row);

#endif
