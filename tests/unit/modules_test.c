/* SPDX-License-Identifier: MIT */
#include "probe/modules.h"

#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/tracker.h"

enum { MODULES_MAX = 100 };

static struct lk_module modules[MODULES_MAX];

static int count_objects(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info;
	(void)size;
	++*(size_t *)context;
	return 0;
}

static const struct lk_module *module_of(const void *address, size_t count)
{
	return lk_module_find(modules, count, (uintptr_t)address);
}

START_TEST(lists_every_object_once)
{
	size_t count = lk_modules_list(modules, MODULES_MAX), objects = 0;

	dl_iterate_phdr(count_objects, &objects);
	ck_assert_uint_eq(count, objects);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(modules[i].start, modules[i].end);
		ck_assert_uint_le(modules[i].bias, modules[i].start);
		ck_assert(modules[i].is_program == (i == 0));
		for (size_t k = 0; k < i; k++)
			ck_assert(modules[k].end <= modules[i].start ||
				  modules[i].end <= modules[k].start);
	}
}
END_TEST

START_TEST(addresses_lead_to_their_objects)
{
	size_t count = lk_modules_list(modules, MODULES_MAX);
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	Dl_info libc;

	path[length] = '\0';
	const struct lk_module *program = module_of(modules, count);
	ck_assert_ptr_eq(program, &modules[0]);
	ck_assert_str_eq(program->path, path);

	void *function = dlsym(RTLD_DEFAULT, "qsort");
	const struct lk_module *module = module_of(function, count);
	ck_assert_ptr_nonnull(module);
	ck_assert(lk_module_is_libc(module));
	ck_assert(dladdr(function, &libc) != 0);
	ck_assert_uint_eq(module->bias, (uintptr_t)libc.dli_fbase);
	ck_assert_str_eq(module->path, libc.dli_fname);
	ck_assert_ptr_null(module_of(NULL, count));
	ck_assert_ptr_null(module_of(&program, count)); /* the stack */
}
END_TEST

/* What readelf prints behind "Build ID: ", empty if there is none. */
static void read_build_id(const char *path, char *text, size_t size)
{
	static const char mark[] = "Build ID: ";
	char command[PATH_MAX + 32], line[512];

	text[0] = '\0';
	snprintf(command, sizeof command, "LC_ALL=C readelf -n '%s' 2>&1", path);
	FILE *output = popen(command, "r");
	ck_assert_ptr_nonnull(output);
	while (fgets(line, sizeof line, output)) {
		const char *found = strstr(line, mark);
		if (found)
			snprintf(text, size, "%.*s", (int)strcspn(found + strlen(mark), "\n"),
				 found + strlen(mark));
	}
	ck_assert_int_eq(pclose(output), 0);
}

START_TEST(build_ids_are_those_of_readelf)
{
	size_t count = lk_modules_list(modules, MODULES_MAX), compared = 0;

	for (size_t i = 0; i < count; i++) {
		char wanted[2 * LK_BUILD_ID_MAX + 1], found[2 * LK_BUILD_ID_MAX + 1] = "";

		if (modules[i].path[0] != '/')
			continue; /* the kernel's vDSO has no file */
		read_build_id(modules[i].path, wanted, sizeof wanted);
		for (unsigned k = 0; k < modules[i].build_id_size; k++)
			sprintf(found + 2 * (size_t)k, "%02x", modules[i].build_id[k]);
		ck_assert_msg(strcmp(found, wanted) == 0, "%s: %s, not %s", modules[i].path, found,
			      wanted);
		compared += wanted[0] != '\0';
	}
	ck_assert_uint_gt(compared, 0);
}
END_TEST

START_TEST(knows_leakcheck_itself)
{
	size_t count = lk_modules_list(modules, MODULES_MAX);

	for (size_t i = 0; i < count; i++)
		ck_assert(!modules[i].is_ours);
	lk_tracker.ours_start = modules[1].start;
	count = lk_modules_list(modules, MODULES_MAX);
	for (size_t i = 0; i < count; i++)
		ck_assert(modules[i].is_ours == (i == 1));
}
END_TEST

START_TEST(writes_no_more_than_there_is_room)
{
	memset(modules, '#', sizeof modules);
	ck_assert_uint_eq(lk_modules_list(modules, 0), 0);
	ck_assert_int_eq(((char *)modules)[0], '#');
	ck_assert_uint_eq(lk_modules_list(modules, 2), 2);
	ck_assert(modules[0].is_program);
	ck_assert_int_eq(((char *)&modules[2])[0], '#');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("modules");
	TCase *tests = tcase_create("modules");

	tcase_add_test(tests, lists_every_object_once);
	tcase_add_test(tests, addresses_lead_to_their_objects);
	tcase_add_test(tests, build_ids_are_those_of_readelf);
	tcase_add_test(tests, knows_leakcheck_itself);
	tcase_add_test(tests, writes_no_more_than_there_is_room);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
