/* SPDX-License-Identifier: MIT */
#include "probe/rules.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/code_map.h"
#include "probe/step.h"

#include "base/light.h"

/* A hash table.  An entry's pc goes from 0 to a return address and never changes
 * again; its rule is stored afterwards, may be dropped, and is learnt again by
 * whoever misses it.  Two threads that learn at once store the same rule.  A
 * table that is a quarter full is replaced by an empty, bigger one: to learn again
 * costs less than a copier that others must wait for. */
enum { FIRST_BITS = 10, GROW_BITS = 2, PROBES_QUICK = 32 };

static LK_FAR struct lk_rules_entry first_entries[1 << FIRST_BITS];
static LK_HOT struct lk_rules first = { .entries = first_entries, .mask = (1 << FIRST_BITS) - 1 };
LK_HOT struct lk_rules *lk_rules_current = &first;

static inline uint64_t pack(struct lk_rule rule)
{
	uint64_t packed;

	memcpy(&packed, &rule, sizeof packed);
	return packed;
}

static inline struct lk_rule unpack(uint64_t packed)
{
	struct lk_rule rule;

	memcpy(&rule, &packed, sizeof rule);
	return rule;
}

static bool fits(int64_t offset, int64_t words_max)
{
	return offset % 8 == 0 && offset / 8 >= -words_max && offset / 8 < words_max;
}

/* Is the expression one base register with an offset, and then THEN? */
static bool is_fp_plus(const uint8_t *expression, int64_t *offset, const uint8_t *then, size_t size)
{
	enum { OP_BREG0 = 0x70 };
	uint64_t length = lk_cfi_uleb128(&expression);
	const uint8_t *at = expression + 1;

	if (length < 2 || expression[0] != OP_BREG0 + LK_REG_FP)
		return false;
	*offset = lk_cfi_sleb128(&at);
	return (size_t)(expression + length - at) == size && memcmp(at, then, size) == 0;
}

/* Functions that align their stack keep its old top in memory, and save the
 * frame pointer where the new one points to. */
static bool learn_cfa(const struct lk_cfi_cell *cfa, struct lk_rule *rule)
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
	return fits(offset, 1 << 23) && (rule->kind != LK_RULE_SP || offset > 0);
}

static bool learn_fp(const struct lk_cfi_cell *fp, struct lk_rule *rule)
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
	return fp->how == LK_CFI_AT_EXPRESSION &&
	       is_fp_plus(fp->expression, &offset, NULL, 0) && offset == 0;
}

/* So that the walker need not check each load of the commonest rule, nor where the
 * return address is. */
static bool loads_inside(struct lk_rule rule)
{
#ifdef LK_ARCH_CALL_PUSHES
	if (rule.pc_words != -1)
		return false;
#endif
	return rule.pc_words < 0 && (rule.fp != LK_RULE_FP_SAVED || rule.fp_words < 0) &&
	       (rule.kind != LK_RULE_SP ||
		(rule.cfa_words + rule.pc_words >= 0 && rule.cfa_words + rule.fp_words >= 0));
}

static LK_COLD struct lk_rule learn(uintptr_t pc, struct lk_cfi *cfi)
{
	struct lk_rule rule = { .kind = LK_RULE_CUT };
	struct lk_code code = { 0 };

	if (lk_step_is_signal_return(pc))
		rule.kind = LK_RULE_ODD;
	if (!lk_code_find(pc - 1, &code))
		return rule;
	rule.generation = code.generation;
	if (!code.eh_frame_hdr || !lk_cfi_find_call(cfi, code.eh_frame_hdr, pc))
		return rule;
	const struct lk_cfi_cell *registers = cfi->row.registers;
	const struct lk_cfi_cell *address = &registers[LK_REG_PC];

	if (address->how == LK_CFI_UNDEFINED) {
		rule.kind = LK_RULE_END;
		return rule;
	}
	struct lk_rule simple = rule;
	simple.pc_words = address->offset / 8;
	if (!cfi->is_signal_frame && address->how == LK_CFI_AT_OFFSET &&
	    fits(address->offset, 1 << 7) && registers[LK_REG_SP].how == LK_CFI_SAME &&
	    learn_cfa(&cfi->row.cfa, &simple) && learn_fp(&registers[LK_REG_FP], &simple) &&
	    loads_inside(simple))
		return simple;
	rule.kind = LK_RULE_ODD;
	return rule;
}

static LK_COLD void grow(struct lk_rules *table)
{
	size_t count = ((size_t)table->mask + 1) << GROW_BITS;
	size_t size = sizeof *table + count * sizeof *table->entries;
	struct lk_rules *none = NULL, *bigger;

	if (count >> 28 || __atomic_load_n(&table->bigger, __ATOMIC_ACQUIRE))
		return;
	bigger = lk_pages_map(size);
	if (!bigger)
		return;
	bigger->mask = (uint32_t)(count - 1);
	bigger->entries = (struct lk_rules_entry *)(bigger + 1);
	if (!__atomic_compare_exchange_n(&table->bigger, &none, bigger, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED)) {
		lk_pages_unmap(bigger, size);
		return;
	}
	__atomic_compare_exchange_n(&lk_rules_current, &table, bigger, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
}

/* The entry of PC, claimed if it is new; NULL when the table is full. */
static struct lk_rules_entry *claim(struct lk_rules *table, uintptr_t pc)
{
	uint32_t mask = table->mask, at = lk_rules_home(table, pc);

	for (uint32_t probes = 0; probes <= mask; probes++, at = (at + 1) & mask) {
		struct lk_rules_entry *entry = &table->entries[at];
		uintptr_t seen = 0;

		if (__atomic_compare_exchange_n(&entry->pc, &seen, pc, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			if (__atomic_add_fetch(&table->used, 1, __ATOMIC_RELAXED) > mask / 4)
				grow(table);
			return entry;
		}
		if (seen == pc)
			return entry;
	}
	return NULL;
}

static LK_COLD struct lk_rule find_slowly(struct lk_rules *table, uintptr_t pc, struct lk_cfi *cfi)
{
	struct lk_rules_entry *entry = claim(table, pc);
	struct lk_rule rule = learn(pc, cfi);

	if (entry)
		__atomic_store_n(&entry->rule, pack(rule), __ATOMIC_RELAXED);
	return rule;
}

struct lk_rule lk_rules_search(uintptr_t pc, struct lk_cfi *cfi)
{
	struct lk_rules *table = __atomic_load_n(&lk_rules_current, __ATOMIC_ACQUIRE);
	uint32_t mask = table->mask, at = lk_rules_home(table, pc);

	for (unsigned probes = 0; probes < PROBES_QUICK; probes++, at = (at + 1) & mask) {
		uintptr_t seen = __atomic_load_n(&table->entries[at].pc, __ATOMIC_RELAXED);

		if (LK_LIKELY(seen == pc)) {
			uint64_t packed = __atomic_load_n(&table->entries[at].rule,
							  __ATOMIC_RELAXED);

			if (LK_LIKELY(packed))
				return unpack(packed);
			break;
		}
		if (seen == 0)
			break;
	}
	return find_slowly(table, pc, cfi);
}

static void drop(uintptr_t start, uintptr_t end)
{
	struct lk_rules *table = __atomic_load_n(&lk_rules_current, __ATOMIC_ACQUIRE);

	for (uint32_t at = 0; at <= table->mask; at++) {
		struct lk_rules_entry *entry = &table->entries[at];
		uint64_t packed = __atomic_load_n(&entry->rule, __ATOMIC_RELAXED);
		uintptr_t pc = __atomic_load_n(&entry->pc, __ATOMIC_RELAXED);

		/* A place outside all modules may be inside one from now on. */
		if ((pc > start && pc <= end) || unpack(packed).generation == 0)
			__atomic_store_n(&entry->rule, 0, __ATOMIC_RELAXED);
	}
}

void lk_rules_forget(void)
{
	drop(0, 0);
	lk_code_forget(drop);
}
