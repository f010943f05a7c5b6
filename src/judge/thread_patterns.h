/* SPDX-License-Identifier: MIT */
/* Patterns of stuck threads, named.
 *
 * They say what is so at the instant of the snapshot; whether a thread can ever go on is
 * judge/waits.h's to say. */
#ifndef LK_JUDGE_THREAD_PATTERNS_H
#define LK_JUDGE_THREAD_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "judge/waits.h"

/* X(name, in words) */
#define LK_THREAD_PATTERNS(X)                                                     \
	X(lock_cycle, "lock cycle")	  /* each holds what the next one wants */    \
	X(join_cycle, "join cycle")	  /* each joins the next one */		\
	X(mixed_cycle, "cycle of locks and joins")                                 \
	X(unread_pipe, "writers of a pipe that no thread reads")                   \
	X(crowd, "threads at one wait")	  /* LK_CROWD_LEAST and more */		\
	X(sleepers, "threads that sleep")                                          \
	X(never_joined, "threads that have ended and were never joined")

enum lk_thread_pattern_kind {
#define LK_NAME(name, words) LK_THREAD_PATTERN_##name,
	LK_THREAD_PATTERNS(LK_NAME)
#undef LK_NAME
		LK_THREAD_PATTERN_COUNT
};

/* Two threads at one lock are a moment's chance. */
enum { LK_CROWD_LEAST = 3 };

struct lk_thread_pattern {
	enum lk_thread_pattern_kind kind;
	size_t first, count; /* members[first .. first + count) */
};

struct lk_thread_patterns {
	struct lk_thread_pattern *rows; /* in the order of the list above, large ones first */
	size_t count;
	size_t *members; /* indices into waits.rows; those of a cycle in its order */
	size_t members_count;
};

extern const char *const lk_thread_pattern_words[LK_THREAD_PATTERN_COUNT];

/* False when out of memory. */
bool lk_thread_patterns_find(const struct lk_waits *waits, struct lk_thread_patterns *ret);
/* "3 threads at one wait: mutex 0x7f12 held by thread 12: thread 4 "a" at queue.c:20, ...";
 * "lock cycle: thread 4 -> thread 5 -> thread 4".  Names from outside are escaped. */
void lk_thread_pattern_print(FILE *out, const struct lk_waits *waits,
			     const struct lk_thread_patterns *patterns, size_t row);
/* Also for a zeroed struct. */
void lk_thread_patterns_release(struct lk_thread_patterns *patterns);

#endif
