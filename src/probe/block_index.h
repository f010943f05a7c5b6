/* SPDX-License-Identifier: MIT */
/* All live blocks as an array in order of address, and from any address to the
 * block around it in a few steps.
 *
 * For each slot in which one block can begin there is a bit, and for each word of
 * bits the number of blocks before it: the block that begins last at or before an
 * address is found by one look at such a word.  Built once, read by one thread. */
#ifndef LK_PROBE_BLOCK_INDEX_H
#define LK_PROBE_BLOCK_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"
#include "model/stack.h"

struct lk_live {
	uintptr_t start;
	uint64_t size : 44; /* 16 TiB */
	uint64_t hold : 3;  /* enum lk_hold; LK_HOLD_UNSCANNED: not reached */
	uint64_t is_young : 1;
	uint64_t is_exact : 1;	 /* a pointer to its start was seen */
	uint64_t is_stream : 1;	 /* a FILE of the C library */
	uint64_t is_text : 1;	 /* what a FILE reads or writes: it lends nothing */
	uint64_t is_loaders : 1; /* the dynamic loader took it */
	uint64_t is_seen : 1, is_open : 1, is_root : 1, is_in_ring : 1; /* see fold.c */
	/* Where the first pointer to it was: `word` words into block `parent` - 1; or
	 * parent 0: at root `word`. */
	uint32_t parent;
	uint32_t word;
	lk_stack_id stack;
};

/* A stretch of addresses that holds blocks [first, first + count). */
struct lk_span_of_blocks {
	uintptr_t start, end; /* bounds of `words` */
	uint32_t first, count;
	struct lk_block_word {
		uint64_t bits;
		uint32_t before; /* blocks of the span that begin before this word */
	} * words;
};

struct lk_block_index {
	struct lk_live *blocks;
	size_t count, room;
	uintptr_t low, high; /* around all blocks */
	struct lk_span_of_blocks *spans, *last_span;
	size_t spans_count, spans_room;
	unsigned shift;
	uint64_t left_out; /* blocks that did not fit */
};

/* Indexes all rows of the live table; YOUNG is the epoch of young blocks, LK_HEAP_ANY if
 * all are that have a stack: the others are our own.  False when memory is refused. */
bool lk_block_index_make(struct lk_block_index *index, uint32_t young);
void lk_block_index_release(struct lk_block_index *index);

/* The compiler's own may be a call. */
static inline uint32_t lk_block_bits(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555;
	bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (uint32_t)(bits * 0x0101010101010101 >> 56);
}

/* The block that begins last at or before ADDRESS, which is not below SPAN's start
 * nor at or above that of the next one; NULL if there is none. */
static inline struct lk_live *lk_block_before(const struct lk_block_index *index,
					      const struct lk_span_of_blocks *span,
					      uintptr_t address)
{
	size_t slot = (address - span->start) >> index->shift;
	uint32_t before = span->first + span->count;

	if (address < span->end) {
		const struct lk_block_word *word = &span->words[slot / 64];

		before = span->first + word->before +
			 lk_block_bits(word->bits & (((uint64_t)2 << slot % 64) - 1));
	}
	struct lk_live *block = &index->blocks[before] - 1;
	/* It may begin in the address's own slot, but behind it. */
	if (before > 0 && address < block->start)
		block--;
	return block >= index->blocks ? block : NULL;
}

/* The last span that starts at or before ADDRESS, which is not below the first. */
struct lk_span_of_blocks *lk_block_span(const struct lk_block_index *index, uintptr_t address);

/* The block that holds ADDRESS (one of no bytes holds its first), or NULL. */
static inline struct lk_live *lk_block_around(struct lk_block_index *index, uintptr_t address)
{
	if (address - index->low >= index->high - index->low)
		return NULL;
	struct lk_span_of_blocks *span = index->last_span;
	if (address - span->start >= span->end - span->start)
		index->last_span = span = lk_block_span(index, address);
	struct lk_live *block = lk_block_before(index, span, address);
	if (!block || address - block->start >= (block->size | !block->size))
		return NULL;
	return block;
}

#endif
