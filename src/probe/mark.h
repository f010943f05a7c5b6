/* SPDX-License-Identifier: MIT */
/* Marks the live blocks that roots lead to.
 *
 * Roots are scanned for words that are addresses in a block; then the blocks that
 * were found, breadth first, so that the way back from a block is a shortest one.
 * A block keeps what reached it first: the order of the roots is the policy's. */
#ifndef LK_PROBE_MARK_H
#define LK_PROBE_MARK_H

#include "probe/block_index.h"
#include "probe/ranges.h"

struct lk_root_row {
	uintptr_t address;
	enum lk_root kind;
	pid_t tid;
};

/* A value that is no block, but somebody may hold: a thread's handle. */
struct lk_handle {
	uintptr_t value;
	pid_t tid;
	enum lk_hold hold;
};

enum { LK_HANDLES_MAX = 64 };

struct lk_marking {
	struct lk_block_index index;
	/* What can be read; empty: all of it. */
	struct lk_ranges readable;
	const struct lk_range *last_readable;
	/* What is marked now, by whom. */
	enum lk_hold hold;
	enum lk_root kind;
	pid_t tid;
	bool is_libc_data; /* words are the C library's own data */
	uint32_t *queue;   /* blocks whose words are still to be read */
	size_t queue_start, queue_end;
	struct lk_root_row *roots;
	size_t roots_count;
	struct lk_handle *handles;
	size_t handles_count;
};

/* Takes the memory that MARKING->index, which is made, asks for; false when it is
 * refused. */
bool lk_marking_make(struct lk_marking *marking);
/* Gives back everything, the index and what can be read too. */
void lk_marking_release(struct lk_marking *marking);

/* What comes is held by HOLD, through roots of KIND (of the thread TID). */
void lk_mark_as(struct lk_marking *marking, enum lk_hold hold, enum lk_root kind, pid_t tid);

/* WORD stands at the root ADDRESS. */
void lk_mark_root(struct lk_marking *marking, uintptr_t word, uintptr_t address);

/* All words from START to END that can be read are roots.  Pages that were never
 * touched are passed over. */
void lk_mark_range(struct lk_marking *marking, uintptr_t start, uintptr_t end);

/* BLOCK itself is held. */
void lk_mark_block(struct lk_marking *marking, struct lk_live *block, uintptr_t address);

/* Follows all that was marked to its end. */
void lk_mark_flood(struct lk_marking *marking);

/* The block that the first word of BLOCK from *WORD on leads to, NULL if none does;
 * *WORD is then the word behind. */
struct lk_live *lk_mark_next_inside(struct lk_marking *marking, const struct lk_live *block,
				    uint32_t *word);

/* The shortest way from a root to BLOCK. */
void lk_mark_path(const struct lk_marking *marking, const struct lk_live *block,
		  struct lk_path *ret);

#endif
