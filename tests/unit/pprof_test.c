/* SPDX-License-Identifier: MIT */
/* A profile made by hand, and what a reader of profile.proto finds in the message. */
#include "report/pprof.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 16 };
/* Fields of profile.proto. */
enum {
	SAMPLE_TYPE = 1,
	SAMPLE,
	MAPPING,
	LOCATION,
	FUNCTION,
	STRING,
	TIME = 9,
	DURATION,
	PERIOD_TYPE,
	PERIOD,
	COMMENT,
	DEFAULT_SAMPLE_TYPE
};

static struct lk_profile_module modules[] = {
	{ .path = "/lib/libc.so.6",
	  .start = 0x7000,
	  .end = 0x8000,
	  .bias = 0x7000,
	  .is_libc = true },
	{ .path = "/lib/libunused.so", .start = 0x9000, .end = 0xa000, .bias = 0x9000 },
	{ .path = "/srv/check_x",
	  .build_id = { 0xab, 0x01 },
	  .build_id_size = 2,
	  .start = 0x4000,
	  .end = 0x5000,
	  .bias = 0x4000,
	  .is_program = true },
};
static struct lk_profile_line lines[] = {
	{ "strdup", NULL, NULL, 0, 0 },	       /* 0: in libc */
	{ "xstrdup", "util.c", NULL, 31, 29 }, /* 1: inlined into the next */
	{ "parse", "parse.c", NULL, 88, 80 },
	{ "test_parse", "check_x.c", NULL, 40, 38 }, /* 3 */
	{ NULL, NULL, NULL, 0, 0 },
	{ "poll", NULL, NULL, 0, 0 }, /* 5: in libc */
	{ "odd\n\xff", "check_x.c", NULL, 7, 6 },
};
static struct lk_profile_location locations[] = {
	{ 0, 0x101, 0, 1 }, { 2, 0x201, 1, 2 }, { 2, 0x301, 3, 1 },
	{ 2, 0x401, 4, 1 }, { 0, 0x501, 5, 1 }, { LK_PROFILE_NONE, 0x601, 6, 1 },
};
static size_t paths[] = { 0, 1, 2, 3, 4, 5 };
static struct lk_profile_stack stacks[] = {
	{ 0 },
	{ .first = 0, .count = 3 },		 /* strdup < xstrdup and parse < test_parse */
	{ .first = 3, .count = 1, .cut = true }, /* without a name */
	{ .first = 4, .count = 1 },		 /* poll */
	{ .first = 5, .count = 1 },		 /* in no module */
};
static struct lk_profile_part parts[2];
static struct lk_profile_sample samples[ROWS_MAX];
static struct lk_profile profile;
static const char *wanted_test;
static struct lk_protobuf made;

/* A message that is read: the fields one by one. */
struct reader {
	const uint8_t *at, *end;
	uint64_t number; /* the field's; of bytes and messages the size */
};

static uint64_t read_number(const uint8_t **at, const uint8_t *end)
{
	uint64_t number = 0;
	unsigned shift = 0;

	do {
		ck_assert_ptr_ne(*at, end);
		number |= (uint64_t)(**at & 0x7f) << shift;
		shift += 7;
	} while (*(*at)++ & 0x80);
	return number;
}

/* The next field, whose bytes are CONTENT unless it is a number; 0 at the end. */
static unsigned next(struct reader *reader, struct reader *content)
{
	if (reader->at == reader->end)
		return 0;
	uint64_t key = read_number(&reader->at, reader->end);
	reader->number = read_number(&reader->at, reader->end);
	ck_assert((key & 7) == 0 || (key & 7) == 2);
	if ((key & 7) == 2) {
		ck_assert_uint_le(reader->number, (size_t)(reader->end - reader->at));
		*content = (struct reader){ reader->at, reader->at + reader->number, 0 };
		reader->at += reader->number;
	}
	return (unsigned)(key >> 3);
}

/* The COUNTth field FIELD of MESSAGE: its number; its bytes are *CONTENT. */
static bool find(struct reader message, unsigned field, size_t count, uint64_t *number,
		 struct reader *content)
{
	unsigned found;

	while ((found = next(&message, content)))
		if (found == field && count-- == 0) {
			*number = message.number;
			return true;
		}
	return false;
}

static struct reader part(struct reader message, unsigned field, size_t count)
{
	struct reader content = { 0 };
	uint64_t number;

	ck_assert_msg(find(message, field, count, &number, &content), "no field %u", field);
	return content;
}

static uint64_t number(struct reader message, unsigned field)
{
	struct reader content;
	uint64_t found = 0;

	return find(message, field, 0, &found, &content) ? found : 0;
}

static size_t count(struct reader message, unsigned field)
{
	struct reader content;
	uint64_t found;
	size_t fields = 0;

	while (find(message, field, fields, &found, &content))
		fields++;
	return fields;
}

/* What has been made. */
static struct reader whole(void)
{
	return (struct reader){ made.bytes, made.bytes + made.size, 0 };
}

/* The text that FIELD of MESSAGE names. */
static const char *text(struct reader message, unsigned field)
{
	static char texts[8][64];
	static unsigned turn;
	struct reader content = part(whole(), STRING, number(message, field));
	char *copy = texts[turn++ % 8];

	snprintf(copy, sizeof texts[0], "%.*s", (int)(content.end - content.at),
		 (const char *)content.at);
	return copy;
}

/* The COUNTth of a packed field. */
static uint64_t packed(struct reader message, unsigned field, size_t place)
{
	struct reader content = part(message, field, 0);
	uint64_t value;

	do
		value = read_number(&content.at, content.end);
	while (place-- > 0);
	return value;
}

static struct reader row(unsigned table, uint64_t id)
{
	for (size_t i = 0; i < count(whole(), table); i++)
		if (number(part(whole(), table, i), 1) == id)
			return part(whole(), table, i);
	ck_abort_msg("table %u has no row %d", table, (int)id);
}

/* The function of the LINEth line of the FRAMEth frame of a sample. */
static const char *function(struct reader sample, size_t frame, size_t line)
{
	struct reader location = row(LOCATION, packed(sample, 1, frame));

	return text(row(FUNCTION, number(part(location, 4, line), 1)), 2);
}

/* The value of the label KEY of a sample, "" if it has none. */
static const char *label(struct reader sample, const char *key)
{
	for (size_t i = 0; i < count(sample, 3); i++)
		if (strcmp(text(part(sample, 3, i), 1), key) == 0)
			return text(part(sample, 3, i), 2);
	return "";
}

static void add(const struct lk_profile_sample *sample)
{
	samples[profile.samples_count++] = *sample;
}

static void make(enum lk_kind kind)
{
	struct lk_selection selection;

	lk_selection_init(&selection, &profile);
	selection.kind = kind;
	selection.test = wanted_test;
	ck_assert(lk_pprof_make(&profile, &selection, &made));
}

static void setup(void)
{
	memset(parts, 0, sizeof parts);
	wanted_test = NULL;
	profile = (struct lk_profile){
		.modules = modules,
		.modules_count = 3,
		.locations = locations,
		.locations_count = 6,
		.paths_count = 6,
		.stacks_count = 5,
		.lines = lines,
		.paths = paths,
		.stacks = stacks,
		.parts = parts,
		.parts_count = 2,
		.samples = samples,
		.totals_known = true,
	};
	parts[0].test = "core:parse:test_parse";
	parts[0].moment.realtime_ns = 5000;
	parts[0].moment.duration_ns = 20;
	parts[1].moment.realtime_ns = 4000;
	parts[1].moment.duration_ns = 3;
	strcpy(parts[0].moment.program, "/srv/check_x");
	strcpy(parts[1].moment.program, "/srv/check_x");
}

static void teardown(void)
{
	lk_protobuf_deinit(&made);
}

START_TEST(heap_has_the_sample_types_of_go)
{
	static const char *const names[] = { "alloc_objects", "alloc_space", "inuse_objects",
					     "inuse_space" };

	add(&(struct lk_profile_sample){ .stack = 1, .values = { 3, 300, 1, 100 } });
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), SAMPLE_TYPE), 4);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, i), 1), names[i]);
		ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, i), 2), i % 2 ? "bytes" : "count");
		ck_assert_uint_eq(packed(part(whole(), SAMPLE, 0), 2, i), samples[0].values[i]);
	}
	ck_assert_str_eq(text(whole(), DEFAULT_SAMPLE_TYPE), "inuse_space");
	ck_assert_str_eq(text(part(whole(), PERIOD_TYPE, 0), 1), "space");
	ck_assert_uint_eq(number(whole(), PERIOD), 1);
	ck_assert_uint_eq(number(whole(), TIME), 4000);
	ck_assert_uint_eq(number(whole(), DURATION), 23);
}
END_TEST

START_TEST(what_was_not_counted_is_not_shown_as_nothing)
{
	profile.totals_known = false;
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 0, 0, 1, 100 } });
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), SAMPLE_TYPE), 2);
	ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, 1), 1), "inuse_space");
	ck_assert_uint_eq(packed(part(whole(), SAMPLE, 0), 2, 1), 100);
}
END_TEST

START_TEST(where_all_is_freed_the_allocations_are_shown_first)
{
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 3, 300, 0, 0 } });
	make(LK_KIND_heap);
	ck_assert_str_eq(text(whole(), DEFAULT_SAMPLE_TYPE), "alloc_space");
}
END_TEST

START_TEST(stacks_begin_behind_allocators)
{
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 1, 2, 1, 2 } });
	make(LK_KIND_heap);
	struct reader sample = part(whole(), SAMPLE, 0);
	struct reader parse = row(LOCATION, packed(sample, 1, 0));
	struct reader known = row(FUNCTION, number(part(parse, 4, 0), 1));

	ck_assert_uint_eq(part(sample, 1, 0).end - part(sample, 1, 0).at, 2);
	ck_assert_str_eq(function(sample, 0, 0), "parse");
	ck_assert_uint_eq(count(parse, 4), 1);
	ck_assert_uint_eq(number(part(parse, 4, 0), 2), 88);
	ck_assert_str_eq(text(known, 4), "parse.c");
	ck_assert_uint_eq(number(known, 5), 80);
	/* The call, where the module was loaded. */
	ck_assert_uint_eq(number(parse, 3), 0x4200);
	ck_assert_str_eq(function(sample, 1, 0), "test_parse");
}
END_TEST

START_TEST(the_program_is_the_first_mapping)
{
	add(&(struct lk_profile_sample){ .kind = LK_KIND_thread,
					 .stack = 1,
					 .now = 3,
					 .values = { [LK_VALUE_live_blocks] = 1 } });
	make(LK_KIND_thread);
	struct reader program = part(whole(), MAPPING, 0), libc = part(whole(), MAPPING, 1);

	ck_assert_uint_eq(count(whole(), MAPPING), 2);
	ck_assert_str_eq(text(program, 5), "/srv/check_x");
	ck_assert_str_eq(text(program, 6), "ab01");
	ck_assert_uint_eq(number(program, 2), 0x4000);
	ck_assert_uint_eq(number(program, 3), 0x5000);
	ck_assert_uint_eq(number(program, 7), 1);
	ck_assert_uint_eq(number(program, 8), 1);
	ck_assert_uint_eq(number(program, 9), 1);
	ck_assert_uint_eq(number(program, 10), 1);
	ck_assert_str_eq(text(libc, 5), "/lib/libc.so.6");
	ck_assert_uint_eq(number(libc, 7), 1);
	ck_assert_uint_eq(number(libc, 8), 0);
}
END_TEST

START_TEST(labels_say_only_what_is_true)
{
	add(&(struct lk_profile_sample){
		.stack = 1, .hold = LK_HOLD_LOST, .values = { 3, 300, 1, 100 } });
	add(&(struct lk_profile_sample){
		.stack = 1, .part = 1, .state = "FILE", .values = { 1, 50, 1, 50 } });
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), SAMPLE), 3);
	struct reader live = part(whole(), SAMPLE, 0), allocated = part(whole(), SAMPLE, 1);

	ck_assert_str_eq(label(live, "test"), "core:parse:test_parse");
	ck_assert_str_eq(label(live, "reach"), "lost");
	ck_assert_uint_eq(packed(live, 2, 1), 0);
	ck_assert_uint_eq(packed(live, 2, 3), 100);
	ck_assert_str_eq(label(allocated, "reach"), "");
	ck_assert_uint_eq(packed(allocated, 2, 1), 300);
	ck_assert_uint_eq(packed(allocated, 2, 3), 0);
	ck_assert_str_eq(label(part(whole(), SAMPLE, 2), "test"), "");
	ck_assert_str_eq(label(part(whole(), SAMPLE, 2), "type"), "FILE");
	ck_assert_str_eq(label(live, "program"), "");
}
END_TEST

START_TEST(what_is_not_selected_is_left_out)
{
	wanted_test = "*parse";
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 3, 300, 0, 0 } });
	add(&(struct lk_profile_sample){ .stack = 2, .part = 1, .values = { 1, 50, 1, 50 } });
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), SAMPLE), 1);
	ck_assert_uint_eq(packed(part(whole(), SAMPLE, 0), 2, 0), 3);
	ck_assert_str_eq(text(whole(), DEFAULT_SAMPLE_TYPE), "alloc_space");
	ck_assert_uint_eq(count(whole(), LOCATION), 2);
}
END_TEST

START_TEST(programs_are_a_label_when_there_are_several)
{
	strcpy(parts[1].moment.program, "/srv/check_y");
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 3, 300, 1, 100 } });
	make(LK_KIND_heap);
	ck_assert_str_eq(label(part(whole(), SAMPLE, 0), "program"), "/srv/check_x");
	ck_assert_uint_eq(count(whole(), COMMENT), 2);
}
END_TEST

START_TEST(a_thread_stands_where_it_is_and_was_created)
{
	add(&(struct lk_profile_sample){ .kind = LK_KIND_thread,
					 .stack = 1,
					 .now = 3,
					 .state = "poll",
					 .values = { [LK_VALUE_live_blocks] = 1 } });
	add(&(struct lk_profile_sample){ .kind = LK_KIND_heap, .stack = 1, .values = { 1, 1 } });
	make(LK_KIND_thread);
	struct reader sample = part(whole(), SAMPLE, 0);

	ck_assert_uint_eq(count(whole(), SAMPLE), 1);
	ck_assert_uint_eq(count(whole(), SAMPLE_TYPE), 1);
	ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, 0), 1), "thread");
	ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, 0), 2), "count");
	ck_assert_uint_eq(packed(sample, 2, 0), 1);
	ck_assert_str_eq(label(sample, "state"), "poll");
	ck_assert_str_eq(function(sample, 0, 0), "poll");
	ck_assert_str_eq(function(sample, 1, 0), "parse");
}
END_TEST

START_TEST(handles_are_counted_and_may_have_bytes)
{
	add(&(struct lk_profile_sample){
		.kind = LK_KIND_handle,
		.stack = 1,
		.state = "chunk",
		.values = { [LK_VALUE_live_blocks] = 2, [LK_VALUE_live_bytes] = 64 } });
	make(LK_KIND_handle);
	struct reader sample = part(whole(), SAMPLE, 0);

	ck_assert_uint_eq(count(whole(), SAMPLE_TYPE), 2);
	ck_assert_str_eq(text(part(whole(), SAMPLE_TYPE, 1), 2), "bytes");
	ck_assert_str_eq(text(whole(), DEFAULT_SAMPLE_TYPE), "handle");
	ck_assert_uint_eq(packed(sample, 2, 0), 2);
	ck_assert_uint_eq(packed(sample, 2, 1), 64);
	ck_assert_str_eq(label(sample, "type"), "chunk");
}
END_TEST

START_TEST(each_kind_that_has_samples_has_a_profile)
{
	ck_assert(lk_pprof_tells_of(LK_KIND_heap));
	ck_assert(lk_pprof_tells_of(LK_KIND_handle));
	ck_assert(!lk_pprof_tells_of(LK_KIND_misuse));
}
END_TEST

START_TEST(what_has_no_stack_has_a_place)
{
	add(&(struct lk_profile_sample){ .kind = LK_KIND_descriptor,
					 .values = { [LK_VALUE_live_blocks] = 1 } });
	add(&(struct lk_profile_sample){
		.kind = LK_KIND_descriptor, .stack = 2, .values = { [LK_VALUE_live_blocks] = 1 } });
	make(LK_KIND_descriptor);
	ck_assert_str_eq(function(part(whole(), SAMPLE, 0), 0, 0), "(stack unknown)");
	/* A frame without a name is left to the reader. */
	struct reader unnamed = row(LOCATION, packed(part(whole(), SAMPLE, 1), 1, 0));
	ck_assert_uint_eq(count(unnamed, 4), 0);
	ck_assert_uint_eq(number(unnamed, 2), 3);
	ck_assert_uint_eq(number(unnamed, 3), 0x4400);
	ck_assert_uint_eq(number(part(whole(), MAPPING, 0), 7), 0);
}
END_TEST

START_TEST(strings_are_plain_and_each_once)
{
	add(&(struct lk_profile_sample){ .stack = 4, .values = { 1, 1, 1, 1 } });
	add(&(struct lk_profile_sample){ .stack = 1, .values = { 1, 1, 1, 1 } });
	make(LK_KIND_heap);
	ck_assert_str_eq(function(part(whole(), SAMPLE, 0), 0, 0), "odd\\n\\xff");
	ck_assert_ptr_eq(part(whole(), STRING, 0).at, part(whole(), STRING, 0).end);
	for (size_t i = 0; i < count(whole(), STRING); i++)
		for (size_t k = 0; k < i; k++) {
			struct reader one = part(whole(), STRING, i),
				      other = part(whole(), STRING, k);

			ck_assert(one.end - one.at != other.end - other.at ||
				  memcmp(one.at, other.at, (size_t)(one.end - one.at)) != 0);
		}
}
END_TEST

START_TEST(doubts_are_comments)
{
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), COMMENT), 1);
	teardown();
	parts[1].events_lost = 3;
	profile.totals_known = false;
	strcpy(profile.complaint, "libdw is missing");
	add(&(struct lk_profile_sample){ .stack = 2, .values = { 1, 1, 1, 1 } });
	make(LK_KIND_heap);
	ck_assert_uint_eq(count(whole(), COMMENT), 5);
}
END_TEST

START_TEST(numbers_of_all_sizes_are_encoded)
{
	static const uint64_t numbers[] = { 1, 127, 128, 16383, 16384, UINT64_MAX };
	struct reader content;
	uint64_t found;

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		lk_protobuf_number(&made, 17, numbers[i]);
	lk_protobuf_number(&made, 17, 0);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		ck_assert(find(whole(), 17, i, &found, &content));
		ck_assert_uint_eq(found, numbers[i]);
	}
	ck_assert_uint_eq(count(whole(), 17), sizeof numbers / sizeof *numbers);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("pprof");
	TCase *cases = tcase_create("pprof");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, heap_has_the_sample_types_of_go);
	tcase_add_test(cases, what_was_not_counted_is_not_shown_as_nothing);
	tcase_add_test(cases, where_all_is_freed_the_allocations_are_shown_first);
	tcase_add_test(cases, stacks_begin_behind_allocators);
	tcase_add_test(cases, the_program_is_the_first_mapping);
	tcase_add_test(cases, labels_say_only_what_is_true);
	tcase_add_test(cases, what_is_not_selected_is_left_out);
	tcase_add_test(cases, programs_are_a_label_when_there_are_several);
	tcase_add_test(cases, a_thread_stands_where_it_is_and_was_created);
	tcase_add_test(cases, handles_are_counted_and_may_have_bytes);
	tcase_add_test(cases, each_kind_that_has_samples_has_a_profile);
	tcase_add_test(cases, what_has_no_stack_has_a_place);
	tcase_add_test(cases, strings_are_plain_and_each_once);
	tcase_add_test(cases, doubts_are_comments);
	tcase_add_test(cases, numbers_of_all_sizes_are_encoded);
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
