/* SPDX-License-Identifier: MIT */
#include "model/module.h"

#include <check.h>
#include <string.h>

static struct lk_module named(const char *path)
{
	struct lk_module module = { 0 };

	strcpy(module.path, path);
	return module;
}

static bool is_libc(const char *path)
{
	struct lk_module module = named(path);

	return lk_module_is_libc(&module);
}

static bool is_system(const char *path)
{
	struct lk_module module = named(path);

	return lk_module_is_system(&module);
}

START_TEST(finds_the_module_of_an_address)
{
	const struct lk_module modules[] = {
		{ .start = 0x5000, .end = 0x6000 },
		{ .start = 0x1000, .end = 0x2000 },
		{ .start = 0x2000, .end = 0x2001 },
	};

	ck_assert_ptr_null(lk_module_find(NULL, 0, 0x1000));
	ck_assert_ptr_null(lk_module_find(modules, 0, 0x5000));
	ck_assert_ptr_null(lk_module_find(modules, 3, 0));
	ck_assert_ptr_null(lk_module_find(modules, 3, 0xfff));
	ck_assert_ptr_eq(lk_module_find(modules, 3, 0x1000), &modules[1]);
	ck_assert_ptr_eq(lk_module_find(modules, 3, 0x1fff), &modules[1]);
	ck_assert_ptr_eq(lk_module_find(modules, 3, 0x2000), &modules[2]);
	ck_assert_ptr_null(lk_module_find(modules, 3, 0x2001));
	ck_assert_ptr_null(lk_module_find(modules, 3, 0x4fff));
	ck_assert_ptr_eq(lk_module_find(modules, 3, 0x5fff), &modules[0]);
	ck_assert_ptr_null(lk_module_find(modules, 3, 0x6000));
	ck_assert_ptr_null(lk_module_find(modules, 3, UINTPTR_MAX));
}
END_TEST

START_TEST(names_a_module_by_its_last_part)
{
	struct lk_module module = named("/usr/lib/libfoo.so.1");

	ck_assert_str_eq(lk_module_name(&module), "libfoo.so.1");
	module = named("linux-vdso.so.1");
	ck_assert_str_eq(lk_module_name(&module), "linux-vdso.so.1");
	module = named("");
	ck_assert_str_eq(lk_module_name(&module), "");
}
END_TEST

START_TEST(knows_the_family_of_libc)
{
	static const char *const family[] = {
		"/lib/x86_64-linux-gnu/libc.so.6",
		"/lib/x86_64-linux-gnu/libc-2.31.so",
		"/lib64/ld-linux-x86-64.so.2",
		"/lib/x86_64-linux-gnu/ld-2.31.so",
		"/lib/x86_64-linux-gnu/libm.so.6",
		"/lib/x86_64-linux-gnu/libnss_files.so.2",
		"/lib/x86_64-linux-gnu/libresolv.so.2",
		"/usr/lib/x86_64-linux-gnu/gconv/ISO8859-15.so",
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30",
		"/lib/x86_64-linux-gnu/libgcc_s.so.1",
		"/opt/glibc/lib/libc.so.6",
	};
	static const char *const others[] = {
		"/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
		"/usr/lib/x86_64-linux-gnu/libcheck.so.0",
		"/usr/lib/x86_64-linux-gnu/libcurl.so.4",
		"/usr/lib/x86_64-linux-gnu/libmagic.so.1",
		"/srv/libc.so/mine.so",
		"/srv/gconv",
		"/srv/project/libcache.so",
		"/srv/project/loader",
		"",
	};

	for (size_t i = 0; i < sizeof family / sizeof *family; i++)
		ck_assert_msg(is_libc(family[i]), "%s", family[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		ck_assert_msg(!is_libc(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(knows_what_the_system_installed)
{
	static const char *const system[] = {
		"/lib/x86_64-linux-gnu/libz.so.1",
		"/lib64/libz.so.1",
		"/usr/lib/libz.so.1",
		"/usr/lib64/libz.so.1",
		"/usr/lib32/libz.so.1",
		"linux-vdso.so.1",
	};
	static const char *const users[] = {
		"/usr/local/lib/libz.so.1",
		"/srv/lib/libz.so.1",
		"/opt/usr/lib/libz.so.1",
		"/tmp/check_parse",
	};

	for (size_t i = 0; i < sizeof system / sizeof *system; i++)
		ck_assert_msg(is_system(system[i]), "%s", system[i]);
	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		ck_assert_msg(!is_system(users[i]), "%s", users[i]);
}
END_TEST

/* dlopen("./plugin.so") and LD_LIBRARY_PATH=. give the loader such names. */
START_TEST(a_relative_path_is_the_users)
{
	ck_assert(!is_system("./plugin.so"));
	ck_assert(!is_system("build/.libs/libparse.so.0"));
	ck_assert(!is_system("../lib/libparse.so.0"));
}
END_TEST

START_TEST(a_folder_that_only_begins_alike_is_the_users)
{
	ck_assert(!is_system("/library/project/libparse.so.0"));
	ck_assert(!is_system("/usr/libs-of-mine/libparse.so.0"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("module");
	TCase *tests = tcase_create("module");

	tcase_add_test(tests, finds_the_module_of_an_address);
	tcase_add_test(tests, names_a_module_by_its_last_part);
	tcase_add_test(tests, knows_the_family_of_libc);
	tcase_add_test(tests, knows_what_the_system_installed);
	tcase_add_test(tests, a_relative_path_is_the_users);
	tcase_add_test(tests, a_folder_that_only_begins_alike_is_the_users);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
