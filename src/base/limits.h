/* SPDX-License-Identifier: MIT */
/* How much memory a test may use. */
#ifndef LK_BASE_LIMITS_H
#define LK_BASE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is measured: X(name, what a report says behind the number). */
#define LK_MEASURES(X)                      \
	X(allocations, "allocations")       \
	X(bytes, "B allocated")             \
	X(peak, "B alive at once")          \
	X(growth, "B more alive at its end")

enum lk_measure {
#define LK_NAME(name, text) LK_MEASURE_##name,
	LK_MEASURES(LK_NAME)
#undef LK_NAME
	LK_MEASURE_COUNT
};
extern const char *const lk_measure_names[LK_MEASURE_COUNT];
extern const char *const lk_measure_words[LK_MEASURE_COUNT];

/* The most that is allowed, plus 1; 0: as much as you like. */
struct lk_limits {
	uint64_t above[LK_MEASURE_COUNT];
};

/* Reads "allocations:1000,bytes:64K,peak:-": numbers with K, M or G for powers of 1024;
 * 0 and - stand for no limit, `none` for none at all.  False: it is something else, and
 * *RET is untouched. */
bool lk_limits_parse(const char *text, struct lk_limits *ret);

/* As lk_limits_parse reads it; empty without limits. */
struct lk_text;
void lk_limits_print(struct lk_text *text, const struct lk_limits *limits);

bool lk_limits_are_any(const struct lk_limits *limits);

#endif
