/* SPDX-License-Identifier: MIT */
#include "probe/release.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "probe/depot.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* Before boot the real functions are not known: all of them. */
struct lk_release_range lk_release_range = { 0, SIZE_MAX };

/* Open addressing; what finds no room is not told. */
enum { PAIRS_SIZE = 1 << 13, PLACES_SIZE = 1 << 13 };

struct pair {
	uint64_t stacks; /* of the birth and of the release; 0: free */
	uint64_t blocks;
};

static struct watch {
	struct pair *pairs;
	uintptr_t *places; /* innermost return addresses of suspects */
	size_t places_count;
} watch;

struct lk_releases *lk_releases_make(void)
{
	return lk_pages_map_shared(sizeof(struct lk_releases));
}

void lk_releases_release(struct lk_releases *table)
{
	if (table)
		lk_pages_unmap(table, sizeof *table);
}

/* Where PC is, or may be put. */
static uintptr_t *place_of(uintptr_t pc)
{
	size_t place = (size_t)(pc * UINT64_C(0x9E3779B97F4A7C15) >> 40) % PLACES_SIZE;

	while (watch.places[place] && watch.places[place] != pc)
		place = (place + 1) % PLACES_SIZE;
	return &watch.places[place];
}

void lk_release_watch(const struct lk_snapshot *snapshot)
{
	watch.pairs = lk_pages_map(PAIRS_SIZE * sizeof *watch.pairs);
	watch.places = lk_pages_map(PLACES_SIZE * sizeof *watch.places);
	if (!watch.pairs || !watch.places)
		return;
	for (size_t i = 0; i < snapshot->sites_count; i++) {
		const struct lk_stack *stack = &snapshot->stacks[snapshot->sites[i].stack];
		bool is_full = watch.places_count == PLACES_SIZE / 2;
		uintptr_t *place =
			stack->count > 0 && !is_full ? place_of(snapshot->frames[stack->first]) :
						       NULL;

		if (!place)
			continue;
		watch.places_count += *place == 0;
		*place = snapshot->frames[stack->first];
	}
	lk_release_range = (struct lk_release_range){ 0, SIZE_MAX };
}

static void count(uint64_t stacks)
{
	size_t place = (size_t)(stacks * UINT64_C(0x9E3779B97F4A7C15) >> 40) % PAIRS_SIZE;

	for (size_t tries = 0; tries < PAIRS_SIZE; tries++, place = (place + 1) % PAIRS_SIZE) {
		struct pair *pair = &watch.pairs[place];
		uint64_t known = __atomic_load_n(&pair->stacks, __ATOMIC_RELAXED);

		if (known == 0 &&
		    __atomic_compare_exchange_n(&pair->stacks, &known, stacks, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			known = stacks;
		if (known == stacks) {
			__atomic_fetch_add(&pair->blocks, 1, __ATOMIC_RELAXED);
			return;
		}
	}
}

void lk_release_note(const struct lk_block *block, const void *frame)
{
	if (!watch.places || lk_self.quiet || block->stack == LK_STACK_NONE ||
	    block->epoch != lk_tracker.epoch || *place_of(lk_depot_node(block->stack)->pc) == 0)
		return;
	lk_stack_id freed = lk_unwind(frame);
	if (freed != LK_STACK_NONE)
		count((uint64_t)block->stack << 32 | freed);
}

/* The innermost MAX frames of STACK, in TABLE. */
static struct lk_release_frames add_frames(struct lk_releases *table, lk_stack_id stack, size_t max)
{
	struct lk_release_frames frames = { .first = (uint32_t)table->frames_count };

	frames.count = (uint32_t)lk_depot_frames(stack, table->frames + table->frames_count, max,
						 &frames.cut);
	table->frames_count += frames.count;
	return frames;
}

void lk_release_tell(struct lk_releases *table)
{
	size_t rows = 0;

	if (!watch.places)
		return;
	/* Killed in the middle, the copy has told nothing. */
	__atomic_store_n(&table->count, 0, __ATOMIC_RELEASE);
	table->frames_count = 0;
	for (size_t i = 0; i < PAIRS_SIZE && rows < LK_RELEASES_MAX; i++) {
		const struct pair *pair = &watch.pairs[i];

		if (pair->stacks == 0 || table->frames_count + LK_RELEASE_BORN_MAX +
							 LK_STACK_FRAMES_MAX >
						 LK_RELEASE_FRAMES_MAX)
			continue;
		struct lk_release_row *row = &table->rows[rows++];
		row->blocks = pair->blocks;
		row->born = add_frames(table, (lk_stack_id)(pair->stacks >> 32),
				       LK_RELEASE_BORN_MAX);
		row->freed = add_frames(table, (lk_stack_id)pair->stacks, LK_STACK_FRAMES_MAX);
	}
	__atomic_store_n(&table->count, rows, __ATOMIC_RELEASE);
}
