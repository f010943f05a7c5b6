/* SPDX-License-Identifier: MIT */
#include "import/capture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model/capture.h"
#include "model/checksum.h"

enum { FRAMES = 7, SAMPLE_MAX = 1 << 14 };

/* A snapshot with something in every array. */
static uintptr_t frames[FRAMES] = { 0x401111, 0x402222, 0x403333,   0x7f0000001111,
				    0x402222, 0x403333, UINTPTR_MAX };
static struct lk_stack stacks[] = { { 0 },
				    { .id = 9, .first = 0, .count = 3 },
				    { .id = 77, .first = 3, .count = 3, .cut = true },
				    { .id = 0, .first = 6, .count = 1 } };
static struct lk_site sites[] = {
	{ 1, LK_HOLD_LOST, 2, 48, 1, 5, 500, 0, 1, 1234 },
	{ 2, LK_HOLD_RETAINED, 1, UINT64_MAX, 0, 0, 0, 1, 0, 0 },
};
static struct lk_total totals[] = { { 1, 20, 480 }, { 3, 1, 1 } };
static struct lk_path paths[] = {
	{ 0 },
	{ LK_ROOT_TLS, 4711, 0x7fff00001234, 0x400000, 16, 2, { 8, 24 }, { 0, 8 }, { 64, 40 } }
};
static struct lk_series series[] = { { 0 }, { 3, 3, 4, -40, { 1, -1, 1 }, { 10, -10, 10 }, 2 } };
static struct lk_descriptor descriptors[] = {
	{ .fd = 7,
	  .was_open = true,
	  .replaced = true,
	  .stack = 2,
	  .flags = -1,
	  .close_on_exec = true,
	  .series = 1,
	  .mode = 0100644,
	  .device = 5,
	  .inode = 77,
	  .links = 1,
	  .size = 9,
	  .offset = -1,
	  .target = "/tmp/a\nb",
	  .fdinfo = "pos: 0",
	  .other_end = LK_END_HERE,
	  .other_fd = 8,
	  .held = LK_HELD_DIR,
	  .held_blocks = 1,
	  .held_bytes = 32,
	  .socket = { .domain = -1,
		      .local_size = 3,
		      .local = { 0, 1, 2 },
		      .peer_size = 2,
		      .peer = { 0, 0 } } },
};
static struct lk_thread_left threads[] = {
	{ .tid = 12,
	  .is_known = true,
	  .stack = 1,
	  .creator = 11,
	  .start = 0x401000,
	  .age_ms = 1000,
	  .name = "writer",
	  .now = { .activity = LK_ACTIVITY_CALL,
		   .call = 202,
		   .arguments = { 1, 2, 3, 4, 5, 6 },
		   .memory = { 1, 0, 3 },
		   .memory_known = true,
		   .channel = "futex_wait",
		   .target = "pipe:[1]",
		   .other_end = LK_END_CLOSED,
		   .other_fd = -1,
		   .stack = 3,
		   .target_stack = 2,
		   .sure = UINT32_MAX } },
	{ .tid = 11, .is_main = true, .now = { .call = -1 } },
};
static struct lk_misuse misuses[] = { { LK_MISUSE_NOT_OWN, 3, 2, 1, 2, 3 } };
static struct lk_child_left children[] = { { .pid = 99,
					     .state = 'Z',
					     .is_orphan = true,
					     .start = LK_CHILD_BY_popen,
					     .stack = 1,
					     .command = "sleep 1" } };
static struct lk_handles_left handles[] = { { 1, 1, 3, 300, 0x1234, "slot" } };
static struct lk_release releases[] = { { 1, 2, 30 } };
static struct lk_call calls[] = { { 0x401234, 0x7f0000001000 } };
static struct lk_module modules[] = {
	{ 0x400000, 0x500000, 0x400000, { 0xab, 0xcd }, 2, true, false, "/usr/bin/x" },
	{ 0x7f0000000000, 0x7f0000100000, 0x7f0000000000, { 0 }, 20, false, true, "" },
};

static struct lk_snapshot sample = {
	.moment = { .scope = LK_SCOPE_WINDOW,
		    .process = 4242,
		    .monotonic_ns = 1,
		    .realtime_ns = 2,
		    .span_ns = 3,
		    .duration_ns = 4,
		    .totals_known = true,
		    .test = "test_a",
		    .program = "/usr/bin/x",
		    .counts = { .allocations = 21, .resident_peak = 1 } },
	.stacks = stacks,
	.stacks_count = 4,
	.frames = frames,
	.frames_count = FRAMES,
	.sites = sites,
	.sites_count = 2,
	.totals = totals,
	.totals_count = 2,
	.paths = paths,
	.paths_count = 2,
	.series = series,
	.series_count = 2,
	.series_max = 2,
	.descriptors = descriptors,
	.descriptors_count = 1,
	.descriptors_beyond = 6,
	.threads = threads,
	.threads_count = 1,
	.threads_seen = 2,
	.misuses = misuses,
	.misuses_count = 1,
	.children = children,
	.children_count = 1,
	.handles = handles,
	.handles_count = 1,
	.releases = releases,
	.releases_count = 1,
	.calls = calls,
	.calls_count = 1,
	.modules = modules,
	.modules_count = 2,
	.window_stack = 2,
	.events_lost = 5,
	.is_unscanned = true,
	.children_unknown = true,
	.not_again = "why",
};
static const struct lk_snapshot nothing;

static unsigned char bytes[SAMPLE_MAX];
static struct lk_capture_file file;
static struct lk_snapshot result;

/* Writes SNAPSHOT behind the first AT bytes; returns how many there are then. */
static size_t add(size_t at, const struct lk_snapshot *snapshot)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	size_t size = lk_capture_size(snapshot);

	ck_assert(lk_capture_write(fd, snapshot));
	ck_assert_uint_le(at + size, sizeof bytes);
	ck_assert_int_eq(pread(fd, bytes + at, sizeof bytes - at, 0), (ssize_t)size);
	close(fd);
	return at + size;
}

static enum lk_capture_result next(void)
{
	return lk_capture_next(&file, &result);
}

static void open_bytes(size_t size)
{
	lk_capture_open_memory(bytes, size, "sample", &file);
}

#define SAME(array, length)                              \
	ck_assert_uint_eq(result.length, sample.length); \
	ck_assert(memcmp(result.array, sample.array, sample.length * sizeof *sample.array) == 0)

static void assert_equal(void)
{
	ck_assert(memcmp(&result.moment, &sample.moment, sizeof sample.moment) == 0);
	SAME(sites, sites_count);
	SAME(totals, totals_count);
	SAME(descriptors, descriptors_count);
	SAME(threads, threads_seen);
	SAME(misuses, misuses_count);
	SAME(children, children_count);
	SAME(handles, handles_count);
	SAME(releases, releases_count);
	SAME(calls, calls_count);
	SAME(modules, modules_count);
	SAME(paths, paths_count);
	SAME(series, series_count);
	ck_assert_uint_eq(result.stacks_count, sample.stacks_count);
	for (size_t i = 0; i < sample.stacks_count; i++) {
		const struct lk_stack *wanted = &stacks[i], *got = &result.stacks[i];

		ck_assert(got->id == wanted->id && got->count == wanted->count &&
			  got->cut == wanted->cut);
		ck_assert(memcmp(result.frames + got->first, frames + wanted->first,
				 wanted->count * sizeof *frames) == 0);
	}
	ck_assert_uint_eq(result.threads_count, sample.threads_count);
	ck_assert_uint_eq(result.descriptors_beyond, 6);
	ck_assert_uint_eq(result.events_lost, 5);
	ck_assert_uint_eq(result.window_stack, 2);
	ck_assert(result.is_unscanned && result.children_unknown && !result.threads_unknown);
	ck_assert_str_eq(result.not_again, "why");
}

START_TEST(what_is_written_is_read)
{
	open_bytes(add(0, &sample));
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	assert_equal();
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
}
END_TEST

START_TEST(records_stand_one_behind_the_other)
{
	size_t size = add(add(add(0, &nothing), &sample), &nothing);

	open_bytes(size);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	ck_assert_uint_eq(result.sites_count, 0);
	/* What others lead to is there all the same. */
	ck_assert(result.stacks_count == 1 && result.paths_count == 1 && result.series_count == 1);
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	assert_equal();
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
}
END_TEST

START_TEST(a_copy_is_equal)
{
	ck_assert(lk_capture_copy(&sample, &result));
	assert_equal();
	ck_assert_ptr_ne(result.sites, sample.sites);
	lk_capture_release(&result);
	ck_assert(lk_capture_copy(&nothing, &result));
	lk_capture_release(&result);
}
END_TEST

START_TEST(a_stream_is_read_to_its_end)
{
	size_t size = add(0, &sample);
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	/* Torn apart anywhere. */
	ck_assert_int_eq(write(ends[1], bytes, 40), 40);
	ck_assert_int_eq(write(ends[1], bytes + 40, size - 40), (ssize_t)size - 40);
	close(ends[1]);
	lk_capture_open_descriptor(ends[0], "pipe", &file);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	assert_equal();
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
	lk_capture_close(&file);
}
END_TEST

/* Reads to the end whatever it is, and touches all that was read. */
static unsigned read_all(void)
{
	enum lk_capture_result kind;
	unsigned wrong = 0;
	volatile uintptr_t sum = 0;

	while ((kind = next()) != LK_CAPTURE_END) {
		if (kind == LK_CAPTURE_WRONG) {
			ck_assert_uint_gt(strlen(file.error), 0);
			wrong++;
			continue;
		}
		for (size_t i = 0; i < result.sites_count; i++) {
			const struct lk_stack *stack = &result.stacks[result.sites[i].stack];

			for (uint32_t k = 0; k < stack->count; k++)
				sum += result.frames[stack->first + k];
			sum += result.paths[result.sites[i].path].steps;
			sum += result.series[result.sites[i].series].runs;
		}
		lk_capture_release(&result);
	}
	(void)sum;
	return wrong;
}

START_TEST(a_file_that_ends_anywhere_is_told)
{
	size_t size = add(0, &sample);

	for (size_t i = 0; i < size; i++) {
		open_bytes(i);
		ck_assert_uint_eq(read_all(), 1);
	}
}
END_TEST

START_TEST(each_changed_byte_is_found)
{
	size_t size = add(0, &sample);

	for (size_t i = 0; i < size; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			bytes[i] ^= (unsigned char)bit;
			open_bytes(size);
			ck_assert_uint_ge(read_all(), 1);
			bytes[i] ^= (unsigned char)bit;
		}
}
END_TEST

static void put_fixed(size_t at, uint64_t number, int count)
{
	for (int i = 0; i < count; i++)
		bytes[at + (size_t)i] = (unsigned char)(number >> 8 * i);
}

/* As if who wrote it had meant it. */
static void seal(size_t size)
{
	put_fixed(LK_CAPTURE_AT_SIZE, size - LK_CAPTURE_HEAD_SIZE, 8);
	put_fixed(LK_CAPTURE_AT_BODY_SUM,
		  lk_checksum(bytes + LK_CAPTURE_HEAD_SIZE, size - LK_CAPTURE_HEAD_SIZE), 4);
	put_fixed(LK_CAPTURE_AT_HEAD_SUM, lk_checksum(bytes, LK_CAPTURE_AT_HEAD_SUM), 4);
}

START_TEST(a_hostile_byte_does_no_harm)
{
	static const unsigned char values[] = { 0, 1, 2, 0x7f, 0x80, 0xff };
	size_t size = add(0, &sample);

	for (size_t i = LK_CAPTURE_HEAD_SIZE; i < size; i++)
		for (size_t k = 0; k < sizeof values; k++) {
			unsigned char before = bytes[i];

			bytes[i] = values[k];
			seal(size);
			open_bytes(size);
			read_all();
			bytes[i] = before;
		}
}
END_TEST

START_TEST(a_hostile_length_does_no_harm)
{
	size_t size = add(0, &sample);

	for (size_t i = LK_CAPTURE_HEAD_SIZE; i < size; i++) {
		seal(i);
		open_bytes(i);
		read_all();
	}
}
END_TEST

START_TEST(a_damaged_record_does_not_hide_the_next)
{
	size_t first = add(0, &sample), size = add(first, &sample);

	bytes[first - 1] ^= 1;
	open_bytes(size);
	ck_assert_int_eq(next(), LK_CAPTURE_WRONG);
	ck_assert_str_eq(file.error,
			 "record 1 of 'sample' is damaged: its checksum does not match");
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	assert_equal();
	lk_capture_release(&result);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
}
END_TEST

START_TEST(a_newer_format_is_named)
{
	size_t size = add(0, &sample);

	put_fixed(LK_CAPTURE_AT_MAJOR, LK_CAPTURE_MAJOR + 1, 2);
	seal(size);
	open_bytes(size);
	ck_assert_int_eq(next(), LK_CAPTURE_WRONG);
	ck_assert_ptr_nonnull(strstr(file.error, "newer"));
}
END_TEST

START_TEST(a_section_of_a_newer_minor_version_is_left_out)
{
	size_t size = add(0, &sample);

	put_fixed(LK_CAPTURE_AT_MINOR, LK_CAPTURE_MINOR + 1, 2);
	put_fixed(size, 200, 4);
	put_fixed(size + 4, 1000000, 4);
	put_fixed(size + 8, 2, 8);
	seal(size + 18);
	open_bytes(size + 18);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	assert_equal();
	lk_capture_release(&result);
}
END_TEST

START_TEST(fields_of_a_newer_minor_version_are_left_out)
{
	enum { KNOWN = 100, SIZE = 120 };
	size_t at = LK_CAPTURE_HEAD_SIZE;

	add(0, &nothing);
	put_fixed(at, 3, 4);
	put_fixed(at + 4, 1, 4);
	put_fixed(at + 8, SIZE + 1, 8);
	memset(bytes + at + 16, 0, 1 + SIZE);
	memset(bytes + at + 17 + KNOWN, 5, SIZE - KNOWN);
	bytes[at + 16] = SIZE;
	seal(at + 17 + SIZE);
	open_bytes(at + 17 + SIZE);
	ck_assert_int_eq(next(), LK_CAPTURE_READ);
	lk_capture_release(&result);
}
END_TEST

START_TEST(what_is_no_capture_is_told)
{
	memcpy(bytes, "hello, world, how are you all today?", 36);
	open_bytes(36);
	ck_assert_int_eq(next(), LK_CAPTURE_WRONG);
	ck_assert_str_eq(file.error, "'sample' is no capture of leakcheck");
	ck_assert_int_eq(next(), LK_CAPTURE_END);
	open_bytes(0);
	ck_assert_int_eq(next(), LK_CAPTURE_WRONG);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
	ck_assert(!lk_capture_open("/no/such/file", &file));
	ck_assert_str_eq(file.error, "cannot read '/no/such/file': No such file or directory");
	ck_assert(lk_capture_open("/", &file));
	ck_assert_int_eq(next(), LK_CAPTURE_WRONG);
	ck_assert_int_eq(next(), LK_CAPTURE_END);
}
END_TEST

START_TEST(equal_callers_are_written_once)
{
	enum { STACKS = 1000, DEPTH = 30 };
	struct lk_snapshot many = { .stacks_count = STACKS + 1 };
	size_t size;

	many.stacks = calloc(STACKS + 1, sizeof *many.stacks);
	many.frames = calloc(STACKS * DEPTH, sizeof *many.frames);
	many.sites = calloc(STACKS, sizeof *many.sites);
	many.sites_count = STACKS;
	many.frames_count = STACKS * DEPTH;
	for (uint32_t i = 0; i < STACKS; i++) {
		many.stacks[i + 1] = (struct lk_stack){ i + 1, i * DEPTH, DEPTH, false };
		many.sites[i] = (struct lk_site){ .stack = i + 1, .blocks = 1, .bytes = 32 };
		for (uint32_t k = 0; k < DEPTH; k++)
			many.frames[i * DEPTH + k] = 0x555555554000 + 1000 * k + (k == 0 ? i : 0);
	}
	size = lk_capture_size(&many);
	ck_assert_uint_gt(size, 0);
	ck_assert_uint_lt(size, 20 * STACKS);
	free(many.stacks);
	free(many.frames);
	free(many.sites);
}
END_TEST

START_TEST(the_checksum_is_that_of_zlib)
{
	ck_assert_uint_eq(lk_checksum("123456789", 9), 0xCBF43926u);
	ck_assert_uint_eq(lk_checksum("", 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture");
	TCase *tcase = tcase_create("capture");
	SRunner *runner;

	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, records_stand_one_behind_the_other);
	tcase_add_test(tcase, a_copy_is_equal);
	tcase_add_test(tcase, a_stream_is_read_to_its_end);
	tcase_add_test(tcase, a_file_that_ends_anywhere_is_told);
	tcase_add_test(tcase, each_changed_byte_is_found);
	tcase_add_test(tcase, a_hostile_byte_does_no_harm);
	tcase_add_test(tcase, a_hostile_length_does_no_harm);
	tcase_add_test(tcase, a_damaged_record_does_not_hide_the_next);
	tcase_add_test(tcase, a_newer_format_is_named);
	tcase_add_test(tcase, a_section_of_a_newer_minor_version_is_left_out);
	tcase_add_test(tcase, fields_of_a_newer_minor_version_are_left_out);
	tcase_add_test(tcase, what_is_no_capture_is_told);
	tcase_add_test(tcase, equal_callers_are_written_once);
	tcase_add_test(tcase, the_checksum_is_that_of_zlib);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
