/* SPDX-License-Identifier: MIT */
/* Memory for the tables, from mmap: never malloc, because we are called inside
 * it.  Every byte is counted; a refusal is counted too, and the caller records
 * the loss so that no verdict stands on missing rows. */
#ifndef LK_BASE_ARENA_H
#define LK_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed private pages, reserved but not touched; NULL if the kernel refuses.
 * Keeps errno.  Thread-safe, callable in signal handlers. */
void *lk_pages_map(size_t size);
/* As lk_pages_map, shared with the children that are forked afterwards. */
void *lk_pages_map_shared(size_t size);
/* Gives back exactly what lk_pages_map returned. */
void lk_pages_unmap(void *pages, size_t size);

/* Calls VISIT for each region that lk_pages_map and lk_pages_map_shared gave out and
 * that is still mapped.  False: there were too many to remember all of them. */
bool lk_pages_each(void (*visit)(void *context, uintptr_t start, uintptr_t end, bool shared),
		   void *context);

/* All of PAGES will be written to: the kernel is asked for them at once, not one by one. */
void lk_pages_populate(void *pages, size_t size);

/* A bump allocator for small records that live as long as the process.
 * All zeros is a valid empty arena.  Thread-safe without locks. */
struct lk_arena {
	uintptr_t chunk; /* head of the current chunk, 0 at first */
};
/* SIZE bytes (at most 64 KiB), zeroed, aligned to 16; NULL if memory is refused. */
void *lk_arena_take(struct lk_arena *arena, size_t size);

#endif
