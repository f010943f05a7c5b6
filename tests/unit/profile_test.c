/* SPDX-License-Identifier: MIT */
/* Snapshots made by hand; the frames are addresses in this very program, which some of
 * them show as if it were loaded elsewhere. */
#include "judge/profile.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/modules.h"

enum { MODULES_MAX = 100, ROWS_MAX = 8, FRAMES_MAX = 4, STACKS_MAX = 6 };

int in_parse(volatile int *number);
enum { LINE_OF_PARSE = __LINE__ + 1 };
__attribute__((noinline)) int in_parse(volatile int *number)
{
	*number += 100;
	*number *= 3000;
	return *number + *number;
}

int in_test(volatile int *number);
__attribute__((noinline)) int in_test(volatile int *number)
{
	return *number + 2;
}

int xmalloc(volatile int *number);
__attribute__((noinline)) int xmalloc(volatile int *number)
{
	*number += 7;
	return *number * 3;
}

static struct lk_module modules[MODULES_MAX];
static struct lk_site sites[ROWS_MAX];
static struct lk_total totals[ROWS_MAX];
static struct lk_descriptor descriptors[ROWS_MAX];
static struct lk_thread_left threads[ROWS_MAX];
static struct lk_child_left children[ROWS_MAX];
static uintptr_t frames[STACKS_MAX * FRAMES_MAX];
static struct lk_stack stacks[STACKS_MAX];
static struct lk_snapshot snapshot;
static struct lk_profile profile;

static uintptr_t in(int (*function)(volatile int *))
{
	return (uintptr_t)function + 1;
}

static void set_stack(size_t stack, const uintptr_t *addresses)
{
	size_t count = 0;

	for (; addresses[count]; count++)
		frames[stack * FRAMES_MAX + count] = addresses[count];
	stacks[stack] = (struct lk_stack){ .first = (uint32_t)(stack * FRAMES_MAX),
					   .count = (uint32_t)count };
}

#define STACK(number, ...) set_stack(number, (const uintptr_t[]){ __VA_ARGS__, 0 })

static void begin(const char *test)
{
	memset(sites, 0, sizeof sites);
	memset(descriptors, 0, sizeof descriptors);
	memset(threads, 0, sizeof threads);
	memset(children, 0, sizeof children);
	snapshot = (struct lk_snapshot){
		.sites = sites,
		.totals = totals,
		.descriptors = descriptors,
		.threads = threads,
		.children = children,
		.stacks = stacks,
		.stacks_count = STACKS_MAX,
		.frames = frames,
		.frames_count = STACKS_MAX * FRAMES_MAX,
		.modules = modules,
		.modules_count = lk_modules_list(modules, MODULES_MAX),
	};
	strcpy(snapshot.moment.test, test);
	STACK(1, in(in_parse), in(in_test));
	STACK(2, in(xmalloc), in(in_parse), in(in_test));
	STACK(3, in(in_test));
}

static void setup(void)
{
	begin("test_one");
	ck_assert(lk_profile_init(&profile));
}

static void teardown(void)
{
	lk_profile_release(&profile);
	lk_profile_release(&profile);
	ck_assert_ptr_null(profile.samples);
}

static void add_site(size_t stack, enum lk_hold hold, uint64_t blocks, uint64_t bytes)
{
	sites[snapshot.sites_count++] = (struct lk_site){
		.stack = stack, .hold = hold, .blocks = blocks, .bytes = bytes
	};
}

static void add(void)
{
	ck_assert(lk_profile_add(&profile, &snapshot));
}

/* The same process, with every module DISTANCE further up. */
static void move_by(uintptr_t distance)
{
	for (size_t i = 0; i < snapshot.modules_count; i++) {
		modules[i].start += distance;
		modules[i].end += distance;
		modules[i].bias += distance;
	}
	for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
		frames[i] += frames[i] ? distance : 0;
}

static const struct lk_profile_line *line(size_t stack, size_t frame)
{
	const struct lk_profile_stack *row = &profile.stacks[stack];

	ck_assert_uint_lt(frame, row->count);
	return &profile.lines[profile.locations[profile.paths[row->first + frame]].first_line];
}

START_TEST(an_empty_snapshot_is_a_part)
{
	add();
	ck_assert_uint_eq(profile.parts_count, 1);
	ck_assert_str_eq(profile.parts[0].test, "test_one");
	ck_assert_uint_eq(profile.samples_count, 0);
	ck_assert_uint_eq(profile.stacks_count, 1);
}
END_TEST

START_TEST(a_site_is_a_sample_with_a_named_stack)
{
	add_site(1, LK_HOLD_LOST, 2, 30);
	add();
	ck_assert_uint_eq(profile.samples_count, 1);
	const struct lk_profile_sample *sample = &profile.samples[0];
	ck_assert_int_eq(sample->kind, LK_KIND_heap);
	ck_assert_int_eq(sample->hold, LK_HOLD_LOST);
	ck_assert_uint_eq(sample->values[LK_VALUE_live_blocks], 2);
	ck_assert_uint_eq(sample->values[LK_VALUE_live_bytes], 30);
	ck_assert_uint_eq(profile.stacks[sample->stack].count, 2);
	ck_assert_str_eq(line(sample->stack, 0)->function, "in_parse");
	ck_assert_str_eq(line(sample->stack, 1)->function, "in_test");
	ck_assert_ptr_nonnull(strstr(line(sample->stack, 0)->file, "profile_test.c"));
	ck_assert_uint_eq(line(sample->stack, 0)->start, LINE_OF_PARSE);
	ck_assert_ptr_eq(line(sample->stack, 0)->file, line(sample->stack, 1)->file);
	ck_assert_str_eq(profile.complaint, "");
}
END_TEST

START_TEST(the_suspect_is_behind_wrappers)
{
	add_site(1, LK_HOLD_LOST, 1, 1);
	add_site(2, LK_HOLD_LOST, 1, 1);
	add();
	ck_assert_uint_eq(profile.stacks[profile.samples[0].stack].suspect, 0);
	ck_assert_uint_eq(profile.stacks[profile.samples[1].stack].suspect, 1);
}
END_TEST

START_TEST(processes_add_up_wherever_they_are_loaded)
{
	add_site(1, LK_HOLD_LOST, 1, 10);
	add_site(2, LK_HOLD_LOST, 1, 20);
	add();
	size_t locations = profile.locations_count, all = profile.modules_count;
	begin("test_two");
	add_site(2, LK_HOLD_LOST, 1, 300);
	move_by(0x10000000);
	add();
	ck_assert_uint_eq(profile.locations_count, locations);
	ck_assert_uint_eq(profile.modules_count, all);
	ck_assert_uint_eq(profile.stacks_count, 3);
	ck_assert_uint_eq(profile.samples[1].stack, profile.samples[2].stack);
	ck_assert_uint_eq(profile.samples[1].part, 0);
	ck_assert_uint_eq(profile.samples[2].part, 1);
	ck_assert_str_eq(profile.parts[1].test, "test_two");
	uint64_t sum[LK_VALUE_COUNT];
	lk_profile_sum(&profile, LK_KIND_heap, sum);
	ck_assert_uint_eq(sum[LK_VALUE_live_blocks], 3);
	ck_assert_uint_eq(sum[LK_VALUE_live_bytes], 330);
}
END_TEST

START_TEST(names_are_found_where_the_first_snapshot_had_the_module)
{
	add_site(1, LK_HOLD_LOST, 1, 10);
	add();
	lk_profile_close_files(&profile);
	begin("test_two");
	add_site(2, LK_HOLD_LOST, 1, 300);
	move_by(0x10000000);
	add();
	ck_assert_str_eq(line(profile.samples[1].stack, 0)->function, "xmalloc");
	ck_assert_str_eq(line(profile.samples[1].stack, 1)->function, "in_parse");
}
END_TEST

START_TEST(files_are_closed_on_request)
{
	int before = open("/", O_PATH), after;

	close(before);
	add_site(1, LK_HOLD_LOST, 1, 10);
	add();
	lk_profile_close_files(&profile);
	after = open("/", O_PATH);
	close(after);
	ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(modules_without_build_id_are_known_by_path)
{
	for (int i = 0; i < 2; i++) {
		begin("");
		for (size_t k = 0; k < snapshot.modules_count; k++) {
			modules[k].build_id_size = 0;
			strcpy(modules[k].path, i == 0 ? "/nowhere/one" : "/nowhere/other");
		}
		add_site(3, LK_HOLD_LOST, 1, 10);
		add();
		add();
	}
	ck_assert_uint_eq(profile.modules_count, 2);
	ck_assert_uint_eq(profile.locations_count, 2);
	ck_assert_str_eq(profile.modules[1].path, "/nowhere/other");
	ck_assert_ptr_null(line(1, 0)->function);
	ck_assert_ptr_null(profile.parts[0].test);
}
END_TEST

/* Opening a pipe that nobody writes would not return. */
START_TEST(a_module_that_is_no_plain_file_is_not_opened)
{
	char folder[] = "profile.XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/pipe", folder);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	for (size_t k = 0; k < snapshot.modules_count; k++)
		strcpy(modules[k].path, path);
	add_site(3, LK_HOLD_LOST, 1, 10);
	add();
	ck_assert_ptr_null(line(1, 0)->function);
	unlink(path);
	rmdir(folder);
}
END_TEST

START_TEST(an_address_in_no_module_stays_as_it_is)
{
	STACK(4, 0x1234);
	add_site(4, LK_HOLD_LOST, 1, 10);
	add();
	ck_assert_uint_eq(profile.locations[0].module, LK_PROFILE_NONE);
	ck_assert_uint_eq(profile.locations[0].offset, 0x1234);
	ck_assert_uint_eq(profile.locations[0].lines_count, 1);
}
END_TEST

START_TEST(totals_count_once_for_each_stack)
{
	uint64_t sum[LK_VALUE_COUNT];

	add_site(1, LK_HOLD_LOST, 1, 10);
	add_site(1, LK_HOLD_RETAINED, 2, 20);
	totals[0] = (struct lk_total){ .stack = 3, .blocks = 7, .bytes = 700 };
	totals[1] = (struct lk_total){ .stack = 1, .blocks = 9, .bytes = 900 };
	snapshot.totals_count = 2;
	snapshot.moment.totals_known = true;
	add();
	ck_assert(profile.totals_known);
	ck_assert_uint_eq(profile.samples_count, 3);
	ck_assert_uint_eq(profile.samples[0].values[LK_VALUE_alloc_blocks], 9);
	ck_assert_uint_eq(profile.samples[1].values[LK_VALUE_alloc_blocks], 0);
	ck_assert_uint_eq(profile.samples[2].values[LK_VALUE_alloc_bytes], 700);
	ck_assert_uint_eq(profile.samples[2].values[LK_VALUE_live_bytes], 0);
	lk_profile_sum(&profile, LK_KIND_heap, sum);
	ck_assert_uint_eq(sum[LK_VALUE_alloc_bytes], 1600);
	ck_assert_uint_eq(sum[LK_VALUE_live_bytes], 30);
	snapshot.moment.totals_known = false;
	add();
	ck_assert(!profile.totals_known);
}
END_TEST

START_TEST(descriptors_are_told_by_number_and_kind)
{
	static const char *const states[] = { "file", "socket", "eventfd", "pipe", "memfd" };

	descriptors[0] = (struct lk_descriptor){ .fd = 7, .stack = 1, .mode = S_IFREG };
	strcpy(descriptors[0].target, "/tmp/x.db");
	descriptors[0].held = LK_HELD_FILE;
	descriptors[0].held_blocks = 2;
	descriptors[0].held_bytes = 4568;
	descriptors[1] = (struct lk_descriptor){ .fd = 8, .mode = S_IFSOCK };
	descriptors[2].fd = 9;
	strcpy(descriptors[2].target, "anon_inode:[eventfd]");
	descriptors[3] = (struct lk_descriptor){ .fd = 10, .mode = S_IFIFO };
	descriptors[4] = (struct lk_descriptor){ .fd = 11, .mode = S_IFREG };
	strcpy(descriptors[4].target, "/memfd:name (deleted)");
	snapshot.descriptors_count = 5;
	add();
	ck_assert_uint_eq(profile.samples_count, 6);
	ck_assert_str_eq(profile.samples[0].what, "fd 7 /tmp/x.db");
	ck_assert_uint_eq(profile.samples[0].values[LK_VALUE_live_blocks], 1);
	ck_assert_uint_eq(profile.samples[0].values[LK_VALUE_live_bytes], 0);
	ck_assert_int_eq(profile.samples[1].kind, LK_KIND_heap);
	ck_assert_str_eq(profile.samples[1].state, "FILE");
	ck_assert_uint_eq(profile.samples[1].values[LK_VALUE_live_bytes], 4568);
	ck_assert_uint_eq(profile.samples[1].stack, profile.samples[0].stack);
	ck_assert_str_eq(profile.samples[0].state, states[0]);
	for (size_t i = 1; i < 5; i++)
		ck_assert_str_eq(profile.samples[1 + i].state, states[i]);
	ck_assert_uint_eq(profile.samples[2].stack, 0);
}
END_TEST

START_TEST(threads_are_told_by_what_they_do)
{
	threads[0] = (struct lk_thread_left){ .tid = 12, .stack = 1 };
	strcpy(threads[0].name, "flusher");
	threads[0].now.activity = LK_ACTIVITY_RUNNING;
	threads[0].now.call = -1;
	threads[1] = (struct lk_thread_left){ .tid = 11, .is_main = true };
	threads[1].now.activity = LK_ACTIVITY_LOOKING;
	threads[1].now.call = -1;
	threads[1].now.stack = 3;
	snapshot.threads_count = 1;
	snapshot.threads_seen = 2;
	add();
	ck_assert_uint_eq(profile.samples_count, 1);
	ck_assert_str_eq(profile.samples[0].what, "thread 12 \"flusher\"");
	ck_assert_str_eq(profile.samples[0].state, "running");
	ck_assert_int_eq(profile.samples[0].number, 12);
	snapshot.moment.scope = LK_SCOPE_PROCESS;
	add();
	ck_assert_uint_eq(profile.samples_count, 3);
	ck_assert_uint_eq(profile.stacks[profile.samples[2].now].count, 1);
	ck_assert_str_eq(line(profile.samples[2].now, 0)->function, "in_test");
}
END_TEST

START_TEST(children_are_told_by_their_command)
{
	children[0] = (struct lk_child_left){ .pid = 77, .state = 'S', .stack = 1 };
	strcpy(children[0].command, "sleep 100");
	children[1] = (struct lk_child_left){ .pid = 78, .state = 'Z' };
	snapshot.children_count = 2;
	add();
	ck_assert_str_eq(profile.samples[0].what, "child 77 \"sleep 100\"");
	ck_assert_str_eq(profile.samples[0].state, "running");
	ck_assert_str_eq(profile.samples[1].state, "zombie");
}
END_TEST

START_TEST(handles_are_told_by_their_kind)
{
	struct lk_handles_left handles = { .stack = 1, .count = 3, .bytes = 96, .kind = "chunk" };

	snapshot.handles = &handles;
	snapshot.handles_count = 1;
	add();
	ck_assert_int_eq(profile.samples[0].kind, LK_KIND_handle);
	ck_assert_str_eq(profile.samples[0].state, "chunk");
	ck_assert_uint_eq(profile.samples[0].values[LK_VALUE_live_blocks], 3);
	ck_assert_uint_eq(profile.samples[0].values[LK_VALUE_live_bytes], 96);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("profile");
	TCase *cases = tcase_create("profile");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, an_empty_snapshot_is_a_part);
	tcase_add_test(cases, a_site_is_a_sample_with_a_named_stack);
	tcase_add_test(cases, the_suspect_is_behind_wrappers);
	tcase_add_test(cases, processes_add_up_wherever_they_are_loaded);
	tcase_add_test(cases, names_are_found_where_the_first_snapshot_had_the_module);
	tcase_add_test(cases, files_are_closed_on_request);
	tcase_add_test(cases, modules_without_build_id_are_known_by_path);
	tcase_add_test(cases, a_module_that_is_no_plain_file_is_not_opened);
	tcase_add_test(cases, an_address_in_no_module_stays_as_it_is);
	tcase_add_test(cases, totals_count_once_for_each_stack);
	tcase_add_test(cases, descriptors_are_told_by_number_and_kind);
	tcase_add_test(cases, threads_are_told_by_what_they_do);
	tcase_add_test(cases, children_are_told_by_their_command);
	tcase_add_test(cases, handles_are_told_by_their_kind);
	suite_add_tcase(suite, cases);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
