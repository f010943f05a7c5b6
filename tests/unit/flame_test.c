/* SPDX-License-Identifier: MIT */
/* Profiles made by hand: a letter is a function, a stack is written outermost first. */
#include "judge/flame.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 26, STACKS_MAX = 16, DEPTH_MAX = 8 };

static struct lk_profile_module modules[] = {
	{ .path = "/usr/bin/prog" },
	{ .path = "/usr/lib/libz.so", .is_system = true },
	{ .path = "/usr/lib/libc.so.6", .is_system = true, .is_libc = true },
};
static struct lk_profile_line lines[LETTERS];
static struct lk_profile_location locations[LETTERS];
static size_t paths[STACKS_MAX * DEPTH_MAX];
static struct lk_profile_stack stacks[STACKS_MAX];
static struct lk_profile_sample samples[STACKS_MAX];
static struct lk_profile profile;
static struct lk_flame flame;
static char names[LETTERS][2];

static void setup(void)
{
	memset(samples, 0, sizeof samples);
	profile = (struct lk_profile){ .modules = modules,
				       .modules_count = 3,
				       .lines = lines,
				       .locations = locations,
				       .paths = paths,
				       .stacks = stacks,
				       .stacks_count = 1,
				       .samples = samples };
	for (size_t i = 0; i < LETTERS; i++) {
		names[i][0] = (char)('a' + i);
		lines[i] = (struct lk_profile_line){ .function = names[i] };
		locations[i] = (struct lk_profile_location){ .offset = 0x100 + i,
							     .first_line = i,
							     .lines_count = 1 };
	}
}

static void teardown(void)
{
	lk_flame_release(&flame);
	lk_flame_release(&flame);
}

static void add(const char *stack, uint64_t bytes)
{
	size_t count = strlen(stack), at = profile.stacks_count++, first = at * DEPTH_MAX;

	for (size_t i = 0; i < count; i++)
		paths[first + i] = (size_t)(stack[count - 1 - i] - 'a');
	stacks[at] = (struct lk_profile_stack){ .first = first, .count = count };
	samples[profile.samples_count++] = (struct lk_profile_sample){
		.kind = LK_KIND_heap,
		.stack = at,
		.part = at - 1,
		.values = { [LK_VALUE_live_bytes] = bytes, [LK_VALUE_live_blocks] = 1 }
	};
}

/* "a10(b4 c6)": each node with its bytes, and what is below. */
static const char *print(const bool *chosen)
{
	static char text[400];
	FILE *out = fmemopen(text, sizeof text, "w");

	lk_flame_release(&flame);
	ck_assert(lk_flame_make(&profile, chosen, LK_KIND_heap, &flame));
	for (size_t i = 0; i < flame.count; i++) {
		const struct lk_flame_node *node = &flame.nodes[i];
		uint32_t before = i > 0 ? flame.nodes[i - 1].depth : 0;

		if (i > 0)
			ck_assert_uint_eq(node->depth, flame.nodes[node->parent].depth + 1);
		for (uint32_t depth = node->depth; depth < before; depth++)
			fputc(')', out);
		if (i > 0 && node->depth >= before)
			fputc(node->depth > before ? '(' : ' ', out);
		fprintf(out, "%s%d", node->function ? node->function : "",
			(int)node->values[LK_VALUE_live_bytes]);
	}
	fclose(out);
	return text;
}

START_TEST(nothing_is_a_root)
{
	ck_assert_str_eq(print(NULL), "0");
}
END_TEST

START_TEST(one_stack_is_a_way_down)
{
	add("abc", 5);
	ck_assert_str_eq(print(NULL), "5(a5(b5(c5");
	ck_assert_uint_eq(flame.nodes[3].values[LK_VALUE_live_blocks], 1);
}
END_TEST

START_TEST(what_is_shared_is_one_and_the_widest_comes_first)
{
	add("ab", 3);
	add("ac", 4);
	add("ab", 2);
	ck_assert_str_eq(print(NULL), "9(a9(b5 c4");
	add("d", 20);
	ck_assert_str_eq(print(NULL), "29(d20 a9(b5 c4");
}
END_TEST

START_TEST(a_function_is_another_one_below_another_caller)
{
	add("ac", 1);
	add("bc", 2);
	ck_assert_str_eq(print(NULL), "3(b2(c2)a1(c1");
}
END_TEST

START_TEST(recursion_is_deep)
{
	add("aaa", 1);
	add("aa", 2);
	ck_assert_str_eq(print(NULL), "3(a3(a3(a1");
}
END_TEST

START_TEST(only_chosen_parts_count)
{
	bool chosen[] = { false, true };

	add("a", 1);
	add("b", 2);
	ck_assert_str_eq(print(chosen), "2(b2");
}
END_TEST

START_TEST(other_kinds_do_not_count)
{
	add("a", 1);
	samples[0].kind = LK_KIND_thread;
	ck_assert_str_eq(print(NULL), "0");
}
END_TEST

START_TEST(without_names_places_are_told_apart)
{
	lines[0].function = lines[1].function = NULL;
	add("a", 1);
	add("b", 2);
	ck_assert_str_eq(print(NULL), "3(2 1");
	ck_assert_str_eq(flame.nodes[1].module, "prog");
	ck_assert_uint_eq(flame.nodes[1].offset, 0x101);
}
END_TEST

START_TEST(inlined_calls_are_nodes)
{
	locations[0].lines_count = 2; /* a, inlined into b */
	add("a", 1);
	ck_assert_str_eq(print(NULL), "1(b1(a1");
}
END_TEST

START_TEST(whose_code_it_is)
{
	locations[1].module = 1;
	locations[2].module = 2;
	locations[3].module = LK_PROFILE_NONE;
	add("abcd", 1);
	print(NULL);
	ck_assert_int_eq(flame.nodes[1].origin, LK_FLAME_OWN);
	ck_assert_int_eq(flame.nodes[2].origin, LK_FLAME_LIBRARY);
	ck_assert_int_eq(flame.nodes[3].origin, LK_FLAME_SYSTEM);
	ck_assert_int_eq(flame.nodes[4].origin, LK_FLAME_SYSTEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flame");
	TCase *tests = tcase_create("flame");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_is_a_root);
	tcase_add_test(tests, one_stack_is_a_way_down);
	tcase_add_test(tests, what_is_shared_is_one_and_the_widest_comes_first);
	tcase_add_test(tests, a_function_is_another_one_below_another_caller);
	tcase_add_test(tests, recursion_is_deep);
	tcase_add_test(tests, only_chosen_parts_count);
	tcase_add_test(tests, other_kinds_do_not_count);
	tcase_add_test(tests, without_names_places_are_told_apart);
	tcase_add_test(tests, inlined_calls_are_nodes);
	tcase_add_test(tests, whose_code_it_is);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
