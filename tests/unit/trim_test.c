/* SPDX-License-Identifier: MIT */
/* Snapshots made by hand: a frame is a return address, one byte behind its call. */
#include "judge/trim.h"

#include <check.h>

/* The program at 0x1..., libc at 0x2..., leakcheck at 0x3.... */
static struct lk_module modules[] = {
	{ .start = 0x1000, .end = 0x2000, .is_program = true, .path = "/srv/check_parse" },
	{ .start = 0x2000, .end = 0x3000, .path = "/lib/x86_64-linux-gnu/libc.so.6" },
	{ .start = 0x3000, .end = 0x4000, .is_ours = true, .path = "/usr/lib/libleakcheck.so.0" },
};

enum { STACKS = 2, FRAMES = 16 };
static uintptr_t frames[STACKS * FRAMES];
static struct lk_stack stacks[1 + STACKS]; /* the empty one, the window's, the leak's */
static struct lk_snapshot snapshot = {
	.stacks = stacks,
	.stacks_count = 1 + STACKS,
	.frames = frames,
	.frames_count = STACKS * FRAMES,
	.modules = modules,
	.modules_count = 3,
	.window_stack = 1,
};

static void set_stack(size_t stack, const uintptr_t *addresses)
{
	size_t count = 0;

	stacks[stack].first = (uint32_t)((stack - 1) * FRAMES);
	for (; addresses[count]; count++)
		frames[stacks[stack].first + count] = addresses[count];
	stacks[stack].count = (uint32_t)count;
}

#define STACK(number, ...) set_stack(number, (const uintptr_t[]){ __VA_ARGS__, 0 })

START_TEST(shows_down_to_the_test)
{
	/* The window was opened from 0x1500, in a function of Check's that 0x1600 called. */
	STACK(1, 0x2100, 0x1500, 0x1600, 0x1700, 0x2f00);
	/* malloc's caller, the test, and from where the same function calls it. */
	STACK(2, 0x1100, 0x1200, 0x1510, 0x1600, 0x1700, 0x2f00);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 2);
	STACK(2, 0x1200, 0x1510, 0x1600, 0x1700, 0x2f00);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 1);
}
END_TEST

START_TEST(shows_all_where_nothing_would_be_left)
{
	STACK(1, 0x1500, 0x1600, 0x1700);
	STACK(2, 0x1510, 0x1600, 0x1700);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 3);
	STACK(2, 0x1600, 0x1700);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 2);
	STACK(2, 0x1500, 0x1600, 0x1700);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 3);
}
END_TEST

START_TEST(shows_all_where_nothing_is_shared)
{
	STACK(1, 0x1500, 0x1600, 0x1700);
	STACK(2, 0x1100, 0x1600, 0x1701);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 3);
	snapshot.window_stack = 0; /* it was not recorded */
	STACK(2, 0x1100, 0x1600, 0x1700);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 3);
	ck_assert_uint_eq(lk_trim(&snapshot, 0), 0);
}
END_TEST

START_TEST(shows_a_thread_down_to_its_start_routine)
{
	STACK(1, 0x1500, 0x1600, 0x1700, 0x2f00);
	/* malloc's caller, the start routine, our trampoline, start_thread, clone. */
	STACK(2, 0x1100, 0x1200, 0x3100, 0x2800, 0x2900);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 2);
	STACK(2, 0x1100, 0x1200, 0x3100);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 2);
	/* Without a trampoline: a thread of somebody else. */
	STACK(2, 0x1100, 0x1200, 0x2800, 0x2900);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 4);
	/* Outermost in no module at all. */
	STACK(2, 0x1100, 0x1200, 0x3100, 0x2800, 0x9000);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 5);
	STACK(2, 0x2800, 0x2900);
	ck_assert_uint_eq(lk_trim(&snapshot, 2), 2);
}
END_TEST

START_TEST(knows_its_own_frames)
{
	STACK(2, 0x3100, 0x1100, 0x3000, 0x4000, 0x4001, 0x9000);
	ck_assert(lk_trim_is_ours(&snapshot, 2, 0));
	ck_assert(!lk_trim_is_ours(&snapshot, 2, 1));
	/* A call that is the last instruction of libc returns to the next module. */
	ck_assert(!lk_trim_is_ours(&snapshot, 2, 2));
	ck_assert(lk_trim_is_ours(&snapshot, 2, 3));
	ck_assert(!lk_trim_is_ours(&snapshot, 2, 4));
	ck_assert(!lk_trim_is_ours(&snapshot, 2, 5));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("trim");
	TCase *tests = tcase_create("trim");

	tcase_add_test(tests, shows_down_to_the_test);
	tcase_add_test(tests, shows_all_where_nothing_would_be_left);
	tcase_add_test(tests, shows_all_where_nothing_is_shared);
	tcase_add_test(tests, shows_a_thread_down_to_its_start_routine);
	tcase_add_test(tests, knows_its_own_frames);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
