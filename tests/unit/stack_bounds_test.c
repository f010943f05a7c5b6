/* SPDX-License-Identifier: MIT */
#include "probe/stack_bounds.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGES = 8 };

static size_t page;
static char *own_stack, *other_stack;
static uintptr_t own_end;

static char *map(void)
{
	char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

static void setup(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	own_stack = map();
	other_stack = map();
	/* Between two mappings nothing can be read. */
	mprotect(own_stack, page, PROT_NONE);
	mprotect(other_stack, page, PROT_NONE);
	mprotect(other_stack + (PAGES - 1) * page, page, PROT_NONE);
	own_end = (uintptr_t)own_stack + (PAGES - 1) * page;
}

static uintptr_t on_own(size_t pages)
{
	return (uintptr_t)own_stack + pages * page + 64;
}

static uintptr_t on_other(size_t pages)
{
	return (uintptr_t)other_stack + pages * page + 64;
}

START_TEST(the_own_stack_is_known_to_its_end)
{
	struct lk_bounds bounds = { 0 };

	lk_bounds_enter(&bounds, on_own(5), own_end);
	ck_assert_ptr_eq(bounds.now, &bounds.own);
	ck_assert(lk_bounds_hold(bounds.now, own_end - 8));
	ck_assert(!lk_bounds_hold(bounds.now, own_end));
	ck_assert(!lk_bounds_hold(bounds.now, on_own(5) + 4));
	lk_bounds_enter(&bounds, on_own(1), own_end);
	ck_assert_ptr_eq(bounds.now, &bounds.own);
	ck_assert(lk_bounds_hold(bounds.now, on_own(1)));
}
END_TEST

START_TEST(another_stack_ends_where_nothing_can_be_read)
{
	struct lk_bounds bounds = { 0 };
	uintptr_t last = (uintptr_t)other_stack + (PAGES - 1) * page;

	errno = 12;
	lk_bounds_enter(&bounds, on_other(2), own_end);
	ck_assert_ptr_eq(bounds.now, &bounds.foreign);
	ck_assert(lk_bounds_hold(bounds.now, last - 8));
	ck_assert(!lk_bounds_hold(bounds.now, last));
	ck_assert_int_eq(errno, 12);
}
END_TEST

/* A coroutine's stack may have been unmapped while another one ran. */
START_TEST(another_stack_is_asked_about_each_time)
{
	struct lk_bounds bounds = { 0 };

	lk_bounds_enter(&bounds, on_other(2), own_end);
	ck_assert(lk_bounds_hold(bounds.now, on_other(5)));
	lk_bounds_enter(&bounds, on_own(5), own_end);
	mprotect(other_stack + 4 * page, page, PROT_NONE);
	lk_bounds_enter(&bounds, on_other(2), own_end);
	ck_assert(lk_bounds_hold(bounds.now, on_other(3)));
	ck_assert(!lk_bounds_hold(bounds.now, on_other(4)));
	ck_assert(!lk_bounds_hold(bounds.now, on_other(5)));
}
END_TEST

START_TEST(one_gap_ends_the_own_stack_below)
{
	struct lk_bounds bounds = { 0 };

	mprotect(own_stack + 3 * page, page, PROT_NONE);
	lk_bounds_enter(&bounds, on_own(2), own_end);
	ck_assert_ptr_eq(bounds.now, &bounds.foreign);
	ck_assert(!lk_bounds_hold(bounds.now, on_own(3)));
}
END_TEST

START_TEST(says_what_can_be_read)
{
	ck_assert(lk_bounds_readable(on_own(1)));
	ck_assert(!lk_bounds_readable(on_own(0)));
	ck_assert(!lk_bounds_readable(0));
	ck_assert(!lk_bounds_readable(7));
	ck_assert(!lk_bounds_readable(8));
	ck_assert(!lk_bounds_readable(UINTPTR_MAX - 7));
}
END_TEST

/* Memory that far below the own stack is another one's, however much can be read between. */
START_TEST(the_own_stack_is_not_everywhere)
{
	enum { BIG = 64 << 20 };
	char *memory = mmap(NULL, BIG, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start = (uintptr_t)memory, end = start + BIG;
	struct lk_bounds bounds = { 0 };

	lk_bounds_enter(&bounds, end - 64, end);
	ck_assert_ptr_eq(bounds.now, &bounds.own);
	lk_bounds_enter(&bounds, start + 64, end);
	ck_assert_ptr_eq(bounds.now, &bounds.foreign);
	ck_assert_uint_eq(bounds.own.low, end - page);
	munmap(memory, BIG);
}
END_TEST

/* A frame that is bigger than any ends the walk, however much can be read. */
START_TEST(a_frame_has_a_size)
{
	enum { BIG = 64 << 20 };
	char *memory = mmap(NULL, BIG, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t start = (uintptr_t)memory;
	struct lk_stretch stretch = { start, start + page, false };

	ck_assert(!lk_bounds_extend(&stretch, start + BIG / 2));
	ck_assert_uint_eq(stretch.high, start + page);
	ck_assert(lk_bounds_extend(&stretch, start + 8 * page));
	munmap(memory, BIG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stack_bounds");
	TCase *tests = tcase_create("stack_bounds");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, the_own_stack_is_known_to_its_end);
	tcase_add_test(tests, the_own_stack_is_not_everywhere);
	tcase_add_test(tests, a_frame_has_a_size);
	tcase_add_test(tests, another_stack_ends_where_nothing_can_be_read);
	tcase_add_test(tests, another_stack_is_asked_about_each_time);
	tcase_add_test(tests, one_gap_ends_the_own_stack_below);
	tcase_add_test(tests, says_what_can_be_read);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
