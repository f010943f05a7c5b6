/* SPDX-License-Identifier: MIT */
/* Snapshots made by hand; the frames are addresses in this very program. */
#include "judge/finding.h"

#include <check.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "probe/modules.h"

enum { MODULES_MAX = 100, ROWS_MAX = 3000, FRAMES_MAX = 8 };

/* Functions that stand for those of a program under test; long enough for other
 * addresses in them. */
int leaking_one(volatile int *number);
__attribute__((noinline)) int leaking_one(volatile int *number)
{
	*number += 100;
	*number *= 3000;
	*number -= 200;
	*number *= 5000;
	*number += 300;
	return *number + *number;
}

int leaking_other(volatile int *number);
__attribute__((noinline)) int leaking_other(volatile int *number)
{
	return *number + 2;
}

int the_test(volatile int *number);
__attribute__((noinline)) int the_test(volatile int *number)
{
	*number += 400;
	*number *= 7000;
	*number -= 500;
	*number *= 9000;
	return *number + *number;
}

static struct lk_module modules[MODULES_MAX];
static struct lk_site sites[ROWS_MAX];
static struct lk_descriptor descriptors[ROWS_MAX];
static struct lk_thread_left threads[ROWS_MAX];
static uintptr_t frames[3 * FRAMES_MAX];
static struct lk_stack stacks[4];
static struct lk_snapshot snapshot;
static struct lk_findings findings;

/* Where a call in FUNCTION returns to, OFFSET bytes on. */
static uintptr_t in(int (*function)(volatile int *), unsigned offset)
{
	return (uintptr_t)function + 1 + offset;
}

static void set_stack(size_t stack, const uintptr_t *addresses)
{
	size_t count = 0;

	for (; addresses[count]; count++)
		frames[(stack - 1) * FRAMES_MAX + count] = addresses[count];
	stacks[stack] = (struct lk_stack){ .first = (uint32_t)((stack - 1) * FRAMES_MAX),
					   .count = (uint32_t)count };
}

#define STACK(number, ...) set_stack(number, (const uintptr_t[]){ __VA_ARGS__, 0 })

static void setup(void)
{
	snapshot = (struct lk_snapshot){
		.sites = sites,
		.descriptors = descriptors,
		.threads = threads,
		.stacks = stacks,
		.stacks_count = 4,
		.frames = frames,
		.frames_count = 3 * FRAMES_MAX,
		.modules = modules,
		.modules_count = lk_modules_list(modules, MODULES_MAX),
	};
	STACK(1, in(leaking_one, 0), in(the_test, 0));
	STACK(2, in(leaking_other, 0), in(the_test, 0));
}

static void make(void)
{
	lk_findings_release(&findings);
	struct lk_policy policy = { .fail_on = LK_FAIL_ON_DEFAULT };

	ck_assert(lk_findings_make(&snapshot, &policy, &findings));
}

static void teardown(void)
{
	lk_findings_release(&findings);
	lk_findings_release(&findings);
	ck_assert_ptr_null(findings.rows);
}

static void add_site(size_t stack, uint64_t blocks, uint64_t bytes)
{
	sites[snapshot.sites_count++] =
		(struct lk_site){ .stack = stack,
				  .hold = LK_HOLD_LOST,
				  .blocks = blocks,
				  .bytes = bytes };
}

START_TEST(nothing_makes_nothing)
{
	make();
	ck_assert_uint_eq(findings.count, 0);
	ck_assert_uint_eq(lk_findings_leaks(&findings), 0);
	ck_assert_uint_eq(findings.left_out, 0);
}
END_TEST

START_TEST(heap_by_bytes_then_descriptors_then_threads)
{
	static const char *const wanted[] = { "fd 9 ", "fd 4 ", "thread 12", "thread 11" };

	add_site(1, 1, 10);
	add_site(2, 2, 300);
	add_site(0, 3, 20);
	descriptors[0] = (struct lk_descriptor){ .fd = 9, .stack = 1, .flags = 0 };
	descriptors[1] = (struct lk_descriptor){ .fd = 4, .flags = 0 };
	snapshot.descriptors_count = 2;
	threads[0] = (struct lk_thread_left){ .tid = 12, .stack = 2 };
	threads[1] = (struct lk_thread_left){ .tid = 11 };
	snapshot.threads_count = snapshot.threads_seen = 2;
	make();
	ck_assert_uint_eq(findings.count, 7);
	ck_assert_uint_eq(findings.rows[0].bytes, 300);
	ck_assert_uint_eq(findings.rows[1].bytes, 20);
	ck_assert_uint_eq(findings.rows[2].bytes, 10);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(findings.rows[3 + i].kind,
				 i < 2 ? LK_KIND_descriptor : LK_KIND_thread);
		ck_assert_int_eq(strncmp(findings.rows[3 + i].what, wanted[i], strlen(wanted[i])),
				 0);
	}
	ck_assert_uint_eq(findings.leaks[LK_KIND_heap], 3);
	ck_assert_uint_eq(findings.leaks[LK_KIND_descriptor], 2);
	ck_assert_uint_eq(findings.leaks[LK_KIND_thread], 2);
	ck_assert_uint_eq(lk_findings_leaks(&findings), 7);
	ck_assert_uint_eq(findings.blocks, 6);
	ck_assert_uint_eq(findings.bytes, 330);
}
END_TEST

START_TEST(frames_are_named)
{
	add_site(1, 1, 10);
	add_site(0, 1, 5);
	make();
	const struct lk_finding *row = &findings.rows[0];
	ck_assert_uint_eq(row->frames_count, 2);
	ck_assert_str_eq(row->frames[0].function, "leaking_one");
	ck_assert_str_eq(row->frames[1].function, "the_test");
	ck_assert_uint_eq(row->suspect, 0);
	ck_assert(!row->cut);
	ck_assert_uint_eq(findings.rows[1].frames_count, 0);
	ck_assert_uint_eq(findings.rows[1].suspect, 0);
}
END_TEST

START_TEST(frames_of_leakcheck_are_left_out)
{
	uintptr_t hook = (uintptr_t)dlsym(RTLD_DEFAULT, "qsort") + 1;

	for (size_t i = 0; i < snapshot.modules_count; i++)
		modules[i].is_ours = hook >= modules[i].start && hook < modules[i].end;
	STACK(1, hook, in(leaking_one, 0), hook, in(the_test, 0));
	stacks[1].cut = true;
	add_site(1, 1, 10);
	make();
	ck_assert_uint_eq(findings.rows[0].frames_count, 2);
	ck_assert_str_eq(findings.rows[0].frames[0].function, "leaking_one");
	ck_assert_str_eq(findings.rows[0].frames[1].function, "the_test");
	ck_assert(findings.rows[0].cut);
}
END_TEST

START_TEST(what_was_put_over_an_open_descriptor_is_no_leak)
{
	descriptors[0] = (struct lk_descriptor){ .fd = 9, .replaced = true };
	descriptors[1] = (struct lk_descriptor){ .fd = 4 };
	snapshot.descriptors_count = 2;
	make();
	ck_assert_uint_eq(lk_findings_leaks(&findings), 1);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(strncmp(findings.rows[0].what, "fd 4", 4), 0);
}
END_TEST

START_TEST(what_is_reached_through_a_lost_block_is_told_with_it)
{
	add_site(1, 1, 10);
	sites[0].through_blocks = 7;
	sites[0].through_bytes = 70;
	add_site(2, 7, 70);
	sites[1].hold = LK_HOLD_INDIRECT;
	make();
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_uint_eq(lk_findings_leaks(&findings), 1);
	ck_assert_uint_eq(findings.rows[0].through_blocks, 7);
	ck_assert_uint_eq(findings.blocks, 8);
	ck_assert_uint_eq(findings.bytes, 80);
}
END_TEST

START_TEST(what_is_held_is_no_leak)
{
	static struct lk_path paths[2] = { { 0 }, { .root = LK_ROOT_THREAD, .tid = 4711 } };

	snapshot.paths = paths;
	for (int hold = LK_HOLD_UNSCANNED; hold < LK_HOLD_COUNT; hold++) {
		if (hold == LK_HOLD_LOST || hold == LK_HOLD_INDIRECT || hold == LK_HOLD_MEMCHECK)
			continue;
		add_site(1, 1, 10);
		sites[snapshot.sites_count - 1].hold = (enum lk_hold)hold;
		sites[snapshot.sites_count - 1].path = 1;
	}
	make();
	ck_assert_uint_eq(lk_findings_leaks(&findings), 0);
	/* What is not proven is named, notes are not. */
	ck_assert_uint_eq(findings.count, 2);
	ck_assert_uint_eq(findings.rulings[LK_RULING_unproven], 2);
	ck_assert_uint_eq(findings.rulings[LK_RULING_note], 2);

	struct lk_policy policy = { .fail_on = LK_FAIL_ON_ALL };
	lk_findings_release(&findings);
	ck_assert(lk_findings_make(&snapshot, &policy, &findings));
	ck_assert_uint_eq(lk_findings_leaks(&findings), 4);
	ck_assert_str_eq(findings.rows[0].holder, "thread 4711");
}
END_TEST

START_TEST(of_what_is_unproven_the_first_are_named)
{
	for (int i = 0; i < LK_UNPROVEN_MAX + 7; i++) {
		add_site(1, 1, 10);
		sites[i].hold = LK_HOLD_RETAINED;
	}
	make();
	ck_assert_uint_eq(findings.count, LK_UNPROVEN_MAX);
	ck_assert_uint_eq(findings.rulings[LK_RULING_unproven], LK_UNPROVEN_MAX + 7);

	struct lk_policy policy = { .fail_on = LK_FAIL_ON_DEFAULT, .notes = true };
	lk_findings_release(&findings);
	ck_assert(lk_findings_make(&snapshot, &policy, &findings));
	ck_assert_uint_eq(findings.count, LK_UNPROVEN_MAX + 7);
}
END_TEST

START_TEST(rows_end_where_the_limit_is)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < LK_FINDINGS_MAX + 500; i++) {
		add_site(1 + i % 2, 1, i * 7919 % 10007);
		bytes += i * 7919 % 10007;
	}
	for (int i = 0; i < 3; i++)
		descriptors[snapshot.descriptors_count++] = (struct lk_descriptor){ .fd = i };
	make();
	ck_assert_uint_eq(findings.count, LK_FINDINGS_MAX);
	ck_assert_uint_eq(findings.left_out, 503);
	ck_assert_uint_eq(lk_findings_leaks(&findings), LK_FINDINGS_MAX + 503);
	ck_assert_uint_eq(findings.leaks[LK_KIND_descriptor], 3);
	ck_assert_uint_eq(findings.bytes, bytes);
	ck_assert_uint_eq(findings.blocks, LK_FINDINGS_MAX + 500);
	for (size_t i = 1; i < findings.count; i++)
		if (findings.rows[i].bytes > findings.rows[i - 1].bytes)
			ck_abort_msg("row %zu is out of order", i);
}
END_TEST

START_TEST(exactly_the_limit_leaves_nothing_out)
{
	for (int i = 0; i < LK_FINDINGS_MAX; i++)
		add_site(1, 1, 1);
	make();
	ck_assert_uint_eq(findings.count, LK_FINDINGS_MAX);
	ck_assert_uint_eq(findings.left_out, 0);
}
END_TEST

/* ---- Ids. */

static uint32_t id_of_first(void)
{
	make();
	ck_assert_uint_ge(findings.count, 1);
	return findings.rows[0].id;
}

START_TEST(ids_do_not_depend_on_lines)
{
	add_site(1, 1, 10);
	uint32_t id = id_of_first();
	unsigned line = findings.rows[0].frames[0].line;
	bool lines_differ = false;

	for (unsigned offset = 1; offset < 20; offset++) {
		STACK(1, in(leaking_one, offset), in(the_test, offset));
		ck_assert_uint_eq(id_of_first(), id);
		ck_assert_str_eq(findings.rows[0].frames[0].function, "leaking_one");
		lines_differ |= findings.rows[0].frames[0].line != line;
	}
	sites[0].bytes = 99;
	sites[0].blocks = 9;
	ck_assert_uint_eq(id_of_first(), id);
	ck_assert(lines_differ);
}
END_TEST

/* As if the loader had put everything elsewhere. */
static void shift(uintptr_t distance)
{
	for (size_t i = 0; i < snapshot.modules_count; i++) {
		modules[i].start += distance;
		modules[i].end += distance;
		modules[i].bias += distance;
	}
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		frames[i] += frames[i] ? distance : 0;
}

START_TEST(ids_do_not_depend_on_load_addresses)
{
	add_site(1, 1, 10);
	uint32_t id = id_of_first();
	shift(0x100000000);
	ck_assert_uint_eq(id_of_first(), id);
	ck_assert_str_eq(findings.rows[0].frames[0].function, "leaking_one");

	/* Without names, module and offset stand for them. */
	strcpy(modules[0].path, "/nowhere/check_parse");
	uint32_t nameless = id_of_first();
	ck_assert_ptr_null(findings.rows[0].frames[0].function);
	ck_assert_uint_ne(nameless, id);
	shift(0x7000);
	ck_assert_uint_eq(id_of_first(), nameless);
	/* Nor on where the program is installed. */
	strcpy(modules[0].path, "/elsewhere/check_parse");
	ck_assert_uint_eq(id_of_first(), nameless);
}
END_TEST

/* Code that was made at run time lies anywhere. */
START_TEST(ids_do_not_depend_on_addresses_in_no_module)
{
	STACK(1, 0x1235, in(leaking_one, 0), in(the_test, 0));
	add_site(1, 1, 10);
	uint32_t id = id_of_first();
	ck_assert_ptr_null(findings.rows[0].frames[0].module);
	frames[0] += 0x2000;
	ck_assert_uint_eq(id_of_first(), id);
}
END_TEST

START_TEST(ids_tell_leaks_apart)
{
	uint32_t ids[5];

	add_site(1, 1, 10);
	ids[0] = id_of_first();
	sites[0].stack = 2;
	ids[1] = id_of_first();
	STACK(3, in(leaking_one, 0), in(leaking_other, 0), in(the_test, 0));
	sites[0].stack = 3;
	ids[2] = id_of_first();
	snapshot.sites_count = 0;
	descriptors[0] = (struct lk_descriptor){ .fd = 1, .stack = 1 };
	snapshot.descriptors_count = 1;
	ids[3] = id_of_first();
	snapshot.descriptors_count = 0;
	threads[0] = (struct lk_thread_left){ .tid = 1, .stack = 1 };
	snapshot.threads_count = snapshot.threads_seen = 1;
	ids[4] = id_of_first();
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_uint_ne(ids[i], ids[k]);
	/* The same place leaks another thread in the next run. */
	threads[0].tid = 2;
	ck_assert_uint_eq(id_of_first(), ids[4]);
}
END_TEST

START_TEST(a_misuse_shows_what_had_happened_before)
{
	struct lk_misuse misuse = { .kind = LK_MISUSE_CLOSED_TWICE, .fd = 7, .times = 2,
				    .stack = 1, .closed = 2 };
	struct lk_policy policy = { .fail_on = LK_FAIL_ON_DEFAULT };

	snapshot.misuses = &misuse;
	snapshot.misuses_count = 1;
	make();
	ck_assert_uint_eq(findings.count, 0);
	ck_assert_uint_eq(findings.rulings[LK_RULING_note], 1);
	lk_findings_release(&findings);
	policy.fail_on |= 1u << LK_FAIL_ON_misuse;
	ck_assert(lk_findings_make(&snapshot, &policy, &findings));
	ck_assert_uint_eq(findings.leaks[LK_KIND_misuse], 1);
	ck_assert_str_eq(findings.rows[0].what, "fd 7 closed twice (2 times)");
	ck_assert_str_eq(findings.rows[0].frames[0].function, "leaking_one");
	ck_assert_ptr_nonnull(findings.rows[0].earlier[0].what);
	ck_assert_str_eq(findings.rows[0].earlier[0].frames[0].function, "leaking_other");
	ck_assert_int_eq(findings.rows[0].earlier[1].what[0], '\0');
}
END_TEST

START_TEST(descriptors_without_a_row_count)
{
	descriptors[snapshot.descriptors_count++] = (struct lk_descriptor){ .fd = 9, .flags = -1 };
	snapshot.descriptors_beyond = 1000000;
	make();
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_uint_eq(findings.left_out, 1000000);
	ck_assert_uint_eq(lk_findings_leaks(&findings), 1000001);
}
END_TEST

START_TEST(kinds_have_names)
{
	ck_assert_str_eq(lk_kind_name(LK_KIND_heap), "heap");
	ck_assert_str_eq(lk_kind_name(LK_KIND_descriptor), "fd");
	ck_assert_str_eq(lk_kind_name(LK_KIND_thread), "thread");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("finding");
	TCase *tests = tcase_create("finding");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_makes_nothing);
	tcase_add_test(tests, heap_by_bytes_then_descriptors_then_threads);
	tcase_add_test(tests, frames_are_named);
	tcase_add_test(tests, frames_of_leakcheck_are_left_out);
	tcase_add_test(tests, what_was_put_over_an_open_descriptor_is_no_leak);
	tcase_add_test(tests, what_is_reached_through_a_lost_block_is_told_with_it);
	tcase_add_test(tests, what_is_held_is_no_leak);
	tcase_add_test(tests, of_what_is_unproven_the_first_are_named);
	tcase_add_test(tests, rows_end_where_the_limit_is);
	tcase_add_test(tests, exactly_the_limit_leaves_nothing_out);
	tcase_add_test(tests, ids_do_not_depend_on_lines);
	tcase_add_test(tests, ids_do_not_depend_on_load_addresses);
	tcase_add_test(tests, ids_do_not_depend_on_addresses_in_no_module);
	tcase_add_test(tests, ids_tell_leaks_apart);
	tcase_add_test(tests, kinds_have_names);
	tcase_add_test(tests, a_misuse_shows_what_had_happened_before);
	tcase_add_test(tests, descriptors_without_a_row_count);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
