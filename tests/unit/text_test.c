/* SPDX-License-Identifier: MIT */
#include "report/text.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS_MAX = 8, WHOLE_NAME_MAX = 1024 };

/* As judge/describe.h makes it: escaped already. */
static char what[] = "fd 7 x\\nnot ok 9 - y";
static const struct lk_module program = {
	.is_program = true,
	.path = "/srv/check\nok 2",
	.build_id = { 0xab, 1 },
	.build_id_size = 2,
};
/* Names come from files: they hold anything. */
static struct lk_frame frames[] = {
	{ .function = "ok 1 - f\nok 2", .file = "a\n1..7", .line = 5, .module = &program },
	{ .function = "header_add", .file = "parse.c", .line = 88, .module = &program },
	{ .function = "no_line", .module = &program, .offset = 0x1234 },
	{ .module = &program, .offset = 0x88, .inlined = true },
	{ .pc = 0xbeef },
};
enum { FRAMES = sizeof frames / sizeof *frames };

static struct lk_finding rows[ROWS_MAX];
static struct lk_findings findings;

static void add(enum lk_kind kind, size_t frames_count)
{
	struct lk_finding *row = &rows[findings.count++];

	*row = (struct lk_finding){
		.kind = kind,
		.id = 0x1000 + (uint32_t)findings.count,
		.frames = frames,
		.frames_count = frames_count,
		.suspect = 1,
	};
	findings.leaks[kind]++;
	if (kind == LK_KIND_heap) {
		row->blocks = 2;
		row->bytes = 64;
		findings.blocks += 2;
		findings.bytes += 64;
	} else {
		row->what = what;
	}
}

static void setup(void)
{
	findings = (struct lk_findings){ .rows = rows, .expected = -1 };
	findings.symbols = lk_symbols_open(NULL, 0);
	ck_assert_ptr_nonnull(findings.symbols);
}

static void teardown(void)
{
	lk_symbols_close(findings.symbols);
}

static char printed[16384];

static const char *headline(void)
{
	FILE *out = fmemopen(printed, sizeof printed, "w");

	lk_report_headline(out, &findings);
	fclose(out);
	return printed;
}

static void set_leaks(uint64_t sites, uint64_t blocks, uint64_t descriptors, uint64_t threads)
{
	findings.leaks[LK_KIND_heap] = sites;
	findings.leaks[LK_KIND_descriptor] = descriptors;
	findings.leaks[LK_KIND_thread] = threads;
	findings.blocks = blocks;
	findings.bytes = blocks * 32;
}

START_TEST(a_headline_knows_singular_and_plural)
{
	set_leaks(1, 1, 0, 0);
	ck_assert_str_eq(headline(), "1 leak: heap 32 B in 1 block");
	set_leaks(1, 4, 1, 1);
	ck_assert_str_eq(headline(), "3 leaks: heap 128 B in 4 blocks, fd 1, thread 1");
	set_leaks(0, 0, 1, 0);
	ck_assert_str_eq(headline(), "1 leak: fd 1");
	set_leaks(0, 0, 0, 12);
	ck_assert_str_eq(headline(), "12 leaks: thread 12");
	set_leaks(0, 0, 2, 1);
	ck_assert_str_eq(headline(), "3 leaks: fd 2, thread 1");
	set_leaks(0, 0, 0, 0);
	ck_assert_str_eq(headline(), "no leak");
}
END_TEST

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (; (text = strstr(text, part)); text++)
		found++;
	return found;
}

static void add_some(void)
{
	add(LK_KIND_heap, FRAMES);
	add(LK_KIND_heap, 2);
	add(LK_KIND_descriptor, 3);
	add(LK_KIND_thread, 0);
}

START_TEST(prints_every_finding_with_its_prefix)
{
	FILE *out = fmemopen(printed, sizeof printed, "w");

	add_some();
	rows[0].cut = true;
	findings.left_out = 3;
	lk_report_findings(out, &findings, "%% ");
	fclose(out);
	ck_assert_uint_eq(count(printed, "LEAK "), 4);
	ck_assert_ptr_nonnull(strstr(printed, "%% LEAK 00001001 heap 64 B in 2 blocks"));
	ck_assert_ptr_nonnull(strstr(printed, "parse.c:88"));
	ck_assert_ptr_nonnull(strstr(printed, "+0x1234"));
	ck_assert_ptr_nonnull(strstr(printed, "(ab01)"));
	ck_assert_ptr_nonnull(strstr(printed, "0xbeef in no loaded object"));
	ck_assert_ptr_nonnull(strstr(printed, "... and 3 more leaks"));
	/* The suspect frame, one a finding that has it. */
	ck_assert_uint_eq(count(printed, "  > header_add"), 3);
	for (const char *line = printed; *line; line = strchr(line, '\n') + 1)
		ck_assert_int_eq(strncmp(line, "%% ", 3), 0);
}
END_TEST

/* Could a line be taken for TAP?  The first one stands behind Check's own words. */
static bool is_tap(const char *message)
{
	for (const char *line = strchr(message, '\n'); line; line = strchr(line + 1, '\n'))
		if (strncmp(line, "\n  # ", 5) != 0)
			return true;
	return strncmp(message, "leakcheck: ", 11) != 0;
}

/* Numbers in the last line of a message that was cut. */
static void check_last_line(const char *message, const char *whole)
{
	const char *last = strrchr(message, '\n');
	uint64_t shown, all;

	ck_assert_ptr_nonnull(last);
	ck_assert_int_eq(sscanf(last, "\n  # ... cut: %" SCNu64 " of %" SCNu64, &shown, &all), 2);
	ck_assert_uint_eq(shown, count(message, "\n  # LEAK "));
	ck_assert_uint_eq(all, lk_findings_leaks(&findings));
	ck_assert_str_eq(last + strlen(last) - strlen(whole), whole);
}

/* At this SIZE, of a message that is WANTED when there is room. */
static void check_size(size_t size, const char *whole, const char *wanted)
{
	size_t headline_length = strcspn(wanted, "\n");
	bool cut = false;
	char *message = lk_report_message(&findings, size, whole, &cut);

	ck_assert_ptr_nonnull(message);
	ck_assert_uint_le(strlen(message), size);
	ck_assert(cut == (strlen(wanted) > size));
	if (!cut) {
		ck_assert_str_eq(message, wanted);
	} else if (strchr(message, '\n')) {
		ck_assert(!is_tap(message));
		check_last_line(message, whole);
		/* What is shown are whole lines. */
		size_t kept = (size_t)(strrchr(message, '\n') - message);
		ck_assert_int_eq(strncmp(message, wanted, kept), 0);
		ck_assert_int_eq(wanted[kept], '\n');
	} else {
		/* Not even the headline and the last line fit. */
		ck_assert_uint_le(strlen(message), headline_length);
		ck_assert_int_eq(strncmp(message, wanted, strlen(message)), 0);
		ck_assert(size < headline_length + strlen(whole) + 100);
	}
	free(message);
}

static void check_sizes(const char *whole)
{
	bool cut = true;
	char *wanted = lk_report_message(&findings, SIZE_MAX, whole, &cut);

	ck_assert_ptr_nonnull(wanted);
	ck_assert(!cut);
	ck_assert(!is_tap(wanted));
	ck_assert_int_ne(wanted[strlen(wanted) - 1], '\n');
	for (size_t size = 0; size <= strlen(wanted) + 10; size++)
		check_size(size, whole, wanted);
	free(wanted);
}

START_TEST(a_message_fits_every_size)
{
	static const char *const wholes[] = { "on standard error", "r", "/tmp/leaks.txt" };

	add_some();
	check_sizes(wholes[_i]);
}
END_TEST

START_TEST(a_message_of_one_leak_fits_every_size)
{
	add(LK_KIND_thread, 0);
	check_sizes("on standard error");
}
END_TEST

START_TEST(a_message_counts_the_leaks_that_have_no_row)
{
	add_some();
	findings.left_out = 96;
	findings.leaks[LK_KIND_heap] += 96;
	check_sizes("on standard error");
}
END_TEST

/* An option's text may have 1023 bytes, and Check's message 4088. */
START_TEST(a_message_names_a_file_with_a_long_name)
{
	char whole[WHOLE_NAME_MAX];
	bool cut = false;

	memset(whole, 'w', sizeof whole - 1);
	whole[sizeof whole - 1] = '\0';
	for (int i = 0; i < ROWS_MAX; i++)
		add(LK_KIND_heap, FRAMES);
	char *message = lk_report_message(&findings, 1500, whole, &cut);
	ck_assert(cut);
	ck_assert_uint_le(strlen(message), 1500);
	ck_assert_ptr_nonnull(strchr(message, '\n'));
	check_last_line(message, whole);
	free(message);
}
END_TEST

START_TEST(the_name_of_a_file_cannot_end_its_line)
{
	bool cut = false;

	add_some();
	char *message = lk_report_message(&findings, 400, "/tmp/a\nok 1 - b", &cut);
	ck_assert(cut);
	ck_assert(!is_tap(message));
	free(message);
}
END_TEST

/* A copy of this program under a name with a line's end in it, not the one that
 * runs: why its functions are not named is said with its path. */
START_TEST(a_note_cannot_end_its_line)
{
	char directory[] = "/tmp/text_test.XXXXXX", command[LK_MODULE_PATH_MAX + 64];
	struct lk_module module = { .start = 0x1000, .end = 0x100000000, .build_id_size = 20 };
	struct lk_frame frame;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(module.path, sizeof module.path, "%s/a\nnot ok 1", directory);
	snprintf(command, sizeof command, "cp /proc/%d/exe '%s'", (int)getpid(), module.path);
	ck_assert_int_eq(system(command), 0);
	lk_symbols_close(findings.symbols);
	findings.symbols = lk_symbols_open(&module, 1);
	lk_symbols_name(findings.symbols, 0x5000, &frame, 1);
	const char *complaint = lk_symbols_complaint(findings.symbols);
	unlink(module.path);
	rmdir(directory);
	ck_assert_ptr_nonnull(complaint);
	add_some();
	bool cut;
	char *message = lk_report_message(&findings, SIZE_MAX, "", &cut);
	ck_assert_ptr_nonnull(strstr(message, "  # note: "));
	ck_assert(!is_tap(message));
	free(message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tests = tcase_create("text");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_headline_knows_singular_and_plural);
	tcase_add_test(tests, prints_every_finding_with_its_prefix);
	tcase_add_loop_test(tests, a_message_fits_every_size, 0, 3);
	tcase_add_test(tests, a_message_of_one_leak_fits_every_size);
	tcase_add_test(tests, a_message_counts_the_leaks_that_have_no_row);
	tcase_add_test(tests, a_message_names_a_file_with_a_long_name);
	tcase_add_test(tests, the_name_of_a_file_cannot_end_its_line);
	tcase_add_test(tests, a_note_cannot_end_its_line);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
