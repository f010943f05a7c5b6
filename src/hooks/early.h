/* SPDX-License-Identifier: MIT */
/* Memory for whoever allocates before boot: ld.so, ifunc resolvers, dlsym while
 * it looks for the real malloc.  A fixed block, never given back; it needs no
 * relocation, so it works before our own object is relocated. */
#ifndef LK_HOOKS_EARLY_H
#define LK_HOOKS_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LK_EARLY_SIZE = 1 << 20 };
extern char lk_early_bytes[LK_EARLY_SIZE];

/* SIZE zeroed bytes; NULL when the block is used up. */
void *lk_early_take(size_t size, size_t alignment);
/* Copies what OLD, a block of lk_early_take, holds to NEW, of SIZE bytes.  Calls
 * nothing: even memcpy is another object's, to which we may not be bound yet. */
void lk_early_copy(void *new, size_t size, const void *old);

static inline bool lk_early_owns(const void *block)
{
	return (uintptr_t)block - (uintptr_t)lk_early_bytes < LK_EARLY_SIZE;
}

#endif
