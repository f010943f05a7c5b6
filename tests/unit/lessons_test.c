/* SPDX-License-Identifier: MIT */
#include "probe/lessons.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "probe/arch.h"
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/unwind.h"

#define NOINLINE __attribute__((noinline))
#define STAY __asm__ volatile("" ::: "memory")

static struct lk_lessons *lessons;

/* Stands for an exported function. */
static NOINLINE lk_stack_id hook(void)
{
	lk_stack_id stack = lk_unwind(__builtin_frame_address(0));

	STAY;
	return stack;
}

static NOINLINE lk_stack_id recurse(int depth)
{
	lk_stack_id stack = depth > 0 ? recurse(depth - 1) : hook();

	STAY;
	return stack;
}

static void begin(void)
{
	lessons = lk_pages_map_shared(sizeof *lessons);
	ck_assert_ptr_nonnull(lessons);
	lk_lessons_begin(lessons);
}

/* WORK's result in a forked child, up to 255. */
static int in_child(int (*work)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		lk_unwind_forked();
		_exit(work());
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Nodes that a child makes for a stack. */
static int nodes_for_stack(void)
{
	size_t before = lk_depot_size();

	recurse(3);
	return (int)(lk_depot_size() - before);
}

START_TEST(the_next_child_knows_what_the_last_one_learnt)
{
	int nodes[2];

	begin();
	for (volatile int i = 0; i < 2; i++) {
		nodes[i] = in_child(nodes_for_stack);
		errno = ERANGE;
		lk_lessons_take();
		ck_assert_int_eq(errno, ERANGE);
	}
	ck_assert_int_gt(nodes[0], 4);
#ifdef LK_ARCH_CALL_PUSHES
	ck_assert_int_eq(nodes[1], 0);
#else
	/* The rules of the hook's own frames, which are in no stack. */
	ck_assert_int_le(nodes[1], 2);
#endif
}
END_TEST

START_TEST(the_process_itself_tells_nothing)
{
	begin();
	recurse(5);
	ck_assert_uint_eq(lessons->used, 0);
}
END_TEST

START_TEST(without_shared_memory_nothing_is_told)
{
	lk_lessons_begin(NULL);
	for (volatile int i = 0; i < 2; i++) {
		ck_assert_int_gt(in_child(nodes_for_stack), 4);
		lk_lessons_take();
	}
}
END_TEST

static int many_stacks(void)
{
	for (int depth = 0; depth < 40; depth++)
		recurse(depth);
	return 0;
}

START_TEST(what_has_no_room_is_not_told)
{
	begin();
	ck_assert_int_eq(in_child(many_stacks), 0);
	ck_assert_uint_ge(lessons->used, LK_LESSONS_WORDS);
	size_t before = lk_depot_size();
	lk_lessons_take();
	ck_assert_uint_gt(lk_depot_size(), before);
	ck_assert_uint_le(lk_depot_size(), before + 2 * LK_LESSONS_WORDS);
	ck_assert_uint_eq(lessons->used, 0);
	/* There is room again, for those that did not come through. */
	ck_assert_int_eq(in_child(many_stacks), 0);
	ck_assert_uint_gt(lessons->used, 0);
}
END_TEST

START_TEST(does_not_learn_for_ever)
{
	enum { ENOUGH = 300 };
	uintptr_t pc = (uintptr_t)many_stacks;

	begin();
	size_t before = lk_depot_size();
	for (unsigned i = 0; i < ENOUGH; i++) {
		for (unsigned word = 0; word < LK_LESSONS_WORDS - 1; word++)
			lessons->words[word + 1] = pc + (i + word) % 4000;
		lessons->words[0] = (LK_LESSONS_WORDS - 2) * 4 + LK_DEPOT_ROOT;
		lessons->used = LK_LESSONS_WORDS;
		lk_lessons_take();
	}
	ck_assert_uint_le(lk_depot_size(), before + 10000);
}
END_TEST

/* A child may have loaded a module that is not here, or written anything. */
START_TEST(believes_nothing)
{
	static const uintptr_t words[][3] = {
		{ 1 * 4 + LK_DEPOT_ROOT, 16, 0 },
		{ 2 * 4 + LK_DEPOT_CUT, UINTPTR_MAX, 1 },
		{ 1 * 4, (uintptr_t)&lessons, 0 },
		{ 1 * 4 + 3, (uintptr_t)&lessons, 0 },
		{ UINTPTR_MAX, UINTPTR_MAX, UINTPTR_MAX },
		{ (uintptr_t)1 << 34 | LK_DEPOT_ROOT, 0, 0 },
		{ LK_LESSONS_WORDS * 4 + LK_DEPOT_ROOT, 0, 0 },
	};

	begin();
	size_t before = lk_depot_size();
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		memcpy(lessons->words, words[i], sizeof words[i]);
		lessons->used = i % 2 ? 3 : UINT32_MAX;
		lk_lessons_take();
		ck_assert_uint_eq(lk_depot_size(), before);
		ck_assert_uint_eq(lessons->used, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lessons");
	TCase *tests = tcase_create("lessons");

	tcase_add_test(tests, the_next_child_knows_what_the_last_one_learnt);
	tcase_add_test(tests, the_process_itself_tells_nothing);
	tcase_add_test(tests, without_shared_memory_nothing_is_told);
	tcase_add_test(tests, what_has_no_room_is_not_told);
	tcase_add_test(tests, does_not_learn_for_ever);
	tcase_add_test(tests, believes_nothing);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
