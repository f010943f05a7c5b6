/* SPDX-License-Identifier: MIT */
/* A process that was looked at again and again: what of it grows, and where that comes
 * from. */
#ifndef LK_JUDGE_SOAK_H
#define LK_JUDGE_SOAK_H

#include "judge/profile.h"
#include "judge/trend.h"

/* Quantities of the whole process: X(field of struct lk_counts, in words, unit). */
#define LK_SOAK_TOTALS(X)                              \
	X(live_bytes, "memory alive", "B")             \
	X(live_blocks, "blocks alive", "blocks")       \
	X(heap_system, "heap of the kernel", "B")      \
	X(descriptors, "descriptors", "descriptors")   \
	X(threads, "threads", "threads")               \
	X(children, "child processes", "processes")

enum lk_soak_total {
#define LK_NAME(field, words, unit) LK_SOAK_##field,
	LK_SOAK_TOTALS(LK_NAME)
#undef LK_NAME
		LK_SOAK_TOTAL_COUNT
};
extern const char *const lk_soak_words[LK_SOAK_TOTAL_COUNT];
extern const char *const lk_soak_units[LK_SOAK_TOTAL_COUNT];

/* A stack that memory, descriptors or threads come from; memory in bytes, others counted. */
struct lk_soak_row {
	enum lk_kind kind;
	size_t stack; /* index into the profile's */
	enum lk_hold hold; /* of memory: who held most of it at the last snapshot */
	struct lk_trend trend;
};

struct lk_soak {
	pid_t process;
	size_t points; /* snapshots of it */
	struct lk_trend_point *totals[LK_SOAK_TOTAL_COUNT]; /* points of them each */
	struct lk_trend trends[LK_SOAK_TOTAL_COUNT];
	/* Those that changed; what grows first, by rate, then bursts, unsure ones and flat
	 * ones. */
	struct lk_soak_row *rows;
	size_t rows_count;
};

/* Of a process of which PROFILE has at least two snapshots, the FIRST or a later one that has:
 * *FIRST is the index of its first part, SIZE_MAX if there is none, and *RET then untouched.
 * False when out of memory. */
bool lk_soak_next(const struct lk_profile *profile, size_t *first, struct lk_soak *ret);
/* Also for a zeroed struct. */
void lk_soak_release(struct lk_soak *soak);

#endif
