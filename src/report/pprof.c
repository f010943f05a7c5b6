/* SPDX-License-Identifier: MIT */
#include "report/pprof.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/filter.h"
#include "judge/suspect.h"
#include "report/plural.h"
#include "report/pprof_writer.h"

/* Go's names of enum lk_value. */
static const char *const heap_types[LK_VALUE_COUNT] = { "alloc_objects", "alloc_space",
							"inuse_objects", "inuse_space" };

/* Who holds a block, as a label tells it: the words of verdict.def. */
static const char *const hold_words[LK_HOLD_COUNT] = {
	[LK_HOLD_LOST] = "lost",	 [LK_HOLD_MEMCHECK] = "lost",
	[LK_HOLD_INDIRECT] = "indirect", [LK_HOLD_RETAINED] = "retained",
	[LK_HOLD_THREAD] = "held",	 [LK_HOLD_LIBC] = "libc",
};

/* What STATE of struct lk_profile_sample is called; NULL: no sample is of that kind. */
static const char *const state_keys[LK_KIND_COUNT] = {
	[LK_KIND_heap] = "type",   [LK_KIND_descriptor] = "type", [LK_KIND_thread] = "state",
	[LK_KIND_child] = "state", [LK_KIND_handle] = "type",
};

static void add_value_type(struct lk_pprof_writer *writer, unsigned field, const char *type,
			   const char *unit)
{
	lk_pprof_text(writer, &writer->message, VALUE_TYPE_TYPE, type);
	lk_pprof_text(writer, &writer->message, VALUE_TYPE_UNIT, unit);
	lk_protobuf_message(&writer->out, field, &writer->message);
}

/* What was allocated is told only if it was counted everywhere. */
static unsigned first_value(const struct lk_pprof_writer *writer)
{
	return writer->profile->totals_known ? LK_VALUE_alloc_blocks : LK_VALUE_live_blocks;
}

static void add_types(struct lk_pprof_writer *writer)
{
	const char *name = lk_kind_name(writer->kind);
	bool is_heap = writer->kind == LK_KIND_heap;

	for (unsigned i = first_value(writer); is_heap && i < LK_VALUE_COUNT; i++)
		add_value_type(writer, PROFILE_SAMPLE_TYPE, heap_types[i], lk_value_units[i]);
	if (!is_heap)
		add_value_type(writer, PROFILE_SAMPLE_TYPE, name, "count");
	if (writer->kind == LK_KIND_handle)
		add_value_type(writer, PROFILE_SAMPLE_TYPE, "space", "bytes");
	add_value_type(writer, PROFILE_PERIOD_TYPE, is_heap ? "space" : name,
		       is_heap ? "bytes" : "count");
	lk_protobuf_number(&writer->out, PROFILE_PERIOD, 1);
	if (!is_heap)
		lk_pprof_text(writer, &writer->out, PROFILE_DEFAULT_SAMPLE_TYPE, name);
	else
		lk_pprof_text(writer, &writer->out, PROFILE_DEFAULT_SAMPLE_TYPE,
			      heap_types[writer->has_live || !writer->profile->totals_known
						 ? LK_VALUE_live_bytes
						 : LK_VALUE_alloc_bytes]);
}

/* ---- Stacks */

static bool is_allocators(const struct lk_profile *profile,
			  const struct lk_profile_location *location, size_t line)
{
	const char *function = profile->lines[location->first_line + line].function;

	if (location->module != LK_PROFILE_NONE && profile->modules[location->module].is_libc)
		return true;
	return function && lk_suspect_is_wrapper(function);
}

/* The first position of STACK that is neither the C library's nor a wrapper's; the very
 * first if all are. */
static struct lk_pprof_place first_place(const struct lk_profile *profile,
					 const struct lk_profile_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		size_t place = profile->paths[stack->first + i];
		const struct lk_profile_location *location = &profile->locations[place];

		for (size_t line = 0; line < location->lines_count; line++)
			if (!is_allocators(profile, location, line))
				return (struct lk_pprof_place){ i, line };
	}
	return (struct lk_pprof_place){ 0, 0 };
}

static void add_place(struct lk_pprof_writer *writer, struct lk_pprof_place place)
{
	uint64_t id = lk_pprof_id(&writer->places, &place);

	if (id == 0 || !LK_ARRAY_RESERVE(writer->path, writer->path_count, writer->path_room, 1)) {
		writer->failed = true;
		return;
	}
	writer->path[writer->path_count++] = id;
}

static void add_stack(struct lk_pprof_writer *writer, size_t index, bool is_whole)
{
	const struct lk_profile *profile = writer->profile;
	const struct lk_profile_stack *stack = &profile->stacks[index];
	struct lk_pprof_place first =
		is_whole ? (struct lk_pprof_place){ 0, 0 } : first_place(profile, stack);

	for (size_t i = first.location; i < stack->count; i++)
		add_place(writer,
			  (struct lk_pprof_place){ profile->paths[stack->first + i],
						   i == first.location ? first.skipped : 0 });
	writer->cut += stack->cut;
}

/* ---- Samples */

static void add_label(struct lk_pprof_writer *writer, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	lk_pprof_text(writer, &writer->inner, LABEL_KEY, key);
	lk_pprof_text(writer, &writer->inner, LABEL_STR, text);
	lk_protobuf_message(&writer->message, SAMPLE_LABEL, &writer->inner);
}

static void add_sample(struct lk_pprof_writer *writer, const struct lk_profile_sample *sample,
		       const uint64_t *values, size_t count, const char *hold)
{
	const struct lk_profile_part *part = &writer->profile->parts[sample->part];

	lk_protobuf_numbers(&writer->message, SAMPLE_LOCATION_ID, writer->path, writer->path_count);
	lk_protobuf_numbers(&writer->message, SAMPLE_VALUE, values, count);
	add_label(writer, "test", part->test);
	if (writer->many_programs)
		add_label(writer, "program", part->moment.program);
	add_label(writer, "reach", hold);
	add_label(writer, state_keys[sample->kind], sample->state);
	lk_protobuf_message(&writer->out, PROFILE_SAMPLE, &writer->message);
}

/* What was allocated and what is alive are samples of their own where the latter has a
 * label that is not true of the former. */
static void add_heap(struct lk_pprof_writer *writer, const struct lk_profile_sample *sample)
{
	const char *hold = hold_words[sample->hold];
	unsigned first = first_value(writer);
	uint64_t values[LK_VALUE_COUNT];

	memcpy(values, sample->values, sizeof values);
	if (hold && (values[LK_VALUE_live_blocks] > 0 || values[LK_VALUE_live_bytes] > 0)) {
		values[LK_VALUE_alloc_blocks] = values[LK_VALUE_alloc_bytes] = 0;
		add_sample(writer, sample, values + first, LK_VALUE_COUNT - first, hold);
		memcpy(values, sample->values, sizeof values);
		values[LK_VALUE_live_blocks] = values[LK_VALUE_live_bytes] = 0;
	}
	for (unsigned i = first; i < LK_VALUE_COUNT; i++)
		if (values[i] > 0) {
			add_sample(writer, sample, values + first, LK_VALUE_COUNT - first, NULL);
			break;
		}
}

static void add_with_stack(struct lk_pprof_writer *writer, const struct lk_profile_sample *sample)
{
	writer->path_count = 0;
	if (sample->now)
		add_stack(writer, sample->now, true);
	add_stack(writer, sample->stack, false);
	if (writer->path_count == 0)
		add_place(writer, (struct lk_pprof_place){ LK_PROFILE_NONE, 0 });
	if (sample->kind == LK_KIND_heap)
		add_heap(writer, sample);
	else
		add_sample(writer, sample, &sample->values[LK_VALUE_live_blocks],
			   sample->kind == LK_KIND_handle ? 2 : 1, NULL);
	writer->has_live |= sample->values[LK_VALUE_live_blocks] > 0;
}

static void add_samples(struct lk_pprof_writer *writer)
{
	const struct lk_profile *profile = writer->profile;
	const struct lk_selection *selection = writer->selection;
	struct lk_filtered filtered;

	writer->failed |= !lk_filtered_init(&filtered, profile, selection);
	for (size_t i = 0; !writer->failed && i < profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &profile->samples[i];

		if (sample->kind == writer->kind && sample->part >= selection->first_part &&
		    sample->part < selection->end_part && lk_filtered_keeps(&filtered, sample))
			add_with_stack(writer, sample);
	}
	lk_filtered_deinit(&filtered);
}

/* ---- The whole */

__attribute__((format(printf, 2, 3))) static void add_comment(struct lk_pprof_writer *writer,
							      const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	writer->failed |= !text;
	if (text)
		lk_pprof_text(writer, &writer->out, PROFILE_COMMENT, text);
	free(text);
}

/* A profile of several programs names each one once. */
static void add_programs(struct lk_pprof_writer *writer)
{
	const struct lk_profile *profile = writer->profile;

	for (size_t i = 0; i < profile->parts_count; i++) {
		const char *program = profile->parts[i].moment.program;
		size_t same = 0;

		while (strcmp(profile->parts[same].moment.program, program) != 0)
			same++;
		if (same == i)
			add_comment(writer, "leakcheck: %s", program);
		writer->many_programs |= same == i && i > 0;
	}
}

static void add_doubts(struct lk_pprof_writer *writer)
{
	const struct lk_profile *profile = writer->profile;
	uint64_t lost = 0;

	for (size_t i = 0; i < profile->parts_count; i++)
		lost += profile->parts[i].events_lost;
	if (lost > 0)
		add_comment(writer, "incomplete: %" PRIu64 " event%s lost", lost, lk_plural(lost));
	if (writer->cut > 0)
		add_comment(writer, "outer frames are missing in %" PRIu64 " stack%s", writer->cut,
			    lk_plural(writer->cut));
	if (!profile->totals_known && writer->kind == LK_KIND_heap)
		add_comment(writer, "what was allocated was not counted, only what is alive");
	if (profile->complaint[0])
		add_comment(writer, "%s", profile->complaint);
}

static void add_time(struct lk_pprof_writer *writer)
{
	const struct lk_profile *profile = writer->profile;
	uint64_t begin = 0, duration = 0;

	for (size_t i = 0; i < profile->parts_count; i++) {
		const struct lk_moment *moment = &profile->parts[i].moment;

		if (begin == 0 || moment->realtime_ns < begin)
			begin = moment->realtime_ns;
		duration += moment->duration_ns;
	}
	lk_protobuf_number(&writer->out, PROFILE_TIME_NANOS, begin);
	lk_protobuf_number(&writer->out, PROFILE_DURATION_NANOS, duration);
}

static void add_all(struct lk_pprof_writer *writer)
{
	lk_pprof_text(writer, &writer->message, 1, ""); /* the first of the strings; adds nothing */
	add_programs(writer);
	add_samples(writer);
	add_types(writer);
	lk_pprof_places(writer);
	add_time(writer);
	add_doubts(writer);
	lk_pprof_strings(writer);
}

bool lk_pprof_tells_of(enum lk_kind kind)
{
	return state_keys[kind];
}

bool lk_pprof_make(const struct lk_profile *profile, const struct lk_selection *selection,
		   struct lk_protobuf *ret)
{
	struct lk_pprof_writer writer = {
		.profile = profile,
		.selection = selection,
		.kind = selection->kind,
		.places.size = sizeof(struct lk_pprof_place),
		.functions.size = sizeof(struct lk_pprof_function),
		.strings.size = sizeof(const char *),
		.mappings = calloc(profile->modules_count + 1, sizeof *writer.mappings),
	};

	writer.failed = !writer.mappings;
	if (!writer.failed)
		add_all(&writer);
	bool done = !writer.failed && !writer.out.failed;
	if (done) {
		*ret = writer.out;
		writer.out = (struct lk_protobuf){ 0 };
	}
	lk_pprof_release(&writer);
	return done;
}
