/* SPDX-License-Identifier: MIT */
#include "judge/source_text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct lk_source_text text;
static char folder[] = "/tmp/leakcheck-source-XXXXXX";
static char path[200];

static void setup(void)
{
	strcpy(folder + sizeof folder - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	text = (struct lk_source_text){ 0 };
}

static void teardown(void)
{
	lk_source_text_close(&text);
	lk_source_text_close(&text);
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static const char *name(const char *file)
{
	snprintf(path, sizeof path, "%s/%s", folder, file);
	return path;
}

static void put(const char *file, const char *bytes, size_t size)
{
	FILE *out = fopen(name(file), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, size, out), size);
	ck_assert_int_eq(fclose(out), 0);
}

static bool open_it(const char *file)
{
	return lk_source_text_open(file, folder, NULL, &text);
}

START_TEST(lines_are_counted_from_one)
{
	put("a.c", "one\ntwo\r\n\nfour", 14);
	ck_assert(open_it("a.c"));
	ck_assert_uint_eq(text.count, 4);
	ck_assert_str_eq(lk_source_text_line(&text, 1), "one");
	ck_assert_str_eq(lk_source_text_line(&text, 2), "two");
	ck_assert_str_eq(lk_source_text_line(&text, 3), "");
	ck_assert_str_eq(lk_source_text_line(&text, 4), "four");
	ck_assert_ptr_null(lk_source_text_line(&text, 0));
	ck_assert_ptr_null(lk_source_text_line(&text, 5));
	ck_assert(!text.is_newer);
}
END_TEST

START_TEST(an_empty_file_has_no_lines)
{
	put("a.c", "", 0);
	ck_assert(open_it("a.c"));
	ck_assert_ptr_null(lk_source_text_line(&text, 1));
}
END_TEST

START_TEST(zero_bytes_end_it)
{
	put("a.c", "one\nt\0o\nthree\n", 14);
	ck_assert(open_it("a.c"));
	ck_assert_uint_eq(text.count, 2);
	ck_assert_str_eq(lk_source_text_line(&text, 2), "t");
}
END_TEST

START_TEST(only_sources_are_opened)
{
	put("secret.key", "key\n", 4);
	put("noending", "key\n", 4);
	ck_assert(!open_it("secret.key"));
	ck_assert(!open_it("noending"));
	ck_assert(!open_it("missing.c"));
	ck_assert_int_eq(mkdir(name("folder.c"), 0777), 0);
	ck_assert(!open_it("folder.c"));
	ck_assert_int_eq(mkfifo(name("pipe.c"), 0666), 0);
	ck_assert(!open_it("pipe.c"));
	ck_assert_int_eq(symlink("/dev/zero", name("zero.c")), 0);
	ck_assert(!open_it("zero.c"));
}
END_TEST

START_TEST(it_is_looked_for_beside_the_program)
{
	char program[300];

	put("a.c", "one\n", 4);
	ck_assert_int_eq(mkdir(name("build"), 0777), 0);
	put("build/prog", "", 0);
	snprintf(program, sizeof program, "%s/build/prog", folder);
	ck_assert(lk_source_text_open("a.c", "/nowhere", program, &text));
	lk_source_text_close(&text);
	ck_assert(lk_source_text_open(name("a.c"), NULL, NULL, &text));
}
END_TEST

START_TEST(one_that_was_changed_since_is_newer)
{
	struct timespec past[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char program[300];

	put("a.c", "one\n", 4);
	put("prog", "", 0);
	snprintf(program, sizeof program, "%s/prog", folder);
	ck_assert_int_eq(utimensat(-1, program, past, 0), 0);
	ck_assert(lk_source_text_open("a.c", folder, program, &text));
	ck_assert(text.is_newer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source_text");
	TCase *tests = tcase_create("source_text");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, lines_are_counted_from_one);
	tcase_add_test(tests, an_empty_file_has_no_lines);
	tcase_add_test(tests, zero_bytes_end_it);
	tcase_add_test(tests, only_sources_are_opened);
	tcase_add_test(tests, it_is_looked_for_beside_the_program);
	tcase_add_test(tests, one_that_was_changed_since_is_newer);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
