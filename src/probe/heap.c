/* SPDX-License-Identifier: MIT */
#include "probe/heap.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "probe/big.h"
#include "probe/counters.h"
#include "probe/soak.h"
#include "probe/totals.h"
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

/* One leaf covers 64 MiB of addresses; user space has 47 bits of them.  CHUNK is as
 * much of it as one byte of a leaf's map stands for. */
enum { LEAF_SHIFT = 26, ADDRESS_BITS = 47, LEAVES = 1 << 15, CHUNK_SHIFT = 16 };
enum { CHUNKS = 1 << (LEAF_SHIFT - CHUNK_SHIFT), MAPS_AT_HAND = 4 };

typedef uint64_t row;

/* A hash table of leaves: whoever needs one first claims a place, anybody may
 * complete it, and when it is complete it can be found. */
static LK_FAR struct leaf {
	uintptr_t part; /* address >> LEAF_SHIFT, plus 1; 0: not complete */
	row *rows;
	uint8_t *touched; /* for each chunk: was a row ever put there? */
	uintptr_t claimed_for; /* as `part` */
} leaves[LEAVES];
static LK_FAR uint16_t order[LEAVES]; /* places of complete leaves plus 1, as they were made */
static LK_FAR uint8_t maps[MAPS_AT_HAND][CHUNKS];
static LK_HOT struct lk_arena more_maps;
static LK_HOT unsigned leaves_used, maps_used;
static LK_HOT unsigned granule_shift = 5;
static LK_HOT uint64_t lost;

void lk_heap_init(unsigned granule)
{
	granule_shift = granule == 32 ? 5 : 3;
}

unsigned lk_heap_granule_shift(void)
{
	return granule_shift;
}

uint64_t lk_heap_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED) + lk_big_lost();
}

static size_t leaf_size(void)
{
	return sizeof(row) << (LEAF_SHIFT - granule_shift);
}

static uint8_t *take_map(void)
{
	unsigned map = __atomic_fetch_add(&maps_used, 1, __ATOMIC_RELAXED);

	return map < MAPS_AT_HAND ? maps[map] : lk_arena_take(&more_maps, CHUNKS);
}

static struct leaf *complete(struct leaf *leaf, uintptr_t part)
{
	uint8_t *map = NULL;
	row *rows = NULL;

	if (!__atomic_load_n(&leaf->touched, __ATOMIC_ACQUIRE)) {
		uint8_t *fresh = take_map();

		if (!fresh)
			return NULL;
		__atomic_compare_exchange_n(&leaf->touched, &map, fresh, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE);
	}
	if (!__atomic_load_n(&leaf->rows, __ATOMIC_ACQUIRE)) {
		row *fresh = lk_pages_map(leaf_size());

		if (!fresh)
			return NULL;
		if (__atomic_compare_exchange_n(&leaf->rows, &rows, fresh, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			__atomic_store_n(&order[__atomic_fetch_add(&leaves_used, 1,
								   __ATOMIC_RELAXED)],
					 (uint16_t)(leaf - leaves + 1), __ATOMIC_RELEASE);
		else
			lk_pages_unmap(fresh, leaf_size());
	}
	__atomic_store_n(&leaf->part, part, __ATOMIC_RELEASE);
	return leaf;
}

/* The leaf of PART; with CREATE it is made.  NULL if there is none. */
static LK_COLD struct leaf *search(uintptr_t part, bool create)
{
	for (size_t tries = 0, place = part % LEAVES; tries < LEAVES;
	     tries++, place = (place + 1) % LEAVES) {
		struct leaf *leaf = &leaves[place];
		uintptr_t claimed = __atomic_load_n(&leaf->claimed_for, __ATOMIC_ACQUIRE);

		if (claimed == 0 && !create)
			return NULL;
		if (claimed == 0 &&
		    __atomic_compare_exchange_n(&leaf->claimed_for, &claimed, part, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			claimed = part;
		if (claimed != part)
			continue;
		if (create)
			return complete(leaf, part);
		return __atomic_load_n(&leaf->part, __ATOMIC_ACQUIRE) == part ? leaf : NULL;
	}
	return NULL;
}

static inline const struct leaf *leaf_of(uintptr_t address)
{
	uintptr_t part = (address >> LEAF_SHIFT) + 1;
	const struct leaf *leaf = &leaves[part % LEAVES];

	if (LK_LIKELY(__atomic_load_n(&leaf->part, __ATOMIC_ACQUIRE) == part))
		return leaf;
	return search(part, false);
}

static inline size_t index_of(uintptr_t address)
{
	return (address & (((uintptr_t)1 << LEAF_SHIFT) - 1)) >> granule_shift;
}

static inline row *find_row(uintptr_t address)
{
	const struct leaf *leaf = leaf_of(address);

	return LK_LIKELY(leaf != NULL) ? &leaf->rows[index_of(address)] : NULL;
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

static LK_COLD const struct leaf *make_leaf(uintptr_t address)
{
	const struct leaf *leaf =
		address >> ADDRESS_BITS ? NULL : search((address >> LEAF_SHIFT) + 1, true);

	if (!leaf)
		__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return leaf;
}

/* The first row of a chunk is about to be put.  Where a heap grows without gaps, the
 * kernel gives all pages of the chunk's rows at once. */
static LK_COLD void touch(const struct leaf *leaf, size_t chunk)
{
	const size_t rows = (size_t)1 << (CHUNK_SHIFT - granule_shift);

	if (chunk > 0 && leaf->touched[chunk - 1])
		lk_pages_populate(leaf->rows + chunk * rows, rows * sizeof(row));
	leaf->touched[chunk] = 1;
}

static LK_COLD void count_taken(const struct lk_block *block, bool allocation)
{
	lk_totals_taken(block->stack, block->size, allocation);
	lk_soak_event();
}

/* A block is in the place of one whose end nobody saw. */
static LK_COLD void forget(row value, uint32_t current)
{
	struct lk_block block;

	lk_counters_block(row_epoch(value), current, -1, 0);
	read_row(value, 0, &block);
	lk_totals_given_back(block.stack, block.size);
}

static inline void insert(const struct lk_block *block, int allocation)
{
	uint32_t current = __atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED);
	const struct leaf *leaf = leaf_of(block->address);

	if (LK_UNLIKELY(!leaf) && !(leaf = make_leaf(block->address)))
		return;
	if (LK_UNLIKELY(block->size >= SIZE_BIG))
		lk_big_put(block->address, block->size);

	size_t chunk = block->address >> CHUNK_SHIFT & (CHUNKS - 1);
	if (LK_UNLIKELY(!leaf->touched[chunk]))
		touch(leaf, chunk);
	row *cell = &leaf->rows[index_of(block->address)];
	row before = __atomic_load_n(cell, __ATOMIC_RELAXED);
	__atomic_store_n(cell, make_row(block), __ATOMIC_RELAXED);
	if (LK_UNLIKELY(before != 0))
		forget(before, current);
	if (LK_UNLIKELY(!lk_counters_block(block->epoch, current, +1, allocation)))
		count_taken(block, allocation);
}

static LK_COLD void put_quietly(void *block, size_t size)
{
	insert(&(struct lk_block){ (uintptr_t)block, size, LK_STACK_NONE, LK_EPOCH_OLD }, 0);
}

void lk_heap_put(void *block, size_t size, const void *frame)
{
	if (LK_UNLIKELY(!block || !lk_tracker.heap))
		return;
	if (LK_UNLIKELY(lk_self.quiet)) {
		put_quietly(block, size);
		return;
	}
	insert(&(struct lk_block){ (uintptr_t)block, size, lk_unwind(frame),
				   lk_self.ignoring ? LK_EPOCH_OLD : lk_tracker.epoch },
	       1);
}

/* The end of `take` for a big block, and where each event is counted. */
static LK_COLD void take_rarely(row value, uintptr_t address)
{
	struct lk_block block;

	read_row(value, address, &block);
	if (value >> SIZE_SHIFT == SIZE_BIG)
		lk_big_take(address);
	lk_counters_block(block.epoch, __atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED), -1,
			  0);
	lk_totals_given_back(block.stack, block.size);
	lk_soak_event();
}

static inline bool take(uintptr_t address, struct lk_block *ret)
{
	row *cell = find_row(address);

	if (!cell)
		return false;
	row value = __atomic_load_n(cell, __ATOMIC_RELAXED);
	if (!is_at(value, address))
		return false;
	if (ret)
		read_row(value, address, ret);
	__atomic_store_n(cell, 0, __ATOMIC_RELAXED);
	if (LK_UNLIKELY(value >> SIZE_SHIFT == SIZE_BIG ||
			!lk_counters_block_at_once(
				row_epoch(value),
				__atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED), -1, 0)))
		take_rarely(value, address);
	return true;
}

/* Apart, so that free() need not save registers for it. */
static __attribute__((noinline)) bool take_and_read(uintptr_t address, struct lk_block *ret)
{
	return take(address, ret);
}

bool lk_heap_take(void *block, struct lk_block *ret)
{
	return ret ? take_and_read((uintptr_t)block, ret) : take((uintptr_t)block, NULL);
}

void lk_heap_restore(const struct lk_block *block)
{
	insert(block, 0);
}

void lk_heap_move(void *block, size_t size, const struct lk_block *old, bool old_known,
		  const void *frame)
{
	if (!block || !lk_tracker.heap)
		return;
	if (lk_self.quiet && !old_known) {
		put_quietly(block, size);
		return;
	}
	insert(&(struct lk_block){ (uintptr_t)block, size, lk_unwind(frame),
				   old_known ? old->epoch : LK_EPOCH_OLD },
	       !lk_self.quiet);
}

/* Could ADDRESS have a row?  Asked of any word, the table would be touched all over:
 * a page each time, and a forked test pays for each. */
static bool may_have_row(uintptr_t address)
{
	enum { LOOKED_AT_MAX = 16 };
	unsigned used = __atomic_load_n(&leaves_used, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < used && i < LOOKED_AT_MAX; i++)
		if (order[i] && leaves[order[i] - 1].part == (address >> LEAF_SHIFT) + 1)
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

enum { BATCH = 512 };

struct sweep {
	row first, range; /* of epochs, where they stand in a row */
	void (*visit)(void *context, const struct lk_block *block);
	void *context;
};

static inline bool is_wanted(row value, const struct sweep *sweep)
{
	return (value & (row)EPOCH_MASK << EPOCH_SHIFT) - sweep->first <= sweep->range;
}

static void visit_rows(const row *rows, const uint16_t *found, size_t count, uintptr_t address,
		       const struct sweep *sweep)
{
	for (size_t i = 0; i < count; i++) {
		row value = __atomic_load_n(&rows[found[i]], __ATOMIC_RELAXED);
		uintptr_t half = value >> HALF_SHIFT & (granule_shift == 5);
		struct lk_block block;

		if (!is_wanted(value, sweep))
			continue; /* another thread has released it meanwhile */
		read_row(value, address + ((uintptr_t)found[i] << granule_shift) + (half << 4),
			 &block);
		sweep->visit(sweep->context, &block);
	}
}

/* Where blocks lie is as good as random, so the rows are picked without a branch. */
static void sweep_batch(row *rows, uintptr_t address, const void *context)
{
	const struct sweep *sweep = context;
	uint16_t found[BATCH];
	size_t count = 0;

	for (size_t i = 0; i < BATCH; i++) {
		found[count] = (uint16_t)i;
		count += is_wanted(__atomic_load_n(&rows[i], __ATOMIC_RELAXED), sweep);
	}
	visit_rows(rows, found, count, address, sweep);
}

/* The complete leaf that comes next behind PART, NULL if there is none. */
static const struct leaf *leaf_behind(uintptr_t part)
{
	unsigned used = __atomic_load_n(&leaves_used, __ATOMIC_RELAXED);
	const struct leaf *next = NULL;

	for (unsigned i = 0; i < used; i++) {
		unsigned place = __atomic_load_n(&order[i], __ATOMIC_ACQUIRE);
		const struct leaf *leaf = place ? &leaves[place - 1] : NULL;

		if (leaf && leaf->claimed_for > part &&
		    (!next || leaf->claimed_for < next->claimed_for))
			next = leaf;
	}
	return next;
}

/* Calls SWEEP for each batch of rows that may have been written to, by address. */
static void each_batch(void (*sweep)(row *rows, uintptr_t address, const void *context),
		       const void *context)
{
	const size_t chunk_rows = (size_t)1 << (CHUNK_SHIFT - granule_shift);
	const struct leaf *leaf = NULL;

	while ((leaf = leaf_behind(leaf ? leaf->claimed_for : 0)) != NULL)
		for (size_t at = 0; at < chunk_rows * CHUNKS; at += BATCH)
			if (leaf->touched[at / chunk_rows])
				sweep(leaf->rows + at,
				      ((leaf->claimed_for - 1) << LEAF_SHIFT) +
					      (at << granule_shift),
				      context);
}

size_t lk_heap_parts(size_t *ret_blocks)
{
	const struct leaf *leaf = NULL;
	size_t parts = 0;

	*ret_blocks = (size_t)1 << (CHUNK_SHIFT - granule_shift);
	while ((leaf = leaf_behind(leaf ? leaf->claimed_for : 0)) != NULL)
		for (size_t chunk = 0; chunk < CHUNKS; chunk++)
			parts += leaf->touched[chunk] != 0;
	return parts;
}

void lk_heap_each(uint32_t epoch, void (*visit)(void *context, const struct lk_block *block),
		  void *context)
{
	struct sweep sweep = { (row)epoch << EPOCH_SHIFT, 0, visit, context };

	if (epoch == LK_HEAP_ANY) {
		sweep.first = (row)1 << EPOCH_SHIFT; /* no row has none */
		sweep.range = (row)(EPOCH_MASK - 1) << EPOCH_SHIFT;
	}
	each_batch(sweep_batch, &sweep);
}

static void age_batch(row *rows, uintptr_t address, const void *context)
{
	(void)address;
	(void)context;
	for (size_t i = 0; i < BATCH; i++)
		if (rows[i])
			rows[i] = (rows[i] & ~((row)EPOCH_MASK << EPOCH_SHIFT)) |
				  (row)LK_EPOCH_OLD << EPOCH_SHIFT;
}

void lk_heap_age(void)
{
	each_batch(age_batch, NULL);
}
