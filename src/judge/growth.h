/* SPDX-License-Identifier: MIT */
/* A process that was looked at again and again: what of it grows, and where that comes
 * from. */
#ifndef LK_JUDGE_GROWTH_H
#define LK_JUDGE_GROWTH_H

#include "judge/profile.h"
#include "judge/trend.h"

/* Quantities of the whole process: X(field of struct lk_counts, in words, unit of one, of
 * several). */
#define LK_GROWTH_TOTALS(X)                                          \
	X(live_bytes, "memory alive", "B", "B")                      \
	X(live_blocks, "blocks alive", "block", "blocks")            \
	X(heap_system, "heap from the kernel", "B", "B")             \
	X(descriptors, "descriptors", "descriptor", "descriptors")   \
	X(threads, "threads", "thread", "threads")                   \
	X(children, "child processes", "child", "children")

enum lk_growth_total {
#define LK_NAME(field, words, one, several) LK_GROWTH_##field,
	LK_GROWTH_TOTALS(LK_NAME)
#undef LK_NAME
		LK_GROWTH_TOTAL_COUNT
};
extern const char *const lk_growth_words[LK_GROWTH_TOTAL_COUNT];
/* [0]: of one, [1]: of several; "B" is bytes. */
extern const char *const lk_growth_units[LK_GROWTH_TOTAL_COUNT][2];

/* A stack that memory, descriptors or threads come from; memory in bytes, others counted. */
struct lk_growth_row {
	enum lk_kind kind;
	size_t stack; /* index into the profile's */
	enum lk_hold hold; /* of memory: who held most of it at the last snapshot */
	struct lk_trend trend;
};

struct lk_growth {
	pid_t process;
	size_t points; /* snapshots of it */
	struct lk_trend_point *totals[LK_GROWTH_TOTAL_COUNT]; /* points of them each */
	struct lk_trend trends[LK_GROWTH_TOTAL_COUNT];
	/* Those that changed; what grows first, by rate, then bursts, unsure ones and flat
	 * ones. */
	struct lk_growth_row *rows;
	size_t rows_count;
};

/* Of a process of which PROFILE has at least two snapshots, the FIRST or a later one that has:
 * *FIRST is the index of its first part, SIZE_MAX if there is none, and *RET then untouched.
 * False when out of memory. */
bool lk_growth_next(const struct lk_profile *profile, size_t *first, struct lk_growth *ret);
/* Also for a zeroed struct. */
void lk_growth_release(struct lk_growth *growth);

#endif
