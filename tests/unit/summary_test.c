/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <check.h>
#include <string.h>

static struct lk_run run;
static char printed[1 << 16];

static const char *print(void)
{
	FILE *out = fmemopen(printed, sizeof printed, "w");

	lk_summary_print(&run, out);
	fclose(out);
	return printed;
}

static size_t lines(void)
{
	size_t count = 0;

	for (const char *at = print(); (at = strchr(at, '\n')); at++)
		count++;
	/* Each line says who speaks. */
	for (const char *line = printed; *line; line = strchr(line, '\n') + 1)
		ck_assert_int_eq(strncmp(line, "leakcheck: ", 11), 0);
	return count;
}

START_TEST(the_first_line_is_always_there)
{
	ck_assert_str_eq(print(), "leakcheck: 0 tests checked, 0 leaked, 0 unsure; 0 allocations, "
				  "0 descriptors, 0 threads seen\n");
	run.tests_checked = run.allocations = run.descriptors = run.threads = 1;
	ck_assert_str_eq(print(), "leakcheck: 1 test checked, 0 leaked, 0 unsure; 1 allocation, "
				  "1 descriptor, 1 thread seen\n");
	run = (struct lk_run){ .tests_checked = 3,
			       .tests_leaked = 1,
			       .sites = 3,
			       .allocations = 1204,
			       .descriptors = 9,
			       .threads = 2 };
	ck_assert_str_eq(print(), "leakcheck: 3 tests checked, 1 leaked (3 sites), 0 unsure; "
				  "1204 allocations, 9 descriptors, 2 threads seen\n");
	run.sites = 1;
	ck_assert_ptr_nonnull(strstr(print(), " (1 site),"));
}
END_TEST

START_TEST(numbers_may_be_as_large_as_they_can)
{
	memset(&run, 0xff, sizeof run);
	for (size_t i = 0; i < LK_NOTICES_MAX; i++)
		run.notices[i].taken = 2;
	ck_assert_ptr_nonnull(strstr(print(), "leakcheck: 18446744073709551615 tests checked"));
	ck_assert_uint_ge(lines(), 4 + LK_NOTICES_MAX - 1);
}
END_TEST

START_TEST(says_why_tests_were_not_checked)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < LK_NOT_CHECKED_COUNT; i++)
		sum += run.not_checked[i] = i + 1;
	ck_assert_uint_eq(lk_summary_not_checked(&run), sum);
	ck_assert_uint_eq(lines(), 2);
#define SAYS(name, text)                                                        \
	snprintf(wanted, sizeof wanted, "%d " text, LK_NOT_CHECKED_##name + 1); \
	ck_assert_msg(strstr(printed, wanted) != NULL, "%s is not in %s", wanted, printed);
	char wanted[100];
	LK_NOT_CHECKED_LIST(SAYS)
	memset(run.not_checked, 0, sizeof run.not_checked);
	run.not_checked[LK_NOT_CHECKED_killed] = 1;
	ck_assert_ptr_nonnull(strstr(print(), "leakcheck: 1 test not checked: 1 "));
	ck_assert_uint_eq(lk_summary_not_checked(&run), 1);
}
END_TEST

START_TEST(prints_the_notices_that_are_whole)
{
	strcpy(run.notices[0].text, "one\nleakcheck: 0 tests \x1b[2J");
	run.notices[0].taken = 2;
	run.notices[0].tests = 1;
	strcpy(run.notices[1].text, "being written");
	run.notices[1].taken = 1;
	memset(run.notices[2].text, 'x', LK_NOTICE_SIZE); /* without an end */
	run.notices[2].taken = 2;
	run.notices[2].tests = 7;
	ck_assert_uint_eq(lines(), 3);
	ck_assert_ptr_nonnull(strstr(printed, "one\\nleakcheck: 0 tests \\x1b[2J (1 test)\n"));
	ck_assert_ptr_null(strstr(printed, "being written"));
	ck_assert_ptr_nonnull(strstr(printed, "xxx (7 tests)\n"));
	ck_assert_uint_eq(strcspn(strstr(printed, "xxx"), " "), LK_NOTICE_SIZE);
}
END_TEST

START_TEST(says_what_was_lost_and_misused)
{
	run.events_lost = 1;
	run.misuses = 1;
	ck_assert_uint_eq(lines(), 3);
	ck_assert_ptr_nonnull(strstr(printed, "1 event lost"));
	ck_assert_ptr_nonnull(strstr(printed, "used 1 time where"));
	run.events_lost = run.misuses = 2;
	ck_assert_ptr_nonnull(strstr(print(), "2 events lost"));
	ck_assert_ptr_nonnull(strstr(printed, "used 2 times where"));
}
END_TEST

static void check_status(enum lk_status without, enum lk_status with)
{
	ck_assert_int_eq(lk_summary_status(&run, &(struct lk_options){ 0 }), without);
	ck_assert_int_eq(lk_summary_status(&run, &(struct lk_options){ .require = true }), with);
	run = (struct lk_run){ .tests_checked = 1 };
}

START_TEST(the_status_follows_the_run)
{
	check_status(LK_STATUS_UNSURE, LK_STATUS_UNSURE); /* no test was seen */
	check_status(LK_STATUS_CLEAN, LK_STATUS_CLEAN);
	run.tests_leaked = 1;
	check_status(LK_STATUS_LEAKED, LK_STATUS_LEAKED);
	run.tests_unsure = 1;
	check_status(LK_STATUS_CLEAN, LK_STATUS_UNSURE);
	run.events_lost = 1;
	check_status(LK_STATUS_CLEAN, LK_STATUS_UNSURE);
	for (int i = 0; i < LK_NOT_CHECKED_COUNT; i++) {
		run.not_checked[i] = 1;
		check_status(LK_STATUS_CLEAN, LK_STATUS_UNSURE);
	}
	run.misuses = 1;
	check_status(LK_STATUS_LEAKED, LK_STATUS_LEAKED);
	run.tests_leaked = run.tests_unsure = 1;
	check_status(LK_STATUS_LEAKED, LK_STATUS_LEAKED);
	/* Seen, but none with a verdict. */
	run = (struct lk_run){ 0 };
	run.not_checked[LK_NOT_CHECKED_failed] = 4;
	check_status(LK_STATUS_CLEAN, LK_STATUS_UNSURE);
}
END_TEST

START_TEST(statuses_keep_away_from_others)
{
	static const int taken[] = { 1, 77, 99, 124, 125, 126, 127, 137 };
	static const int ours[] = {
#define LK_STATUS(name, number, meaning) number,
#include "report/status.def"
#undef LK_STATUS
	};

	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		for (size_t k = 0; k < sizeof taken / sizeof *taken; k++)
			ck_assert_int_ne(ours[i], taken[k]);
		for (size_t k = 0; k < i; k++)
			ck_assert_int_ne(ours[i], ours[k]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summary");
	TCase *tests = tcase_create("summary");

	tcase_add_test(tests, the_first_line_is_always_there);
	tcase_add_test(tests, numbers_may_be_as_large_as_they_can);
	tcase_add_test(tests, says_why_tests_were_not_checked);
	tcase_add_test(tests, prints_the_notices_that_are_whole);
	tcase_add_test(tests, says_what_was_lost_and_misused);
	tcase_add_test(tests, the_status_follows_the_run);
	tcase_add_test(tests, statuses_keep_away_from_others);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
