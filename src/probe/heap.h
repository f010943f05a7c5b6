/* SPDX-License-Identifier: MIT */
/* The live table of heap blocks.
 *
 * An address-indexed shadow: 8 bytes for every 32 bytes of heap (glibc places no
 * two blocks closer; 8 for other allocators), found by two shifts, no hash, no
 * lock.  A row holds the stack's id, the epoch of birth and the size.  Rows go
 * before the memory is released and come after it is taken, so that another
 * thread that is given the same address never meets an old row. */
#ifndef LK_PROBE_HEAP_H
#define LK_PROBE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"

struct lk_block {
	uintptr_t address;
	size_t size;
	lk_stack_id stack;
	uint32_t epoch;
};

/* Sets the distance below which no two blocks are placed: 32 or 8 bytes. */
void lk_heap_init(unsigned granule);

/* BLOCK of SIZE bytes was taken by the caller of the hook whose frame is FRAME
 * (see probe/unwind.h).  Inert when BLOCK is NULL.  What is taken in lk_quiet_begin is old and
 * has no stack: it is nobody's leak, but it may hold what is. */
void lk_heap_put(void *block, size_t size, const void *frame);

/* Takes the row of BLOCK out and, if it had one, fills RET (may be NULL). */
bool lk_heap_take(void *block, struct lk_block *ret);

/* Puts back a row that lk_heap_take gave: realloc failed and BLOCK still lives. */
void lk_heap_restore(const struct lk_block *block);

/* BLOCK came out of realloc.  It keeps OLD's epoch (OLD_KNOWN: there was a row;
 * otherwise it counts as old) and gets this stack. */
void lk_heap_move(void *block, size_t size, const struct lk_block *old, bool old_known,
		  const void *frame);

/* The block at exactly ADDRESS; false if there is no row. */
bool lk_heap_find(const void *address, struct lk_block *ret);

/* The block stays: it is never young again.  False if there is no row. */
bool lk_heap_forgive(const void *address);

/* Blocks begin at least this many address bits apart; 5 or 3. */
unsigned lk_heap_granule_shift(void);

/* Parts of memory in which blocks were ever put, and how many each may hold at most. */
size_t lk_heap_parts(size_t *ret_blocks);

/* Calls VISIT for every row of EPOCH, or of LK_HEAP_ANY, in order of address. */
enum { LK_HEAP_ANY = 0 };
void lk_heap_each(uint32_t epoch, void (*visit)(void *context, const struct lk_block *block),
		  void *context);

/* Makes every row old, so that epochs can start over. */
void lk_heap_age(void);

/* Rows that could not be kept because memory was refused. */
uint64_t lk_heap_lost(void);

#endif
