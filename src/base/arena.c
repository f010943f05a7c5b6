/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/attributes.h"
#include "base/light.h"

enum { CHUNK_SIZE = 1 << 20, REGIONS_MAX = 4096 };

/* What is ours, so that a scan of the program's memory can leave it out. */
static struct region {
	uintptr_t start, end;
} regions[REGIONS_MAX];
static unsigned regions_used;

static void remember(uintptr_t start, size_t size)
{
	unsigned slot = __atomic_fetch_add(&regions_used, 1, __ATOMIC_RELAXED);

	if (slot >= REGIONS_MAX)
		return;
	__atomic_store_n(&regions[slot].end, start + size, __ATOMIC_RELAXED);
	__atomic_store_n(&regions[slot].start, start, __ATOMIC_RELEASE);
}

static void *map(size_t size, int sharing)
{
	int saved = errno;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	errno = saved;
	if (pages == MAP_FAILED)
		return NULL;
	remember((uintptr_t)pages, size);
	return pages;
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
	uintptr_t start = (uintptr_t)pages;
	unsigned used = __atomic_load_n(&regions_used, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < used && i < REGIONS_MAX; i++)
		if (__atomic_load_n(&regions[i].start, __ATOMIC_ACQUIRE) == start)
			__atomic_store_n(&regions[i].start, UINTPTR_MAX, __ATOMIC_RELEASE);
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

bool lk_arena_owns(uintptr_t address)
{
	unsigned used = __atomic_load_n(&regions_used, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < used && i < REGIONS_MAX; i++)
		if (address >= __atomic_load_n(&regions[i].start, __ATOMIC_ACQUIRE) &&
		    address < __atomic_load_n(&regions[i].end, __ATOMIC_RELAXED))
			return true;
	return false;
}
