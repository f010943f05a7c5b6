/* SPDX-License-Identifier: MIT */
/* How to step out of the frame at a return address, for all threads: a
 * lock-free cache from return address to rule, learnt from .eh_frame. */
#ifndef LK_PROBE_RULES_H
#define LK_PROBE_RULES_H

#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "probe/cfi.h"

enum lk_rule_kind {
	LK_RULE_NONE, /* not learnt */
	LK_RULE_SP, /* CFA = stack pointer + cfa_words */
	LK_RULE_FP, /* CFA = frame pointer + cfa_words */
	LK_RULE_FP_LOAD, /* CFA = word at frame pointer + cfa_words */
	LK_RULE_END, /* the outermost frame of a stack */
	LK_RULE_CUT, /* nothing is known: the stack is cut here */
	LK_RULE_ODD, /* needs all registers: probe/slow_walk.h */
};

enum lk_rule_fp {
	LK_RULE_FP_SAME, /* the caller's frame pointer is unchanged */
	LK_RULE_FP_SAVED, /* saved at CFA + fp_words */
	LK_RULE_FP_AT_FP, /* saved where the frame pointer points to */
};

/* Offsets are in words of 8 bytes; what LK_RULE_SP loads lies between the stack
 * pointer and the CFA.  It fits into 8 bytes, to be read and written in one
 * piece. */
struct lk_rule {
	uint64_t kind : 3;
	uint64_t fp : 2;
	uint64_t generation : 19; /* of the module, see lk_depot_generation */
	int64_t fp_words : 8;
	int64_t pc_words : 8; /* the return address is at CFA + pc_words */
	int64_t cfa_words : 24;
};
_Static_assert(sizeof(struct lk_rule) == 8, "a rule is read in one piece");

/* The hash table, here only for lk_rules_find. */
struct lk_rules_entry {
	uintptr_t pc;
	uint64_t rule;
};

struct lk_rules {
	struct lk_rules_entry *entries;
	uint32_t mask;
	uint32_t used;
	struct lk_rules *bigger;
};

extern struct lk_rules *lk_rules_current;

/* What lk_rules_find does when the first place looked at is not the right one. */
struct lk_rule lk_rules_search(uintptr_t pc, struct lk_cfi *cfi);

static inline uint32_t lk_rules_home(const struct lk_rules *rules, uintptr_t pc)
{
	return (uint32_t)((pc * UINT64_C(0x9e3779b97f4a7c15)) >> 36) & rules->mask;
}

/* The rule of the call whose return address is PC.  CFI is working memory. */
static inline struct lk_rule lk_rules_find(uintptr_t pc, struct lk_cfi *cfi)
{
	const struct lk_rules *rules = __atomic_load_n(&lk_rules_current, __ATOMIC_ACQUIRE);
	const struct lk_rules_entry *entry = &rules->entries[lk_rules_home(rules, pc)];
	uint64_t packed = __atomic_load_n(&entry->rule, __ATOMIC_RELAXED);
	struct lk_rule rule;

	if (LK_UNLIKELY(__atomic_load_n(&entry->pc, __ATOMIC_RELAXED) != pc || packed == 0))
		return lk_rules_search(pc, cfi);
	memcpy(&rule, &packed, sizeof rule);
	return rule;
}

/* Drops what was learnt of modules that are gone. */
void lk_rules_forget(void);

#endif
