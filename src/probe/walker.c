/* SPDX-License-Identifier: MIT */
/* Why the reuse of a remembered walk is exact.
 *
 * A step outwards is a function of (sp, fp, pc), of the rule of pc, and of the
 * words it loads: the next pc, and the next fp if it was saved.  So when a
 * frame of this walk has the sp of a remembered frame, and its fp too in case
 * anything outside needs it, and when every word that was loaded from there
 * outwards is still what it was, then all frames outside are what they were, and
 * so is the frame's node in the depot.  To find one equal frame is not enough: a
 * different caller further out leaves the frames inside as they are.
 *
 * The new walk goes by rules until it comes to the place of a remembered frame.
 * From there outwards the remembered loads are compared.  Where a return address
 * changed, its rule shows whether the frame outside is still where it was; if so, and
 * no other word changed, only the nodes are looked up anew.  Otherwise the walk goes
 * by rules up to a frame outside of the outermost change.  A saved frame pointer
 * that no frame outside needs is no remembered load.
 *
 * Reading old places is safe on the thread's own stack, all of which is mapped
 * from the current frame to its end.  Any other stack may have been unmapped
 * since, so there the comparison goes from the inside outwards, where each equal
 * word proves that the next place belongs to the walk; it is all or nothing. */
#include "probe/walker.h"

#include <string.h>

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/lessons.h"
#include "probe/slow_walk.h"

#include "base/light.h"

/* Without it the compiler keeps what walks share in memory, where it waits for itself. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A forked child that walks little leaves the rules at hand, which are on pages of their
 * own, as they are. */
enum { RULES_TO_MISS = 200 };

/* The frame that the walk is at. */
struct state {
	uintptr_t sp, slot, fp, fp_slot;
};

struct walk {
	struct state at;
	unsigned step_count;
	struct lk_walker_frame *base; /* the remembered frame it came to; frames[0]: none */
	lk_stack_id root;	      /* if it came to none */
	bool is_depth_cut, has_empty_end;
	bool is_exact; /* no step failed, nor would one have to be tried again: to remember */
	bool is_odd;   /* a frame needs more than rules */
};

void lk_walker_forked(struct lk_walker *walker)
{
	walker->rules_to_miss = RULES_TO_MISS;
}

void lk_walker_reset(struct lk_walker *walker)
{
	walker->top = walker->frames;
}

bool lk_walker_was_abandoned(const struct lk_walker *walker, const void *frame)
{
	const struct lk_stretch *own = &walker->bounds.own;
	uintptr_t inner = walker->under_way, outer = (uintptr_t)frame;

	return inner >= own->low && inner < outer && outer < own->high;
}

static inline uintptr_t word_at(uintptr_t address)
{
	return *(const uintptr_t *)address;
}

/* Where the CFA is kept by a rule of kind LK_RULE_FP_LOAD; 0: it cannot be read. */
static LK_COLD uintptr_t load_cfa(struct lk_stretch *stretch, uintptr_t address)
{
	return lk_bounds_hold(stretch, address) ? word_at(address) : 0;
}

/* Could CFA, which depends on the frame pointer, end the frame that begins at SP? */
static inline bool is_outside(lk_step_rule rule, uintptr_t cfa, uintptr_t sp)
{
	return cfa > sp && cfa % sizeof(uintptr_t) == 0 &&
	       (lk_rules_fp(rule) != LK_RULE_FP_SAVED || cfa + lk_rules_fp_offset(rule) >= sp) &&
	       cfa + lk_rules_pc_offset(rule) >= sp;
}

/* Steps from AT by RULE to the frame outside; false: that cannot be read, or is
 * no frame outside. */
static ALWAYS_INLINE bool step(struct lk_stretch *stretch, lk_step_rule rule, struct state *at)
{
	enum lk_rule_kind kind = lk_rules_kind(rule);
	enum lk_rule_fp fp = lk_rules_fp(rule);
	uintptr_t cfa = (kind == LK_RULE_SP ? at->sp : at->fp) + lk_rules_cfa_offset(rule);

	if (kind != LK_RULE_SP) {
		if (LK_UNLIKELY(kind == LK_RULE_FP_LOAD))
			cfa = load_cfa(stretch, cfa);
		if (LK_UNLIKELY(!is_outside(rule, cfa, at->sp)))
			return false;
	}
	if (LK_UNLIKELY(cfa > stretch->high) && !lk_bounds_hold(stretch, cfa - 8))
		return false;
	at->fp_slot = 0;
	if (fp != LK_RULE_FP_SAME) {
		at->fp_slot = cfa + lk_rules_fp_offset(rule);
		if (LK_UNLIKELY(fp == LK_RULE_FP_AT_FP)) {
			at->fp_slot = at->fp;
			if (!lk_bounds_hold(stretch, at->fp_slot))
				return false;
		}
		at->fp = word_at(at->fp_slot);
	}
	at->slot = cfa + lk_rules_pc_offset(rule);
	at->sp = cfa;
	return true;
}

/* Can a walk that has taken COUNT frames by rules end at the remembered frame BASE?
 * Not if the kept depth cuts the stack at another frame than last time. */
static inline bool fits_depth(const struct lk_walker *walker, unsigned count,
			      const struct lk_walker_frame *base)
{
	count += (unsigned)(base - walker->frames) - walker->has_empty_end;
	return count == walker->depth || (count < walker->depth && !walker->is_depth_cut);
}

/* Is FRAME the one of this state, if it and all outside of it are what they were? */
static inline bool is_frame(const struct lk_walker_frame *frame, uintptr_t sp, uintptr_t fp,
			    uintptr_t slot)
{
#ifdef LK_ARCH_CALL_PUSHES
	(void)slot;
#else
	if (frame->sp == sp && (uintptr_t)frame->end[-1].address != slot)
		return false;
#endif
	return frame->sp == sp && (!frame->needs_fp || frame->fp == fp);
}

static inline void begin(struct walk *walk, const uintptr_t *record, uintptr_t sp)
{
	walk->at.sp = sp;
	walk->at.slot = (uintptr_t)(record + 1);
	walk->at.fp = record[0];
}

static inline void put_step(struct lk_walker_step *step, const struct state *at, uintptr_t word,
			    lk_step_rule rule)
{
	step->sp = at->sp;
	step->fp = at->fp;
	step->slot = at->slot;
	step->word = word;
	step->fp_slot = at->fp_slot;
	step->rule = rule;
}

static __attribute__((noinline)) lk_step_rule
fetch_rule(struct lk_walker *walker, struct lk_walker_rule *at_hand, uintptr_t pc)
{
	lk_step_rule rule = lk_rules_find(pc, walker->cfi);

	if (LK_UNLIKELY(walker->rules_to_miss > 0))
		walker->rules_to_miss--;
	if (LK_UNLIKELY(walker->rules_to_miss > 0 || lk_rules_is_unknown(rule)))
		return rule;
	at_hand->pc = pc;
	at_hand->rule = rule;
	return rule;
}

static inline lk_step_rule rule_of(struct lk_walker *walker, uintptr_t pc)
{
	struct lk_walker_rule *at_hand = &walker->rules[(pc ^ pc >> 6) % LK_WALKER_RULES];

	return LK_LIKELY(at_hand->pc == pc) ? at_hand->rule : fetch_rule(walker, at_hand, pc);
}

/* Walks by rules until it comes to one of the remembered frames from NEXT
 * outwards, or can go no further. */
static ALWAYS_INLINE void walk_out(struct lk_walker *walker, struct walk *walk,
				   struct lk_walker_frame *next)
{
	struct lk_stretch *stretch = walker->bounds.now;
	struct lk_walker_step *next_step = walker->steps - walk->step_count;
	struct state *at = &walk->at;
	unsigned count = walk->step_count, depth = walker->depth;

	walk->root = LK_DEPOT_CUT;
	for (;;) {
		while (next->sp < at->sp)
			next--;
		if (is_frame(next, at->sp, at->fp, at->slot) && fits_depth(walker, count, next)) {
			walk->base = next;
			break;
		}
		uintptr_t word = word_at(at->slot), pc = lk_arch_pc(word);
		if (LK_UNLIKELY(pc == 0)) {
			put_step(next_step, at, word, LK_RULE_NONE);
			count++;
			walk->root = LK_DEPOT_ROOT;
			walk->has_empty_end = true;
			break;
		}
		if (LK_UNLIKELY(count == depth)) {
			walk->is_depth_cut = true;
			break;
		}
		lk_step_rule rule = rule_of(walker, pc);
		put_step(next_step--, at, word, rule);
		count++;
		if (LK_UNLIKELY(lk_rules_kind(rule) >= LK_RULE_END)) {
			if (lk_rules_kind(rule) == LK_RULE_END)
				walk->root = LK_DEPOT_ROOT;
			walk->is_odd = lk_rules_kind(rule) == LK_RULE_ODD;
			walk->is_exact = !lk_rules_is_unknown(rule);
			break;
		}
		if (LK_UNLIKELY(!step(stretch, rule, at))) {
			walk->is_exact = false;
			break;
		}
	}
	walk->step_count = count;
}

static LK_COLD const struct lk_depot_node *
new_child(struct lk_walker *walker, const struct lk_depot_node *caller, uintptr_t pc)
{
	walker->has_news = true;
	return lk_rules_put(caller, pc, walker->cfi);
}

static inline const struct lk_depot_node *child(struct lk_walker *walker,
						const struct lk_depot_node *caller, uintptr_t pc)
{
	const struct lk_depot_node *node = lk_depot_find(caller, pc);

	return LK_LIKELY(node != NULL) ? node : new_child(walker, caller, pc);
}

/* The stack of NODE was walked, and not all of it was known. */
static LK_COLD void tell(struct lk_walker *walker, const struct lk_depot_node *node)
{
	walker->has_news = false;
	if (node)
		lk_lessons_tell(node);
}

/* Keeps STEP as FRAME, from which the frame pointer of the frame outside was loaded at
 * FP_SLOT.  The loads of a frame, outermost first, are that frame pointer, if it is
 * needed; that of the CFA; that of its return address. */
static inline void keep(const struct lk_walker *walker, struct lk_walker_frame *frame,
			const struct lk_walker_step *step, uintptr_t fp_slot)
{
	const struct lk_walker_frame *outside = frame - 1;
	struct lk_walker_load *load = outside->end;
	lk_step_rule rule = step->rule;
	bool needs_fp = false;

	if (LK_UNLIKELY(outside->needs_fp)) {
		if (fp_slot)
			*load++ =
				(struct lk_walker_load){ (const uintptr_t *)fp_slot, outside->fp };
		needs_fp = lk_rules_fp(rule) == LK_RULE_FP_SAME;
	}
	if (LK_UNLIKELY(lk_rules_kind(rule) == LK_RULE_FP_LOAD) && outside != walker->frames)
		*load++ = (struct lk_walker_load){
			(const uintptr_t *)(step->fp + lk_rules_cfa_offset(rule)), outside->sp
		};
	load->address = (const uintptr_t *)step->slot;
	load->value = step->word;
	frame->sp = step->sp;
	frame->fp = step->fp;
	frame->rule = rule;
	frame->end = load + 1;
	frame->needs_fp = needs_fp || lk_rules_use_fp(rule);
}

/* Names the frames of the walk, outermost first, and remembers them. */
static ALWAYS_INLINE lk_stack_id remember(struct lk_walker *walker, const struct walk *walk)
{
	struct lk_walker_frame *frame = walk->base;
	const struct lk_depot_node *node;
	uintptr_t fp_slot = walk->at.fp_slot;

	if (frame == walker->frames) {
		frame->node = &lk_depot_ends[walk->root];
		walker->is_depth_cut = walk->is_depth_cut;
		walker->has_empty_end = walk->has_empty_end;
	}
	node = frame->node;
	for (const struct lk_walker_step *step = walker->steps - walk->step_count;
	     step++ < walker->steps;) {
		uintptr_t pc = lk_arch_pc(step->word);

		keep(walker, ++frame, step, fp_slot);
		fp_slot = step->fp_slot;
		if (LK_LIKELY(pc != 0))
			node = child(walker, node, pc);
		if (LK_UNLIKELY(!node))
			break;
		frame->node = node;
	}
	walker->top = frame;
	if (LK_UNLIKELY(walker->has_news))
		tell(walker, node);
	if (LK_UNLIKELY(!walk->is_exact || !node))
		lk_walker_reset(walker);
	return node ? node->id : LK_STACK_NONE;
}

/* Names a stack that was not walked by rules alone, and remembers nothing of it. */
static LK_COLD lk_stack_id name_slow_walk(struct lk_walker *walker, const void *frame, uintptr_t sp)
{
	struct lk_slow_walk slow = { .walker = walker, .sp = sp };
	const struct lk_depot_node *node = &lk_depot_ends[lk_slow_walk(&slow, frame)];

	walker->is_slow = true;
	for (unsigned i = slow.count; i-- > 0 && node;)
		node = child(walker, node, (walker->steps - i)->word);
	if (walker->has_news)
		tell(walker, node);
	return node ? node->id : LK_STACK_NONE;
}

static inline uintptr_t difference(const struct lk_walker_load *load)
{
	return *load->address ^ load->value;
}

/* Is any load in START .. END other than it was?  A group that begins before START is
 * compared whole. */
static inline bool differ(const struct lk_walker_load *start, const struct lk_walker_load *end)
{
	uintptr_t changed = 0;

	for (const struct lk_walker_load *load = end; load > start;) {
		load -= LK_WALKER_LOADS_AT_ONCE;
		changed |= difference(load) | difference(load + 1) | difference(load + 2) |
			   difference(load + 3) | difference(load + 4) | difference(load + 5) |
			   difference(load + 6) | difference(load + 7);
	}
	return changed != 0;
}

static const struct lk_walker_load *first_far_change(const struct lk_walker_load *load,
						     const struct lk_walker_load *end)
{
	while (load < end && difference(load) == 0)
		load++;
	return load;
}

/* The outermost load of LOADS .. END that is not what it was; END if all are.  Most changes
 * are among the last few, and where a program took another path no processor guesses: so
 * there each has a branch, and the guess is seen to be wrong soon. */
static inline const struct lk_walker_load *first_change(const struct lk_walker_load *loads,
							const struct lk_walker_load *end)
{
	const struct lk_walker_load *load = end - LK_WALKER_LOADS_ONE_BY_ONE;

	if (LK_UNLIKELY(differ(loads, load)))
		return first_far_change(loads, end);
	for (; load < end; load += 4) {
		if (difference(load) != 0)
			return load;
		if (difference(load + 1) != 0)
			return load + 1;
		if (difference(load + 2) != 0)
			return load + 2;
		if (difference(load + 3) != 0)
			return load + 3;
	}
	return load;
}

static bool all_equal_outwards(const struct lk_walker *walker)
{
	const struct lk_walker_load *load = walker->top->end;

	while (load > walker->loads && difference(load - 1) == 0)
		load--;
	return load == walker->loads;
}

/* The frame that loads CHANGE, which is a load of BASE or a frame outside. */
static inline struct lk_walker_frame *frame_of(const struct lk_walker *walker,
					       struct lk_walker_frame *base,
					       const struct lk_walker_load *change)
{
	/* Each frame has a load, and one that needs no frame pointer has no more. */
	struct lk_walker_frame *frame = base - (base->end - 1 - change);

	if (LK_UNLIKELY(frame < walker->frames))
		frame = walker->frames;
	while (frame->end <= change)
		frame++;
	return frame;
}

/* The innermost remembered frame that, with all outside of it, is what it was. */
static struct lk_walker_frame *verified_frame(const struct lk_walker *walker)
{
	struct lk_walker_frame *top = walker->top;
	const struct lk_walker_load *change = first_far_change(walker->loads, top->end);

	return change == top->end ? top : frame_of(walker, top, change) - 1;
}

/* Brings the remembered frames FRAME .. BASE up to date, the outermost first, as long as but
 * for call sites nothing changed in them and each frame outside is where it was.  Returns
 * the last one; those inside of it are void.
 *
 * Whether a walk leads to these places at all is not known yet, and what stands there may
 * be anything, so nothing may be learnt from it: a new call site is a change like others. */
static inline struct lk_walker_frame *follow(struct lk_walker_frame *frame,
					     struct lk_walker_frame *base)
{
	const struct lk_depot_node *node = frame[-1].node;
	struct lk_walker_load *load = frame[-1].end;

	for (; frame <= base; frame++, load++) {
		for (; load < frame->end - 1; load++)
			if (LK_UNLIKELY(difference(load) != 0))
				return frame - 1;
		uintptr_t word = *load->address;
		node = lk_depot_find(node, lk_arch_pc(word));
		if (LK_UNLIKELY(!node ||
				!lk_rules_agree(node->rule, frame->rule, frame[-1].needs_fp)))
			return frame - 1;
		frame->node = node;
		load->value = word;
	}
	return base;
}

/* Makes BASE, a remembered frame, and all outside of it what they are now; returns the last
 * frame for which that could be done. */
static inline struct lk_walker_frame *bring_up_to_date(struct lk_walker *walker,
						       struct lk_walker_frame *base)
{
	const struct lk_walker_load *change = first_change(walker->loads, base->end);

	return change == base->end ? base : follow(frame_of(walker, base, change), base);
}

/* The stack pointer in the hook's caller; 0: our own frames have no simple rules. */
static inline uintptr_t caller_sp(struct lk_walker *walker, struct lk_walker_hook hook)
{
#ifdef LK_ARCH_CALL_PUSHES
	(void)walker;
	uintptr_t sp = (uintptr_t)(hook.frame + 2);
	if (sp == 0)
		__builtin_unreachable();
	return sp;
#else
	/* The record may lie anywhere in the hook's frame, so we walk out of it. */
	struct lk_stretch ours = { hook.sp, UINTPTR_MAX, true };
	struct state at = { .sp = hook.sp, .fp = hook.fp };
	uintptr_t pc = hook.pc;

	for (unsigned i = 0; i < LK_WALKER_OWN_FRAMES_MAX; i++) {
		lk_step_rule rule = lk_rules_find(pc, walker->cfi);

		if (lk_rules_kind(rule) >= LK_RULE_END || !step(&ours, rule, &at))
			return 0;
		if (at.slot == (uintptr_t)(hook.frame + 1))
			return at.sp;
		pc = lk_arch_pc(word_at(at.slot));
	}
	return 0;
#endif
}

/* Walks from RECORD by rules up to one of the remembered frames from NEXT outwards, which
 * are all what they were. */
static __attribute__((noinline)) lk_stack_id walk_at_length(struct lk_walker *walker,
							    const uintptr_t *record, uintptr_t sp,
							    struct lk_walker_frame *next)
{
	struct walk walk = { .base = walker->frames, .is_exact = true };

	begin(&walk, record, sp);
	walk_out(walker, &walk, next);
	if (LK_UNLIKELY(walk.is_odd))
		return name_slow_walk(walker, record, sp);
	return remember(walker, &walk);
}

/* Any walk for which the remembered one may be void, or on another stack. */
static LK_COLD lk_stack_id walk_anew(struct lk_walker *walker, const uintptr_t *record,
				     uintptr_t sp)
{
	uint32_t generation = __atomic_load_n(&lk_code_generation, __ATOMIC_ACQUIRE);

	lk_bounds_enter(&walker->bounds, (uintptr_t)record, walker->stack_end);
	bool is_foreign = walker->bounds.now != &walker->bounds.own;
	bool is_void = walker->generation != generation || walker->is_foreign != is_foreign;
	if (is_foreign && !is_void &&
	    is_frame(walker->top, sp, record[0], (uintptr_t)(record + 1)) &&
	    all_equal_outwards(walker))
		return walker->top->node->id;
	if (walker->generation != generation)
		memset(walker->rules, 0, LK_WALKER_RULES * sizeof *walker->rules);
	if (is_foreign || is_void)
		lk_walker_reset(walker);
	walker->generation = walker->is_forgetful ? 0 : generation;
	walker->is_foreign = is_foreign;
	if (sp == 0)
		return name_slow_walk(walker, record, sp);
	return walk_at_length(walker, record, sp, verified_frame(walker));
}

/* Walks from RECORD on the thread's own stack.  What is not in registers is written and
 * read in pieces of one size: to read together what was just written apart takes as long
 * as fifty instructions. */
static ALWAYS_INLINE lk_stack_id walk_known(struct lk_walker *walker, const uintptr_t *record,
					    uintptr_t sp)
{
	struct walk walk = { .is_exact = true };
	struct lk_walker_frame *next = walker->top;

	begin(&walk, record, sp);
	do {
		walk.base = walker->frames;
		walk_out(walker, &walk, next);
		if (LK_UNLIKELY(walk.base == walker->frames)) {
			walker->top = next;
			return walk_at_length(walker, record, sp, walker->frames);
		}
		if (next != walker->top)
			break;
		next = bring_up_to_date(walker, walk.base);
	} while (LK_UNLIKELY(next != walk.base));
	if (walk.step_count > 0)
		return remember(walker, &walk);
	walker->top = walk.base;
	return walk.base->node->id;
}

lk_stack_id lk_walker_walk(struct lk_walker *walker, struct lk_walker_hook hook)
{
	const uintptr_t *record = hook.frame;
	uintptr_t sp = caller_sp(walker, hook);

	walker->is_slow = false;
	if (LK_UNLIKELY(
		    walker->is_foreign || sp == 0 || (uintptr_t)record < walker->bounds.own.low ||
		    (uintptr_t)record >= walker->bounds.own.high ||
		    walker->generation != __atomic_load_n(&lk_code_generation, __ATOMIC_ACQUIRE)))
		return walk_anew(walker, record, sp);
	return walk_known(walker, record, sp);
}
