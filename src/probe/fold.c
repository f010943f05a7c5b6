/* SPDX-License-Identifier: MIT */
/* Lost blocks: which of them are heads, and which are reached through a head.
 *
 * Each head in turn claims what it reaches.  A head that a later one reaches is
 * claimed by that; it cannot reach the later one, which it would have claimed.  So
 * what is left has no other lost block pointing to it, or is the first of a ring.
 * Heads are tried in the order of their stacks, then of addresses, so that the same
 * program reports the same one. */
#include "probe/scan.h"

#include "base/arena.h"
#include "base/light.h"

struct folding {
	struct lk_live *blocks;
	uint32_t *stack; /* claimed, words not read yet */
	size_t stack_used;
	struct lk_live *head;
};

static bool is_lost(const struct lk_live *block)
{
	return block->is_young && block->hold == LK_HOLD_UNSCANNED;
}

static void claim(void *context, struct lk_live *target)
{
	struct folding *folding = context;
	uint32_t head = (uint32_t)(folding->head - folding->blocks) + 1;

	if (target == folding->head || !is_lost(target))
		return;
	if (!target->is_seen) {
		target->is_seen = 1;
		target->parent = head;
		folding->stack[folding->stack_used++] = (uint32_t)(target - folding->blocks);
	} else if (&folding->blocks[target->parent - 1] == target) {
		target->parent = head;
	}
}

/* Sorts ORDER by twelve bits of the stack's id; OTHER is as big. */
static void sort_by(const struct lk_live *blocks, const uint32_t *order, uint32_t *other,
		    size_t count, unsigned shift)
{
	enum { BUCKETS = 1 << 12 };
	uint32_t starts[BUCKETS] = { 0 }, sum = 0;

	for (size_t i = 0; i < count; i++)
		starts[blocks[order[i]].stack >> shift & (BUCKETS - 1)]++;
	for (size_t i = 0; i < BUCKETS; i++) {
		uint32_t bucket = starts[i];

		starts[i] = sum;
		sum += bucket;
	}
	for (size_t i = 0; i < count; i++)
		other[starts[blocks[order[i]].stack >> shift & (BUCKETS - 1)]++] = order[i];
}

static void claim_all(struct lk_marking *marking, struct folding *folding, uint32_t head)
{
	folding->head = &folding->blocks[head];
	if (folding->head->is_seen)
		return;
	folding->head->is_seen = 1;
	folding->head->parent = head + 1;
	folding->stack[folding->stack_used++] = head;
	while (folding->stack_used > 0)
		lk_mark_each_inside(marking,
				    &folding->blocks[folding->stack[--folding->stack_used]], claim,
				    folding);
}

bool lk_scan_fold(struct lk_marking *marking)
{
	const size_t count = marking->index.count, room = (count + 1) * sizeof(uint32_t);
	struct lk_live *blocks = marking->index.blocks;
	uint32_t *order = marking->queue, *other = lk_pages_map(room);
	struct folding folding = { .blocks = blocks, .stack = other };
	size_t lost = 0;

	if (!other)
		return false;
	for (size_t i = 0; i < count; i++)
		if (is_lost(&blocks[i]))
			order[lost++] = (uint32_t)i;
	sort_by(blocks, order, other, lost, 0);
	sort_by(blocks, other, order, lost, LK_STACK_ID_BITS / 2);
	for (size_t i = 0; i < lost; i++)
		claim_all(marking, &folding, order[i]);
	for (size_t i = 0; i < lost; i++) {
		struct lk_live *block = &blocks[order[i]], *head = block;

		while (&blocks[head->parent - 1] != head)
			head = &blocks[head->parent - 1];
		block->parent = (uint32_t)(head - blocks) + 1;
	}
	for (size_t i = 0; i < lost; i++)
		blocks[order[i]].hold =
			blocks[order[i]].parent == order[i] + 1 ? LK_HOLD_LOST : LK_HOLD_INDIRECT;
	lk_pages_unmap(other, room);
	return true;
}
