/* SPDX-License-Identifier: MIT */
#include "probe/ranges.h"

#include <string.h>

#include "base/arena.h"
#include "base/light.h"

bool lk_ranges_make(struct lk_ranges *ranges, size_t room)
{
	*ranges = (struct lk_ranges){ .rows = lk_pages_map(room * sizeof *ranges->rows),
				      .room = room };
	return ranges->rows != NULL;
}

void lk_ranges_release(struct lk_ranges *ranges)
{
	if (ranges->rows)
		lk_pages_unmap(ranges->rows, ranges->room * sizeof *ranges->rows);
	*ranges = (struct lk_ranges){ 0 };
}

void lk_ranges_add(struct lk_ranges *ranges, uintptr_t start, uintptr_t end)
{
	struct lk_range *last = &ranges->rows[ranges->count - 1];

	if (start >= end)
		return;
	if (ranges->count > 0 && last->start <= start && start <= last->end) {
		last->end = end > last->end ? end : last->end;
		return;
	}
	if (ranges->count == ranges->room) {
		ranges->is_short = true;
		return;
	}
	ranges->rows[ranges->count++] = (struct lk_range){ start, end };
}

static void sift_down(struct lk_range *rows, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && rows[child].start < rows[child + 1].start)
			child++;
		if (rows[root].start >= rows[child].start)
			return;
		struct lk_range swapped = rows[root];
		rows[root] = rows[child];
		rows[child] = swapped;
	}
}

/* A heap sort: it needs no memory, and libc's may take some. */
void lk_ranges_sort(struct lk_ranges *ranges)
{
	struct lk_range *rows = ranges->rows;
	size_t count = ranges->count, kept = 0;

	for (size_t root = count / 2; root-- > 0;)
		sift_down(rows, root, count);
	for (size_t end = count; end-- > 1;) {
		struct lk_range greatest = rows[0];
		rows[0] = rows[end];
		rows[end] = greatest;
		sift_down(rows, 0, end);
	}
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && rows[i].start <= rows[kept - 1].end) {
			if (rows[i].end > rows[kept - 1].end)
				rows[kept - 1].end = rows[i].end;
		} else {
			rows[kept++] = rows[i];
		}
	}
	ranges->count = kept;
}

const struct lk_range *lk_ranges_from(const struct lk_ranges *ranges, uintptr_t address)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ranges->rows[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count ? &ranges->rows[low] : NULL;
}

bool lk_ranges_hold(const struct lk_ranges *ranges, uintptr_t address)
{
	const struct lk_range *range = lk_ranges_from(ranges, address);

	return range && range->start <= address;
}
