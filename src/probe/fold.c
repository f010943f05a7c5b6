/* SPDX-License-Identifier: MIT */
/* Lost blocks: which of them are heads, and which are reached through a head.
 *
 * Each block that nobody has claimed yet claims in turn all that it reaches.  Who
 * comes later may reach one that claimed before: if it reaches that itself, or one of
 * those that lead back to it, its ring.  The rings are found on the way, as Tarjan
 * does it: `low` is the lowest number of a block that is still open, that a block
 * reaches.  Who is not reached in the end is a head.  Blocks come in the order of
 * their stacks, then of addresses, so that the same program reports the same head. */
#include "base/arena.h"
#include "probe/scan.h"
#include "base/light.h"

struct folding {
	struct lk_marking *marking;
	struct lk_live *blocks;
	/* For each block: its turn in this fold, and which of its words is next.  `low` is
	 * the field `word` of the block. */
	uint32_t *numbers, *words;
	uint32_t *path, *open; /* blocks on the way from the root; those still open */
	size_t path_used, open_used;
	uint32_t last_number, root;
};

static bool is_lost(const struct lk_live *block)
{
	return block->is_young && block->hold == LK_HOLD_UNSCANNED;
}

static void lower(struct lk_live *block, uint32_t number)
{
	if (number < block->word)
		block->word = number;
}

static void enter(struct folding *folding, struct lk_live *block)
{
	uint32_t at = (uint32_t)(block - folding->blocks);

	block->is_seen = 1;
	block->parent = folding->root + 1;
	folding->words[at] = 0;
	/* Most lead nowhere. */
	if (!lk_mark_next_inside(folding->marking, block, &folding->words[at])) {
		block->is_in_ring = at == folding->root;
		return;
	}
	block->is_open = 1;
	block->word = folding->numbers[at] = ++folding->last_number;
	folding->words[at] = 0;
	folding->path[folding->path_used++] = at;
	folding->open[folding->open_used++] = at;
}

/* All that BLOCK reaches was seen.  Is it the first of a ring? */
static void leave(struct folding *folding, struct lk_live *block)
{
	uint32_t at = (uint32_t)(block - folding->blocks), last;

	folding->path_used--;
	if (folding->path_used > 0)
		lower(&folding->blocks[folding->path[folding->path_used - 1]], block->word);
	if (block->word != folding->numbers[at])
		return;
	do {
		last = folding->open[--folding->open_used];
		folding->blocks[last].is_open = 0;
		folding->blocks[last].is_in_ring = at == folding->root;
	} while (last != at);
}

/* BLOCK leads to TARGET. */
static void follow(struct folding *folding, struct lk_live *block, struct lk_live *target)
{
	if (!is_lost(target))
		return;
	if (!target->is_seen) {
		enter(folding, target);
		return;
	}
	if (target->is_open) {
		lower(block, folding->numbers[target - folding->blocks]);
		return;
	}
	/* Who claimed first has itself been claimed perhaps, and names another. */
	struct lk_live *claimer = target->is_root ? target : &folding->blocks[target->parent - 1];
	if (target->is_in_ring && &folding->blocks[claimer->parent - 1] == claimer &&
	    claimer != &folding->blocks[folding->root])
		claimer->parent = folding->root + 1;
}

static void claim_all(struct folding *folding, uint32_t root)
{
	if (folding->blocks[root].is_seen)
		return;
	folding->root = root;
	enter(folding, &folding->blocks[root]);
	folding->blocks[root].is_root = 1;
	while (folding->path_used > 0) {
		uint32_t at = folding->path[folding->path_used - 1];
		struct lk_live *block = &folding->blocks[at];
		struct lk_live *target =
			lk_mark_next_inside(folding->marking, block, &folding->words[at]);

		if (target)
			follow(folding, block, target);
		else
			leave(folding, block);
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

/* A head's own head is its head in the end. */
static void settle(struct lk_live *blocks, struct lk_live *block)
{
	struct lk_live *head = block;

	while (&blocks[head->parent - 1] != head)
		head = &blocks[head->parent - 1];
	block->parent = (uint32_t)(head - blocks) + 1;
	block->hold = head == block ? LK_HOLD_LOST : LK_HOLD_INDIRECT;
}

/* ROWS has room for four numbers of each block. */
static void fold(struct lk_marking *marking, uint32_t *rows)
{
	enum { AHEAD = 8, FAR_AHEAD = 24 };
	const size_t count = marking->index.count;
	struct lk_live *blocks = marking->index.blocks;
	uint32_t *order = marking->queue, *other = rows;
	struct folding folding = { .marking = marking,
				   .blocks = blocks,
				   .numbers = rows,
				   .words = rows + count,
				   .path = rows + 2 * count,
				   .open = rows + 3 * count };
	size_t lost = 0;

	for (size_t i = 0; i < count; i++)
		if (is_lost(&blocks[i]))
			order[lost++] = (uint32_t)i;
	sort_by(blocks, order, other, lost, 0);
	sort_by(blocks, other, order, lost, LK_STACK_ID_BITS / 2);
	for (size_t i = 0; i < lost; i++) {
		if (i + FAR_AHEAD < lost)
			__builtin_prefetch(&blocks[order[i + FAR_AHEAD]]);
		if (i + AHEAD < lost)
			__builtin_prefetch((const void *)blocks[order[i + AHEAD]].start);
		claim_all(&folding, order[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (is_lost(&blocks[i]))
			settle(blocks, &blocks[i]);
}

bool lk_scan_fold(struct lk_marking *marking)
{
	const size_t size = (4 * marking->index.count + 1) * sizeof(uint32_t);
	uint32_t *rows = lk_pages_map(size);

	if (!rows)
		return false;
	fold(marking, rows);
	lk_pages_unmap(rows, size);
	return true;
}
