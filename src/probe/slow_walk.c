/* SPDX-License-Identifier: MIT */
#include "probe/slow_walk.h"

#include <string.h>

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/depot.h"
#include "probe/rules.h"
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

/* What a step by rules needs to know, and leaves. */
#define POINTERS (1u << LK_REG_SP | 1u << LK_REG_FP)

/* Steps by a simple rule.  Afterwards only the stack and frame pointers are known. */
static enum lk_step_outcome step_by_rule(struct lk_walker *walker, lk_step_rule rule,
					 struct lk_position *at)
{
	uintptr_t sp = at->registers.value[LK_REG_SP], fp = at->registers.value[LK_REG_FP];
	uintptr_t cfa = (lk_rules_kind(rule) == LK_RULE_SP ? sp : fp) + lk_rules_cfa_offset(rule);
	uintptr_t fp_slot =
		lk_rules_fp(rule) == LK_RULE_FP_AT_FP ? fp : cfa + lk_rules_fp_offset(rule);
	uintptr_t word;

	if (lk_rules_kind(rule) == LK_RULE_FP_LOAD && !load(walker, cfa, sizeof cfa, &cfa))
		return LK_STEP_LOST;
	if (lk_rules_fp(rule) == LK_RULE_FP_SAVED)
		fp_slot = cfa + lk_rules_fp_offset(rule);
	if (cfa <= sp || !load(walker, cfa + lk_rules_pc_offset(rule), sizeof word, &word) ||
	    (lk_rules_fp(rule) != LK_RULE_FP_SAME && !load(walker, fp_slot, sizeof fp, &fp)))
		return LK_STEP_LOST;
	at->registers.value[LK_REG_SP] = cfa;
	at->registers.value[LK_REG_FP] = fp;
	at->registers.known = POINTERS;
	at->pc = lk_arch_pc(word);
	at->interrupted = false;
	return at->pc ? LK_STEPPED : LK_STEP_OUTERMOST;
}

/* Walks on from AT, by rules where they do if WITH_RULES.  *ROOT is the parent of the
 * outermost frame; false if the walk was lost. */
static bool walk_on(struct lk_slow_walk *slow, struct lk_position *at, bool with_rules,
		    lk_stack_id *root)
{
	struct lk_walker *walker = slow->walker;
	const struct lk_step_tools tools = { walker->cfi, load, walker };
	enum lk_step_outcome outcome = LK_STEPPED;

	*root = LK_DEPOT_CUT;
	for (slow->count = 0; outcome == LK_STEPPED; slow->count++) {
		if (slow->count == walker->depth)
			return true;
		/* One address for both kinds of frames: that which minus 1 is in
		 * the instruction. */
		uintptr_t word = at->pc + at->interrupted;
		(walker->steps - slow->count)->word = word;
		lk_step_rule rule = with_rules ? lk_rules_find(word, walker->cfi) : LK_RULE_ODD;
		if (lk_rules_kind(rule) < LK_RULE_END &&
		    (at->registers.known & POINTERS) == POINTERS)
			outcome = step_by_rule(walker, rule, at);
		else
			outcome = lk_step(&tools, at);
	}
	if (outcome == LK_STEP_OUTERMOST)
		*root = LK_DEPOT_ROOT;
	return outcome == LK_STEP_OUTERMOST;
}

LK_COLD lk_stack_id lk_slow_walk(struct lk_slow_walk *slow, const void *frame)
{
	const struct lk_step_tools tools = { slow->walker->cfi, load, slow->walker };
	const uintptr_t *record = frame;
	struct lk_position at = { .pc = lk_arch_pc(record[1]) };
	lk_stack_id root;

	at.registers.known = POINTERS;
	at.registers.value[LK_REG_SP] = slow->sp;
	at.registers.value[LK_REG_FP] = record[0];
	if (slow->sp && walk_on(slow, &at, true, &root))
		return root;
	at.registers.known = lk_arch_read(at.registers.value);
	at.pc = at.registers.value[LK_REG_PC];
	at.interrupted = true;
	slow->count = 0;
	if (!leave_hook(&tools, &at, frame))
		return LK_DEPOT_CUT;
	walk_on(slow, &at, false, &root);
	return root;
}
