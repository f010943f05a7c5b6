/* SPDX-License-Identifier: MIT */
#include "judge/release.h"

#include <string.h>

#include "judge/named_stack.h"
#include "judge/suspect.h"

/* Frames of STACK up to the one that returns to PC; 0 if there is none. */
static size_t frames_to(const struct lk_snapshot *snapshot, size_t stack, uintptr_t pc)
{
	const struct lk_stack *row = &snapshot->stacks[stack];

	for (size_t i = 0; i < row->count; i++)
		if (snapshot->frames[row->first + i] == pc)
			return i + 1;
	return 0;
}

static bool begins_alike(const struct lk_snapshot *snapshot, size_t stack, size_t other,
			 size_t count)
{
	const struct lk_stack *one = &snapshot->stacks[stack], *two = &snapshot->stacks[other];

	return count <= one->count && count <= two->count &&
	       memcmp(&snapshot->frames[one->first], &snapshot->frames[two->first],
		      count * sizeof *snapshot->frames) == 0;
}

/* The frame of the program's that releases; false if it has no name or place. */
static bool find_frame(const struct lk_snapshot *snapshot, struct lk_symbols *symbols,
		       size_t stack, struct lk_frame *ret)
{
	struct lk_named_stack named;
	bool found = false;

	if (!lk_named_stack_init(&named, symbols, snapshot, stack, SIZE_MAX))
		return false;
	size_t suspect = lk_suspect(named.frames, named.count);
	if (suspect < named.count && named.frames[suspect].module) {
		*ret = named.frames[suspect];
		found = true;
	}
	lk_named_stack_deinit(&named);
	return found;
}

void lk_release_find(const struct lk_snapshot *snapshot, struct lk_symbols *symbols, size_t stack,
		     uintptr_t pc, struct lk_sibling_release *ret)
{
	enum { PLACES_MAX = 32 };
	struct lk_sibling_release places[PLACES_MAX], *most = NULL;
	size_t shared = frames_to(snapshot, stack, pc), count = 0;
	uint64_t all = 0;

	for (size_t i = 0; shared > 0 && i < snapshot->releases_count; i++) {
		const struct lk_release *release = &snapshot->releases[i];
		struct lk_frame frame;
		size_t at = 0;

		if (!begins_alike(snapshot, stack, release->born, shared) ||
		    !find_frame(snapshot, symbols, release->freed, &frame))
			continue;
		all += release->blocks;
		while (at < count && places[at].frame.pc != frame.pc)
			at++;
		if (at == PLACES_MAX)
			continue;
		if (at == count)
			places[count++] = (struct lk_sibling_release){ .frame = frame };
		places[at].blocks += release->blocks;
		if (!most || places[at].blocks > most->blocks)
			most = &places[at];
	}
	*ret = most ? *most : (struct lk_sibling_release){ 0 };
	ret->all = all;
}
