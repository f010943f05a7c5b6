/* SPDX-License-Identifier: MIT */
#include "probe/counters.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/light.h"

static LK_HOT struct lk_counters shared;
static LK_HOT struct lk_counters at_hand; /* most programs need no other */
static LK_HOT struct lk_counters *all = &at_hand;
static LK_HOT struct lk_arena arena;
static uint32_t detours; /* LK_COUNTERS_DETOUR, or 0 */

static struct lk_counters *first(void)
{
	return __atomic_load_n(&all, __ATOMIC_ACQUIRE);
}

static struct lk_counters *take(void)
{
	struct lk_counters *set = first();

	for (; set; set = set->next) {
		uint32_t free = 0;
		if (__atomic_compare_exchange_n(&set->in_use, &free, 1, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return set;
	}
	set = lk_arena_take(&arena, sizeof *set);
	if (!set)
		return NULL;
	set->in_use = 1;
	set->next = __atomic_load_n(&all, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&all, &set->next, set, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	return set;
}

static void count_shared(uint32_t epoch, uint32_t current, int change, int allocation)
{
	uint32_t seen = __atomic_load_n(&shared.epoch, __ATOMIC_RELAXED);

	if (seen != current && __atomic_compare_exchange_n(&shared.epoch, &seen, current, false,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		__atomic_store_n(&shared.young, 0, __ATOMIC_RELAXED);
	if (epoch == current)
		__atomic_fetch_add(&shared.young, change, __ATOMIC_RELAXED);
	__atomic_fetch_add(&shared.allocations, (uint64_t)allocation, __ATOMIC_RELAXED);
}

/* Turns the set to the epoch CURRENT. */
static void turn(struct lk_counters *mine, uint32_t current)
{
	uint32_t detour = __atomic_load_n(&detours, __ATOMIC_SEQ_CST);

	mine->busy = 1;
	if ((mine->epoch & ~LK_COUNTERS_DETOUR) != current)
		mine->young = 0;
	__atomic_store_n(&mine->epoch, current | detour, __ATOMIC_SEQ_CST);
	/* It was requested meanwhile, and what was set for us is overwritten. */
	if (!detour && __atomic_load_n(&detours, __ATOMIC_SEQ_CST))
		__atomic_store_n(&mine->epoch, current | LK_COUNTERS_DETOUR, __ATOMIC_RELAXED);
	mine->busy = 0;
}

LK_COLD void lk_counters_block_slowly(uint32_t epoch, uint32_t current, int change,
				      int allocation)
{
	struct lk_counters *mine = lk_self.counters;

	if (!mine && !lk_self.counters_given_back)
		lk_self.counters = mine = take();
	if (!mine || mine->busy) {
		count_shared(epoch, current, change, allocation);
		return;
	}
	if (mine->epoch != (current | LK_COUNTERS_DETOUR))
		turn(mine, current);
	if (epoch == current)
		lk_counters_add(&mine->young, change);
	if (allocation)
		lk_counters_add((int64_t *)&mine->allocations, 1);
}

void lk_counters_detour(void)
{
	__atomic_store_n(&detours, LK_COUNTERS_DETOUR, __ATOMIC_SEQ_CST);
	for (struct lk_counters *set = first(); set; set = set->next)
		__atomic_fetch_or(&set->epoch, LK_COUNTERS_DETOUR, __ATOMIC_SEQ_CST);
}

int64_t lk_counters_young(uint32_t epoch)
{
	int64_t sum = shared.epoch == epoch ? __atomic_load_n(&shared.young, __ATOMIC_RELAXED) : 0;

	for (const struct lk_counters *set = first(); set; set = set->next)
		if ((set->epoch & ~LK_COUNTERS_DETOUR) == epoch)
			sum += set->young;
	return sum;
}

void lk_counters_age(void)
{
	shared.epoch = 0;
	for (struct lk_counters *set = first(); set; set = set->next)
		set->epoch = 0;
}

uint64_t lk_counters_allocations(void)
{
	uint64_t sum = __atomic_load_n(&shared.allocations, __ATOMIC_RELAXED);

	for (const struct lk_counters *set = first(); set; set = set->next)
		sum += set->allocations;
	return sum;
}

void lk_counters_thread_end(void)
{
	struct lk_counters *mine = lk_self.counters;

	lk_self.counters_given_back = 1;
	lk_self.counters = NULL;
	if (mine)
		__atomic_store_n(&mine->in_use, 0, __ATOMIC_RELEASE);
}
