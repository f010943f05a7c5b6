/* SPDX-License-Identifier: MIT */
#include "judge/suspect.h"

#include <check.h>

static const struct lk_module program = { .is_program = true, .path = "/srv/check_parse" };
static const struct lk_module users = { .path = "/srv/lib/libparse.so.0" };
static const struct lk_module libc = { .path = "/lib/x86_64-linux-gnu/libc.so.6" };
static const struct lk_module glib = { .path = "/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0" };
/* The tests of a package that the system installed. */
static const struct lk_module installed = { .is_program = true, .path = "/usr/lib/p/tests/check" };

#define FRAME(where, name)                            \
	{                                             \
		.module = (where), .function = (name) \
	}
#define SUSPECT(...) suspect_of((const struct lk_frame[]){ __VA_ARGS__, { .line = 1 } })

/* A frame with a line number ends the list. */
static size_t suspect_of(const struct lk_frame *frames)
{
	size_t count = 0;

	while (!frames[count].line)
		count++;
	return lk_suspect(frames, count);
}

START_TEST(is_the_first_frame_of_the_program)
{
	ck_assert_uint_eq(SUSPECT(FRAME(&program, "parse"), FRAME(&program, "test_fn")), 0);
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "strdup"), FRAME(&glib, "g_strdup"),
				  FRAME(&program, "parse"), FRAME(&program, "test_fn")),
			  2);
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "qsort"), FRAME(&users, "parse")), 1);
	ck_assert_uint_eq(SUSPECT(FRAME(&glib, "g_list_append"), FRAME(&installed, "parse")), 1);
	ck_assert_uint_eq(SUSPECT(FRAME(&glib, "g_list_append"), FRAME(&program, NULL)), 1);
}
END_TEST

START_TEST(is_not_in_a_header_of_the_system)
{
	const struct lk_frame inlined = { .module = &program,
					  .function = "getline",
					  .file = "/usr/include/x86_64-linux-gnu/bits/stdio.h" };
	const struct lk_frame generic = { .module = &program,
					  .function = "std::vector<int>::push_back",
					  .file = "/usr/include/c++/12/bits/stl_vector.h" };
	const struct lk_frame header = { .module = &program,
					 .function = "parse",
					 .file = "/srv/include/parse.h" };

	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "getdelim"), inlined, FRAME(&program, "parse")), 2);
	ck_assert_uint_eq(SUSPECT(generic, FRAME(&program, "parse")), 1);
	ck_assert_uint_eq(SUSPECT(header, FRAME(&program, "test_fn")), 0);
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "getdelim"), inlined), 1);
}
END_TEST

START_TEST(is_no_wrapper)
{
	static const char *const wrappers[] = {
		"xmalloc",
		"g_malloc0",
		"safe_calloc",
		"my_strdup",
		"malloc",
		"xreallocarray",
		"mem_realloc",
		"kmemdup",
		"xasprintf",
		"xopen",
		"xfopen",
		"checked_socket",
		"safe_pipe2",
		"my_dup",
		"epthread_create",
		"xfree",
		"g_free",
		"operator delete(void*)",
		"operator new(unsigned long)",
		"operator new[](unsigned long)",
	};
	static const char *const others[] = {
		"open",	      "reopen",	     "index_open", "xopener", "mallocate", "strdup_all",
		"new_parser", "xopen_index", "",	   "x",	      "node_free",
	};

	for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++)
		ck_assert_msg(SUSPECT(FRAME(&program, wrappers[i]), FRAME(&program, "parse")) == 1,
			      "%s", wrappers[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(SUSPECT(FRAME(&program, others[i]), FRAME(&program, "parse")) == 0,
			      "%s", others[i]);
}
END_TEST

START_TEST(is_else_the_first_outside_libc)
{
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "malloc"), FRAME(&glib, "g_malloc"),
				  FRAME(&glib, "g_list_append"), FRAME(&glib, "g_main")),
			  2);
	ck_assert_uint_eq(SUSPECT(FRAME(NULL, NULL), FRAME(&libc, "qsort"),
				  FRAME(&glib, "g_list_append"), FRAME(&libc, "start")),
			  2);
}
END_TEST

START_TEST(is_behind_the_end_if_there_is_none)
{
	ck_assert_uint_eq(lk_suspect(NULL, 0), 0);
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, "malloc")), 1);
	ck_assert_uint_eq(SUSPECT(FRAME(&libc, NULL), FRAME(NULL, NULL)), 2);
	ck_assert_uint_eq(SUSPECT(FRAME(&program, "xmalloc")), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("suspect");
	TCase *tests = tcase_create("suspect");

	tcase_add_test(tests, is_the_first_frame_of_the_program);
	tcase_add_test(tests, is_not_in_a_header_of_the_system);
	tcase_add_test(tests, is_no_wrapper);
	tcase_add_test(tests, is_else_the_first_outside_libc);
	tcase_add_test(tests, is_behind_the_end_if_there_is_none);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
