/* SPDX-License-Identifier: MIT */
#include "probe/block_index.h"

#include <string.h>
#include <sys/mman.h>

#include "base/arena.h"
#include "probe/heap.h"
#include "base/light.h"

/* A gap of so many bytes without a block begins a new span. */
enum { GAP_MAX = 1 << 20 };

struct making {
	struct lk_block_index *index;
	uint32_t young;
};

static void add(void *context, const struct lk_block *block)
{
	struct making *making = context;
	struct lk_block_index *index = making->index;
	struct lk_span_of_blocks *span = &index->spans[index->spans_count - 1];

	/* Another thread of a process that is not a copy may go on allocating. */
	if (index->count == index->room) {
		index->left_out++;
		return;
	}
	if (index->count == 0 ||
	    block->address - index->blocks[index->count - 1].start >= GAP_MAX) {
		if (index->spans_count == index->spans_room) {
			index->left_out++;
			return;
		}
		span = &index->spans[index->spans_count++];
		span->start = block->address & ~(((uintptr_t)64 << index->shift) - 1);
		span->first = (uint32_t)index->count;
	}
	index->blocks[index->count++] = (struct lk_live){
		.start = block->address,
		.size = block->size,
		.is_young = making->young == LK_HEAP_ANY ? block->stack != LK_STACK_NONE :
							   block->epoch == making->young,
		.stack = block->stack,
	};
	span->count++;
	span->end = block->address + 1;
	if (index->high < block->address + (block->size | !block->size))
		index->high = block->address + (block->size | !block->size);
}

static bool index_span(struct lk_block_index *index, struct lk_span_of_blocks *span)
{
	uintptr_t word_size = (uintptr_t)64 << index->shift;
	uint32_t before = 0;

	span->end = (span->end + word_size - 1) & ~(word_size - 1);
	size_t words = (span->end - span->start) / word_size;
	span->words = lk_pages_map(words * sizeof *span->words);
	if (!span->words)
		return false;
	for (uint32_t i = 0; i < span->count; i++) {
		size_t slot = (index->blocks[span->first + i].start - span->start) >> index->shift;

		span->words[slot / 64].bits |= (uint64_t)1 << slot % 64;
	}
	for (size_t i = 0; i < words; i++) {
		span->words[i].before = before;
		before += lk_block_bits(span->words[i].bits);
	}
	return true;
}

static void *take(size_t size)
{
	enum { HUGE_PAGE = 1 << 21 };
	void *pages = lk_pages_map(size);

	/* Whole huge pages: there are fewer faults. */
	if (pages && size >= 2 * HUGE_PAGE)
		madvise(pages, size, MADV_HUGEPAGE);
	return pages;
}

bool lk_block_index_make(struct lk_block_index *index, uint32_t young)
{
	struct making making = { index, young };

	*index = (struct lk_block_index){ .shift = lk_heap_granule_shift() };
	/* To count the blocks would take as long as to list them. */
	index->spans_room = lk_heap_parts(&index->room) + 1;
	index->room *= index->spans_room;
	index->blocks = take(index->room * sizeof *index->blocks);
	index->spans = take(index->spans_room * sizeof *index->spans);
	if (!index->blocks || !index->spans)
		return false;
	lk_heap_each(LK_HEAP_ANY, add, &making);
	index->low = index->count > 0 ? index->blocks[0].start : 0;
	index->last_span = index->spans;
	for (size_t i = 0; i < index->spans_count; i++)
		if (!index_span(index, &index->spans[i]))
			return false;
	return true;
}

void lk_block_index_release(struct lk_block_index *index)
{
	for (size_t i = 0; i < index->spans_count; i++) {
		struct lk_span_of_blocks *span = &index->spans[i];
		size_t words = (span->end - span->start) / ((uintptr_t)64 << index->shift);

		if (span->words)
			lk_pages_unmap(span->words, words * sizeof *span->words);
	}
	if (index->blocks)
		lk_pages_unmap(index->blocks, index->room * sizeof *index->blocks);
	if (index->spans)
		lk_pages_unmap(index->spans, index->spans_room * sizeof *index->spans);
	memset(index, 0, sizeof *index);
}

struct lk_span_of_blocks *lk_block_span(const struct lk_block_index *index, uintptr_t address)
{
	size_t low = 0, high = index->spans_count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (index->spans[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return &index->spans[low];
}
