/* SPDX-License-Identifier: MIT */
/* Names addresses of the program symbols_sample, of damaged and stripped copies
 * of it, and of this very process. */
#include "judge/symbols.h"

#include <dlfcn.h>
#include <link.h>

#include "symbols_fixture.h"

START_TEST(names_function_file_and_line)
{
	struct site site = find_site("plain");
	struct naming naming;

	open_path(&naming, sample);
	name(&naming, site.offset);
	ck_assert_uint_eq(naming.count, 1);
	assert_frame(&naming.frames[0], "plain_function", site.lines[0]);
	ck_assert(!naming.frames[0].inlined);
	ck_assert_ptr_null(lk_symbols_complaint(naming.symbols));
	lk_symbols_close(naming.symbols);
}
END_TEST

static void assert_inlined_callers(struct naming *naming)
{
	static const char *const functions[] = { "innermost", "middle", "outermost" };
	struct site site = find_site("inlined");

	name(naming, site.offset);
	ck_assert_uint_eq(naming->count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_frame(&naming->frames[i], functions[i], site.lines[i]);
		ck_assert_int_eq(naming->frames[i].inlined, i < 2);
	}
}

START_TEST(names_inlined_callers_innermost_first)
{
	struct naming naming;

	open_path(&naming, sample);
	assert_inlined_callers(&naming);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(writes_no_more_frames_than_fit)
{
	struct site site = find_site("inlined");
	struct naming naming;

	open_path(&naming, sample);
	for (int again = 0; again < 2; again++) {
		memset(naming.frames, 0x5a, sizeof naming.frames);
		ck_assert_uint_eq(lk_symbols_name(naming.symbols, sample_bias + site.offset,
						  naming.frames, 2), 2);
		assert_frame(&naming.frames[1], "middle", site.lines[1]);
		ck_assert_uint_eq((unsigned char)*(char *)&naming.frames[2], 0x5a);
	}
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(demangles_names)
{
	struct site site = find_site("mangled");
	struct naming naming;

	open_path(&naming, sample);
	name(&naming, site.offset);
	ck_assert_uint_eq(naming.count, 1);
	assert_frame(&naming.frames[0], "store::clear(int)", site.lines[0]);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(answers_the_same_when_asked_again)
{
	struct site site = find_site("mangled");
	struct naming first, second;

	open_path(&first, sample);
	/* Enough addresses for the table of answers to grow. */
	for (int round = 0; round < 2; round++)
		for (uintptr_t i = 0; i < 1000; i++)
			name(&first, 1 + i);
	name(&first, site.offset);
	second = first;
	second.module.path[0] = '\0';
	second.count = lk_symbols_name(first.symbols, sample_bias + site.offset, second.frames,
				       FRAMES_MAX);
	ck_assert_uint_eq(first.count, second.count);
	ck_assert_ptr_eq(first.frames[0].function, second.frames[0].function);
	lk_symbols_close(first.symbols);
}
END_TEST

START_TEST(names_functions_without_debug_information)
{
	struct naming naming;

	RUN("strip", "-g", "-o", copy, sample);
	open_path(&naming, copy);
	name(&naming, find_site("plain").offset);
	ck_assert_uint_eq(naming.count, 1);
	assert_frame(&naming.frames[0], "plain_function", 0);
	name(&naming, find_site("mangled").offset);
	assert_frame(&naming.frames[0], "store::clear(int)", 0);
	name(&naming, find_site("aliased").offset);
	assert_frame(&naming.frames[0], "open_name", 0);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(names_assembly_without_sizes)
{
	struct site site = find_site("assembly");
	struct naming naming;

	open_path(&naming, sample);
	name(&naming, site.offset);
	assert_frame(&naming.frames[0], "hand_written", 0);
	name(&naming, site.offset + 1);
	assert_frame(&naming.frames[0], "after_hand_written", 0);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(leaves_gaps_between_functions_unnamed)
{
	struct naming naming;

	/* The ELF header belongs to no function. */
	open_path(&naming, sample);
	name(&naming, 16);
	assert_unnamed(&naming);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(leaves_a_stripped_program_unnamed)
{
	struct naming naming;

	RUN("strip", "-o", copy, sample);
	open_path(&naming, copy);
	name(&naming, find_site("plain").offset);
	assert_unnamed(&naming);
	ck_assert_ptr_null(lk_symbols_complaint(naming.symbols));
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(finds_separate_debug_files)
{
	char path[sizeof copy + 32];
	struct naming naming;

	/* A server that must not be asked: nobody listens there. */
	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9", 1);
	make_linked_copy(_i == 0 ? "" : "/.debug");
	open_path(&naming, copy);
	assert_inlined_callers(&naming);
	/* Only the client for that server needs libcurl. */
	ck_assert_ptr_null(dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NOLOAD));
	lk_symbols_close(naming.symbols);
	if (_i == 1) {
		snprintf(path, sizeof path, "%s/.debug/copy.debug", scratch);
		unlink(path);
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
}
END_TEST

START_TEST(asks_no_server_for_what_is_missing)
{
	struct naming naming;

	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:9", 1);
	RUN("strip", "-o", copy, sample);
	open_path(&naming, copy);
	name(&naming, find_site("plain").offset);
	assert_unnamed(&naming);
	ck_assert_ptr_null(dlopen("libdebuginfod.so.1", RTLD_LAZY | RTLD_NOLOAD));
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(refuses_a_file_of_another_build)
{
	struct naming naming;

	open_path(&naming, sample);
	naming.module.build_id_size = 20;
	memset(naming.module.build_id, 0xee, 20);
	name(&naming, find_site("plain").offset);
	assert_unnamed(&naming);
	const char *complaint = lk_symbols_complaint(naming.symbols);
	ck_assert_ptr_nonnull(complaint);
	ck_assert_ptr_nonnull(strstr(complaint, "symbols_sample"));
	lk_symbols_close(naming.symbols);
}
END_TEST

static const char *const no_files[] = { "", "[vdso]", "linux-vdso.so.1", "/nonexistent/file",
					"/", "/dev/null", "/etc/passwd" };

START_TEST(leaves_modules_without_a_file_unnamed)
{
	struct naming naming;

	open_path(&naming, no_files[_i]);
	name(&naming, 0x1234);
	assert_unnamed(&naming);
	ck_assert_ptr_null(lk_symbols_complaint(naming.symbols));
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(survives_a_damaged_file)
{
	struct naming naming;
	struct stat status;

	/* Cut at a different place each time. */
	RUN("cp", sample, copy);
	ck_assert_int_eq(stat(copy, &status), 0);
	ck_assert_int_eq(truncate(copy, status.st_size * _i / 20), 0);
	open_path(&naming, copy);
	name(&naming, 0x1234);
	name(&naming, find_site("plain").offset);
	lk_symbols_close(naming.symbols);
}
END_TEST

START_TEST(knows_addresses_outside_all_modules)
{
	static const uintptr_t addresses[] = { 0, 1, 0x1000, sample_bias - 1, UINTPTR_MAX };
	struct naming naming;

	open_path(&naming, sample);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		ck_assert_uint_eq(lk_symbols_name(naming.symbols, addresses[i], naming.frames,
						  FRAMES_MAX), 1);
		ck_assert_ptr_null(naming.frames[0].module);
		ck_assert_ptr_null(naming.frames[0].function);
		ck_assert_uint_eq(naming.frames[0].pc, addresses[i]);
	}
	lk_symbols_close(naming.symbols);

	naming.symbols = lk_symbols_open(NULL, 0);
	ck_assert_uint_eq(lk_symbols_name(naming.symbols, 0x1000, naming.frames, 1), 1);
	lk_symbols_close(naming.symbols);
	lk_symbols_close(NULL);
}
END_TEST

struct list {
	struct lk_module modules[64];
	size_t count;
};

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
	struct list *list = context;
	struct lk_module *module = &list->modules[list->count];

	(void)size;
	if (list->count == 64)
		return 1;
	module->bias = info->dlpi_addr;
	module->start = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		module->start = start < module->start ? start : module->start;
		module->end = end > module->end ? end : module->end;
	}
	if (list->count == 0)
		ck_assert_int_gt(readlink("/proc/self/exe", module->path, sizeof module->path - 1),
				 0);
	else
		snprintf(module->path, sizeof module->path, "%s", info->dlpi_name);
	list->count++;
	return 0;
}

START_TEST(names_functions_of_this_process)
{
	static struct list list;
	struct lk_frame frames[FRAMES_MAX];
	/* Of libc itself: a sanitizer may have a qsort of its own. */
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	uintptr_t in_libc = (uintptr_t)dlsym(libc, "qsort") + 1;
	uintptr_t in_program = (uintptr_t)add_module + 1;

	dl_iterate_phdr(add_module, &list);
	struct lk_symbols *symbols = lk_symbols_open(list.modules, list.count);
	ck_assert_uint_eq(lk_symbols_name(symbols, in_program, frames, FRAMES_MAX), 1);
	ck_assert_str_eq(frames[0].function, "add_module");
	ck_assert_ptr_eq(frames[0].module, &list.modules[0]);
	ck_assert_uint_eq(lk_symbols_name(symbols, in_libc, frames, FRAMES_MAX), 1);
	ck_assert_str_eq(frames[0].function, "qsort");
	ck_assert_ptr_ne(frames[0].module, &list.modules[0]);
	lk_symbols_close(symbols);
	dlclose(libc);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbols");
	TCase *files = tcase_create("files");

	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_test(files, names_function_file_and_line);
	tcase_add_test(files, names_inlined_callers_innermost_first);
	tcase_add_test(files, writes_no_more_frames_than_fit);
	tcase_add_test(files, demangles_names);
	tcase_add_test(files, answers_the_same_when_asked_again);
	tcase_add_test(files, names_functions_without_debug_information);
	tcase_add_test(files, names_assembly_without_sizes);
	tcase_add_test(files, leaves_gaps_between_functions_unnamed);
	tcase_add_test(files, leaves_a_stripped_program_unnamed);
	tcase_add_loop_test(files, finds_separate_debug_files, 0, 2);
	tcase_add_test(files, asks_no_server_for_what_is_missing);
	tcase_add_test(files, refuses_a_file_of_another_build);
	tcase_add_loop_test(files, leaves_modules_without_a_file_unnamed, 0,
			    sizeof no_files / sizeof *no_files);
	tcase_add_loop_test(files, survives_a_damaged_file, 0, 20);
	tcase_add_test(files, knows_addresses_outside_all_modules);
	tcase_add_test(files, names_functions_of_this_process);
	suite_add_tcase(suite, files);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
