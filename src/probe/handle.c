/* SPDX-License-Identifier: MIT */
#include "probe/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/self.h"
#include "model/handle.h"
#include "probe/tracker.h"
#include "probe/unwind.h"
#include "base/light.h"

/* 2 M rows.  A chunk is as many buckets as one byte of `touched` stands for. */
enum { ROWS = 7, BUCKETS = 1 << 18, CHUNK = 1 << 6, KINDS = 255 };

/* A row's state: 0 free, 1 being written, else USED and, from the low bits, the stack's
 * id, the epoch, the kind. */
enum { EPOCH_SHIFT = LK_STACK_ID_BITS, EPOCH_MASK = (1 << 15) - 1, KIND_SHIFT = EPOCH_SHIFT + 15 };
static const uint64_t used = UINT64_C(1) << 63;
static const uint64_t being_written = 1;

struct row {
	uint64_t state;
	uintptr_t handle;
	size_t size;
};

struct bucket {
	uint64_t passed; /* rows that belong here, or before, and lie in a later bucket */
	struct row rows[ROWS];
};

static LK_FAR struct table {
	struct bucket *buckets;
	uint8_t touched[BUCKETS / CHUNK];
} table;

static LK_FAR struct kind {
	uint32_t taken; /* 0 free, 1 being written, 2 valid */
	char name[LK_HANDLE_KIND_MAX];
} kinds[KINDS];

static LK_HOT int64_t count;
static LK_HOT uint64_t lost;

static struct bucket *buckets_made(void)
{
	struct bucket *there = __atomic_load_n(&table.buckets, __ATOMIC_ACQUIRE);

	if (there)
		return there;
	struct bucket *fresh = lk_pages_map(BUCKETS * sizeof *fresh);
	if (!fresh)
		return NULL;
	if (__atomic_compare_exchange_n(&table.buckets, &there, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	lk_pages_unmap(fresh, BUCKETS * sizeof *fresh);
	return there;
}

static bool is_name(const struct kind *kind, const char *name)
{
	return strncmp(kind->name, name, LK_HANDLE_KIND_MAX - 1) == 0;
}

/* The number of the kind NAME; with CREATE it is made.  KINDS if there is none. */
static unsigned kind_of(const char *name, bool create)
{
	for (unsigned i = 0; i < KINDS; i++) {
		uint32_t taken = __atomic_load_n(&kinds[i].taken, __ATOMIC_ACQUIRE);

		if (taken == 0 && !create)
			return KINDS;
		if (taken == 0 &&
		    __atomic_compare_exchange_n(&kinds[i].taken, &taken, 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
			strncpy(kinds[i].name, name, sizeof kinds[i].name - 1);
			__atomic_store_n(&kinds[i].taken, 2, __ATOMIC_RELEASE);
			return i;
		}
		/* While another thread writes one it may be the same: two numbers of one
		 * name do no harm, take_here looks at names. */
		if (taken == 2 && is_name(&kinds[i], name))
			return i;
	}
	return KINDS;
}

static size_t home_of(uintptr_t handle)
{
	return (handle * UINT64_C(0x9E3779B97F4A7C15)) >> 46;
}

_Static_assert(BUCKETS == 1 << (64 - 46), "home_of gives a bucket");

/* Claims a free row of BUCKET; NULL if there is none. */
static struct row *claim(struct bucket *bucket)
{
	for (unsigned i = 0; i < ROWS; i++) {
		uint64_t state = 0;

		if (__atomic_load_n(&bucket->rows[i].state, __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(&bucket->rows[i].state, &state, being_written,
						false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return &bucket->rows[i];
	}
	return NULL;
}

/* Counts at each bucket from HOME up to that of a row, DISTANCE further, that it was
 * passed (+1), or that the row is gone (-1). */
static void count_passed(struct bucket *buckets, size_t home, size_t distance, int change)
{
	for (size_t i = 0; i < distance; i++)
		__atomic_fetch_add(&buckets[(home + i) % BUCKETS].passed, (uint64_t)change,
				   __ATOMIC_RELEASE);
}

static bool insert(struct bucket *buckets, uintptr_t handle, size_t size, uint64_t state)
{
	size_t home = home_of(handle);

	for (size_t distance = 0; distance < BUCKETS; distance++) {
		size_t place = (home + distance) % BUCKETS;
		struct row *row = claim(&buckets[place]);

		if (!row)
			continue;
		count_passed(buckets, home, distance, +1);
		row->handle = handle;
		row->size = size;
		__atomic_store_n(&table.touched[place / CHUNK], 1, __ATOMIC_RELEASE);
		__atomic_store_n(&row->state, state, __ATOMIC_RELEASE);
		__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

bool lk_handle_put(uintptr_t handle, size_t size, const char *kind, const void *frame)
{
	if (lk_self.quiet)
		return false;
	struct bucket *buckets = buckets_made();
	unsigned number = buckets ? kind_of(kind, true) : KINDS;
	uint32_t epoch = lk_self.ignoring ? LK_EPOCH_OLD :
					    __atomic_load_n(&lk_tracker.epoch, __ATOMIC_RELAXED);

	if (number < KINDS &&
	    insert(buckets, handle, size,
		   used | (uint64_t)number << KIND_SHIFT | (uint64_t)epoch << EPOCH_SHIFT |
			   lk_unwind(frame)))
		return true;
	__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	return false;
}

static const char *kind_name(uint64_t state)
{
	return kinds[state >> KIND_SHIFT & 0xff].name;
}

/* Releases ROW, which was seen in STATE. */
static bool release(struct bucket *buckets, size_t place, struct row *row, uint64_t state)
{
	size_t home = home_of(row->handle);

	if (!__atomic_compare_exchange_n(&row->state, &state, 0, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	count_passed(buckets, home, (place - home) % BUCKETS, -1);
	__atomic_fetch_sub(&count, 1, __ATOMIC_RELAXED);
	return true;
}

bool lk_handle_take(uintptr_t handle, const char *kind)
{
	struct bucket *buckets = __atomic_load_n(&table.buckets, __ATOMIC_ACQUIRE);
	size_t home = home_of(handle);

	for (size_t distance = 0; buckets && distance < BUCKETS; distance++) {
		size_t place = (home + distance) % BUCKETS;
		struct bucket *bucket = &buckets[place];

		for (unsigned i = 0; i < ROWS; i++) {
			struct row *row = &bucket->rows[i];
			uint64_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

			if ((state & used) && row->handle == handle &&
			    strncmp(kind_name(state), kind, LK_HANDLE_KIND_MAX - 1) == 0 &&
			    release(buckets, place, row, state))
				return true;
		}
		if (__atomic_load_n(&bucket->passed, __ATOMIC_ACQUIRE) == 0)
			return false;
	}
	return false;
}

/* Calls VISIT for each bucket that rows were ever put into. */
static void each_bucket(void (*visit)(void *context, size_t place), void *context)
{
	if (__atomic_load_n(&count, __ATOMIC_RELAXED) == 0)
		return;
	for (size_t chunk = 0; chunk < BUCKETS / CHUNK; chunk++)
		for (size_t i = 0; i < CHUNK && __atomic_load_n(&table.touched[chunk],
								__ATOMIC_ACQUIRE);
		     i++)
			visit(context, chunk * CHUNK + i);
}

struct taking {
	uintptr_t start;
	size_t size, taken;
};

static void take_within(void *context, size_t place)
{
	struct taking *taking = context;

	for (unsigned i = 0; i < ROWS; i++) {
		struct row *row = &table.buckets[place].rows[i];
		uint64_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

		if ((state & used) && row->handle - taking->start < taking->size)
			taking->taken += release(table.buckets, place, row, state);
	}
}

size_t lk_handle_take_within(uintptr_t start, size_t size)
{
	struct taking taking = { start, size, 0 };

	each_bucket(take_within, &taking);
	return taking.taken;
}

struct sweep {
	uint32_t epoch;
	void (*visit)(void *context, const struct lk_handle_row *row);
	void *context;
};

static void sweep_bucket(void *context, size_t place)
{
	const struct sweep *sweep = context;

	for (unsigned i = 0; i < ROWS; i++) {
		const struct row *row = &table.buckets[place].rows[i];
		uint64_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);
		uint32_t epoch = (uint32_t)(state >> EPOCH_SHIFT) & EPOCH_MASK;
		struct lk_handle_row copy = {
			.handle = row->handle,
			.size = row->size,
			.stack = (lk_stack_id)(state & ((1u << LK_STACK_ID_BITS) - 1)),
			.epoch = epoch,
			.kind = kind_name(state),
		};

		if ((state & used) && (sweep->epoch == LK_HANDLE_ANY || sweep->epoch == epoch))
			sweep->visit(sweep->context, &copy);
	}
}

void lk_handle_each(uint32_t epoch,
		    void (*visit)(void *context, const struct lk_handle_row *row), void *context)
{
	struct sweep sweep = { epoch, visit, context };

	each_bucket(sweep_bucket, &sweep);
}

static void age_bucket(void *context, size_t place)
{
	(void)context;
	for (unsigned i = 0; i < ROWS; i++) {
		struct row *row = &table.buckets[place].rows[i];

		if (row->state & used)
			row->state = (row->state & ~((uint64_t)EPOCH_MASK << EPOCH_SHIFT)) |
				     (uint64_t)LK_EPOCH_OLD << EPOCH_SHIFT;
	}
}

void lk_handle_age(void)
{
	each_bucket(age_bucket, NULL);
}

uint64_t lk_handle_lost(void)
{
	return __atomic_load_n(&lost, __ATOMIC_RELAXED);
}
