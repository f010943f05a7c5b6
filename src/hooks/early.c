/* SPDX-License-Identifier: MIT */
#include "hooks/early.h"

#include "base/attributes.h"
#include "base/light.h"

LK_FAR char lk_early_bytes[LK_EARLY_SIZE] __attribute__((aligned(16), visibility("hidden")));
static size_t used;

void *lk_early_take(size_t size, size_t alignment)
{
	if (alignment < 16)
		alignment = 16;
	if (size > LK_EARLY_SIZE || alignment > LK_EARLY_SIZE)
		return NULL;
	/* Room for the size in front of the block, whatever its alignment. */
	size_t room = sizeof(size_t) + alignment + size;
	size_t at = __atomic_fetch_add(&used, (room + 15) & ~(size_t)15, __ATOMIC_RELAXED);
	if (at + room > LK_EARLY_SIZE)
		return NULL;
	uintptr_t block = (uintptr_t)lk_early_bytes + at + sizeof(size_t);
	block = (block + alignment - 1) & ~(uintptr_t)(alignment - 1);
	((size_t *)block)[-1] = size;
	return (void *)block;
}

void lk_early_copy(void *new, size_t size, const void *old)
{
	size_t kept = ((const size_t *)old)[-1];
	const char *from = old;
	volatile char *to = new; /* so that the loop stays one */

	for (size_t i = 0; i < kept && i < size; i++)
		to[i] = from[i];
}
