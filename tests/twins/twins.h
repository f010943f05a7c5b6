/* SPDX-License-Identifier: MIT */
/* Tests in pairs: must_leak_* leaves something behind, must_pass_* does the same
 * and cleans up.  Each names itself to the program's only table:
 *
 *     MUST_LEAK(name, what, place) { ... } END_TEST
 *     MUST_PASS(name) { ... } END_TEST
 *
 * WHAT stands in the report's LEAK line, the only one unless it is AMONG "what";
 * PLACE is a function in its stack, BODY that of the test itself, NOWHERE for a
 * leak without a stack.
 * A program `list`s its tests for judge.awk, one a line: name, what, place;
 * only those of the test case that CK_RUN_CASE names, as Check does.
 *
 * With TWINS_ONLY in the environment there is but the test of that name.
 *
 * TWINS_CASE(tcase, name) may be defined before: it gives fixtures to the test
 * case NAME, which is TWIN_CASE where the test stands. */
#ifndef TWINS_H
#define TWINS_H

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef TWINS_LINKED
#include "leakcheck.h"
#endif

struct twin {
	const TTest **test;
	const char *tcase;
	const char *what, *place;
};

#define BODY ""
#define NOWHERE "-"
#define AMONG "& "

#define TWIN_ROW(test, what, place)                                                      \
	static const TTest *test;                                                        \
	static const struct twin test##_twin = { &test, TWIN_CASE, what, place };        \
	static const struct twin *const test##_row                                       \
		__attribute__((used, section("twins"))) = &test##_twin;                  \
	START_TEST(test)
#define MUST_LEAK(name, what, place) TWIN_ROW(must_leak_##name, what, place)
#define MUST_PASS(name) TWIN_ROW(must_pass_##name, NULL, NULL)

extern const struct twin *const __start_twins[], *const __stop_twins[];

static void *volatile twin_sink;

/* Keeps the compiler from knowing what a block is for. */
static inline void *use(void *block)
{
	twin_sink = block;
	block = twin_sink;
	twin_sink = NULL;
	return block;
}

#define lose(block) ((void)use(block))

/* Ends with a sentence when the ground under a test is not there. */
#define need(condition)                                                              \
	do {                                                                         \
		if (!(condition)) {                                                  \
			perror(#condition);                                          \
			abort();                                                     \
		}                                                                    \
	} while (0)

static bool twins_has(const struct twin *twin)
{
	const char *only = getenv("TWINS_ONLY");

	return !only || strcmp(only, (*twin->test)->name) == 0;
}

static void twins_list(void)
{
	const char *tcase = getenv("CK_RUN_CASE");

	for (const struct twin *const *row = __start_twins; row < __stop_twins; row++) {
		const struct twin *twin = *row;
		const char *name = (*twin->test)->name;

		if ((tcase && strcmp(tcase, twin->tcase) != 0) || !twins_has(twin))
			continue;
		if (!twin->what)
			printf("%s\n", name);
		else if (twin->place[0])
			printf("%s\t%s\t%s\n", name, twin->what, twin->place);
		else
			printf("%s\t%s\t%s_fn\n", name, twin->what, name);
	}
}

#ifndef TWINS_CASE
#define TWINS_CASE(tcase, name) ((void)(tcase), (void)(name))
#endif

static Suite *twins_suite(void)
{
	Suite *suite = suite_create("Twins");
	TCase *tcase = NULL;
	const char *name = "";

	for (const struct twin *const *row = __start_twins; row < __stop_twins; row++) {
		if (strcmp(name, (*row)->tcase) != 0) {
			name = (*row)->tcase;
			tcase = tcase_create(name);
			suite_add_tcase(suite, tcase);
			TWINS_CASE(tcase, name);
		}
		if (twins_has(*row))
			tcase_add_test(tcase, *(*row)->test);
	}
	return suite;
}

/* Runs the twins, or with the word "list" lists them. */
static int twins_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "list") == 0) {
		twins_list();
		return 0;
	}
#ifdef TWINS_LINKED
	leakcheck_verify_all();
#endif
	SRunner *runner = srunner_create(twins_suite());
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
