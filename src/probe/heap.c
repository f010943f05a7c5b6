/* SPDX-License-Identifier: MIT */
#include "probe/heap.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "probe/big.h"
#include "probe/counters.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* A row, from the low bits: stack id 24, epoch 15, bit 4 of the address 1, size
 * 24.  A row is never 0, because no epoch is. */
enum {
	EPOCH_SHIFT = LK_STACK_ID_BITS,
	HALF_SHIFT = EPOCH_SHIFT + 15,
	SIZE_SHIFT = HALF_SHIFT + 1,
	SIZE_BIG = (1 << 24) - 1, /* the size is in the table of big blocks */
	EPOCH_MASK = (1 << 15) - 1,
};

/* One leaf covers 64 MiB of addresses; user space has 47 bits of them. */
enum { LEAF_SHIFT = 26, ADDRESS_BITS = 47, ROWS_PER_PAGE = 4096 / 8, LEAVES_MAX = 1 << 16 };

typedef uint64_t row;

/* A leaf is its rows, and behind them one byte for each page of rows: touched? */
static row *roof[1 << (ADDRESS_BITS - LEAF_SHIFT)];
static uintptr_t leaves[LEAVES_MAX]; /* indices into roof plus 1, as they were made */
static LK_HOT unsigned leaves_used;
static LK_HOT unsigned granule_shift = 5;
static LK_HOT uint64_t lost;

void lk_heap_init(unsigned granule)
{
	granule_shift = granule == 32 ? 5 : 3;
}

uint64_t lk_heap_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED) + lk_big_lost();
}

static inline size_t rows_per_leaf(void)
{
	return (size_t)1 << (LEAF_SHIFT - granule_shift);
}

static inline uint8_t *touched(row *leaf)
{
	return (uint8_t *)(leaf + rows_per_leaf());
}

static LK_COLD row *add_leaf(uintptr_t index)
{
	size_t rows = rows_per_leaf(), size = rows * sizeof(row) + rows / ROWS_PER_PAGE;
	row *none = NULL, *leaf = lk_pages_map(size);

	if (!leaf)
		return NULL;
	if (!__atomic_compare_exchange_n(&roof[index], &none, leaf, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE)) {
		lk_pages_unmap(leaf, size);
		return none;
	}
	unsigned slot = __atomic_fetch_add(&leaves_used, 1, __ATOMIC_RELAXED);
	if (slot < LEAVES_MAX)
		__atomic_store_n(&leaves[slot], index + 1, __ATOMIC_RELEASE);
	return leaf;
}

static inline row *leaf_of(uintptr_t address)
{
	if (LK_UNLIKELY(address >> ADDRESS_BITS))
		return NULL;
	return __atomic_load_n(&roof[address >> LEAF_SHIFT], __ATOMIC_ACQUIRE);
}

static inline size_t index_of(uintptr_t address)
{
	return (address & (((uintptr_t)1 << LEAF_SHIFT) - 1)) >> granule_shift;
}

static inline row *find_row(uintptr_t address)
{
	row *leaf = leaf_of(address);

	return LK_LIKELY(leaf != NULL) ? &leaf[index_of(address)] : NULL;
}

static inline row make_row(const struct lk_block *block)
{
	row size = block->size < SIZE_BIG ? block->size : SIZE_BIG;
	row half = granule_shift == 5 ? block->address >> 4 & 1 : 0;

	return (row)block->stack | (row)block->epoch << EPOCH_SHIFT | half << HALF_SHIFT |
	       size << SIZE_SHIFT;
}

static inline uint32_t row_epoch(row value)
{
	return (uint32_t)(value >> EPOCH_SHIFT) & EPOCH_MASK;
}

static void read_row(row value, uintptr_t address, struct lk_block *ret)
{
	size_t size = value >> SIZE_SHIFT;

	ret->address = address;
	ret->stack = value & ((1u << LK_STACK_ID_BITS) - 1);
	ret->epoch = row_epoch(value);
	ret->size = size == SIZE_BIG ? lk_big_size(address) : size;
}

/* Does the row belong to a block at exactly ADDRESS? */
static bool is_at(row value, uintptr_t address)
{
	return value && (granule_shift != 5 || (value >> HALF_SHIFT & 1) == (address >> 4 & 1));
}

static LK_COLD row *make_leaf(uintptr_t address)
{
	row *leaf = address >> ADDRESS_BITS ? NULL : add_leaf(address >> LEAF_SHIFT);

	if (!leaf)
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return leaf;
}

static inline void insert(const struct lk_block *block, int allocation)
{
	uint32_t current = __atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED);
	row *leaf = leaf_of(block->address);

	if (LK_UNLIKELY(!leaf) && !(leaf = make_leaf(block->address)))
		return;
	if (LK_UNLIKELY(block->size >= SIZE_BIG))
		lk_big_put(block->address, block->size);

	size_t index = index_of(block->address);
	uint8_t *page = &touched(leaf)[index / ROWS_PER_PAGE];
	if (LK_UNLIKELY(!*page))
		*page = 1;
	row before = __atomic_load_n(&leaf[index], __ATOMIC_RELAXED);
	__atomic_store_n(&leaf[index], make_row(block), __ATOMIC_RELAXED);
	if (LK_UNLIKELY(before != 0))
		lk_counters_block(row_epoch(before), current, -1, 0);
	lk_counters_block(block->epoch, current, +1, allocation);
}

void lk_heap_put(void *block, size_t size, const void *frame)
{
	if (LK_UNLIKELY(!block || lk_self.quiet || !lk_tracker.heap))
		return;
	insert(&(struct lk_block){ (uintptr_t)block, size, lk_unwind(frame),
				   lk_self.ignoring ? LK_EPOCH_OLD : lk_tracker.epoch },
	       1);
}

bool lk_heap_take(void *block, struct lk_block *ret)
{
	uintptr_t address = (uintptr_t)block;
	row *cell = find_row(address);

	if (!cell)
		return false;
	row value = __atomic_load_n(cell, __ATOMIC_RELAXED);
	if (!is_at(value, address))
		return false;
	if (ret)
		read_row(value, address, ret);
	__atomic_store_n(cell, 0, __ATOMIC_RELAXED);
	if (LK_UNLIKELY(value >> SIZE_SHIFT == SIZE_BIG))
		lk_big_take(address);
	lk_counters_block(row_epoch(value), __atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED),
			  -1, 0);
	return true;
}

void lk_heap_restore(const struct lk_block *block)
{
	insert(block, 0);
}

void lk_heap_move(void *block, size_t size, const struct lk_block *old, bool old_known,
		  const void *frame)
{
	if (!block || !lk_tracker.heap || (lk_self.quiet && !old_known))
		return;
	insert(&(struct lk_block){ (uintptr_t)block, size, lk_unwind(frame),
				   old_known ? old->epoch : LK_EPOCH_OLD },
	       1);
}

/* Could ADDRESS have a row?  Asked of any word, the roof would be touched all over:
 * a page each time, and a forked test pays for each. */
static bool may_have_row(uintptr_t address)
{
	enum { LOOKED_AT_MAX = 16 };
	unsigned used = __atomic_load_n(&leaves_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < used && i < LOOKED_AT_MAX; i++)
		if (leaves[i] == (address >> LEAF_SHIFT) + 1)
			return true;
	return used > LOOKED_AT_MAX;
}

bool lk_heap_find(const void *address, struct lk_block *ret)
{
	row *cell = may_have_row((uintptr_t)address) ? find_row((uintptr_t)address) : NULL;
	row value = cell ? __atomic_load_n(cell, __ATOMIC_RELAXED) : 0;

	if (!is_at(value, (uintptr_t)address))
		return false;
	read_row(value, (uintptr_t)address, ret);
	return true;
}

bool lk_heap_forgive(const void *address)
{
	struct lk_block block;

	if (!lk_heap_take((void *)address, &block))
		return false;
	block.epoch = LK_EPOCH_OLD;
	insert(&block, 0);
	return true;
}

struct sweep {
	uint32_t epoch;
	void (*visit)(void *context, const struct lk_block *block);
	void *context;
};

static void sweep_page(row *rows, uintptr_t first_address, const struct sweep *sweep)
{
	for (size_t i = 0; i < ROWS_PER_PAGE; i++) {
		row value = __atomic_load_n(&rows[i], __ATOMIC_RELAXED);

		if (!value)
			continue;
		if (!sweep->visit) {
			value &= ~((row)EPOCH_MASK << EPOCH_SHIFT);
			rows[i] = value | (row)LK_EPOCH_OLD << EPOCH_SHIFT;
		} else if (row_epoch(value) == sweep->epoch) {
			struct lk_block block;
			uintptr_t half = granule_shift == 5 ? (value >> HALF_SHIFT & 1) << 4 : 0;

			read_row(value, first_address + (i << granule_shift) + half, &block);
			sweep->visit(sweep->context, &block);
		}
	}
}

static void sweep_all(const struct sweep *sweep)
{
	unsigned used = __atomic_load_n(&leaves_used, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < used && i < LEAVES_MAX; i++) {
		uintptr_t index = __atomic_load_n(&leaves[i], __ATOMIC_ACQUIRE);
		row *leaf = index ? roof[index - 1] : NULL;
		size_t pages = rows_per_leaf() / ROWS_PER_PAGE;

		for (size_t page = 0; leaf && page < pages; page++)
			if (touched(leaf)[page])
				sweep_page(leaf + page * ROWS_PER_PAGE,
					   ((index - 1) << LEAF_SHIFT) +
						   ((page * ROWS_PER_PAGE) << granule_shift),
					   sweep);
	}
}

void lk_heap_each(uint32_t epoch, void (*visit)(void *context, const struct lk_block *block),
		  void *context)
{
	sweep_all(&(struct sweep){ epoch, visit, context });
}

void lk_heap_age(void)
{
	sweep_all(&(struct sweep){ 0 });
}
