/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/attributes.h"
#include "base/light.h"

enum { CHUNK_SIZE = 1 << 20 };

static void *map(size_t size, int sharing)
{
	int saved = errno;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	errno = saved;
	return pages == MAP_FAILED ? NULL : pages;
}

void *lk_pages_map(size_t size)
{
	return map(size, MAP_PRIVATE);
}

void *lk_pages_map_shared(size_t size)
{
	return map(size, MAP_SHARED);
}

void lk_pages_unmap(void *pages, size_t size)
{
	int saved = errno;

	munmap(pages, size);
	errno = saved;
}

struct chunk {
	size_t used;
	char bytes[] __attribute__((aligned(16)));
};

void *lk_arena_take(struct lk_arena *arena, size_t size)
{
	size = (size + 15) & ~(size_t)15;
	for (;;) {
		uintptr_t seen = __atomic_load_n(&arena->chunk, __ATOMIC_ACQUIRE);
		struct chunk *chunk = (struct chunk *)seen;

		if (chunk) {
			size_t at = __atomic_fetch_add(&chunk->used, size, __ATOMIC_RELAXED);
			if (at + size <= CHUNK_SIZE - sizeof *chunk)
				return chunk->bytes + at;
		}
		struct chunk *fresh = lk_pages_map(CHUNK_SIZE);
		if (!fresh)
			return NULL;
		if (!__atomic_compare_exchange_n(&arena->chunk, &seen, (uintptr_t)fresh, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			lk_pages_unmap(fresh, CHUNK_SIZE);
	}
}
