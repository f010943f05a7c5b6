/* SPDX-License-Identifier: MIT */
#include "probe/serial.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "base/light.h"

/* One leaf covers 64 MiB of the 2^47 addresses. */
enum { LEAF_SHIFT = 26, ADDRESS_BITS = 47, LEAVES = 1 << (ADDRESS_BITS - LEAF_SHIFT) };
enum { GRANULE_SHIFT = 3, LEAF_ROWS = 1 << (LEAF_SHIFT - GRANULE_SHIFT) };

static LK_HOT uint32_t **leaves; /* NULL: nothing is numbered */
static LK_FAR struct lk_real behind;
static LK_HOT uint64_t last, stop_at;
static LK_HOT void (*stop_told)(uint64_t serial, const void *frame);

static uint32_t *make_leaf(size_t leaf)
{
	uint32_t *there = NULL, *fresh = lk_pages_map(LEAF_ROWS * sizeof *fresh);

	if (!fresh || __atomic_compare_exchange_n(&leaves[leaf], &there, fresh, false,
						  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fresh;
	lk_pages_unmap(fresh, LEAF_ROWS * sizeof *fresh);
	return there;
}

static uint32_t *row_of(uintptr_t address, bool create)
{
	if (!leaves || address >> ADDRESS_BITS)
		return NULL;
	size_t leaf = address >> LEAF_SHIFT;
	uint32_t *rows = __atomic_load_n(&leaves[leaf], __ATOMIC_ACQUIRE);
	if (!rows && create)
		rows = make_leaf(leaf);
	return rows ? &rows[(address >> GRANULE_SHIFT) & (LEAF_ROWS - 1)] : NULL;
}

/* BLOCK came out of the allocator, called by the hook whose frame the frame pointer in
 * FRAME, that of the caller here, leads to. */
static void *number(void *block, const void *const *frame)
{
	if (!block || lk_self.quiet)
		return block;
	uint64_t serial = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED), stop = serial;
	uint32_t *row = row_of((uintptr_t)block, true);

	if (row)
		__atomic_store_n(row, serial <= UINT32_MAX ? (uint32_t)serial : 0,
				 __ATOMIC_RELAXED);
	if (LK_UNLIKELY(__atomic_load_n(&stop_at, __ATOMIC_RELAXED) == serial) &&
	    __atomic_compare_exchange_n(&stop_at, &stop, 0, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		stop_told(serial, *frame);
	return block;
}

#define FRAME ((const void *const *)__builtin_frame_address(0))

static void *number_malloc(size_t size)
{
	return number(behind.malloc(size), FRAME);
}

static void *number_calloc(size_t count, size_t size)
{
	return number(behind.calloc(count, size), FRAME);
}

static void *number_realloc(void *old, size_t size)
{
	return number(behind.realloc(old, size), FRAME);
}

static int number_posix_memalign(void **ret, size_t alignment, size_t size)
{
	int status = behind.posix_memalign(ret, alignment, size);

	if (status == 0)
		number(*ret, FRAME);
	return status;
}

static void *number_aligned_alloc(size_t alignment, size_t size)
{
	return number(behind.aligned_alloc(alignment, size), FRAME);
}

static void *number_memalign(size_t alignment, size_t size)
{
	return number(behind.memalign(alignment, size), FRAME);
}

static void *number_valloc(size_t size)
{
	return number(behind.valloc(size), FRAME);
}

static void *number_pvalloc(size_t size)
{
	return number(behind.pvalloc(size), FRAME);
}

bool lk_serial_boot(void)
{
	leaves = lk_pages_map(LEAVES * sizeof *leaves);
	if (!leaves)
		return false;
	behind = lk_real;
	lk_real.malloc = number_malloc;
	lk_real.calloc = number_calloc;
	lk_real.realloc = number_realloc;
	lk_real.posix_memalign = number_posix_memalign;
	lk_real.aligned_alloc = number_aligned_alloc;
	lk_real.memalign = number_memalign;
	lk_real.valloc = number_valloc;
	lk_real.pvalloc = number_pvalloc;
	return true;
}

void lk_serial_begin(uint64_t stop, void (*told)(uint64_t serial, const void *frame))
{
	if (!leaves)
		return;
	__atomic_store_n(&stop_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&last, 0, __ATOMIC_RELAXED);
	stop_told = told;
	__atomic_store_n(&stop_at, stop, __ATOMIC_RELEASE);
}

void lk_serial_end(void)
{
	if (leaves)
		__atomic_store_n(&stop_at, 0, __ATOMIC_RELAXED);
}

uint64_t lk_serial_of(uintptr_t address)
{
	const uint32_t *row = row_of(address, false);

	return row ? __atomic_load_n(row, __ATOMIC_RELAXED) : 0;
}
