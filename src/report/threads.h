/* SPDX-License-Identifier: MIT */
/* Threads as text: all of them, by stack, and those that wait for each other.
 *
 * The layouts are those of Go's goroutine dumps, debug=2 and debug=1, which people
 * and tools can read.  Each line starts with PREFIX; names are escaped. */
#ifndef LK_REPORT_THREADS_H
#define LK_REPORT_THREADS_H

#include <stdbool.h>
#include <stdio.h>

#include "judge/waits.h"

/* One paragraph for each thread, then deadlocks and patterns:
 *
 *     thread 4711 "writer" [mutex 0x7f12 held by thread 12 "main", 3 s]:
 *     put
 *     	queue.c:20
 *     created by start in thread 12
 *     	queue.c:61
 */
void lk_report_threads(FILE *out, const struct lk_waits *waits, const char *prefix);

/* Equal stacks once, with the number of their threads; the most frequent first:
 *
 *     thread profile: total 4
 *     3 @ 0x7f1200 0x401200
 *     #	0x401200	put	queue.c:20
 *
 * False when out of memory. */
bool lk_report_threads_counted(FILE *out, const struct lk_waits *waits, const char *prefix);

/* A line "PATTERN ..." for each pattern that the threads make (judge/thread_patterns.h);
 * nothing if there is none.  YOUNG leaves out those without a young thread.  False when out
 * of memory. */
bool lk_report_thread_patterns(FILE *out, const struct lk_waits *waits, bool young,
			       const char *prefix);

/* Each cycle, edge by edge, with where its threads are; nothing if there is none.
 * YOUNG leaves out those without a young thread. */
void lk_report_deadlocks(FILE *out, const struct lk_waits *waits, bool young, const char *prefix);

#endif
