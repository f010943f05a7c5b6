/* SPDX-License-Identifier: MIT */
#include "probe/slow_walk.h"

#include <string.h>

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/depot.h"
#include "probe/step.h"
#include "probe/walker.h"

#include "base/light.h"

static bool load(void *context, uintptr_t address, unsigned size, uintptr_t *value)
{
	struct lk_walker *walker = context;
	const struct lk_stretch *stretch = walker->bounds.now;

	if ((address < stretch->low || address > stretch->high - size) &&
	    (!lk_bounds_readable(address) || !lk_bounds_readable(address + size - 1)))
		return false;
	*value = 0;
	memcpy(value, (const void *)address, size);
	return true;
}

/* Leaves leakcheck's own functions, the last of which has the frame FRAME. */
static bool leave_hook(const struct lk_step_tools *tools, struct lk_position *at, const void *frame)
{
	for (unsigned i = 0; i < LK_WALKER_OWN_FRAMES_MAX; i++) {
		if (lk_step(tools, at) != LK_STEPPED)
			return false;
		if (at->registers.value[LK_REG_SP] > (uintptr_t)frame)
			return true;
	}
	return false;
}

LK_COLD lk_stack_id lk_slow_walk(struct lk_slow_walk *slow, const void *frame)
{
	struct lk_walker *walker = slow->walker;
	const struct lk_step_tools tools = { &walker->cfi, load, walker };
	struct lk_position at;

	slow->count = 0;
	at.registers.known = lk_arch_read(at.registers.value);
	at.pc = at.registers.value[LK_REG_PC];
	at.interrupted = true;
	if (!leave_hook(&tools, &at, frame))
		return LK_DEPOT_CUT;
	for (;;) {
		struct lk_walker_step *found = &walker->steps[slow->count];

		if (slow->count == walker->depth)
			return LK_DEPOT_CUT;
		/* One address for both kinds of frames: that which minus 1 is in
		 * the instruction. */
		found->word = at.pc + at.interrupted;
		found->rule = lk_rules_find(found->word, &walker->cfi);
		slow->count++;
		switch (lk_step(&tools, &at)) {
		case LK_STEP_OUTERMOST:
			return LK_DEPOT_ROOT;
		case LK_STEP_LOST:
		case LK_STEP_NEEDS_FP:
			return LK_DEPOT_CUT;
		case LK_STEPPED:
			break;
		}
	}
}
