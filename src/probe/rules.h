/* SPDX-License-Identifier: MIT */
/* How to step out of the frame at a return address, for all threads: learnt once from
 * .eh_frame, kept in the depot. */
#ifndef LK_PROBE_RULES_H
#define LK_PROBE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/cfi.h"
#include "probe/depot.h"

enum lk_rule_kind {
	LK_RULE_NONE, /* not learnt */
	LK_RULE_SP, /* CFA = stack pointer + offset */
	LK_RULE_FP, /* CFA = frame pointer + offset */
	LK_RULE_FP_LOAD, /* CFA = word at frame pointer + offset */
	LK_RULE_END, /* the outermost frame of a stack */
	LK_RULE_CUT, /* nothing is known: the stack is cut here */
	LK_RULE_ODD, /* needs all registers: probe/slow_walk.h */
};

enum lk_rule_fp {
	LK_RULE_FP_SAME, /* the caller's frame pointer is unchanged */
	LK_RULE_FP_SAVED, /* saved at CFA + offset */
	LK_RULE_FP_AT_FP, /* saved where the frame pointer points to */
};

/* A rule is a number, so that it is read, written and compared in one piece: from the low
 * bits, its kind 3, the frame pointer 2, the generation of the module 19 (see
 * lk_depot_generation), and in words the offsets of the saved frame pointer and of the
 * return address from the CFA, 8 each, and of the CFA, 24.  What LK_RULE_SP loads lies
 * between the stack pointer and the CFA. */
typedef uint64_t lk_step_rule;

enum {
	LK_RULE_FP_SHIFT = 3,
	LK_RULE_GENERATION_SHIFT = 5,
	LK_RULE_FP_WORDS_SHIFT = 24,
	LK_RULE_PC_WORDS_SHIFT = 32,
	LK_RULE_CFA_WORDS_SHIFT = 40,
};

static inline enum lk_rule_kind lk_rules_kind(lk_step_rule rule)
{
	return (enum lk_rule_kind)(rule & 7);
}

static inline enum lk_rule_fp lk_rules_fp(lk_step_rule rule)
{
	return (enum lk_rule_fp)(rule >> LK_RULE_FP_SHIFT & 3);
}

/* Does it use the frame pointer? */
static inline bool lk_rules_use_fp(lk_step_rule rule)
{
	_Static_assert(LK_RULE_FP == 2 && LK_RULE_FP_LOAD == 3 && LK_RULE_FP_AT_FP == 2, "a bit");
	return (rule & (2 | 2 << LK_RULE_FP_SHIFT)) != 0;
}

static inline uint32_t lk_rules_generation(lk_step_rule rule)
{
	return rule >> LK_RULE_GENERATION_SHIFT & ((1 << 19) - 1);
}

/* Offsets in bytes. */
static inline uintptr_t lk_rules_fp_offset(lk_step_rule rule)
{
	return (uintptr_t)((int8_t)(rule >> LK_RULE_FP_WORDS_SHIFT) * 8L);
}

static inline uintptr_t lk_rules_pc_offset(lk_step_rule rule)
{
#ifdef LK_ARCH_CALL_PUSHES
	(void)rule;
	return (uintptr_t)-8;
#else
	return (uintptr_t)((int8_t)(rule >> LK_RULE_PC_WORDS_SHIFT) * 8L);
#endif
}

static inline uintptr_t lk_rules_cfa_offset(lk_step_rule rule)
{
	return (uintptr_t)(((int64_t)rule >> LK_RULE_CFA_WORDS_SHIFT) * 8);
}

/* Is it about code that is in no module?  A module may be loaded there later, which nobody
 * tells, so such a rule is not kept. */
static inline bool lk_rules_is_unknown(lk_step_rule rule)
{
	return lk_rules_kind(rule) == LK_RULE_CUT && lk_rules_generation(rule) == 0;
}

/* Do both rules lead from the same frame to the same frame outside?  If nothing there uses
 * the frame pointer, it does not matter where that is. */
static inline bool lk_rules_agree(lk_step_rule one, lk_step_rule other, bool on_fp)
{
	uint64_t differ = one ^ other;

	return (differ & (on_fp ? UINT64_C(0xffffffffff00001f) : UINT64_C(0xffffffff00000007))) ==
	       0;
}

/* What lk_rules_find does for a return address that nobody has met. */
lk_step_rule lk_rules_learn(uintptr_t pc, struct lk_cfi *cfi);

/* The rule of the call whose return address is PC.  CFI is working memory. */
static inline lk_step_rule lk_rules_find(uintptr_t pc, struct lk_cfi *cfi)
{
	const struct lk_depot_node *node = lk_depot_find(NULL, pc);

	return LK_LIKELY(node != NULL) ? node->rule : lk_rules_learn(pc, cfi);
}

/* The node of a frame with return address PC, called from CALLER, which has none yet;
 * NULL as for lk_depot_put. */
const struct lk_depot_node *lk_rules_put(const struct lk_depot_node *caller, uintptr_t pc,
					 struct lk_cfi *cfi);

/* The stack of a call from PARENT that returns to PC; LK_STACK_NONE for NULL. */
lk_stack_id lk_rules_child(lk_stack_id parent, uintptr_t pc);

/* Drops what was learnt of modules that are gone. */
void lk_rules_forget(void);

#endif
