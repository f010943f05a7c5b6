/* SPDX-License-Identifier: MIT */
#include "probe/totals.h"

#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/counters.h"
#include "probe/heap.h"
#include "probe/tracker.h"
#include "base/light.h"

enum { CHUNK_SHIFT = 12, CHUNK = 1 << CHUNK_SHIFT };
enum { CHUNKS = 1 << (LK_STACK_ID_BITS - CHUNK_SHIFT) };
enum place { OUTSIDE, WINDOW, PLACES };

struct total {
	uint64_t blocks, bytes;
};

/* By stack id; chunks are made when they are needed and stay. */
static LK_FAR struct total *chunks[PLACES][CHUNKS];

static struct {
	bool is_on;
	enum place place;
	struct lk_totals_sum sums[PLACES]; /* without live and peak */
	int64_t live;			   /* below 0 for a moment, if a release overtakes */
	int64_t peak;
	uint64_t lost;
	/* When the window was opened; and the peak until then. */
	struct lk_totals_sum start;
	uint64_t peak_before;
} totals;

static void add(uint64_t *counter, uint64_t change)
{
	__atomic_fetch_add(counter, change, __ATOMIC_RELAXED);
}

static struct total *chunk_of(enum place place, lk_stack_id stack)
{
	struct total **chunk = &chunks[place][stack >> CHUNK_SHIFT];
	struct total *found = __atomic_load_n(chunk, __ATOMIC_ACQUIRE);

	if (LK_LIKELY(found != NULL))
		return found;
	struct total *fresh = lk_pages_map(CHUNK * sizeof *fresh);
	if (!fresh)
		return NULL;
	if (__atomic_compare_exchange_n(chunk, &found, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	lk_pages_unmap(fresh, CHUNK * sizeof *fresh);
	return found;
}

static void count_stack(enum place place, lk_stack_id stack, size_t size)
{
	struct total *chunk = stack == LK_STACK_NONE ? NULL : chunk_of(place, stack);

	if (!chunk) {
		add(&totals.lost, 1);
		return;
	}
	add(&chunk[stack & (CHUNK - 1)].blocks, 1);
	add(&chunk[stack & (CHUNK - 1)].bytes, size);
}

static void raise_peak(int64_t live)
{
	int64_t peak = __atomic_load_n(&totals.peak, __ATOMIC_RELAXED);

	while (live > peak && !__atomic_compare_exchange_n(&totals.peak, &peak, live, false,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* What has no stack is our own, but for stacks that were lost. */
static void change_live(lk_stack_id stack, int64_t change)
{
	if (stack != LK_STACK_NONE)
		raise_peak(__atomic_add_fetch(&totals.live, change, __ATOMIC_RELAXED));
}

void lk_totals_taken(lk_stack_id stack, size_t size, bool allocation)
{
	if (LK_LIKELY(!totals.is_on))
		return;
	enum place place = __atomic_load_n(&totals.place, __ATOMIC_RELAXED);
	if (allocation) {
		add(&totals.sums[place].allocations, 1);
		add(&totals.sums[place].allocated_bytes, size);
		count_stack(place, stack, size);
	} else if (stack != LK_STACK_NONE) {
		add(&totals.sums[place].releases, (uint64_t)-1); /* it is taken back */
	}
	change_live(stack, (int64_t)size);
}

void lk_totals_given_back(lk_stack_id stack, size_t size)
{
	if (LK_LIKELY(!totals.is_on) || stack == LK_STACK_NONE)
		return;
	add(&totals.sums[__atomic_load_n(&totals.place, __ATOMIC_RELAXED)].releases, 1);
	change_live(stack, -(int64_t)size);
}

static void sum_up(void *context, const struct lk_block *block)
{
	(void)context;
	change_live(block->stack, (int64_t)block->size);
}

bool lk_totals_request(void)
{
	if (!totals.is_on && lk_tracker.heap) {
		lk_heap_each(LK_HEAP_ANY, sum_up, NULL);
		totals.is_on = true;
		lk_counters_detour();
	}
	return totals.is_on;
}

bool lk_totals_known(void)
{
	return totals.is_on;
}

static void read_place(enum place place, struct lk_totals_sum *ret)
{
	const struct lk_totals_sum *sum = &totals.sums[place];

	ret->allocations += __atomic_load_n(&sum->allocations, __ATOMIC_RELAXED);
	ret->releases += __atomic_load_n(&sum->releases, __ATOMIC_RELAXED);
	ret->allocated_bytes += __atomic_load_n(&sum->allocated_bytes, __ATOMIC_RELAXED);
}

static void read_live(struct lk_totals_sum *ret)
{
	int64_t live = __atomic_load_n(&totals.live, __ATOMIC_RELAXED);

	*ret = (struct lk_totals_sum){
		.live_bytes = live > 0 ? (uint64_t)live : 0,
		.peak_bytes = (uint64_t)__atomic_load_n(&totals.peak, __ATOMIC_RELAXED),
	};
}

void lk_totals_sum(struct lk_totals_sum *ret)
{
	read_live(ret);
	read_place(OUTSIDE, ret);
	read_place(WINDOW, ret);
}

void lk_totals_sum_outside(struct lk_totals_sum *ret)
{
	read_live(ret);
	read_place(OUTSIDE, ret);
}

void lk_totals_sum_window(struct lk_totals_sum *ret)
{
	const struct lk_totals_sum *start = &totals.start;

	read_live(ret);
	read_place(WINDOW, ret);
	ret->allocations -= start->allocations;
	ret->releases -= start->releases;
	ret->allocated_bytes -= start->allocated_bytes;
	ret->peak_bytes -=
		ret->peak_bytes < start->live_bytes ? ret->peak_bytes : start->live_bytes;
}

uint64_t lk_totals_peak_begin(void)
{
	int64_t live = __atomic_load_n(&totals.live, __ATOMIC_RELAXED);

	return (uint64_t)__atomic_exchange_n(&totals.peak, live > 0 ? live : 0, __ATOMIC_RELAXED);
}

void lk_totals_peak_end(uint64_t before)
{
	raise_peak((int64_t)before);
}

void lk_totals_window_begin(void)
{
	if (!totals.is_on)
		return;
	lk_totals_window_end();
	for (size_t i = 0; i < CHUNKS; i++)
		if (chunks[WINDOW][i])
			memset(chunks[WINDOW][i], 0, CHUNK * sizeof(struct total));
	totals.peak_before = lk_totals_peak_begin();
	read_live(&totals.start);
	read_place(WINDOW, &totals.start);
	__atomic_store_n(&totals.place, WINDOW, __ATOMIC_RELAXED);
}

void lk_totals_window_end(void)
{
	if (totals.place != WINDOW)
		return;
	__atomic_store_n(&totals.place, OUTSIDE, __ATOMIC_RELAXED);
	lk_totals_peak_end(totals.peak_before);
}

static void each_of(enum place place, lk_totals_visit *visit, void *context)
{
	for (lk_stack_id first = 0; first >> LK_STACK_ID_BITS == 0; first += CHUNK) {
		const struct total *chunk = chunks[place][first >> CHUNK_SHIFT];

		for (lk_stack_id i = 0; chunk && i < CHUNK; i++)
			if (chunk[i].blocks > 0)
				visit(context, first + i, chunk[i].blocks, chunk[i].bytes);
	}
}

void lk_totals_each(lk_totals_visit *visit, void *context)
{
	each_of(totals.place, visit, context);
}

void lk_totals_each_outside(lk_totals_visit *visit, void *context)
{
	each_of(OUTSIDE, visit, context);
}

uint64_t lk_totals_lost(void)
{
	return __atomic_load_n(&totals.lost, __ATOMIC_RELAXED);
}
