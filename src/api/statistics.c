/* SPDX-License-Identifier: MIT */
/* Tables of what snapshots hold, for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/room.h"
#include "api/snapshot.h"
#include "base/attributes.h"
#include "base/fmt.h"
#include "base/self.h"
#include "judge/difference.h"
#include "leakcheck.h"
#include "report/row.h"

struct leakcheck_statistics {
	struct lk_profile profile;
	struct lk_selection selection;
	bool is_comparison;
	struct lk_statistics table;	  /* unless it is a comparison */
	struct lk_difference difference; /* if it is */
};

static enum lk_group group_of(enum leakcheck_group group)
{
	static const enum lk_group groups[] = {
		[LEAKCHECK_BY_LINE] = LK_GROUP_line,
		[LEAKCHECK_BY_FILE] = LK_GROUP_file,
		[LEAKCHECK_BY_STACK] = LK_GROUP_stack,
		[LEAKCHECK_BY_FUNCTION] = LK_GROUP_function,
		[LEAKCHECK_BY_LIBRARY] = LK_GROUP_library,
		[LEAKCHECK_BY_TEST] = LK_GROUP_test,
		[LEAKCHECK_BY_STATE] = LK_GROUP_state,
		[LEAKCHECK_BY_EACH] = LK_GROUP_each,
	};

	return group < LK_COUNT(groups) ? groups[group] : LK_GROUP_line;
}

static enum lk_kind kind_of(enum leakcheck_kind kind)
{
	switch (kind) {
	case LEAKCHECK_DESCRIPTORS:
		return LK_KIND_descriptor;
	case LEAKCHECK_THREADS:
		return LK_KIND_thread;
	case LEAKCHECK_CHILDREN:
		return LK_KIND_child;
	default:
		return LK_KIND_heap;
	}
}

static bool add_parts(struct lk_profile *profile, const struct leakcheck_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (!lk_profile_add(profile, &snapshot->parts[i]))
			return false;
	return true;
}

/* Asks PROFILE for what QUERY wants; FIRST_NEW is 0 unless it is a comparison. */
static bool ask(struct leakcheck_statistics *statistics, const struct leakcheck_query *query,
		size_t first_new)
{
	struct lk_selection *selection = &statistics->selection;
	struct lk_filter *filters = calloc(query->filters_count + 1, sizeof *filters);
	bool ok = filters;

	lk_selection_init(selection, &statistics->profile);
	selection->kind = kind_of(query->kind);
	selection->group = group_of(query->group);
	selection->cumulative = query->cumulative;
	selection->test = query->test;
	selection->filters = filters;
	for (size_t i = 0; ok && i < query->filters_count; i++)
		filters[selection->filters_count++] =
			(struct lk_filter){ query->filters[i].pattern,
					    query->filters[i].exclude != 0,
					    query->filters[i].first_frame != 0 };
	if (ok && statistics->is_comparison)
		ok = lk_difference_make(&statistics->profile, selection, first_new,
					&statistics->difference);
	else if (ok)
		ok = lk_statistics_make(&statistics->profile, selection, &statistics->table);
	free(filters);
	selection->filters = NULL;
	selection->test = NULL;
	selection->filters_count = 0;
	return ok;
}

static void release(struct leakcheck_statistics *statistics)
{
	lk_difference_release(&statistics->difference);
	lk_statistics_release(&statistics->table);
	lk_profile_release(&statistics->profile);
	free(statistics);
}

static struct leakcheck_statistics *make(const struct leakcheck_snapshot *snapshot,
					 const struct leakcheck_snapshot *before,
					 const struct leakcheck_query *query)
{
	static const struct leakcheck_query usual = { .group = LEAKCHECK_BY_LINE };
	struct leakcheck_statistics *statistics = calloc(1, sizeof *statistics);
	struct lk_profile *profile = statistics ? &statistics->profile : NULL;
	bool ok = statistics && lk_profile_init(profile);
	size_t first_new = 0;

	if (ok && before) {
		statistics->is_comparison = true;
		ok = add_parts(profile, before);
		first_new = profile->parts_count;
	}
	ok = ok && add_parts(profile, snapshot);
	if (statistics)
		lk_profile_close_files(profile);
	if (ok && ask(statistics, query ? query : &usual, first_new))
		return statistics;
	lk_say("there is no memory left for statistics");
	if (statistics)
		release(statistics);
	return NULL;
}

/* The names are looked up in files. */
static struct leakcheck_statistics *make_quietly(const struct leakcheck_snapshot *snapshot,
						 const struct leakcheck_snapshot *before,
						 const struct leakcheck_query *query)
{
	int saved = lk_quiet_begin();
	struct lk_room room;

	lk_room_make(&room);
	struct leakcheck_statistics *statistics = make(snapshot, before, query);
	lk_room_give_back(&room);
	lk_quiet_end(saved);
	return statistics;
}

LK_EXPORT struct leakcheck_statistics *
leakcheck_snapshot_statistics(const struct leakcheck_snapshot *snapshot,
			      const struct leakcheck_query *query)
{
	return make_quietly(snapshot, NULL, query);
}

LK_EXPORT struct leakcheck_statistics *
leakcheck_snapshot_compare(const struct leakcheck_snapshot *snapshot,
			   const struct leakcheck_snapshot *before,
			   const struct leakcheck_query *query)
{
	return make_quietly(snapshot, before, query);
}

LK_EXPORT void leakcheck_statistics_free(struct leakcheck_statistics *statistics)
{
	int saved = lk_quiet_begin();

	if (statistics)
		release(statistics);
	lk_quiet_end(saved);
}

LK_EXPORT size_t leakcheck_statistics_count(const struct leakcheck_statistics *statistics)
{
	return statistics->is_comparison ? statistics->difference.count : statistics->table.count;
}

/* What row INDEX, which there is, stands for; *CHANGED is NULL unless it is a comparison. */
static const struct lk_row *row_of(const struct leakcheck_statistics *statistics, size_t index,
				   const struct lk_changed_row **changed)
{
	*changed = statistics->is_comparison ? &statistics->difference.rows[index] : NULL;
	return *changed ? &(*changed)->row : &statistics->table.rows[index];
}

static const char *path_of(const struct leakcheck_statistics *statistics, size_t module)
{
	return module == LK_PROFILE_NONE ? NULL : statistics->profile.modules[module].path;
}

LK_EXPORT int leakcheck_statistics_row(const struct leakcheck_statistics *statistics, size_t index,
				       struct leakcheck_row *row, size_t size)
{
	const struct lk_changed_row *changed;

	memset(row, 0, size);
	if (index >= leakcheck_statistics_count(statistics))
		return 0;
	const struct lk_row *from = row_of(statistics, index, &changed);
	const uint64_t *values = changed			    ? changed->now :
				 statistics->selection.cumulative ? from->cumulative :
								      from->values;
	struct leakcheck_row all = {
		.label = from->label,
		.function = from->function,
		.file = from->file,
		.library = path_of(statistics, from->module),
		.state = from->state,
		.line = from->line,
		.size = values[LK_VALUE_live_bytes],
		.count = values[LK_VALUE_live_blocks],
	};
	if (changed) {
		all.size_diff = lk_change(changed, LK_VALUE_live_bytes);
		all.count_diff = lk_change(changed, LK_VALUE_live_blocks);
	}
	memcpy(row, &all, size < sizeof all ? size : sizeof all);
	return 1;
}

LK_EXPORT void leakcheck_statistics_total(const struct leakcheck_statistics *statistics,
					  size_t *size, size_t *count)
{
	const uint64_t *total = statistics->is_comparison ? statistics->difference.total :
							    statistics->table.total;

	if (size)
		*size = total[LK_VALUE_live_bytes];
	if (count)
		*count = total[LK_VALUE_live_blocks];
}

LK_EXPORT size_t leakcheck_statistics_text(const struct leakcheck_statistics *statistics,
					   size_t index, char *text, size_t size)
{
	const struct lk_changed_row *changed;
	size_t length = 0;
	char *whole = NULL;

	if (size > 0)
		text[0] = '\0';
	if (index >= leakcheck_statistics_count(statistics))
		return 0;
	int saved = lk_quiet_begin();
	const struct lk_row *row = row_of(statistics, index, &changed);
	FILE *out = open_memstream(&whole, &length);
	if (out && changed)
		lk_print_changed_row(out, &statistics->selection, changed);
	else if (out)
		lk_print_row(out, &statistics->selection, row);
	if (out)
		fclose(out);
	if (whole && size > 0) {
		size_t fits = length < size ? length : size - 1;

		memcpy(text, whole, fits);
		text[fits] = '\0';
	}
	free(whole);
	lk_quiet_end(saved);
	return length;
}

LK_EXPORT size_t leakcheck_statistics_frames(const struct leakcheck_statistics *statistics,
					     size_t index, struct leakcheck_frame *frames,
					     size_t max)
{
	const struct lk_profile *profile = &statistics->profile;
	const struct lk_changed_row *changed;
	size_t count = 0;

	if (index >= leakcheck_statistics_count(statistics))
		return 0;
	const struct lk_profile_stack *stack =
		&profile->stacks[row_of(statistics, index, &changed)->stack];
	for (size_t i = 0; i < stack->count; i++) {
		const struct lk_profile_location *location =
			&profile->locations[profile->paths[stack->first + i]];

		for (size_t k = 0; k < location->lines_count; k++, count++) {
			const struct lk_profile_line *line =
				&profile->lines[location->first_line + k];

			if (count < max)
				frames[count] = (struct leakcheck_frame){
					.function = line->function,
					.file = line->file,
					.library = path_of(statistics, location->module),
					.line = line->line,
					.offset = location->offset,
				};
		}
	}
	return count;
}
