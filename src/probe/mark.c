/* SPDX-License-Identifier: MIT */
#include "probe/mark.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/light.h"

enum { PAGE = 4096, WORD = sizeof(uintptr_t) };

bool lk_marking_make(struct lk_marking *marking)
{
	size_t count = marking->index.count + 1;

	marking->queue = lk_pages_map(count * sizeof *marking->queue);
	marking->roots = lk_pages_map(count * sizeof *marking->roots);
	return marking->queue && marking->roots;
}

void lk_marking_release(struct lk_marking *marking)
{
	size_t count = marking->index.count + 1;

	if (marking->queue)
		lk_pages_unmap(marking->queue, count * sizeof *marking->queue);
	if (marking->roots)
		lk_pages_unmap(marking->roots, count * sizeof *marking->roots);
	lk_ranges_release(&marking->readable);
	lk_block_index_release(&marking->index);
}

void lk_mark_as(struct lk_marking *marking, enum lk_hold hold, enum lk_root kind, pid_t tid)
{
	marking->hold = hold;
	marking->kind = kind;
	marking->tid = tid;
	marking->is_libc_data = hold == LK_HOLD_LIBC && kind == LK_ROOT_DATA;
}

static void note_handle(struct lk_marking *marking, uintptr_t word)
{
	for (size_t i = 0; i < marking->handles_count; i++)
		if (marking->handles[i].value == word &&
		    marking->handles[i].hold == LK_HOLD_UNSCANNED)
			marking->handles[i].hold = marking->hold;
}

static inline void reach(struct lk_marking *marking, struct lk_live *block, uint32_t parent,
			 uint32_t word)
{
	block->hold = marking->hold;
	block->parent = parent;
	block->word = word;
	marking->queue[marking->queue_end++] = (uint32_t)(block - marking->index.blocks);
}

/* Every library's data points to the loader's blocks, which are the C library's own.
 * And where the C library has a pointer into a block, but not to its start, that is
 * malloc's to the header of the next chunk, which is the last word of the block
 * before, or a stale one: strtok's place, dlerror's text.  Its trees have flags in the
 * low bits. */
static inline bool counts(const struct lk_marking *marking, const struct lk_live *block,
			  uintptr_t word)
{
	if (marking->hold == LK_HOLD_LIBC)
		return word - block->start < WORD;
	return !block->is_loaders;
}

/* The loader does not clear what it takes: what it seems to hold is looked at later. */
static inline bool is_stale(const struct lk_marking *marking, const struct lk_live *from,
			    const struct lk_live *block)
{
	return from->is_loaders && !block->is_loaders && marking->hold == LK_HOLD_LIBC;
}

static inline struct lk_live *target_of(struct lk_marking *marking, uintptr_t word)
{
	struct lk_live *block = lk_block_around(&marking->index, word);

	if (LK_UNLIKELY(marking->handles_count > 0))
		note_handle(marking, word);
	if (block && block->start == word && !block->is_exact)
		block->is_exact = 1;
	return block;
}

void lk_mark_block(struct lk_marking *marking, struct lk_live *block, uintptr_t address)
{
	if (block->hold)
		return;
	marking->roots[marking->roots_count] =
		(struct lk_root_row){ address, marking->kind, marking->tid };
	reach(marking, block, 0, (uint32_t)marking->roots_count++);
}

void lk_mark_root(struct lk_marking *marking, uintptr_t word, uintptr_t address)
{
	struct lk_live *block = target_of(marking, word);

	/* stdio's lists do not hold a FILE that the program opened. */
	if (!block || !counts(marking, block, word) || (marking->is_libc_data && block->is_stream))
		return;
	lk_mark_block(marking, block, address);
}

/* The part of [*START, *END) that can be read first; false: none can. */
static inline bool clip(struct lk_marking *marking, uintptr_t *start, uintptr_t *end)
{
	const struct lk_range *range = marking->last_readable;

	if (LK_UNLIKELY(marking->readable.count == 0))
		return *start < *end;
	if (LK_UNLIKELY(!range || *start < range->start || *start >= range->end)) {
		range = lk_ranges_from(&marking->readable, *start);
		if (!range || range->start >= *end)
			return false;
		marking->last_readable = range;
	}
	if (*start < range->start)
		*start = range->start;
	if (*end > range->end)
		*end = range->end;
	return *start < *end;
}

static void mark_words(struct lk_marking *marking, uintptr_t start, uintptr_t end)
{
	for (uintptr_t at = start; at + WORD <= end; at += WORD)
		lk_mark_root(marking, *(const uintptr_t *)at, at);
}

/* The kernel tells which pages are there, for so many at once. */
static void mark_resident(struct lk_marking *marking, uintptr_t start, uintptr_t end)
{
	enum { PAGES_AT_ONCE = 4096 };
	unsigned char resident[PAGES_AT_ONCE];

	for (uintptr_t at = start; at < end;) {
		uintptr_t first = at & ~(uintptr_t)(PAGE - 1);
		size_t pages = (end - first + PAGE - 1) / PAGE;

		if (pages > PAGES_AT_ONCE)
			pages = PAGES_AT_ONCE;
		bool is_told = syscall(SYS_mincore, first, pages * PAGE, resident) == 0;
		for (size_t i = 0; i < pages; i++, at = first + i * PAGE) {
			uintptr_t page_end = first + (i + 1) * PAGE;

			if (!is_told || resident[i] & 1)
				mark_words(marking, at, page_end < end ? page_end : end);
		}
	}
}

void lk_mark_range(struct lk_marking *marking, uintptr_t start, uintptr_t end)
{
	enum { SMALL = 16 * PAGE };

	start = (start + WORD - 1) & ~(uintptr_t)(WORD - 1);
	while (start < end) {
		uintptr_t part_end = end;

		if (!clip(marking, &start, &part_end))
			return;
		if (part_end - start <= SMALL)
			mark_words(marking, start, part_end);
		else
			mark_resident(marking, start, part_end);
		start = part_end;
	}
}

static void mark_inside(struct lk_marking *marking, const struct lk_live *from)
{
	uintptr_t start = from->start, limit = from->start + from->size;
	uint32_t parent = (uint32_t)(from - marking->index.blocks) + 1;

	if (from->is_text)
		return;
	start = (start + WORD - 1) & ~(uintptr_t)(WORD - 1);
	while (start + WORD <= limit) {
		uintptr_t end = limit;

		if (!clip(marking, &start, &end))
			return;
		for (; start + WORD <= end; start += WORD) {
			uintptr_t word = *(const uintptr_t *)start;
			struct lk_live *block = target_of(marking, word);

			if (block && !block->hold && counts(marking, block, word) &&
			    !is_stale(marking, from, block))
				reach(marking, block, parent,
				      (uint32_t)((start - from->start) / WORD));
		}
		if (start < end)
			start = end;
	}
}

void lk_mark_flood(struct lk_marking *marking)
{
	enum { AHEAD = 4 };
	const struct lk_live *blocks = marking->index.blocks;

	while (marking->queue_start < marking->queue_end) {
		/* The words of blocks to come are on their way meanwhile. */
		const uint32_t *next = &marking->queue[marking->queue_start++];

		if (marking->queue_start + AHEAD < marking->queue_end)
			__builtin_prefetch((const void *)blocks[next[AHEAD]].start);
		mark_inside(marking, &blocks[*next]);
	}
}

struct lk_live *lk_mark_next_inside(struct lk_marking *marking, const struct lk_live *block,
				    uint32_t *word)
{
	uintptr_t first = (block->start + WORD - 1) & ~(uintptr_t)(WORD - 1);
	uintptr_t start = first + (uintptr_t)*word * WORD, limit = block->start + block->size;

	while (start + WORD <= limit) {
		uintptr_t end = limit;

		if (!clip(marking, &start, &end))
			break;
		for (; start + WORD <= end; start += WORD) {
			struct lk_live *target = target_of(marking, *(const uintptr_t *)start);

			if (target) {
				*word = (uint32_t)((start - first) / WORD) + 1;
				return target;
			}
		}
		if (start < end)
			start = end;
	}
	return NULL;
}

/* The word at ADDRESS points into BLOCK: how far? */
static uint64_t how_far_into(const struct lk_live *block, uintptr_t address)
{
	uintptr_t word = *(const uintptr_t *)address;

	return word - block->start < block->size ? word - block->start : 0;
}

void lk_mark_path(const struct lk_marking *marking, const struct lk_live *block,
		  struct lk_path *ret)
{
	const struct lk_live *blocks = marking->index.blocks;
	const struct lk_live *at = block;
	uint32_t steps = 0;

	for (; at->parent; at = &blocks[at->parent - 1])
		steps++;
	const struct lk_root_row *root = &marking->roots[at->word];
	*ret = (struct lk_path){
		.root = root->kind, .tid = root->tid, .address = root->address, .steps = steps
	};
	bool is_readable = root->kind == LK_ROOT_DATA || root->kind == LK_ROOT_TLS;
	for (at = block; at->parent; at = &blocks[at->parent - 1]) {
		const struct lk_live *parent = &blocks[at->parent - 1];

		if (--steps >= LK_PATH_STEPS_MAX)
			continue;
		ret->offsets[steps] = (uint64_t)at->word * WORD;
		ret->sizes[steps] = parent->size;
		ret->inner[steps + 1] = how_far_into(at, parent->start + ret->offsets[steps]);
	}
	if (is_readable)
		ret->inner[0] = how_far_into(at, root->address);
}
