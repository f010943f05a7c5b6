/* SPDX-License-Identifier: MIT */
/* Check's records made by hand, as check_impl.h lays them out, and a stack that
 * leads to them. */
#include "check/test_case.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "api/watch.h"

struct record {
	const TTest *test;
	int loop_start, loop_end;
	int signal;
	signed char exit_status;
};

enum { WORDS = 700, LINE = 88, PAGE = 4096, NAME_SIZE = 300 };

static void body(int i)
{
	(void)i;
}

static TTest test = { "test_header", body, "check_parse.c", LINE };
static struct record *record;
static uintptr_t stack[WORDS];
static struct lk_test_case found;

static __attribute__((noinline)) void put(void *block, size_t size)
{
	lk_heap_put(block, size, __builtin_frame_address(0));
}

static void setup(void)
{
	lk_tracker.heap = true;
	lk_tracker.epoch = LK_EPOCH_FIRST;
	record = malloc(sizeof *record);
	*record = (struct record){ .test = &test, .loop_end = 1, .signal = 11, .exit_status = -3 };
	put(record, sizeof *record);
	for (size_t i = 0; i < WORDS; i++)
		stack[i] = i * 0x1000; /* of which most are no addresses */
	stack[20] = (uintptr_t)record;
}

static void teardown(void)
{
	free(record);
}

static bool find_at(const char *file, unsigned line)
{
	memset(&found, '#', sizeof found);
	lk_test_case_find(stack, file, line, &found);
	if (!found.known) {
		ck_assert_str_eq(found.name, "");
		ck_assert_int_eq(found.exit_status, 0);
		ck_assert_int_eq(found.signal, 0);
	}
	return found.known;
}

static bool find(void)
{
	return find_at("check_parse.c", LINE);
}

START_TEST(the_record_is_found)
{
	ck_assert(find());
	ck_assert_str_eq(found.name, "test_header");
	ck_assert_int_eq(found.exit_status, -3);
	ck_assert_int_eq(found.signal, 11);
}
END_TEST

START_TEST(the_record_must_lead_to_the_file_and_line)
{
	ck_assert(!find_at("check_parse.c", LINE + 1));
	ck_assert(!find_at("check_parse.", LINE));
	ck_assert(!find_at("check_parse.cc", LINE));
	ck_assert(!find_at("", LINE));
	ck_assert(find_at("check_parse.c", LINE));
}
END_TEST

START_TEST(only_live_blocks_of_the_right_size_are_read)
{
	lk_heap_take(record, NULL);
	ck_assert(!find());
	put(record, sizeof *record + 1);
	ck_assert(!find());
	lk_heap_take(record, NULL);
	put(record, sizeof *record);
	ck_assert(find());
}
END_TEST

/* Then any word may be the pointer, and most lead nowhere. */
START_TEST(without_the_table_the_kernel_is_asked)
{
	lk_heap_take(record, NULL);
	lk_tracker.heap = false;
	stack[3] = 8;
	stack[4] = UINTPTR_MAX - 7;
	stack[5] = (uintptr_t)record + 1;
	ck_assert(find());
	ck_assert_str_eq(found.name, "test_header");
	ck_assert(!find_at("check_parse.c", LINE + 1));
	stack[20] = 0;
	ck_assert(!find());
}
END_TEST

START_TEST(looks_only_a_few_calls_out)
{
	stack[20] = 0;
	ck_assert(!find());
	stack[0] = (uintptr_t)record;
	ck_assert(find());
	stack[0] = 0;
	stack[511] = (uintptr_t)record;
	ck_assert(find());
	stack[511] = 0;
	stack[512] = (uintptr_t)record;
	ck_assert(!find());
}
END_TEST

START_TEST(a_wrong_record_does_not_stop_the_search)
{
	struct record *other = malloc(sizeof *other);

	put(other, sizeof *other);
	stack[5] = (uintptr_t)other;
	memset(other, 0xff, sizeof *other);
	ck_assert(find());
	/* It is not known what else has this size: its words may be anything. */
	*other = (struct record){ .test = (void *)8, .loop_end = 1 };
	ck_assert(find());
	TTest wild = { (void *)8, body, (void *)16, LINE };
	other->test = &wild;
	ck_assert(find());
	wild.file = "check_parse.c";
	ck_assert(find());
	ck_assert_str_eq(found.name, "test_header");
	*other = *record;
	other->loop_start = 2;
	stack[20] = 0;
	ck_assert(!find());
	free(other);
}
END_TEST

/* Two pages, of which the second cannot be read. */
static char *last_page(void)
{
	char *pages =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + PAGE, PAGE, PROT_NONE), 0);
	return pages + PAGE;
}

START_TEST(texts_may_end_where_memory_does)
{
	char *end = last_page();

	test.name = strcpy(end - sizeof "test_header", "test_header");
	ck_assert(find());
	ck_assert_str_eq(found.name, "test_header");
	test.file = strcpy(end - sizeof "check_parse.c", "check_parse.c");
	test.name = "test_header";
	ck_assert(find());
	/* Without an end they are none. */
	memset(end - 10, 'x', 10);
	test.name = end - 10;
	test.file = "check_parse.c";
	ck_assert(!find());
}
END_TEST

START_TEST(the_stack_may_end_where_memory_does)
{
	uintptr_t *words = (uintptr_t *)last_page() - 64;

	words[63] = (uintptr_t)record;
	lk_test_case_find(words, "check_parse.c", LINE, &found);
	ck_assert(found.known);
	words[63] = 0;
	lk_test_case_find(words, "check_parse.c", LINE, &found);
	ck_assert(!found.known);
}
END_TEST

START_TEST(long_names_are_cut)
{
	static char name[NAME_SIZE], file[NAME_SIZE], sent[LK_TEST_NAME_MAX * 2];

	memset(name, 'n', sizeof name - 1);
	memset(file, 'f', sizeof file - 1);
	/* The location that was sent is cut too. */
	memcpy(sent, file, 255);
	test.name = name;
	test.file = file;
	ck_assert(find_at(sent, LINE));
	ck_assert_uint_eq(strlen(found.name), LK_TEST_NAME_MAX - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("test_case");
	TCase *tests = tcase_create("test_case");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_record_is_found);
	tcase_add_test(tests, the_record_must_lead_to_the_file_and_line);
	tcase_add_test(tests, only_live_blocks_of_the_right_size_are_read);
	tcase_add_test(tests, without_the_table_the_kernel_is_asked);
	tcase_add_test(tests, looks_only_a_few_calls_out);
	tcase_add_test(tests, a_wrong_record_does_not_stop_the_search);
	tcase_add_test(tests, texts_may_end_where_memory_does);
	tcase_add_test(tests, the_stack_may_end_where_memory_does);
	tcase_add_test(tests, long_names_are_cut);
	suite_add_tcase(suite, tests);

	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
