/* SPDX-License-Identifier: MIT */
#include "base/spare_heap.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/real.h"
#include "base/light.h"

/* Bytes reserved, of which only what is used becomes real; and what stands before each
 * block: its size. */
enum { HEADER = 16, PAGE = 4096 };
static const size_t reserved = (size_t)1 << 30;
static uintptr_t start, next;

static void *take(size_t size, size_t alignment)
{
	if (alignment < HEADER)
		alignment = HEADER;
	uintptr_t block = (next + HEADER + alignment - 1) & ~(alignment - 1);

	if (size > reserved || block + size > start + reserved) {
		errno = ENOMEM;
		return NULL;
	}
	*(size_t *)(block - HEADER) = size;
	next = block + size;
	return (void *)block;
}

static void *spare_malloc(size_t size)
{
	return take(size, HEADER);
}

/* The pages were never used before. */
static void *spare_calloc(size_t count, size_t size)
{
	return count && size > SIZE_MAX / count ? NULL : take(count * size, HEADER);
}

static void spare_free(void *block)
{
	(void)block;
}

static void *spare_realloc(void *old, size_t size)
{
	void *block = take(size, HEADER);

	if (!block || !old)
		return block;
	size_t before = (uintptr_t)old - start < reserved ?
				*(size_t *)((uintptr_t)old - HEADER) :
				malloc_usable_size(old);
	return memcpy(block, old, before < size ? before : size);
}

static int spare_posix_memalign(void **ret, size_t alignment, size_t size)
{
	*ret = take(size, alignment);
	return *ret ? 0 : ENOMEM;
}

static void *spare_aligned_alloc(size_t alignment, size_t size)
{
	return take(size, alignment);
}

static void *spare_valloc(size_t size)
{
	return take(size, PAGE);
}

bool lk_spare_heap_use(void)
{
	start = next = (uintptr_t)lk_pages_map(reserved);
	if (!start)
		return false;
	lk_real.malloc = spare_malloc;
	lk_real.calloc = spare_calloc;
	lk_real.realloc = spare_realloc;
	lk_real.posix_memalign = spare_posix_memalign;
	lk_real.aligned_alloc = spare_aligned_alloc;
	lk_real.memalign = spare_aligned_alloc;
	lk_real.valloc = spare_valloc;
	lk_real.pvalloc = spare_valloc;
	lk_real.free = spare_free;
	return true;
}
