/* SPDX-License-Identifier: MIT */
#include "judge/spans.h"

#include <stdlib.h>
#include <string.h>

bool lk_spans_add(struct lk_spans *spans, uint64_t start, uint64_t end, uint64_t value)
{
	if (start >= end)
		return true;
	if (spans->count == spans->room) {
		size_t room = spans->room ? spans->room * 2 : 64;
		struct lk_span *items = realloc(spans->items, room * sizeof *items);
		if (!items)
			return false;
		spans->items = items;
		spans->room = room;
	}
	spans->items[spans->count++] = (struct lk_span){ start, end, 0, value };
	return true;
}

/* Of spans with one start the shortest comes last, so that it is found first. */
static int compare(const void *a, const void *b)
{
	const struct lk_span *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if (left->end != right->end)
		return left->end > right->end ? -1 : 1;
	return (left->value > right->value) - (left->value < right->value);
}

void lk_spans_sort(struct lk_spans *spans)
{
	uint64_t reach = 0;

	if (spans->count > 1)
		qsort(spans->items, spans->count, sizeof *spans->items, compare);
	for (size_t i = 0; i < spans->count; i++) {
		if (spans->items[i].end > reach)
			reach = spans->items[i].end;
		spans->items[i].reach = reach;
	}
}

const struct lk_span *lk_spans_find(const struct lk_spans *spans, uint64_t address)
{
	size_t low = 0, high = spans->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (spans->items[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 0 && spans->items[low - 1].reach > address) {
		if (spans->items[low - 1].end > address)
			return &spans->items[low - 1];
		low--;
	}
	return NULL;
}

void lk_spans_deinit(struct lk_spans *spans)
{
	free(spans->items);
	memset(spans, 0, sizeof *spans);
}
