/* SPDX-License-Identifier: MIT */
/* Sets of addresses as sorted ranges. */
#ifndef LK_PROBE_RANGES_H
#define LK_PROBE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_range {
	uintptr_t start, end;
};

struct lk_ranges {
	struct lk_range *rows;
	size_t count, room;
	bool is_short; /* a range did not fit */
};

/* An empty set for at most ROOM ranges; false when memory is refused. */
bool lk_ranges_make(struct lk_ranges *ranges, size_t room);
void lk_ranges_release(struct lk_ranges *ranges);

/* Adds one, empty or not, in any order. */
void lk_ranges_add(struct lk_ranges *ranges, uintptr_t start, uintptr_t end);

/* Sorts what was added and joins what touches.  The functions below need it. */
void lk_ranges_sort(struct lk_ranges *ranges);

/* The first range that ends behind ADDRESS, or NULL. */
const struct lk_range *lk_ranges_from(const struct lk_ranges *ranges, uintptr_t address);

bool lk_ranges_hold(const struct lk_ranges *ranges, uintptr_t address);

#endif
