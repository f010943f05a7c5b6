/* SPDX-License-Identifier: MIT */
/* Steps through frames by call frame information that the program under test brings:
 * its search table, its entries, rules that are made of them and steps without a rule.
 * Where there is a rule it must lead where the step without it leads.
 *
 * Input: a module's .eh_frame_hdr, and .eh_frame behind it, from the byte 8 on; before it,
 * in 4 bytes each, the distance from the header to the code that the stack is in, and
 * what stands in the stack.
 *
 * with: src/probe/cfi.c src/probe/expression.c src/probe/rules.c src/probe/step.c
 * with: src/probe/stack_bounds.c
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/step.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BEFORE = 8, WORDS = 256, STEPS_MAX = 64 };

/* The module: of these addresses only the header and what follows it is there. */
static struct lk_code module;
static uintptr_t stack[WORDS], pcs[2];

bool lk_code_find(uintptr_t pc, struct lk_code *ret)
{
	*ret = module;
	return pc - pcs[0] < pcs[1] - pcs[0];
}

uint32_t lk_code_begin(void)
{
	return 1;
}

bool lk_code_is_still(uint32_t generation)
{
	return generation == 1;
}

void lk_code_forget(void (*gone)(uintptr_t start, uintptr_t end))
{
	(void)gone;
}

/* A depot that keeps nothing: each rule is learnt. */
static struct lk_depot_index *empty;
struct lk_depot_index *lk_depot_current;
const struct lk_depot_node lk_depot_ends[LK_DEPOT_CUT + 1];

const struct lk_depot_node *lk_depot_search(const struct lk_depot_node *caller, uintptr_t pc)
{
	(void)caller;
	(void)pc;
	return NULL;
}

const struct lk_depot_node *lk_depot_put(const struct lk_depot_node *caller, uintptr_t pc,
					 uint32_t generation, uint64_t rule)
{
	(void)caller;
	(void)pc;
	(void)generation;
	(void)rule;
	return NULL;
}

const struct lk_depot_node *lk_depot_node(lk_stack_id id)
{
	(void)id;
	return NULL;
}

void lk_depot_forget(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
}

void lk_depot_forget_node(const struct lk_depot_node *node)
{
	(void)node;
}

static bool load(void *context, uintptr_t address, unsigned size, uintptr_t *value)
{
	(void)context;
	if (address < (uintptr_t)stack || address > (uintptr_t)(stack + WORDS) - size)
		return false;
	*value = 0;
	memcpy(value, (const void *)address, size);
	return true;
}

/* As the walker steps; false: it cannot. */
static bool step_by_rule(lk_step_rule rule, uintptr_t *sp, uintptr_t *fp, uintptr_t *pc)
{
	enum lk_rule_kind kind = lk_rules_kind(rule);
	uintptr_t cfa = (kind == LK_RULE_SP ? *sp : *fp) + lk_rules_cfa_offset(rule);
	uintptr_t fp_slot = *fp;

	if (kind == LK_RULE_FP_LOAD && !load(NULL, cfa, sizeof cfa, &cfa))
		return false;
	if (lk_rules_fp(rule) == LK_RULE_FP_SAVED)
		fp_slot = cfa + lk_rules_fp_offset(rule);
	if (cfa <= *sp || !load(NULL, cfa + lk_rules_pc_offset(rule), sizeof *pc, pc) ||
	    (lk_rules_fp(rule) != LK_RULE_FP_SAME && !load(NULL, fp_slot, sizeof *fp, fp)))
		return false;
	*sp = cfa;
	return true;
}

/* Compares both ways out of the frame AT; is there a frame outside? */
static bool compare(struct lk_cfi *cfi, struct lk_position *at)
{
	const struct lk_step_tools tools = { cfi, load, NULL };
	uintptr_t sp = at->registers.value[LK_REG_SP], fp = at->registers.value[LK_REG_FP], pc;
	bool knows_both = (at->registers.known >> LK_REG_SP & 1) &&
			  (at->registers.known >> LK_REG_FP & 1) && !at->interrupted;
	lk_step_rule rule = lk_rules_learn(at->pc, cfi);
	enum lk_step_outcome outcome = lk_step(&tools, at);

	if (lk_rules_kind(rule) == LK_RULE_NONE)
		abort();
	if (knows_both && lk_rules_kind(rule) == LK_RULE_END && outcome != LK_STEP_OUTERMOST)
		abort();
	if (knows_both && lk_rules_kind(rule) < LK_RULE_END && step_by_rule(rule, &sp, &fp, &pc) &&
	    (outcome == LK_STEP_LOST || outcome == LK_STEP_NEEDS_FP ||
	     (outcome == LK_STEPPED &&
	      (at->registers.value[LK_REG_SP] != sp || at->pc != lk_arch_pc(pc) ||
	       !(at->registers.known >> LK_REG_FP & 1) || at->registers.value[LK_REG_FP] != fp))))
		abort();
	return outcome == LK_STEPPED;
}

/* Walks on from PC, and then from PC again as code that was interrupted. */
static void walk(struct lk_cfi *cfi, uintptr_t pc)
{
	for (int interrupted = 0; interrupted < 2; interrupted++) {
		struct lk_position at = { .pc = pc, .interrupted = interrupted };

		for (unsigned i = 0; i < LK_REG_COUNT; i++)
			at.registers.value[i] = (uintptr_t)(stack + 8 + i);
		at.registers.value[LK_REG_SP] = (uintptr_t)stack;
		at.registers.known = interrupted ? 1u << LK_REG_SP : UINT32_MAX >> 1;
		for (unsigned i = 0; i < STEPS_MAX && compare(cfi, &at); i++)
			;
	}
}

static int32_t number_at(const uint8_t *data)
{
	int32_t value;

	memcpy(&value, data, sizeof value);
	return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lk_cfi cfi;

	if (size < BEFORE + 12)
		return -1;
	if (!empty)
		lk_depot_current = empty = calloc(1, sizeof *empty + 16);
	module.eh_frame_hdr = data + BEFORE;
	module.start = (uintptr_t)data + BEFORE;
	module.end = (uintptr_t)data + size;
	module.generation = 1;
	const uintptr_t base = (uintptr_t)module.eh_frame_hdr;
	pcs[0] = base - (1 << 20);
	pcs[1] = base + (1 << 20);
	uintptr_t pc = base + (uintptr_t)(intptr_t)number_at(data);
	int32_t distance = number_at(data + 4);
	for (unsigned i = 0; i < WORDS; i++)
		stack[i] = i % 3 ? (uintptr_t)(stack + (i + 8) % WORDS)
				 : pc + i * (uintptr_t)(intptr_t)distance;
	walk(&cfi, pc);
	/* Functions that the table knows. */
	for (size_t row = BEFORE + 12; row + 8 <= size && row < BEFORE + 12 + 8 * 4; row += 8)
		walk(&cfi, base + (uintptr_t)(intptr_t)number_at(data + row) + data[4] % 64);
	return 0;
}
