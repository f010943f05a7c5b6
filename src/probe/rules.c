/* SPDX-License-Identifier: MIT */
#include "probe/rules.h"

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "probe/code_map.h"
#include "probe/cursor.h"
#include "probe/depot.h"
#include "probe/step.h"

#include "base/light.h"

/* A rule in the making; offsets in words. */
struct draft {
	enum lk_rule_kind kind;
	enum lk_rule_fp fp;
	uint32_t generation;
	int64_t fp_words, pc_words, cfa_words;
};

static lk_step_rule pack(const struct draft *draft)
{
	return (uint64_t)draft->kind | (uint64_t)draft->fp << LK_RULE_FP_SHIFT |
	       (uint64_t)draft->generation << LK_RULE_GENERATION_SHIFT |
	       (uint64_t)(uint8_t)draft->fp_words << LK_RULE_FP_WORDS_SHIFT |
	       (uint64_t)(uint8_t)draft->pc_words << LK_RULE_PC_WORDS_SHIFT |
	       (uint64_t)draft->cfa_words << LK_RULE_CFA_WORDS_SHIFT;
}

static bool fits(int64_t offset, int64_t words_max)
{
	return offset % 8 == 0 && offset / 8 >= -words_max && offset / 8 < words_max;
}

/* Is the expression one base register with an offset, and then THEN? */
static bool is_fp_plus(const uint8_t *expression, int64_t *offset, const uint8_t *then, size_t size)
{
	enum { OP_BREG0 = 0x70 };
	struct lk_cursor code = lk_cursor_of_block(expression);

	if (lk_cursor_number(&code, 1) != OP_BREG0 + LK_REG_FP)
		return false;
	*offset = lk_cursor_sleb128(&code);
	return !code.is_short && (size_t)(code.end - code.at) == size &&
	       (size == 0 || memcmp(code.at, then, size) == 0);
}

/* Functions that align their stack keep its old top in memory, and save the
 * frame pointer where the new one points to. */
static bool learn_cfa(const struct lk_cfi_cell *cfa, struct draft *rule)
{
	static const uint8_t dereference[] = { 0x06 };
	int64_t offset = cfa->offset;

	if (cfa->how == LK_CFI_REGISTER && cfa->reg == LK_REG_SP)
		rule->kind = LK_RULE_SP;
	else if (cfa->how == LK_CFI_REGISTER && cfa->reg == LK_REG_FP)
		rule->kind = LK_RULE_FP;
	else if (cfa->how == LK_CFI_IS_EXPRESSION &&
		 is_fp_plus(cfa->expression, &offset, dereference, sizeof dereference))
		rule->kind = LK_RULE_FP_LOAD;
	else
		return false;
	rule->cfa_words = offset / 8;
	return fits(offset, 1 << 23);
}

static bool learn_fp(const struct lk_cfi_cell *fp, struct draft *rule)
{
	int64_t offset;

	if (fp->how == LK_CFI_SAME) {
		rule->fp = LK_RULE_FP_SAME;
		return true;
	}
	if (fp->how == LK_CFI_AT_OFFSET) {
		rule->fp = LK_RULE_FP_SAVED;
		rule->fp_words = fp->offset / 8;
		return fits(fp->offset, 1 << 7);
	}
	rule->fp = LK_RULE_FP_AT_FP;
	return fp->how == LK_CFI_AT_EXPRESSION && is_fp_plus(fp->expression, &offset, NULL, 0) &&
	       offset == 0;
}

/* So that the walker need not check each load of the commonest rule, nor where the
 * return address is. */
static bool loads_inside(const struct draft *rule)
{
#ifdef LK_ARCH_CALL_PUSHES
	if (rule->pc_words != -1)
		return false;
#endif
	return rule->pc_words < 0 && (rule->fp != LK_RULE_FP_SAVED || rule->fp_words < 0) &&
	       (rule->kind != LK_RULE_SP ||
		(rule->cfa_words + rule->pc_words >= 0 && rule->cfa_words + rule->fp_words >= 0));
}

static lk_step_rule learn(uintptr_t pc, struct lk_cfi *cfi)
{
	struct draft rule = { .kind = LK_RULE_CUT };
	struct lk_code code = { 0 };

	if (lk_step_is_signal_return(pc))
		rule.kind = LK_RULE_ODD;
	if (!lk_code_find(pc - 1, &code))
		return pack(&rule);
	rule.generation = code.generation;
	if (!lk_cfi_find_call(cfi, &code, pc))
		return pack(&rule);
	const struct lk_cfi_cell *registers = cfi->row.registers;
	const struct lk_cfi_cell *address = &registers[LK_REG_PC];

	if (address->how == LK_CFI_UNDEFINED) {
		rule.kind = LK_RULE_END;
		return pack(&rule);
	}
	struct draft simple = rule;
	simple.pc_words = address->offset / 8;
	if (!cfi->is_signal_frame && address->how == LK_CFI_AT_OFFSET &&
	    fits(address->offset, 1 << 7) && registers[LK_REG_SP].how == LK_CFI_SAME &&
	    learn_cfa(&cfi->row.cfa, &simple) && learn_fp(&registers[LK_REG_FP], &simple) &&
	    loads_inside(&simple))
		return pack(&simple);
	rule.kind = LK_RULE_ODD;
	return pack(&rule);
}

/* A node that is made while modules are forgotten may be made from what is being dropped. */
static const struct lk_depot_node *put(const struct lk_depot_node *caller, uintptr_t pc,
				       lk_step_rule rule, uint32_t began)
{
	const struct lk_depot_node *node =
		lk_depot_put(caller, pc, lk_rules_generation(rule), rule);

	if (node && !lk_code_is_still(began))
		lk_depot_forget_node(node);
	return node;
}

LK_COLD lk_step_rule lk_rules_learn(uintptr_t pc, struct lk_cfi *cfi)
{
	uint32_t began = lk_code_begin();
	lk_step_rule rule = learn(pc, cfi);

	if (!lk_rules_is_unknown(rule))
		put(NULL, pc, rule, began);
	return rule;
}

LK_COLD const struct lk_depot_node *lk_rules_put(const struct lk_depot_node *caller, uintptr_t pc,
						 struct lk_cfi *cfi)
{
	uint32_t began = lk_code_begin();

	return pc ? put(caller, pc, lk_rules_find(pc, cfi), began) : NULL;
}

lk_stack_id lk_rules_child(lk_stack_id parent, uintptr_t pc)
{
	const struct lk_depot_node *caller = lk_depot_node(parent);
	const struct lk_depot_node *node = lk_depot_find(caller, pc);
	struct lk_cfi cfi;

	if (!node)
		node = lk_rules_put(caller, pc, &cfi);
	return node ? node->id : LK_STACK_NONE;
}

void lk_rules_forget(void)
{
	lk_code_forget(lk_depot_forget);
}
