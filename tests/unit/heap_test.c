/* SPDX-License-Identifier: MIT */
/* The table works on given addresses: none of the blocks here exists. */
#include "probe/heap.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/self.h"
#include "probe/counters.h"
#include "probe/tracker.h"
#include "probe/unwind.h"

enum { PLACES = 300, STEPS = 20000, BIG = 1 << 24 };

/* Blocks lie in cells of 32 bytes around bounds of pages and leaves of the table. */
static const uintptr_t regions[] = {
	0x10000000000,
	0x10003ffff00,
	0x7ffffffff000 - 0x4000,
	0x20000 - 0x1000,
};
enum { REGIONS = sizeof regions / sizeof *regions };

static const size_t sizes[] = {
	0, 1, 24, BIG - 2, BIG - 1, BIG, BIG + 1, (size_t)1 << 33, 4096, 7, SIZE_MAX / 2,
};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* The naive list. */
static struct place {
	bool live;
	struct lk_block block;
} places[PLACES];
static uint64_t allocations;

static void start(unsigned granule)
{
	lk_unwind_set_depth(16);
	lk_heap_init(granule);
	lk_tracker.heap = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
}

static void *pointer(uintptr_t address)
{
	return (void *)address;
}

/* As a hook does it. */
static __attribute__((noinline)) void put(uintptr_t address, size_t size)
{
	lk_heap_put(pointer(address), size, __builtin_frame_address(0));
}

static __attribute__((noinline)) void move(uintptr_t address, size_t size,
					   const struct lk_block *old, bool known)
{
	lk_heap_move(pointer(address), size, old, known, __builtin_frame_address(0));
}

static bool same(const struct lk_block *one, const struct lk_block *other)
{
	return one->address == other->address && one->size == other->size &&
	       one->stack == other->stack && one->epoch == other->epoch;
}

struct look {
	uint32_t epoch;
	size_t count;
	uint64_t bytes;
	uintptr_t last;
	unsigned backwards, strangers;
};

static void see(void *context, const struct lk_block *block)
{
	struct look *look = context;
	bool known = false;

	for (size_t i = 0; i < PLACES && !known; i++)
		known = places[i].live && same(&places[i].block, block);
	look->strangers += !known || block->epoch != look->epoch;
	look->backwards += look->last >> 26 == block->address >> 26 && look->last >= block->address;
	look->last = block->address;
	look->count++;
}

static size_t live_of(uint32_t epoch)
{
	size_t count = 0;

	for (size_t i = 0; i < PLACES; i++)
		count += places[i].live && places[i].block.epoch == epoch;
	return count;
}

/* Everything that can be asked agrees with the list. */
static void check_all(unsigned seed)
{
	const uint32_t epochs[] = { LK_EPOCH_OLD, lk_tracker.epoch, lk_tracker.epoch - 1 };
	struct lk_block found;

	for (size_t i = 0; i < 3; i++) {
		struct look look = { .epoch = epochs[i] };

		lk_heap_each(epochs[i], see, &look);
		ck_assert_msg(look.strangers == 0, "seed %u: %u strangers", seed, look.strangers);
		ck_assert_msg(look.backwards == 0, "seed %u: not in order", seed);
		ck_assert_msg(look.count == live_of(epochs[i]), "seed %u: epoch %u: %zu of %zu",
			      seed, epochs[i], look.count, live_of(epochs[i]));
	}
	for (size_t i = 0; i < PLACES; i++) {
		bool has = lk_heap_find(pointer(places[i].block.address), &found);

		if (has != places[i].live || (has && !same(&found, &places[i].block)))
			ck_abort_msg("seed %u: block %zu differs", seed, i);
	}
	ck_assert_msg(lk_counters_young(lk_tracker.epoch) == (int64_t)live_of(lk_tracker.epoch),
		      "seed %u: counted %ld young", seed,
		      (long)lk_counters_young(lk_tracker.epoch));
	ck_assert_uint_eq(lk_counters_allocations(), allocations);
	ck_assert_uint_eq(lk_heap_lost(), 0);
}

/* Of each cell one address is used at a time: the first or, with GRANULE 32, maybe
 * the one 16 bytes on; with GRANULE 8 all of them are blocks of their own. */
static void choose_address(size_t i, unsigned granule, unsigned *seed)
{
	uintptr_t cell = regions[i % REGIONS] + i / REGIONS * granule;

	if (granule == 32 && rand_r(seed) % 2)
		cell += 16;
	places[i].block.address = cell;
}

static void step_put(struct place *place, unsigned *seed)
{
	lk_self.ignoring = rand_r(seed) % 5 == 0;
	place->block.size = rand_r(seed) % 2 ? sizes[rand_r(seed) % SIZES] : (size_t)rand_r(seed);
	place->block.epoch = lk_self.ignoring ? LK_EPOCH_OLD : lk_tracker.epoch;
	put(place->block.address, place->block.size);
	lk_self.ignoring = 0;
	place->live = true;
	allocations++;
	struct lk_block found = { 0 };
	lk_heap_find(pointer(place->block.address), &found);
	place->block.stack = found.stack; /* compared from now on */
	if (found.stack == LK_STACK_NONE)
		ck_abort_msg("no stack was recorded");
}

static void step_take(struct place *place, unsigned *seed)
{
	struct lk_block row;
	unsigned how = (unsigned)rand_r(seed) % 3;

	if (!lk_heap_take(pointer(place->block.address), how ? &row : NULL))
		ck_abort_msg("a block is not known");
	if (how && !same(&row, &place->block))
		ck_abort_msg("another block was taken");
	if (lk_heap_take(pointer(place->block.address), NULL))
		ck_abort_msg("a block was taken twice");
	if (how == 2)
		lk_heap_restore(&row);
	else
		place->live = false;
}

/* As realloc: out, and in again somewhere else. */
static void step_move(struct place *from, struct place *to, unsigned *seed)
{
	struct lk_block row, found = { 0 };
	bool known = lk_heap_take(pointer(from->block.address), &row);

	ck_assert(known == from->live);
	if (to->live && to != from) {
		if (known)
			lk_heap_restore(&row);
		return;
	}
	from->live = false;
	to->live = true;
	to->block.size = sizes[rand_r(seed) % SIZES];
	to->block.epoch = known ? row.epoch : LK_EPOCH_OLD;
	move(to->block.address, to->block.size, &row, known);
	allocations++;
	lk_heap_find(pointer(to->block.address), &found);
	to->block.stack = found.stack;
}

static void step(unsigned granule, unsigned *seed)
{
	size_t i = (size_t)rand_r(seed) % PLACES;
	struct place *place = &places[i];
	unsigned what = (unsigned)rand_r(seed) % 100;

	if (what == 0) {
		lk_tracker_mark();
	} else if (what < 10) {
		bool known = lk_heap_forgive(pointer(place->block.address));
		if (known != place->live)
			ck_abort_msg("forgiving tells a lie");
		place->block.epoch = LK_EPOCH_OLD;
	} else if (what < 25) {
		step_move(place, &places[(size_t)rand_r(seed) % PLACES], seed);
	} else if (place->live) {
		step_take(place, seed);
	} else {
		choose_address(i, granule, seed);
		step_put(place, seed);
	}
}

static void run(unsigned granule, unsigned seed)
{
	unsigned state = seed;

	start(granule);
	for (size_t i = 0; i < PLACES; i++)
		choose_address(i, granule, &state);
	for (int i = 0; i < STEPS; i++) {
		step(granule, &state);
		if (i % 1000 == 999)
			check_all(seed);
	}
	lk_heap_age();
	for (size_t i = 0; i < PLACES; i++)
		places[i].block.epoch = LK_EPOCH_OLD;
	lk_tracker_mark(); /* the counters are not aged: their epoch ends */
	check_all(seed);
}

START_TEST(agrees_with_a_list_at_32_bytes)
{
	run(32, (unsigned)_i);
}
END_TEST

START_TEST(agrees_with_a_list_at_8_bytes)
{
	run(8, (unsigned)_i);
}
END_TEST

START_TEST(tells_the_two_halves_of_a_cell_apart)
{
	struct lk_block row;

	start(32);
	put(0x10000000010, 5);
	ck_assert(!lk_heap_find(pointer(0x10000000000), &row));
	ck_assert(!lk_heap_take(pointer(0x10000000000), NULL));
	ck_assert(!lk_heap_forgive(pointer(0x10000000000)));
	ck_assert(lk_heap_find(pointer(0x10000000010), &row));
	ck_assert_uint_eq(row.address, 0x10000000010);
}
END_TEST

START_TEST(what_a_quiet_thread_takes_is_old)
{
	struct lk_block old = { .address = 0x10000000040, .size = 3, .epoch = LK_EPOCH_FIRST };

	start(32);
	lk_self.quiet = 1;
	put(0x10000000000, 5);
	move(0x10000000020, 5, &old, false);
	for (uintptr_t at = 0x10000000000; at <= 0x10000000020; at += 0x20) {
		struct lk_block found;

		ck_assert(lk_heap_find(pointer(at), &found));
		ck_assert_uint_eq(found.epoch, LK_EPOCH_OLD);
		ck_assert_uint_eq(found.stack, LK_STACK_NONE);
		ck_assert_uint_eq(found.size, 5);
		ck_assert(lk_heap_take(pointer(at), NULL));
	}
	/* But a block that is known stays known. */
	move(0x10000000020, 5, &old, true);
	ck_assert(lk_heap_find(pointer(0x10000000020), &old));
	lk_self.quiet = 0;
	lk_tracker.heap = false;
	put(0x10000000060, 5);
	move(0x10000000080, 5, &old, true);
	lk_tracker.heap = true;
	put(0, 5);
	move(0, 5, &old, true);
	ck_assert(!lk_heap_find(pointer(0x10000000060), &old));
	ck_assert(!lk_heap_find(pointer(0x10000000080), &old));
	ck_assert(!lk_heap_find(NULL, &old));
	ck_assert_uint_eq(lk_counters_allocations(), 0);
	ck_assert_uint_eq(lk_heap_lost(), 0);
}
END_TEST

/* A block went away unseen, and its address was given out again. */
START_TEST(a_row_that_is_put_over_another_replaces_it)
{
	struct lk_block row;

	start(32);
	put(0x10000000000, 5);
	put(0x10000000010, 6);
	ck_assert(!lk_heap_find(pointer(0x10000000000), &row));
	ck_assert(lk_heap_find(pointer(0x10000000010), &row));
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 1);
	lk_tracker_mark();
	put(0x10000000000, 7);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 1);
	ck_assert(lk_heap_take(pointer(0x10000000000), &row));
	ck_assert_uint_eq(row.size, 7);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 0);
}
END_TEST

START_TEST(counts_what_lies_beyond_user_space)
{
	struct lk_block row;

	start(32);
	put((uintptr_t)1 << 47, 5);
	put(UINTPTR_MAX - 31, 5);
	ck_assert(!lk_heap_find(pointer((uintptr_t)1 << 47), &row));
	ck_assert(!lk_heap_take(pointer(UINTPTR_MAX - 31), NULL));
	ck_assert_uint_eq(lk_heap_lost(), 2);
	put(((uintptr_t)1 << 47) - 32, 5);
	ck_assert(lk_heap_find(pointer(((uintptr_t)1 << 47) - 32), &row));
	ck_assert_uint_eq(lk_heap_lost(), 2);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), 1);
}
END_TEST

/* ---- Threads. */

enum { THREADS = 4, BLOCKS = 64, TURNS = 20000 };

/* A block belongs to whoever changed `taken` to its number, as an allocator gives
 * an address to one thread at a time; any thread may release it. */
static struct shared_place {
	unsigned taken; /* 0 free, 1 being changed, 2 live */
	size_t size;
} shared_places[THREADS * BLOCKS];

struct worker {
	unsigned seed, first, count;
	unsigned wrong;
	uint64_t puts;
};

static uintptr_t shared_address(unsigned i)
{
	return 0x20000000000 + i * 32 + (i % 3 == 0 ? 16 : 0);
}

static void *work(void *context)
{
	struct worker *worker = context;

	for (int turn = 0; turn < TURNS; turn++) {
		unsigned i = worker->first + (unsigned)rand_r(&worker->seed) % worker->count;
		struct shared_place *place = &shared_places[i];
		unsigned before = __atomic_load_n(&place->taken, __ATOMIC_ACQUIRE);
		struct lk_block row;

		if (before == 1 || !__atomic_compare_exchange_n(&place->taken, &before, 1, false,
								__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		if (before == 0) {
			place->size = rand_r(&worker->seed) % 50 ? (size_t)turn
								 : (size_t)BIG + (size_t)turn;
			put(shared_address(i), place->size);
			worker->puts++;
		} else if (!lk_heap_take(pointer(shared_address(i)), &row) ||
			   row.size != place->size || row.address != shared_address(i)) {
			worker->wrong++;
		}
		__atomic_store_n(&place->taken, before ? 0 : 2, __ATOMIC_RELEASE);
	}
	lk_counters_thread_end();
	lk_unwind_thread_end();
	return NULL;
}

static void count(void *context, const struct lk_block *block)
{
	struct look *look = context;

	look->count++;
	look->bytes += block->size;
}

static void run_threads(bool disjoint)
{
	struct worker workers[THREADS] = { 0 };
	pthread_t threads[THREADS];
	struct look look = { 0 };
	uint64_t live = 0, bytes = 0, puts = 0;

	start(32);
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].seed = i;
		workers[i].first = disjoint ? i * BLOCKS : 0;
		workers[i].count = disjoint ? BLOCKS : THREADS * BLOCKS;
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(workers[i].wrong, 0);
		puts += workers[i].puts;
	}
	for (unsigned i = 0; i < THREADS * BLOCKS; i++) {
		live += shared_places[i].taken == 2;
		bytes += shared_places[i].taken == 2 ? shared_places[i].size : 0;
	}
	lk_heap_each(lk_tracker.epoch, count, &look);
	ck_assert_uint_eq(look.count, live);
	ck_assert_uint_eq(look.bytes, bytes);
	ck_assert_int_eq(lk_counters_young(lk_tracker.epoch), (int64_t)live);
	ck_assert_uint_eq(lk_counters_allocations(), puts);
	ck_assert_uint_eq(lk_heap_lost(), 0);
}

START_TEST(threads_on_ranges_of_their_own)
{
	run_threads(true);
}
END_TEST

START_TEST(threads_on_the_same_range)
{
	run_threads(false);
}
END_TEST

/* All threads make the first block of the same leaf at the same time. */
static pthread_barrier_t together;

static void *put_first(void *context)
{
	uintptr_t mine = (uintptr_t)context;

	for (uintptr_t leaf = 1; leaf < 100; leaf++) {
		pthread_barrier_wait(&together);
		put((leaf << 26) + mine * 32, 8);
	}
	return NULL;
}

START_TEST(threads_that_need_the_same_new_leaf)
{
	pthread_t threads[THREADS];
	struct look look = { 0 };

	start(32);
	pthread_barrier_init(&together, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, put_first, (void *)i);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	lk_heap_each(lk_tracker.epoch, count, &look);
	ck_assert_uint_eq(look.count, 99 * THREADS);
	ck_assert_uint_eq(lk_heap_lost(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("heap");
	TCase *tests = tcase_create("heap");

	tcase_add_loop_test(tests, agrees_with_a_list_at_32_bytes, 0, 10);
	tcase_add_loop_test(tests, agrees_with_a_list_at_8_bytes, 0, 10);
	tcase_add_test(tests, tells_the_two_halves_of_a_cell_apart);
	tcase_add_test(tests, what_a_quiet_thread_takes_is_old);
	tcase_add_test(tests, a_row_that_is_put_over_another_replaces_it);
	tcase_add_test(tests, counts_what_lies_beyond_user_space);
	tcase_add_test(tests, threads_on_ranges_of_their_own);
	tcase_add_test(tests, threads_on_the_same_range);
	tcase_add_test(tests, threads_that_need_the_same_new_leaf);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
