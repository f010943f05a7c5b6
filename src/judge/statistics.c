/* SPDX-License-Identifier: MIT */
#include "judge/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/filter.h"

const char *const lk_group_names[LK_GROUP_COUNT] = {
#define LK_NAME(name, meaning) #name,
	LK_GROUPS(LK_NAME)
#undef LK_NAME
};

const char *const lk_group_meanings[LK_GROUP_COUNT] = {
#define LK_NAME(name, meaning) meaning,
	LK_GROUPS(LK_NAME)
#undef LK_NAME
};

/* A table in the making. */
struct making {
	const struct lk_profile *profile;
	const struct lk_selection *selection;
	struct lk_statistics *table;
	struct lk_index index; /* of rows by their keys */
	size_t *row_of_line;   /* and 1; 0: not looked for yet */
	uint64_t *last_sample; /* that was added to a row cumulatively, and 1 */
	size_t last_room;
};

void lk_selection_init(struct lk_selection *ret, const struct lk_profile *profile)
{
	*ret = (struct lk_selection){
		.kind = LK_KIND_heap,
		.group = LK_GROUP_function,
		.sort = LK_VALUE_live_bytes,
		.end_part = profile->parts_count,
	};
}

const struct lk_profile_line *lk_profile_suspect(const struct lk_profile *profile, size_t stack,
						 const struct lk_profile_location **location)
{
	const struct lk_profile_stack *row = &profile->stacks[stack];

	if (row->count == 0)
		return NULL;
	*location = &profile->locations[profile->paths[row->first + row->suspect]];
	return &profile->lines[(*location)->first_line + row->suspect_line];
}

/* The row with LIKE's key, which is LIKE if there is none yet; LK_INDEX_NONE when out of
 * memory. */
static size_t find_row(struct making *making, const struct lk_row *like)
{
	struct lk_statistics *table = making->table;
	uint64_t hash = lk_hash(0, like->key, sizeof like->key);
	size_t at = 0, row;

	while ((row = lk_index_next(&making->index, hash, &at)) != LK_INDEX_NONE)
		if (memcmp(table->rows[row].key, like->key, sizeof like->key) == 0)
			return row;
	if (!LK_ARRAY_RESERVE(table->rows, table->count, table->room, 1) ||
	    !lk_index_put(&making->index, hash, table->count))
		return LK_INDEX_NONE;
	table->rows[table->count] = *like;
	return table->count++;
}

static void set_key(struct lk_row *row, const void *one, const void *other, uint64_t number)
{
	row->key[0] = (uintptr_t)one;
	row->key[1] = (uintptr_t)other;
	row->key[2] = number;
}

/* Interns "TEXT:NUMBER" or "TEXT+0xNUMBER"; NULL when out of memory. */
static const char *label_with(struct making *making, const char *text, bool is_offset,
			      uint64_t number)
{
	char *label = NULL;
	int length = is_offset ? asprintf(&label, "%s+0x%" PRIx64, text, number) :
				 asprintf(&label, "%s:%" PRIu64, text, number);
	const char *interned = length < 0 ? NULL : lk_intern(&making->table->strings, label);

	if (length >= 0)
		free(label);
	return interned;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A place without names: "libz.so.1+0x12", or the address alone. */
static const char *label_of_place(struct making *making, const struct lk_profile_location *location)
{
	bool has_module = location->module != LK_PROFILE_NONE;
	const char *name = has_module ? making->profile->modules[location->module].path : "";

	return label_with(making, base_name(name), true, location->offset);
}

static const char *path_of(const struct making *making, const struct lk_row *row)
{
	return row->module == LK_PROFILE_NONE ? NULL : making->profile->modules[row->module].path;
}

static bool tell_function(struct making *making, const struct lk_profile_location *location,
			  const struct lk_profile_line *line, struct lk_row *row)
{
	const char *holder = line->file ? line->file : path_of(making, row);

	row->function = line->function;
	row->file = line->file;
	set_key(row, line->function, holder, line->function ? 0 : location->offset);
	row->label = line->function ? line->function : label_of_place(making, location);
	return row->label;
}

static bool tell_line(struct making *making, const struct lk_profile_location *location,
		      const struct lk_profile_line *line, struct lk_row *row)
{
	row->function = line->function;
	row->file = line->file;
	row->line = line->line;
	if (!line->file)
		return tell_function(making, location, line, row);
	set_key(row, NULL, line->file, line->line);
	row->label = line->line ? label_with(making, line->file, false, line->line) : line->file;
	return row->label;
}

static bool tell_file(const struct making *making, const struct lk_profile_line *line,
		      struct lk_row *row)
{
	const char *path = path_of(making, row);

	row->file = line->file;
	row->label = line->file ? line->file : path ? path : "(no file)";
	set_key(row, NULL, row->label, 0);
	return true;
}

/* What stands for LINE of LOCATION. */
static bool tell_place(struct making *making, const struct lk_profile_location *location,
		       const struct lk_profile_line *line, struct lk_row *row)
{
	row->module = location->module;
	switch (making->selection->group) {
	case LK_GROUP_function:
		return tell_function(making, location, line, row);
	case LK_GROUP_line:
		return tell_line(making, location, line, row);
	case LK_GROUP_file:
		return tell_file(making, line, row);
	default:
		row->label = path_of(making, row);
		row->label = row->label ? row->label : "(no library)";
		set_key(row, NULL, NULL, row->module);
		return true;
	}
}

/* The row of a place; LK_INDEX_NONE when out of memory. */
static size_t row_of_place(struct making *making, const struct lk_profile_location *location,
			   const struct lk_profile_line *line, size_t stack)
{
	size_t *known = &making->row_of_line[line - making->profile->lines];
	struct lk_row row = { .stack = stack };

	if (!*known && tell_place(making, location, line, &row))
		*known = find_row(making, &row) + 1;
	return *known - 1;
}

/* Do rows stand for places in the code? */
static bool is_by_place(enum lk_group group)
{
	return group <= LK_GROUP_library;
}

/* Label of a stack: where it counts. */
static const char *label_of_stack(struct making *making, size_t stack)
{
	const struct lk_profile_location *location;
	const struct lk_profile_line *line =
		lk_profile_suspect(making->profile, stack, &location);

	if (!line)
		return "(stack not known)";
	return line->function ? line->function : label_of_place(making, location);
}

static size_t row_of_sample(struct making *making, const struct lk_profile_sample *sample)
{
	const struct lk_profile_location *location;
	const struct lk_profile_line *line;
	struct lk_row row = { .module = LK_PROFILE_NONE, .stack = sample->stack };
	static const char unknown[] = "(stack not known)";

	switch (making->selection->group) {
	case LK_GROUP_stack:
		row.label = label_of_stack(making, sample->stack);
		set_key(&row, NULL, NULL, sample->stack);
		line = lk_profile_suspect(making->profile, sample->stack, &location);
		row.function = line ? line->function : NULL;
		row.file = line ? line->file : NULL;
		row.line = line ? line->line : 0;
		row.module = line ? location->module : LK_PROFILE_NONE;
		break;
	case LK_GROUP_test:
		row.label = making->profile->parts[sample->part].test;
		set_key(&row, row.label, NULL, 0);
		row.label = row.label ? row.label : "(outside of tests)";
		break;
	case LK_GROUP_state:
		row.state = row.label = sample->state ? sample->state : "(no state)";
		set_key(&row, row.label, NULL, 0);
		break;
	case LK_GROUP_each:
		row.label = sample->what ? sample->what : label_of_stack(making, sample->stack);
		row.state = sample->state;
		set_key(&row, sample->what, NULL, sample->what ? 0 : sample->stack + 1);
		break;
	default:
		line = lk_profile_suspect(making->profile, sample->stack, &location);
		if (line)
			return row_of_place(making, location, line, sample->stack);
		row.label = unknown;
		set_key(&row, unknown, unknown, 0);
	}
	return row.label ? find_row(making, &row) : LK_INDEX_NONE;
}

static void add_values(uint64_t *sum, const uint64_t *values)
{
	for (int value = 0; value < LK_VALUE_COUNT; value++)
		sum[value] += values[value];
}

/* Adds SAMPLE to ROW cumulatively, once. */
static bool add_cumulative(struct making *making, size_t row, uint64_t sample)
{
	size_t room = making->last_room;

	if (row == LK_INDEX_NONE || !lk_array_reserve(&making->last_sample, &making->last_room,
						      row + 1, sizeof *making->last_sample))
		return false;
	if (making->last_room > room)
		memset(making->last_sample + room, 0,
		       (making->last_room - room) * sizeof *making->last_sample);
	if (making->last_sample[row] == sample + 1)
		return true;
	making->last_sample[row] = sample + 1;
	add_values(making->table->rows[row].cumulative, making->profile->samples[sample].values);
	return true;
}

static bool add_frames(struct making *making, size_t sample)
{
	const struct lk_profile *profile = making->profile;
	size_t stack = profile->samples[sample].stack;
	const struct lk_profile_stack *row = &profile->stacks[stack];

	for (size_t i = 0; i < row->count; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[row->first + i]];

		for (size_t k = 0; k < location->lines_count; k++)
			if (!add_cumulative(making,
					    row_of_place(making, location,
							 &profile->lines[location->first_line + k],
							 stack),
					    sample))
				return false;
	}
	return true;
}

static bool add_sample(struct making *making, size_t sample)
{
	const struct lk_profile_sample *from = &making->profile->samples[sample];
	struct lk_statistics *table = making->table;
	size_t row = row_of_sample(making, from);

	if (!add_cumulative(making, row, sample))
		return false;
	table->rows[row].samples++;
	add_values(table->rows[row].values, from->values);
	add_values(table->total, from->values);
	table->samples++;
	return !is_by_place(making->selection->group) || add_frames(making, sample);
}

static bool add_samples(struct making *making, const struct lk_filtered *filtered)
{
	const struct lk_selection *selection = making->selection;

	for (size_t i = 0; i < making->profile->samples_count; i++) {
		const struct lk_profile_sample *sample = &making->profile->samples[i];

		if (sample->kind != selection->kind || sample->part < selection->first_part ||
		    sample->part >= selection->end_part)
			continue;
		if (!lk_filtered_keeps(filtered, sample))
			making->table->left_out++;
		else if (!add_sample(making, i))
			return false;
	}
	return true;
}

enum lk_value lk_value_other(enum lk_value value)
{
	static const enum lk_value others[LK_VALUE_COUNT] = {
		[LK_VALUE_alloc_blocks] = LK_VALUE_alloc_bytes,
		[LK_VALUE_alloc_bytes] = LK_VALUE_alloc_blocks,
		[LK_VALUE_live_blocks] = LK_VALUE_live_bytes,
		[LK_VALUE_live_bytes] = LK_VALUE_live_blocks,
	};

	return others[value];
}

static int compare_text(const char *one, const char *other)
{
	/* Most are interned. */
	return one == other ? 0 : strcmp(one ? one : "", other ? other : "");
}

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

/* Frame by frame from the outermost, as tracemalloc has them. */
static int compare_stacks(const struct lk_profile *profile, size_t one, size_t other)
{
	const struct lk_profile_stack *a = &profile->stacks[one], *b = &profile->stacks[other];

	for (size_t i = 0; i < a->count && i < b->count; i++) {
		const struct lk_profile_location *left, *right;
		int order;

		left = &profile->locations[profile->paths[a->first + a->count - 1 - i]];
		right = &profile->locations[profile->paths[b->first + b->count - 1 - i]];
		if (left == right)
			continue;
		const struct lk_profile_line *x = &profile->lines[left->first_line],
					     *y = &profile->lines[right->first_line];
		order = compare_text(x->file, y->file);
		order = order ? order : compare_numbers(x->line, y->line);
		if (order)
			return order;
	}
	return compare_numbers(a->count, b->count);
}

int lk_row_compare_labels(const struct lk_profile *profile, enum lk_group group,
			  const struct lk_row *one, const struct lk_row *other)
{
	int order = group == LK_GROUP_stack ? compare_stacks(profile, one->stack, other->stack) :
					      compare_text(one->file, other->file);

	order = order ? order : compare_numbers(one->line, other->line);
	order = order ? order : compare_text(one->function, other->function);
	order = order ? order : compare_text(one->label, other->label);
	order = order ? order : compare_numbers(one->module, other->module);
	return order ? order : compare_numbers(one->key[2], other->key[2]);
}

struct order {
	const struct lk_profile *profile;
	const struct lk_selection *selection;
};

static int compare(const void *a, const void *b, void *context)
{
	const struct order *by = context;
	const struct lk_selection *selection = by->selection;
	const struct lk_row *one = a, *other = b;
	const uint64_t *left = selection->cumulative ? one->cumulative : one->values;
	const uint64_t *right = selection->cumulative ? other->cumulative : other->values;
	enum lk_value second = lk_value_other(selection->sort);
	int order = compare_numbers(right[selection->sort], left[selection->sort]);

	order = order ? order : compare_numbers(right[second], left[second]);
	return order ? order :
		       lk_row_compare_labels(by->profile, selection->group, other, one);
}

/* Rows where nothing counts itself are wanted only if the cumulative values are. */
static void drop_callers(struct lk_statistics *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].samples > 0)
			table->rows[kept++] = table->rows[i];
	table->count = kept;
}

bool lk_statistics_gather(const struct lk_profile *profile, const struct lk_selection *selection,
			  struct lk_statistics *ret)
{
	struct lk_statistics table = { 0 };
	struct lk_filtered filtered;
	struct making making = {
		.profile = profile,
		.selection = selection,
		.table = &table,
		.row_of_line = calloc(profile->lines_count + 1, sizeof *making.row_of_line),
	};
	bool ok = lk_filtered_init(&filtered, profile, selection) && making.row_of_line &&
		  add_samples(&making, &filtered);

	if (ok && !selection->cumulative)
		drop_callers(&table);
	lk_filtered_deinit(&filtered);
	lk_index_deinit(&making.index);
	free(making.row_of_line);
	free(making.last_sample);
	if (ok)
		*ret = table;
	else
		lk_statistics_release(&table);
	return ok;
}

bool lk_statistics_make(const struct lk_profile *profile, const struct lk_selection *selection,
			struct lk_statistics *ret)
{
	struct order order = { profile, selection };

	if (!lk_statistics_gather(profile, selection, ret))
		return false;
	if (ret->count > 1)
		qsort_r(ret->rows, ret->count, sizeof *ret->rows, compare, &order);
	return true;
}

void lk_statistics_release(struct lk_statistics *statistics)
{
	free(statistics->rows);
	lk_interner_deinit(&statistics->strings);
	*statistics = (struct lk_statistics){ 0 };
}
