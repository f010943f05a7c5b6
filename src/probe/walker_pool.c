/* SPDX-License-Identifier: MIT */
#include "probe/walker_pool.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/walker.h"

#include "base/light.h"

/* Walkers have numbers, from 1; BLOCK of them are mapped at a time. */
enum { BLOCK = 8, BLOCKS_MAX = 2048, NUMBERS_MAX = BLOCK * BLOCKS_MAX, CHECKED_AT_ONCE = 8 };

/* Seats of one size. */
struct pool {
	unsigned depth_max;
	uint32_t numbers_used;
	/* Number of the first free seat, and above it a count of changes, so that
	 * a seat which left and came back is not taken for one that never moved. */
	uint64_t free_list;
	uint32_t hand; /* where the search for ended threads goes on */
	char *blocks[BLOCKS_MAX];
};

struct seat {
	struct pool *pool;
	uint32_t number;
	uint32_t next_free;
	/* Process and thread it is lent to, in one piece; 0: it is free. */
	uint64_t holder;
	char walker[] __attribute__((aligned(64)));
};

/* Small ones first: every page that a forked child writes to is a copy. */
static struct pool small = { .depth_max = LK_STACK_FRAMES_DEFAULT };
static struct pool big = { .depth_max = LK_STACK_FRAMES_MAX };
static unsigned depth = LK_STACK_FRAMES_DEFAULT;

void lk_walker_pool_set_depth(unsigned frames)
{
	if (frames >= 1 && frames <= LK_STACK_FRAMES_MAX)
		depth = frames;
}

static size_t seat_size(const struct pool *pool)
{
	return sizeof(struct seat) + lk_walker_size(pool->depth_max);
}

static struct seat *seat_at(struct pool *pool, uint32_t number)
{
	char *block = __atomic_load_n(&pool->blocks[(number - 1) / BLOCK], __ATOMIC_ACQUIRE);

	return block ? (struct seat *)(block + (number - 1) % BLOCK * seat_size(pool)) : NULL;
}

static uint64_t holder_self(void)
{
	return (uint64_t)syscall(SYS_getpid) << 32 | (uint32_t)syscall(SYS_gettid);
}

static void push_free(struct seat *seat)
{
	struct pool *pool = seat->pool;
	uint64_t seen = __atomic_load_n(&pool->free_list, __ATOMIC_RELAXED), now;

	do {
		__atomic_store_n(&seat->next_free, (uint32_t)seen, __ATOMIC_RELAXED);
		now = ((seen >> 32) + 1) << 32 | seat->number;
	} while (!__atomic_compare_exchange_n(&pool->free_list, &seen, now, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
}

static struct seat *pop_free(struct pool *pool)
{
	uint64_t seen = __atomic_load_n(&pool->free_list, __ATOMIC_ACQUIRE), now;
	struct seat *seat;

	do {
		if ((uint32_t)seen == 0)
			return NULL;
		seat = seat_at(pool, (uint32_t)seen);
		now = ((seen >> 32) + 1) << 32 |
		      __atomic_load_n(&seat->next_free, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&pool->free_list, &seen, now, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return seat;
}

/* A seat whose thread has ended without a word.  Those lent by our parent
 * before the fork are left alone: this thread may hold one of them. */
static struct seat *find_abandoned(struct pool *pool, uint64_t self)
{
	uint32_t used = __atomic_load_n(&pool->numbers_used, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < CHECKED_AT_ONCE && i < used; i++) {
		uint32_t number = __atomic_fetch_add(&pool->hand, 1, __ATOMIC_RELAXED) % used + 1;
		struct seat *seat = seat_at(pool, number);

		if (!seat)
			continue;
		uint64_t holder = __atomic_load_n(&seat->holder, __ATOMIC_ACQUIRE);
		if (holder == 0 || holder >> 32 != self >> 32)
			continue;
		if (syscall(SYS_tgkill, (int)(self >> 32), (int)(uint32_t)holder, 0) == -1 &&
		    errno == ESRCH &&
		    __atomic_compare_exchange_n(&seat->holder, &holder, self, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return seat;
	}
	return NULL;
}

static struct seat *make_seat(struct pool *pool)
{
	uint32_t number = __atomic_load_n(&pool->numbers_used, __ATOMIC_RELAXED);
	const size_t size = BLOCK * seat_size(pool);

	do {
		if (number == NUMBERS_MAX)
			return NULL;
	} while (!__atomic_compare_exchange_n(&pool->numbers_used, &number, number + 1, false,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	number++;
	if (!seat_at(pool, number)) {
		char **block = &pool->blocks[(number - 1) / BLOCK], *none = NULL;
		char *fresh = lk_pages_map(size);

		if (!fresh)
			return NULL;
		if (!__atomic_compare_exchange_n(block, &none, fresh, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_RELAXED))
			lk_pages_unmap(fresh, size);
	}
	struct seat *seat = seat_at(pool, number);
	seat->pool = pool;
	seat->number = number;
	return seat;
}

LK_COLD struct lk_walker *lk_walker_pool_take(void)
{
	struct pool *pool = depth <= small.depth_max ? &small : &big;
	int saved = errno;
	uint64_t self = holder_self();
	struct seat *seat = pop_free(pool);

	if (!seat)
		seat = find_abandoned(pool, self);
	if (!seat)
		seat = make_seat(pool);
	errno = saved;
	if (!seat)
		return NULL;
	__atomic_store_n(&seat->holder, self, __ATOMIC_RELEASE);
	return lk_walker_init(seat->walker, depth);
}

LK_COLD void lk_walker_pool_put(struct lk_walker *walker)
{
	struct seat *seat = (struct seat *)((char *)walker - offsetof(struct seat, walker));

	__atomic_store_n(&seat->holder, 0, __ATOMIC_RELEASE);
	push_free(seat);
}
