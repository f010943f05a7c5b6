/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/attributes.h"
#include "base/light.h"

enum { CHUNK_SIZE = 1 << 20, LARGE = 1 << 21, REGIONS_MAX = 1 << 14 };

/* What is ours is nobody's reference to a block of the program. */
static LK_FAR struct region {
	uintptr_t start, end; /* start 0: free */
	bool shared;
} regions[REGIONS_MAX];
static LK_HOT unsigned regions_used; /* those beyond were never taken */
static LK_HOT bool regions_missing;

static void remember(uintptr_t start, uintptr_t end, bool shared)
{
	for (unsigned i = 0; i < REGIONS_MAX; i++) {
		uintptr_t none = 0;
		unsigned used = __atomic_load_n(&regions_used, __ATOMIC_RELAXED);

		if (!__atomic_compare_exchange_n(&regions[i].start, &none, start, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		regions[i].shared = shared;
		__atomic_store_n(&regions[i].end, end, __ATOMIC_RELEASE);
		while (used < i + 1 &&
		       !__atomic_compare_exchange_n(&regions_used, &used, i + 1, false,
						    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
		return;
	}
	regions_missing = true;
}

static void forget(uintptr_t start)
{
	unsigned used = __atomic_load_n(&regions_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < used; i++)
		if (__atomic_load_n(&regions[i].start, __ATOMIC_RELAXED) == start) {
			__atomic_store_n(&regions[i].end, 0, __ATOMIC_RELEASE);
			__atomic_store_n(&regions[i].start, 0, __ATOMIC_RELEASE);
			return;
		}
}

bool lk_pages_each(void (*visit)(void *context, uintptr_t start, uintptr_t end, bool shared),
		   void *context)
{
	unsigned used = __atomic_load_n(&regions_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < used; i++) {
		uintptr_t end = __atomic_load_n(&regions[i].end, __ATOMIC_ACQUIRE);
		uintptr_t start = __atomic_load_n(&regions[i].start, __ATOMIC_ACQUIRE);

		if (start && end > start)
			visit(context, start, end, regions[i].shared);
	}
	return !regions_missing;
}

static void *map(size_t size, int sharing)
{
	int saved = errno;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	/* Where the system gives large pages unasked, one touched row would cost one. */
	if (pages != MAP_FAILED && size >= LARGE)
		madvise(pages, size, MADV_NOHUGEPAGE);
	errno = saved;
	if (pages == MAP_FAILED)
		return NULL;
	remember((uintptr_t)pages, (uintptr_t)pages + ((size + 4095) & ~(size_t)4095),
		 sharing == MAP_SHARED);
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

	forget((uintptr_t)pages);
	munmap(pages, size);
	errno = saved;
}

void lk_pages_populate(void *pages, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	int saved = errno;

	madvise(pages, size, MADV_POPULATE_WRITE);
	errno = saved;
#else
	(void)pages;
	(void)size;
#endif
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
