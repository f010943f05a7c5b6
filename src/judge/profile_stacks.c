/* SPDX-License-Identifier: MIT */
/* Stacks and locations of a profile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/check_frames.h"
#include "judge/named_stack.h"
#include "judge/profile_maker.h"
#include "judge/suspect.h"
#include "judge/trim.h"

static bool is_module(const struct lk_profile_module *known, const struct lk_module *module)
{
	if (known->build_id_size != module->build_id_size)
		return false;
	if (module->build_id_size > 0)
		return memcmp(known->build_id, module->build_id, module->build_id_size) == 0;
	return strcmp(known->path, module->path) == 0;
}

static bool add_module(struct lk_profile *profile, const struct lk_module *module)
{
	struct lk_profile_maker *maker = profile->maker;

	if (!LK_ARRAY_RESERVE(profile->modules, profile->modules_count, profile->modules_room, 1) ||
	    !LK_ARRAY_RESERVE(maker->namers, maker->namers_count, maker->namers_room, 1))
		return false;
	struct lk_profile_module row = {
		.path = lk_intern(&profile->strings, module->path),
		.build_id_size = module->build_id_size,
		.start = module->start,
		.end = module->end,
		.bias = module->bias,
		.is_program = module->is_program,
		.is_ours = module->is_ours,
		.is_libc = lk_module_is_libc(module),
		.is_system = lk_module_is_system(module),
	};
	memcpy(row.build_id, module->build_id, sizeof row.build_id);
	struct lk_profile_namer *namer = calloc(1, sizeof *namer);
	if (!row.path || !namer) {
		free(namer);
		return false;
	}
	namer->module = *module;
	maker->namers[maker->namers_count++] = namer;
	profile->modules[profile->modules_count++] = row;
	return true;
}

/* The profile's module for ADDRESS, LK_PROFILE_NONE if there is none. */
static bool find_module(struct lk_profile_adding *adding, uintptr_t address,
			const struct lk_module **module, size_t *ret)
{
	struct lk_profile *profile = adding->profile;
	const struct lk_snapshot *snapshot = adding->snapshot;

	*ret = LK_PROFILE_NONE;
	*module = lk_module_find(snapshot->modules, snapshot->modules_count, address);
	if (!*module)
		return true;
	size_t *known = &adding->modules[*module - snapshot->modules];
	for (size_t i = 0; !*known && i < profile->modules_count; i++)
		if (is_module(&profile->modules[i], *module))
			*known = i + 1;
	if (!*known) {
		if (!add_module(profile, *module))
			return false;
		*known = profile->modules_count;
	}
	*ret = *known - 1;
	return true;
}

static bool add_line(struct lk_profile *profile, const struct lk_frame *frame)
{
	struct lk_interner *strings = &profile->strings;

	if (!LK_ARRAY_RESERVE(profile->lines, profile->lines_count, profile->lines_room, 1))
		return false;
	struct lk_profile_line row = {
		.function = lk_intern(strings, frame->function),
		.file = lk_intern(strings, frame->file),
		.directory = lk_intern(strings, frame->directory),
		.line = frame->line,
		.start = frame->start,
	};
	profile->lines[profile->lines_count++] = row;
	return (row.function || !frame->function) && (row.file || !frame->file) &&
	       (row.directory || !frame->directory);
}

static bool name_location(struct lk_profile *profile, struct lk_profile_location *location)
{
	enum { INLINED_MAX = 64 };
	struct lk_frame frames[INLINED_MAX] = { 0 };
	size_t count = 1;

	if (location->module != LK_PROFILE_NONE) {
		struct lk_profile_namer *namer = profile->maker->namers[location->module];

		if (!namer->symbols)
			namer->symbols = lk_symbols_open(&namer->module, 1);
		if (!namer->symbols)
			return false;
		count = lk_symbols_name(namer->symbols, location->offset + namer->module.bias,
					frames, INLINED_MAX);
		const char *complaint = lk_symbols_complaint(namer->symbols);
		if (complaint && !profile->complaint[0])
			snprintf(profile->complaint, sizeof profile->complaint, "%s", complaint);
	}
	location->first_line = profile->lines_count;
	location->lines_count = count;
	for (size_t i = 0; i < count; i++)
		if (!add_line(profile, &frames[i]))
			return false;
	return true;
}

static bool find_location(struct lk_profile *profile, size_t module, uint64_t offset, size_t *ret)
{
	struct lk_index *index = &profile->maker->locations;
	uint64_t hash = lk_hash_number(lk_hash_number(0, module), offset);
	size_t at = 0;

	while ((*ret = lk_index_next(index, hash, &at)) != LK_INDEX_NONE)
		if (profile->locations[*ret].module == module &&
		    profile->locations[*ret].offset == offset)
			return true;
	if (!LK_ARRAY_RESERVE(profile->locations, profile->locations_count, profile->locations_room,
			      1))
		return false;
	struct lk_profile_location row = { .module = module, .offset = offset };
	if (!name_location(profile, &row) || !lk_index_put(index, hash, profile->locations_count))
		return false;
	*ret = profile->locations_count++;
	profile->locations[*ret] = row;
	return true;
}

/* The location of return address ADDRESS: *RET; LK_PROFILE_NONE if it is in our own
 * library. */
static bool see_address(struct lk_profile_adding *adding, uintptr_t address, size_t *ret)
{
	uint64_t hash = lk_hash_number(0, address);
	const struct lk_module *module;
	size_t at = 0, row, known;

	while ((row = lk_index_next(&adding->seen_index, hash, &at)) != LK_INDEX_NONE)
		if (adding->seen[row].address == address) {
			*ret = adding->seen[row].location;
			return true;
		}
	if (!LK_ARRAY_RESERVE(adding->seen, adding->seen_count, adding->seen_room, 1) ||
	    !lk_index_put(&adding->seen_index, hash, adding->seen_count) ||
	    !find_module(adding, address - 1, &module, &known))
		return false;
	*ret = LK_PROFILE_NONE;
	if (!(module && module->is_ours) &&
	    !find_location(adding->profile, known, address - (module ? module->bias : 0), ret))
		return false;
	adding->seen[adding->seen_count++] = (struct lk_profile_seen){ address, *ret };
	return true;
}

/* All positions of COUNT locations as frames, each with the index of its location in PATH
 * in place of its address; NULL when out of memory. */
static struct lk_frame *expand(const struct lk_profile *profile, const size_t *path, size_t count,
			       size_t *frames_count)
{
	struct lk_frame *frames;
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += profile->locations[path[i]].lines_count;
	frames = calloc(total + 1, sizeof *frames);
	*frames_count = 0;
	for (size_t i = 0; frames && i < count; i++) {
		const struct lk_profile_location *location = &profile->locations[path[i]];

		for (size_t k = 0; k < location->lines_count; k++) {
			struct lk_frame *frame = &frames[(*frames_count)++];

			frame->pc = i;
			frame->function = profile->lines[location->first_line + k].function;
			if (location->module != LK_PROFILE_NONE)
				frame->module = &profile->maker->namers[location->module]->module;
		}
	}
	return frames;
}

/* Leaves out the frames that no reader wants to see, and finds the suspect among the
 * others. */
static bool choose_frames(const struct lk_profile *profile, size_t *path, size_t *count,
			  struct lk_profile_stack *stack)
{
	size_t frames_count, first;
	struct lk_frame *frames = expand(profile, path, *count, &frames_count);

	if (!frames)
		return false;
	stack->is_checks = lk_check_frames_tell(frames, frames_count);
	first = lk_named_stack_trim(frames, &frames_count);
	if (frames_count > 0) {
		const struct lk_frame *shown = frames + first;
		size_t begin = shown[0].pc, end = shown[frames_count - 1].pc + 1;
		size_t suspect = lk_suspect(shown, frames_count), line = suspect;

		if (suspect < frames_count) {
			while (line > 0 && shown[line - 1].pc == shown[suspect].pc)
				line--;
			stack->suspect = shown[suspect].pc - begin;
			stack->suspect_line = suspect - line;
		}
		*count = end - begin;
		memmove(path, path + begin, *count * sizeof *path);
	}
	free(frames);
	return true;
}

static bool intern_stack(struct lk_profile *profile, const struct lk_profile_stack *like,
			 size_t *ret)
{
	const size_t *path = profile->maker->path;
	struct lk_index *index = &profile->maker->stacks;
	uint64_t hash = lk_hash(like->cut, path, like->count * sizeof *path);
	size_t at = 0;

	while ((*ret = lk_index_next(index, hash, &at)) != LK_INDEX_NONE) {
		const struct lk_profile_stack *row = &profile->stacks[*ret];

		if (row->count == like->count && row->cut == like->cut &&
		    memcmp(profile->paths + row->first, path, row->count * sizeof *path) == 0)
			return true;
	}
	if (!LK_ARRAY_RESERVE(profile->stacks, profile->stacks_count, profile->stacks_room, 1) ||
	    !LK_ARRAY_RESERVE(profile->paths, profile->paths_count, profile->paths_room,
			      like->count) ||
	    !lk_index_put(index, hash, profile->stacks_count))
		return false;
	*ret = profile->stacks_count++;
	profile->stacks[*ret] = *like;
	profile->stacks[*ret].first = profile->paths_count;
	memcpy(profile->paths + profile->paths_count, path, like->count * sizeof *path);
	profile->paths_count += like->count;
	return true;
}

static bool add_stack(struct lk_profile_adding *adding, size_t stack, size_t *ret)
{
	const struct lk_snapshot *snapshot = adding->snapshot;
	const struct lk_stack *row = &snapshot->stacks[stack];
	struct lk_profile_maker *maker = adding->profile->maker;
	struct lk_profile_stack like = { .cut = row->cut };
	size_t shown = lk_trim(snapshot, stack), location;

	if (!lk_array_reserve(&maker->path, &maker->path_room, shown, sizeof *maker->path))
		return false;
	for (size_t i = 0; i < shown; i++) {
		if (!see_address(adding, snapshot->frames[row->first + i], &location))
			return false;
		if (location != LK_PROFILE_NONE)
			maker->path[like.count++] = location;
	}
	*ret = 0;
	if (like.count == 0)
		return true;
	return choose_frames(adding->profile, maker->path, &like.count, &like) &&
	       intern_stack(adding->profile, &like, ret);
}

bool lk_profile_stack_add(struct lk_profile_adding *adding, size_t stack, size_t *ret)
{
	*ret = 0;
	if (stack == 0)
		return true;
	if (adding->stacks[stack]) {
		*ret = adding->stacks[stack] - 1;
		return true;
	}
	if (!add_stack(adding, stack, ret))
		return false;
	adding->stacks[stack] = *ret + 1;
	return true;
}
