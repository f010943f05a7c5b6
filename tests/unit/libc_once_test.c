/* SPDX-License-Identifier: MIT */
#include "judge/libc_once.h"

#include <check.h>
#include <dlfcn.h>

#include "probe/modules.h"

static const struct lk_module program = { .is_program = true, .path = "/srv/check_parse" };
static const struct lk_module libc = { .path = "/lib/x86_64-linux-gnu/libc.so.6" };
static const struct lk_module loader = { .path = "/lib64/ld-linux-x86-64.so.2" };
static const struct lk_module glib = { .path = "/usr/lib/x86_64-linux-gnu/libglib-2.0.so.0" };

/* Where frames return to: behind no call. */
static const unsigned char code[16];
#define FRAME(where, name)                                                       \
	{                                                                        \
		.pc = (uintptr_t)&code[8], .module = (where), .function = (name) \
	}
#define FIND(...) find((const struct lk_frame[]){ __VA_ARGS__, { .line = 1 } })

/* A frame with a line number ends the list. */
static const struct lk_libc_once_row *find(const struct lk_frame *frames)
{
	size_t count = 0;

	while (!frames[count].line)
		count++;
	return lk_libc_once_find(frames, count, NULL);
}

START_TEST(each_row_is_whole_and_there_once)
{
	ck_assert_uint_gt(lk_libc_once_count, 10);
	ck_assert_str_eq(lk_libc_once_rows[0].function, "ld.so");
	for (size_t i = 0; i < lk_libc_once_count; i++) {
		const struct lk_libc_once_row *row = &lk_libc_once_rows[i];

		ck_assert_msg(row->keeps[0] && row->evidence[0], "%s", row->function);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(row->function, lk_libc_once_rows[k].function);
	}
}
END_TEST

START_TEST(each_row_is_found)
{
	const struct lk_libc_once_row *row = &lk_libc_once_rows[_i];

	ck_assert_ptr_eq(FIND(FRAME(&libc, row->function)), row);
	ck_assert_ptr_eq(FIND(FRAME(&libc, "malloc"), FRAME(&libc, NULL),
			      FRAME(&libc, row->function), FRAME(&program, "test_fn")),
			 row);
	/* The program's own function of that name, and one that calls back. */
	ck_assert_ptr_null(FIND(FRAME(&program, row->function)));
	ck_assert_ptr_null(FIND(FRAME(&glib, row->function)));
	ck_assert_ptr_null(FIND(FRAME(&program, "compare"), FRAME(&libc, row->function),
				FRAME(&program, "test_fn")));
	ck_assert_ptr_null(FIND(FRAME(NULL, NULL), FRAME(&libc, row->function)));
}
END_TEST

START_TEST(what_the_loader_takes_is_its_own)
{
	ck_assert_ptr_eq(FIND(FRAME(&loader, NULL), FRAME(&program, "test_fn")),
			 &lk_libc_once_rows[0]);
	ck_assert_ptr_eq(FIND(FRAME(&libc, "calloc"), FRAME(&loader, "allocate_tls"),
			      FRAME(&libc, "pthread_create")),
			 &lk_libc_once_rows[0]);
	ck_assert_ptr_null(FIND(FRAME(&program, "init"), FRAME(&loader, "call_init")));
}
END_TEST

START_TEST(other_functions_of_libc_keep_nothing)
{
	static const char *const names[] = { "fopen", "strdup", "getline", "opendir", "regcomp" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_ptr_null(FIND(FRAME(&libc, names[i]), FRAME(&program, "test_fn")));
	ck_assert_ptr_null(FIND(FRAME(&libc, NULL)));
	ck_assert_ptr_null(lk_libc_once_find(NULL, 0, NULL));
}
END_TEST

#ifdef __x86_64__
/* libc's setlocale jumped to a function without a name: only the program's call, here
 * call *slot(%rip), still tells its name. */
START_TEST(a_call_tells_whom_it_called)
{
	static struct lk_module modules[100];
	static struct {
		unsigned char call[8];
		uintptr_t slot;
	} text = { .call = { 0xff, 0x15, 2 } };
	const struct lk_frame frames[] = {
		FRAME(&libc, "malloc"),
		FRAME(&libc, NULL),
		{ .pc = (uintptr_t)&text.call[6], .module = &program, .function = "test_fn" },
	};
	struct lk_symbols *symbols = lk_symbols_open(modules, lk_modules_list(modules, 100));

	text.slot = (uintptr_t)dlsym(RTLD_DEFAULT, "setlocale");
	const struct lk_libc_once_row *row = lk_libc_once_find(frames, 3, symbols);
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(row->function, "setlocale");
	/* It is no call of libc's where no frame of libc is. */
	ck_assert_ptr_null(lk_libc_once_find(frames + 2, 1, symbols));
	text.slot = (uintptr_t)dlsym(RTLD_DEFAULT, "qsort");
	ck_assert_ptr_null(lk_libc_once_find(frames, 3, symbols));
	text.call[0] = 0;
	ck_assert_ptr_null(lk_libc_once_find(frames, 3, symbols));
	lk_symbols_close(symbols);
}
END_TEST
#endif

int main(void)
{
	Suite *suite = suite_create("libc_once");
	TCase *tests = tcase_create("libc_once");

	tcase_add_test(tests, each_row_is_whole_and_there_once);
	tcase_add_loop_test(tests, each_row_is_found, 0, (int)lk_libc_once_count);
	tcase_add_test(tests, what_the_loader_takes_is_its_own);
	tcase_add_test(tests, other_functions_of_libc_keep_nothing);
#ifdef __x86_64__
	tcase_add_test(tests, a_call_tells_whom_it_called);
#endif
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
