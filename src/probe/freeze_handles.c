/* SPDX-License-Identifier: MIT */
/* Handles of the program's own -> snapshot, those of one stack and kind together. */
#include <string.h>

#include "base/arena.h"
#include "probe/freezing.h"
#include "probe/handle.h"
#include "base/light.h"

enum { INDEX_SIZE = 2 * LK_FREEZING_HANDLES };

struct grouping {
	struct lk_freezing *freezing;
	uint32_t *index; /* (stack, kind) -> row + 1, open addressing */
};

static struct lk_handles_left *row_of(const struct grouping *grouping, size_t stack,
				      const char *kind)
{
	struct lk_snapshot *snapshot = grouping->freezing->snapshot;
	size_t place = (stack * 0x9E3779B1u ^ (uintptr_t)kind) % INDEX_SIZE;

	for (; grouping->index[place]; place = (place + 1) % INDEX_SIZE) {
		struct lk_handles_left *row = &snapshot->handles[grouping->index[place] - 1];

		if (row->stack == stack && strncmp(row->kind, kind, sizeof row->kind) == 0)
			return row;
	}
	if (snapshot->handles_count == LK_FREEZING_HANDLES) {
		snapshot->events_lost++;
		return NULL;
	}
	struct lk_handles_left *row = &snapshot->handles[snapshot->handles_count++];
	grouping->index[place] = (uint32_t)snapshot->handles_count;
	row->stack = stack;
	strncpy(row->kind, kind, sizeof row->kind - 1);
	return row;
}

static void add(void *context, const struct lk_handle_row *handle)
{
	const struct grouping *grouping = context;
	struct lk_handles_left *row =
		row_of(grouping, lk_freezing_stack(grouping->freezing, handle->stack),
		       handle->kind);

	if (!row)
		return;
	if (row->count++ == 0)
		row->first = handle->handle;
	row->bytes += handle->size;
}

void lk_freezing_handles(struct lk_freezing *freezing, uint32_t epoch)
{
	struct grouping grouping = { freezing, lk_pages_map(INDEX_SIZE * sizeof(uint32_t)) };

	if (!grouping.index) {
		freezing->snapshot->events_lost++;
		return;
	}
	lk_handle_each(epoch, add, &grouping);
	lk_pages_unmap(grouping.index, INDEX_SIZE * sizeof(uint32_t));
}
