/* SPDX-License-Identifier: MIT */
/* The allocator's names.  A hook calls, tells, returns. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "base/real.h"
#include "hooks/early.h"
#include "probe/heap.h"
#include "probe/release.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)
/* Before boot the real functions are unknown, and `free` is resolved last. */
#define READY LK_LIKELY(__atomic_load_n(&lk_real.free, __ATOMIC_RELAXED) != NULL)

LK_EXPORT void *malloc(size_t size)
{
	if (!READY)
		return lk_early_take(size, 16);
	void *block = lk_real.malloc(size);
	lk_heap_put(block, size, FRAME);
	return block;
}

static LK_COLD void free_slowly(void *block, const void *frame)
{
	struct lk_block row;

	if (lk_early_owns(block) || !READY)
		return;
	if (lk_heap_take(block, &row))
		lk_release_note(&row, frame);
	lk_real.free(block);
}

LK_EXPORT void free(void *block)
{
	if (LK_UNLIKELY((uintptr_t)block - lk_release_range.start < lk_release_range.size)) {
		free_slowly(block, FRAME);
		return;
	}
	if (LK_LIKELY(block != NULL))
		lk_heap_take(block, NULL);
	lk_real.free(block);
}

LK_EXPORT void *calloc(size_t count, size_t size)
{
	if (!READY)
		return count && size > SIZE_MAX / count ? NULL : lk_early_take(count * size, 16);
	void *block = lk_real.calloc(count, size);
	lk_heap_put(block, count * size, FRAME);
	return block;
}

static void *resize(void *old, size_t size, const void *frame)
{
	struct lk_block row;

	if (LK_UNLIKELY(lk_early_owns(old)) || !READY) {
		void *block = READY ? lk_real.malloc(size) : lk_early_take(size, 16);

		if (block && lk_early_owns(old))
			lk_early_copy(block, size, old);
		return block;
	}
	if (!old) {
		void *block = lk_real.realloc(NULL, size);
		lk_heap_put(block, size, frame);
		return block;
	}
	/* Out before another thread can be given `old`. */
	bool known = lk_heap_take(old, &row);
	void *block = lk_real.realloc(old, size);
	if (block)
		lk_heap_move(block, size, &row, known, frame);
	else if (known && size > 0)
		lk_heap_restore(&row);
	return block;
}

LK_EXPORT void *realloc(void *old, size_t size)
{
	return resize(old, size, FRAME);
}

LK_EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(old, bytes, FRAME);
}

LK_EXPORT int posix_memalign(void **ret, size_t alignment, size_t size)
{
	if (!READY)
		return (*ret = lk_early_take(size, alignment)) ? 0 : ENOMEM;
	int status = lk_real.posix_memalign(ret, alignment, size);
	if (status == 0)
		lk_heap_put(*ret, size, FRAME);
	return status;
}

LK_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	if (!READY)
		return lk_early_take(size, alignment);
	void *block = lk_real.aligned_alloc(alignment, size);
	lk_heap_put(block, size, FRAME);
	return block;
}

LK_EXPORT void *memalign(size_t alignment, size_t size)
{
	if (!READY)
		return lk_early_take(size, alignment);
	void *block = lk_real.memalign(alignment, size);
	lk_heap_put(block, size, FRAME);
	return block;
}

LK_EXPORT void *valloc(size_t size)
{
	if (!READY)
		return lk_early_take(size, 4096);
	void *block = lk_real.valloc(size);
	lk_heap_put(block, size, FRAME);
	return block;
}

LK_EXPORT void *pvalloc(size_t size)
{
	if (!READY)
		return lk_early_take(size, 4096);
	void *block = lk_real.pvalloc(size);
	lk_heap_put(block, size, FRAME);
	return block;
}
