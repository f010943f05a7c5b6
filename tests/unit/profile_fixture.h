/* SPDX-License-Identifier: MIT */
/* A profile made by hand, for tests of what is told from one.
 *
 *     stacks   1  main.c:30 test_one > parse.c:20 parse > parse.c:10 xmalloc, suspect parse
 *              2  main.c:30 test_one > parse.c:20 parse > parse.c:21 parse
 *              3  main.c:40 test_two
 *              4  an unnamed place in libz.so.1
 *              5  main.c:31 test_one > util.c:5 copy, inlined into parse.c:22 parse
 */
#ifndef LK_TESTS_PROFILE_FIXTURE_H
#define LK_TESTS_PROFILE_FIXTURE_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/profile.h"

enum { SAMPLES_MAX = 16 };

static struct lk_profile_module fixture_modules[] = {
	{ .path = "/src/check_parse", .is_program = true },
	{ .path = "/usr/lib/libz.so.1", .is_system = true },
};

static struct lk_profile_line fixture_lines[8];
static struct lk_profile_location fixture_locations[] = {
	{ .module = 0, .offset = 0x10, .first_line = 0, .lines_count = 1 }, /* xmalloc */
	{ .module = 0, .offset = 0x20, .first_line = 1, .lines_count = 1 }, /* parse:20 */
	{ .module = 0, .offset = 0x21, .first_line = 2, .lines_count = 1 }, /* parse:21 */
	{ .module = 0, .offset = 0x30, .first_line = 3, .lines_count = 1 }, /* test_one:30 */
	{ .module = 0, .offset = 0x40, .first_line = 4, .lines_count = 1 }, /* test_two */
	{ .module = 1, .offset = 0x12, .first_line = 5, .lines_count = 1 }, /* libz */
	{ .module = 0, .offset = 0x22, .first_line = 6, .lines_count = 2 }, /* copy, parse:22 */
};
static size_t fixture_paths[] = { 0, 1, 3, 2, 1, 3, 4, 5, 6, 3 };
static struct lk_profile_stack fixture_stacks[] = {
	{ 0 },
	{ .first = 0, .count = 3, .suspect = 1 },
	{ .first = 3, .count = 3 },
	{ .first = 6, .count = 1 },
	{ .first = 7, .count = 1 },
	{ .first = 8, .count = 2 },
};
static struct lk_profile_part fixture_parts[2];
static struct lk_profile_sample fixture_samples[SAMPLES_MAX];

static struct lk_profile fixture = {
	.modules = fixture_modules,
	.modules_count = 2,
	.locations = fixture_locations,
	.locations_count = 7,
	.lines = fixture_lines,
	.lines_count = 8,
	.paths = fixture_paths,
	.paths_count = 10,
	.stacks = fixture_stacks,
	.stacks_count = 6,
	.parts = fixture_parts,
	.parts_count = 2,
	.samples = fixture_samples,
};

static void fixture_set_line(size_t index, const char *function, const char *file, unsigned line)
{
	fixture_lines[index] =
		(struct lk_profile_line){ .function = function, .file = file, .line = line };
}

/* Equal text has to be an equal pointer. */
static void fixture_setup(void)
{
	static const char parse_c[] = "parse.c", main_c[] = "main.c", parse[] = "parse";
	static const char test_one[] = "test_one", test_two[] = "test_two";

	fixture_set_line(0, "xmalloc", parse_c, 10);
	fixture_set_line(1, parse, parse_c, 20);
	fixture_set_line(2, parse, parse_c, 21);
	fixture_set_line(3, test_one, main_c, 30);
	fixture_set_line(4, test_two, main_c, 40);
	fixture_set_line(6, "copy", "util.c", 5);
	fixture_set_line(7, parse, parse_c, 22);
	fixture_parts[0].test = test_one;
	fixture_parts[1].test = test_two;
	fixture.samples_count = 0;
	memset(fixture_samples, 0, sizeof fixture_samples);
}

static struct lk_profile_sample *fixture_add(size_t part, size_t stack, uint64_t blocks,
					     uint64_t bytes)
{
	struct lk_profile_sample *sample = &fixture_samples[fixture.samples_count++];

	ck_assert_uint_le(fixture.samples_count, SAMPLES_MAX);
	sample->kind = LK_KIND_heap;
	sample->part = part;
	sample->stack = stack;
	sample->values[LK_VALUE_live_blocks] = blocks;
	sample->values[LK_VALUE_live_bytes] = bytes;
	return sample;
}

#endif
