/* SPDX-License-Identifier: MIT */
/* Address ranges with a value each, found by an address inside them. */
#ifndef LK_JUDGE_SPANS_H
#define LK_JUDGE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lk_span {
	uint64_t start, end; /* END is the first address after it */
	uint64_t reach;	     /* highest end of this span and of all before it */
	uint64_t value;
};

/* All zeros is a valid empty list. */
struct lk_spans {
	struct lk_span *items;
	size_t count, room;
};

/* False when out of memory; an empty range is left out. */
bool lk_spans_add(struct lk_spans *spans, uint64_t start, uint64_t end, uint64_t value);

/* Once, after the last addition and before the first search. */
void lk_spans_sort(struct lk_spans *spans);

/* The span that holds ADDRESS, of several the one that starts last; NULL if
 * there is none. */
const struct lk_span *lk_spans_find(const struct lk_spans *spans, uint64_t address);

void lk_spans_deinit(struct lk_spans *spans);

#endif
