/* SPDX-License-Identifier: MIT */
#include "judge/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/pattern.h"

/* "NAME", or "NAME:LINE". */
static bool is_place(const char *pattern, const char *name, unsigned line)
{
	char number[16];
	const char *colon = strrchr(pattern, ':');

	if (lk_pattern_is(pattern, name))
		return true;
	if (!colon || line == 0)
		return false;
	snprintf(number, sizeof number, "%u", line);
	if (strcmp(colon + 1, number) != 0)
		return false;
	char *file = strndup(pattern, (size_t)(colon - pattern));
	bool is_it = file && lk_pattern_is(file, name);
	free(file);
	return is_it;
}

static bool is_path(const char *pattern, const char *path, unsigned line)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return path &&
	       (is_place(pattern, path, line) || (slash && is_place(pattern, slash + 1, line)));
}

static bool matches_line(const struct lk_profile *profile, const char *pattern,
			 const struct lk_profile_location *location,
			 const struct lk_profile_line *line)
{
	return (line->function && is_place(pattern, line->function, line->line)) ||
	       is_path(pattern, line->file, line->line) ||
	       (location->module != LK_PROFILE_NONE &&
		is_path(pattern, profile->modules[location->module].path, 0));
}

/* Which of the profile's lines FILTER matches; NULL when out of memory. */
static bool *match_lines(const struct lk_profile *profile, const struct lk_filter *filter)
{
	bool *lines = calloc(profile->lines_count + 1, sizeof *lines);

	for (size_t i = 0; lines && i < profile->locations_count; i++) {
		const struct lk_profile_location *location = &profile->locations[i];

		for (size_t k = 0; k < location->lines_count; k++) {
			size_t line = location->first_line + k;

			lines[line] = matches_line(profile, filter->pattern, location,
						   &profile->lines[line]);
		}
	}
	return lines;
}

static bool matches_stack(const struct lk_profile *profile, const struct lk_filter *filter,
			  const bool *lines, size_t stack)
{
	const struct lk_profile_stack *row = &profile->stacks[stack];
	const struct lk_profile_location *location;

	if (filter->first_only) {
		const struct lk_profile_line *line = lk_profile_suspect(profile, stack, &location);

		return line && lines[line - profile->lines];
	}
	for (size_t i = 0; i < row->count; i++) {
		location = &profile->locations[profile->paths[row->first + i]];
		for (size_t k = 0; k < location->lines_count; k++)
			if (lines[location->first_line + k])
				return true;
	}
	return false;
}

/* Goes through all filters of one sort: those that include let their stacks in, those that
 * exclude put them out. */
static bool apply(struct lk_filtered *filtered, const struct lk_profile *profile,
		  const struct lk_selection *selection, bool excludes)
{
	for (size_t i = 0; i < selection->filters_count; i++) {
		const struct lk_filter *filter = &selection->filters[i];

		if (filter->excludes != excludes)
			continue;
		bool *lines = match_lines(profile, filter);
		if (!lines)
			return false;
		for (size_t stack = 0; stack < profile->stacks_count; stack++)
			if (filtered->stacks[stack] == excludes &&
			    matches_stack(profile, filter, lines, stack))
				filtered->stacks[stack] = !excludes;
		free(lines);
	}
	return true;
}

bool lk_filtered_init(struct lk_filtered *ret, const struct lk_profile *profile,
		      const struct lk_selection *selection)
{
	bool includes = false;

	ret->stacks = calloc(profile->stacks_count + 1, sizeof *ret->stacks);
	ret->parts = calloc(profile->parts_count + 1, sizeof *ret->parts);
	if (!ret->stacks || !ret->parts)
		return false;
	for (size_t i = 0; i < selection->filters_count; i++)
		includes |= !selection->filters[i].excludes;
	memset(ret->stacks, !includes, profile->stacks_count);
	for (size_t i = 0; i < profile->parts_count; i++) {
		const char *test = profile->parts[i].test;

		ret->parts[i] = !selection->test ||
				lk_pattern_is(selection->test, test ? test : "");
	}
	return apply(ret, profile, selection, false) && apply(ret, profile, selection, true);
}

void lk_filtered_deinit(struct lk_filtered *filtered)
{
	free(filtered->stacks);
	free(filtered->parts);
	*filtered = (struct lk_filtered){ 0 };
}
