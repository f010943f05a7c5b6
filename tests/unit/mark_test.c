/* SPDX-License-Identifier: MIT */
/* Blocks are cells of an array, told to the table as malloc's would be. */
#include "probe/scan.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "probe/heap.h"
#include "probe/tracker.h"
#include "probe/unwind.h"

enum { CELLS = 400, CELL = 64, WORDS = CELL / sizeof(void *) };

static struct cell {
	void *words[WORDS];
} cells[CELLS] __attribute__((aligned(64)));
static struct lk_scan scan;
static struct lk_marking *const marking = &scan.marking;

static __attribute__((noinline)) void put(void *block, size_t size)
{
	lk_heap_put(block, size, __builtin_frame_address(0));
}

static void setup(void)
{
	lk_unwind_set_depth(16);
	lk_heap_init(32);
	lk_tracker.heap = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	memset(cells, 0, sizeof cells);
}

static void index_all(void)
{
	ck_assert(lk_block_index_make(&marking->index, lk_tracker.epoch));
	ck_assert(lk_marking_make(marking));
}

/* The first COUNT cells are blocks. */
static void begin(size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(&cells[i], CELL);
	index_all();
	ck_assert_uint_eq(marking->index.count, count);
}

static enum lk_hold hold(size_t cell)
{
	return (enum lk_hold)lk_block_around(&marking->index, (uintptr_t)&cells[cell])->hold;
}

static void teardown(void)
{
	lk_marking_release(marking);
}

START_TEST(any_address_leads_to_its_block)
{
	static const size_t sizes[] = { 0, 1, 16, 24, 40, 100, 4000, 3 << 20, 1000 };
	const uintptr_t first = 0x7e0000000000 + 16 * (uintptr_t)(_i % 2);
	uintptr_t starts[300], ends[300], at = first;

	srand((unsigned)_i);
	for (size_t i = 0; i < 300; i++) {
		size_t size = sizes[(size_t)rand() % 9];

		starts[i] = at;
		ends[i] = at + (size ? size : 1);
		put((void *)at, size);
		/* As glibc places them: 32 bytes apart at least. */
		at += ((size + 8 + 15) & ~(size_t)15) < 32 ? 32 : (size + 8 + 15) & ~(size_t)15;
		at += rand() % 20 == 0 ? (uintptr_t)64 << 20 : rand() % 3 == 0 ? 48 : 0;
	}
	index_all();
	ck_assert_uint_eq(marking->index.count, 300);
	for (size_t i = 0; i < 300; i++)
		for (int k = 0; k < 40; k++) {
			uintptr_t address = starts[i] - 20 + (uintptr_t)rand() % 60;
			const struct lk_live *found;

			if (k % 3 == 0)
				address = ends[i] - 3 + (uintptr_t)(k % 7);
			found = lk_block_around(&marking->index, address);
			size_t wanted = 300;
			for (size_t n = i > 0 ? i - 1 : 0; n < 300 && n < i + 3; n++)
				if (address >= starts[n] && address < ends[n])
					wanted = n;
			if (wanted == 300)
				ck_assert_ptr_null(found);
			else
				ck_assert_uint_eq(found->start, starts[wanted]);
		}
}
END_TEST

START_TEST(what_reaches_a_block_first_holds_it)
{
	void *root[2] = { &cells[0], (char *)&cells[3] + 8 };
	void *other[1] = { &cells[1] };

	cells[0].words[2] = &cells[1];
	cells[1].words[7] = &cells[2];
	cells[2].words[0] = &cells[0];
	begin(5);
	lk_mark_as(marking, LK_HOLD_RETAINED, LK_ROOT_DATA, 0);
	lk_mark_range(marking, (uintptr_t)root, (uintptr_t)(root + 2));
	lk_mark_flood(marking);
	lk_mark_as(marking, LK_HOLD_LIBC, LK_ROOT_DATA, 0);
	lk_mark_range(marking, (uintptr_t)other, (uintptr_t)(other + 1));
	lk_mark_flood(marking);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(hold(i), LK_HOLD_RETAINED);
	ck_assert_int_eq(hold(4), LK_HOLD_UNSCANNED);
	ck_assert(marking->index.blocks[2].is_exact);
	ck_assert(!marking->index.blocks[3].is_exact);

	struct lk_path path;
	lk_mark_path(marking, &marking->index.blocks[2], &path);
	ck_assert_int_eq(path.root, LK_ROOT_DATA);
	ck_assert_uint_eq(path.address, (uintptr_t)root);
	ck_assert_uint_eq(path.steps, 2);
	ck_assert_uint_eq(path.offsets[0], 16);
	ck_assert_uint_eq(path.offsets[1], 56);
}
END_TEST

START_TEST(the_way_back_is_a_shortest_one)
{
	void *root[2] = { &cells[0], &cells[9] };
	struct lk_path path;

	for (size_t i = 0; i < 9; i++)
		cells[i].words[0] = &cells[i + 1];
	cells[9].words[4] = &cells[7];
	begin(10);
	lk_mark_as(marking, LK_HOLD_RETAINED, LK_ROOT_DATA, 0);
	lk_mark_range(marking, (uintptr_t)root, (uintptr_t)(root + 2));
	lk_mark_flood(marking);
	lk_mark_path(marking, &marking->index.blocks[8], &path);
	ck_assert_uint_eq(path.address, (uintptr_t)&root[1]);
	ck_assert_uint_eq(path.steps, 2);
	ck_assert_uint_eq(path.offsets[0], 32);
}
END_TEST

static size_t lost_blocks(void)
{
	size_t lost = 0;

	ck_assert(lk_scan_fold(marking));
	for (size_t i = 0; i < marking->index.count; i++)
		lost += marking->index.blocks[i].hold == LK_HOLD_LOST;
	return lost;
}

START_TEST(a_ring_has_one_head)
{
	for (size_t i = 0; i < 5; i++)
		cells[i].words[0] = &cells[(i + 1) % 5];
	cells[2].words[3] = &cells[5];
	begin(6);
	ck_assert_uint_eq(lost_blocks(), 1);
	ck_assert_int_eq(hold(0), LK_HOLD_LOST);
}
END_TEST

/* A later block leads to the second of a ring. */
START_TEST(a_ring_is_reached_anywhere)
{
	cells[0].words[0] = &cells[1];
	cells[1].words[0] = &cells[2];
	cells[2].words[0] = &cells[0];
	cells[3].words[0] = &cells[1];
	begin(4);
	ck_assert_uint_eq(lost_blocks(), 1);
	ck_assert_int_eq(hold(3), LK_HOLD_LOST);
}
END_TEST

/* The last block leads to all others, which are tried before. */
START_TEST(a_head_may_come_last)
{
	cells[0].words[0] = &cells[1];
	cells[2].words[0] = &cells[0];
	cells[3].words[0] = &cells[2];
	cells[3].words[1] = &cells[3];
	cells[4].words[5] = (char *)&cells[3] + 10;
	begin(5);
	ck_assert_uint_eq(lost_blocks(), 1);
	ck_assert_int_eq(hold(4), LK_HOLD_LOST);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(marking->index.blocks[i].parent, 5);
}
END_TEST

/* A block is a head unless a lost block leads to it that it does not lead to; of
 * those that lead to each other one is a head if no other leads to them. */
START_TEST(heads_reach_all_and_none_reaches_another)
{
	enum { COUNT = 60 };
	static bool leads[COUNT][COUNT];

	srand((unsigned)_i);
	memset(leads, 0, sizeof leads);
	for (int i = 0; i < COUNT + _i % 30; i++) {
		size_t from = (size_t)rand() % COUNT, to = (size_t)rand() % COUNT;

		cells[from].words[(size_t)rand() % WORDS] = &cells[to];
	}
	for (size_t from = 0; from < COUNT; from++)
		for (size_t word = 0; word < WORDS; word++)
			if (cells[from].words[word])
				leads[from][(struct cell *)cells[from].words[word] - cells] = true;
	for (size_t by = 0; by < COUNT; by++)
		for (size_t from = 0; from < COUNT; from++)
			for (size_t to = 0; to < COUNT; to++)
				leads[from][to] |= leads[from][by] && leads[by][to];
	begin(COUNT);
	lost_blocks();
	for (size_t i = 0; i < COUNT; i++) {
		size_t head = marking->index.blocks[i].parent - 1;

		ck_assert_int_eq(hold(head), LK_HOLD_LOST);
		ck_assert(head == i ? hold(i) == LK_HOLD_LOST : leads[head][i]);
		for (size_t other = 0; other < COUNT; other++)
			if (other != i && hold(i) == LK_HOLD_LOST && hold(other) == LK_HOLD_LOST)
				ck_assert(!leads[other][i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mark");
	TCase *tests = tcase_create("mark");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, any_address_leads_to_its_block, 0, 20);
	tcase_add_test(tests, what_reaches_a_block_first_holds_it);
	tcase_add_test(tests, the_way_back_is_a_shortest_one);
	tcase_add_test(tests, a_ring_has_one_head);
	tcase_add_test(tests, a_ring_is_reached_anywhere);
	tcase_add_test(tests, a_head_may_come_last);
	tcase_add_loop_test(tests, heads_reach_all_and_none_reaches_another, 0, 200);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
