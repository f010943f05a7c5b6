/* SPDX-License-Identifier: MIT */
/* The memory of a walker. */
#include "probe/walker.h"

#include "probe/stack_bounds.h"

#include "base/light.h"

enum { LOADS_PER_FRAME = 3, LOADS_BEFORE = LK_WALKER_LOADS_ONE_BY_ONE + LK_WALKER_LOADS_AT_ONCE };

/* One more than the depth: an empty return address is a frame of the walk (it
 * must be verified too), but none of the stack.  And one that is outside of all. */
static size_t frames_room(unsigned depth)
{
	return depth + 2;
}

static size_t loads_room(unsigned depth)
{
	return LOADS_PER_FRAME * frames_room(depth) + LOADS_BEFORE;
}

size_t lk_walker_size(unsigned depth)
{
	size_t frames = frames_room(depth), loads = loads_room(depth);
	size_t size = sizeof(struct lk_walker) + frames * sizeof(struct lk_walker_frame) +
		      frames * sizeof(struct lk_walker_step) +
		      loads * sizeof(struct lk_walker_load) +
		      LK_WALKER_RULES * sizeof(struct lk_walker_rule) + sizeof(struct lk_cfi);

	return (size + 63) & ~(size_t)63;
}

/* What a walk of a usual stack writes stands on the first two pages, because each one that
 * a forked child writes is a copy: so the steps go downwards to where the loads begin.
 * Before the loads stand some that never change, so that they can be compared in groups. */
struct lk_walker *lk_walker_init(void *memory, unsigned depth)
{
	struct lk_walker *walker = memory;

	walker->zero = 0;
	walker->frames = (struct lk_walker_frame *)(walker + 1);
	walker->steps = (struct lk_walker_step *)(walker->frames + frames_room(depth));
	walker->steps += frames_room(depth);
	walker->loads = (struct lk_walker_load *)walker->steps--;
	walker->rules = (struct lk_walker_rule *)(walker->loads + loads_room(depth));
	walker->cfi = (struct lk_cfi *)(walker->rules + LK_WALKER_RULES);
	for (unsigned i = 0; i < LOADS_BEFORE; i++)
		*walker->loads++ = (struct lk_walker_load){ &walker->zero, 0 };
	walker->frames[0] = (struct lk_walker_frame){ .sp = UINTPTR_MAX, .end = walker->loads };
	walker->depth = depth;
	walker->generation = 0;
	walker->is_foreign = false;
	walker->has_news = false;
	walker->rules_to_miss = 0;
	walker->is_forgetful = lk_bounds_are_watched();
	walker->bounds = (struct lk_bounds){ .now = &walker->bounds.own };
	lk_walker_reset(walker);
	return walker;
}
