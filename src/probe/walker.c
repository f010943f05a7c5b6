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
 * The remembered loads are compared from the outermost inwards up to the first
 * difference; then the walk goes by rules from the inside until it comes to a
 * frame outside of that.  A saved frame pointer that no frame outside needs is
 * no remembered load.
 *
 * Reading old places is safe on the thread's own stack, all of which is mapped
 * from the current frame to its end.  Any other stack may have been unmapped
 * since, so there the comparison goes from the inside outwards, where each equal
 * word proves that the next place belongs to the walk; it is all or nothing. */
#include "probe/walker.h"

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/slow_walk.h"

#include "base/light.h"

enum { LOADS_PER_FRAME = 3, COMPARED_AT_ONCE = 4 };

/* The frame that the walk is at. */
struct state {
	uintptr_t sp, slot, fp, fp_slot;
};

struct walk {
	struct state at;
	unsigned step_count;
	int base; /* this remembered frame and all outside it are as they were; -1: none */
	lk_stack_id root;
	bool is_depth_cut, has_empty_end;
	bool is_exact; /* no step failed: it may be remembered */
	bool is_odd; /* a frame needs more than rules */
};

/* One more than the depth: an empty return address is a frame of the walk (it
 * must be verified too), but none of the stack. */
static size_t frames_room(unsigned depth)
{
	return depth + 1;
}

static size_t loads_room(unsigned depth)
{
	return LOADS_PER_FRAME * frames_room(depth) + COMPARED_AT_ONCE;
}

size_t lk_walker_size(unsigned depth)
{
	size_t frames = frames_room(depth), loads = loads_room(depth);
	size_t size = sizeof(struct lk_walker) + frames * sizeof(struct lk_walker_frame) +
		      frames * sizeof(struct lk_walker_step) +
		      loads * (sizeof(struct lk_walker_load) + sizeof(uint16_t));

	return (size + 63) & ~(size_t)63;
}

struct lk_walker *lk_walker_init(void *memory, unsigned depth)
{
	struct lk_walker *walker = memory;

	walker->loads = (struct lk_walker_load *)(walker + 1);
	walker->frames = (struct lk_walker_frame *)(walker->loads + loads_room(depth));
	walker->steps = (struct lk_walker_step *)(walker->frames + frames_room(depth));
	walker->frame_of_load = (uint16_t *)(walker->steps + frames_room(depth));
	walker->depth = depth;
	walker->bounds = (struct lk_bounds){ .now = &walker->bounds.own };
	lk_walker_reset(walker);
	return walker;
}

void lk_walker_reset(struct lk_walker *walker)
{
	walker->frame_count = 0;
	walker->load_count = 0;
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

static inline bool uses_fp(struct lk_rule rule)
{
	return rule.kind == LK_RULE_FP || rule.kind == LK_RULE_FP_LOAD ||
	       rule.fp == LK_RULE_FP_AT_FP;
}

/* The CFA by a rule that is not LK_RULE_SP; false: it is nonsense. */
static bool cfa_by_fp(struct lk_stretch *stretch, struct lk_rule rule, const struct state *at,
		      uintptr_t *cfa)
{
	uintptr_t place = at->fp + (uintptr_t)(rule.cfa_words * 8);

	if (rule.kind == LK_RULE_FP_LOAD) {
		if (!lk_bounds_hold(stretch, place))
			return false;
		place = word_at(place);
	}
	*cfa = place;
	return place > at->sp && place % sizeof(uintptr_t) == 0 &&
	       (rule.fp != LK_RULE_FP_SAVED || place + (uintptr_t)(rule.fp_words * 8) >= at->sp) &&
	       place + (uintptr_t)(rule.pc_words * 8) >= at->sp;
}

/* Steps from AT by RULE to the frame outside; false: that cannot be read, or is
 * no frame outside. */
static inline bool step(struct lk_stretch *stretch, struct lk_rule rule, struct state *at)
{
	uintptr_t cfa = at->sp + (uintptr_t)(rule.cfa_words * 8), fp_slot = 0;

	if (rule.kind == LK_RULE_FP && LK_LIKELY(rule.fp == LK_RULE_FP_SAVED))
		cfa = at->fp + (uintptr_t)(rule.cfa_words * 8);
	if (LK_UNLIKELY(rule.kind != LK_RULE_SP) && !cfa_by_fp(stretch, rule, at, &cfa))
		return false;
	if (LK_UNLIKELY(cfa > stretch->high) && !lk_bounds_hold(stretch, cfa - 8))
		return false;
	if (rule.fp == LK_RULE_FP_SAVED)
		fp_slot = cfa + (uintptr_t)(rule.fp_words * 8);
	else if (LK_UNLIKELY(rule.fp == LK_RULE_FP_AT_FP))
		fp_slot = at->fp;
	if (LK_UNLIKELY(rule.fp == LK_RULE_FP_AT_FP) && !lk_bounds_hold(stretch, fp_slot))
		return false;
	if (fp_slot)
		at->fp = word_at(fp_slot);
	at->fp_slot = fp_slot;
	at->slot = cfa + (uintptr_t)(rule.pc_words * 8);
	at->sp = cfa;
	return true;
}

/* Can a walk that has taken COUNT frames by rules end at remembered frame
 * INDEX?  Not if the kept depth cuts the stack at another frame than last time. */
static inline bool fits_depth(const struct lk_walker *walker, unsigned count, unsigned index)
{
	count += index + 1 - walker->has_empty_end;
	return count == walker->depth || (count < walker->depth && !walker->is_depth_cut);
}

static inline void put_step(struct lk_walker_step *step, const struct state *at, uintptr_t word,
			    struct lk_rule rule)
{
	step->sp = at->sp;
	step->fp = at->fp;
	step->slot = at->slot;
	step->word = word;
	step->fp_slot = at->fp_slot;
	step->rule = rule;
}

/* Is FRAME, which is remembered with all outside of it, the one of this sp and fp
 * whose return address is at SLOT? */
static inline bool is_frame(const struct lk_walker *walker, const struct lk_walker_frame *frame,
			    uintptr_t sp, uintptr_t fp, uintptr_t slot)
{
#ifdef LK_ARCH_CALL_PUSHES
	(void)walker;
	(void)slot;
#else
	if ((uintptr_t)walker->loads[frame->load].address != slot)
		return false;
#endif
	return frame->sp == sp && (!frame->needs_fp || frame->fp == fp);
}

/* Walks by rules until it comes to one of the remembered frames from NEXT
 * outwards, or can go no further. */
static inline void walk_out(struct lk_walker *walker, struct walk *walk,
			    const struct lk_walker_frame *next)
{
	struct lk_stretch *stretch = walker->bounds.now;
	struct lk_walker_step *steps = walker->steps;
	const struct lk_walker_frame *frames = walker->frames;
	struct state at = walk->at;
	unsigned count = 0, depth = walker->depth;

	walk->root = LK_DEPOT_CUT;
	for (;;) {
		while (next >= frames && next->sp < at.sp)
			next--;
		if (next >= frames && is_frame(walker, next, at.sp, at.fp, at.slot)) {
			if (fits_depth(walker, count, (unsigned)(next - frames))) {
				walk->base = (int)(next - frames);
				break;
			}
			next = frames - 1;
		}
		uintptr_t word = word_at(at.slot), pc = lk_arch_pc(word);
		if (LK_UNLIKELY(pc == 0)) {
			put_step(&steps[count++], &at, word, (struct lk_rule){ .kind = 0 });
			walk->root = LK_DEPOT_ROOT;
			walk->has_empty_end = true;
			break;
		}
		if (LK_UNLIKELY(count == depth)) {
			walk->is_depth_cut = true;
			break;
		}
		struct lk_rule rule = lk_rules_find(pc, &walker->cfi);
		put_step(&steps[count++], &at, word, rule);
		if (LK_UNLIKELY(rule.kind >= LK_RULE_END)) {
			walk->root = rule.kind == LK_RULE_END ? LK_DEPOT_ROOT : LK_DEPOT_CUT;
			walk->is_odd = rule.kind == LK_RULE_ODD;
			break;
		}
		if (LK_UNLIKELY(!step(stretch, rule, &at))) {
			walk->is_exact = false;
			break;
		}
	}
	walk->at = at;
	walk->step_count = count;
}

static inline void add_load(struct lk_walker *walker, uintptr_t address, uintptr_t value,
			    unsigned frame)
{
	walker->loads[walker->load_count] =
		(struct lk_walker_load){ (const uintptr_t *)address, value };
	walker->frame_of_load[walker->load_count++] = (uint16_t)frame;
}

/* Keeps STEP as frame INDEX.  Its loads, the outermost first, are that of the
 * CFA, that of the return address, and that of the frame pointer. */
static inline void keep(struct lk_walker *walker, unsigned index,
			const struct lk_walker_step *step, lk_stack_id node)
{
	struct lk_walker_frame *frame = &walker->frames[index];
	bool outside_needs_fp = index > 0 && frame[-1].needs_fp;

	frame->sp = step->sp;
	frame->fp = step->fp;
	frame->node = node;
	frame->needs_fp = uses_fp(step->rule) ||
			  (step->rule.fp == LK_RULE_FP_SAME && outside_needs_fp);
	if (LK_UNLIKELY(step->rule.kind == LK_RULE_FP_LOAD) && index > 0)
		add_load(walker, step->fp + (uintptr_t)(step->rule.cfa_words * 8), frame[-1].sp,
			 index);
	frame->load = (uint16_t)walker->load_count;
	add_load(walker, step->slot, step->word, index);
	if (frame->needs_fp && step->fp_slot)
		add_load(walker, step->fp_slot, step->fp, index);
}

/* The outermost frames of the walk are remembered ones: drops those inside. */
static inline void keep_base(struct lk_walker *walker, struct walk *walk)
{
	struct lk_walker_frame *base = &walker->frames[walk->base];

	walker->load_count = base->load + 1u;
	if (base->needs_fp && walk->at.fp_slot)
		add_load(walker, walk->at.fp_slot, base->fp, (unsigned)walk->base);
	walk->root = walker->root;
	walk->is_depth_cut = walker->is_depth_cut;
	walk->has_empty_end = walker->has_empty_end;
}

/* So that all loads can be compared in groups. */
static inline void pad_loads(struct lk_walker *walker)
{
	static const uintptr_t zero;

	for (unsigned i = 0; i < COMPARED_AT_ONCE; i++)
		walker->loads[walker->load_count + i] = (struct lk_walker_load){ &zero, 0 };
}

/* Names the frames of the walk, outermost first, and remembers them. */
static inline lk_stack_id remember(struct lk_walker *walker, struct walk *walk)
{
	unsigned count = (unsigned)(walk->base + 1);
	lk_stack_id node = walk->root;

	walker->load_count = 0;
	if (count > 0) {
		keep_base(walker, walk);
		node = walker->frames[walk->base].node;
	}
	for (unsigned i = walk->step_count; i-- > 0; count++) {
		const struct lk_walker_step *step = &walker->steps[i];
		uintptr_t pc = lk_arch_pc(step->word);

		if (LK_LIKELY(pc != 0))
			node = lk_depot_child(node, pc, (unsigned)step->rule.generation);
		if (LK_UNLIKELY(node == LK_STACK_NONE))
			break;
		keep(walker, count, step, node);
	}
	pad_loads(walker);
	walker->frame_count = count;
	walker->root = walk->root;
	walker->is_depth_cut = walk->is_depth_cut;
	walker->has_empty_end = walk->has_empty_end;
	if (LK_UNLIKELY(!walk->is_exact || node == LK_STACK_NONE))
		lk_walker_reset(walker);
	return node;
}

/* Names a stack that was not walked by rules alone, and remembers nothing. */
static lk_stack_id name_slow_walk(struct lk_walker *walker, const void *frame)
{
	struct lk_slow_walk slow = { .walker = walker };
	lk_stack_id node = lk_slow_walk(&slow, frame);

	for (unsigned i = slow.count; i-- > 0 && node != LK_STACK_NONE;)
		node = lk_depot_child(node, walker->steps[i].word,
				      (unsigned)walker->steps[i].rule.generation);
	lk_walker_reset(walker);
	return node;
}

/* The first load, from the outermost inwards, that differs; at least
 * `load_count` if none does.  Groups leave one hard guess to the processor. */
static inline unsigned first_difference(const struct lk_walker *walker)
{
	const struct lk_walker_load *load = walker->loads;
	const struct lk_walker_load *end = load + walker->load_count;

	for (; load < end; load += COMPARED_AT_ONCE) {
		uintptr_t a = *load[0].address ^ load[0].value;
		uintptr_t b = *load[1].address ^ load[1].value;
		uintptr_t c = *load[2].address ^ load[2].value;
		uintptr_t d = *load[3].address ^ load[3].value;

		if ((a | b | c | d) != 0) {
			unsigned differ = (a != 0) | (b != 0) << 1 | (c != 0) << 2 | 1 << 3;

			load += __builtin_ctz(differ);
			break;
		}
	}
	return (unsigned)(load - walker->loads);
}

static bool all_equal_outwards(const struct lk_walker *walker)
{
	unsigned i = walker->load_count;

	while (i > 0 && *walker->loads[i - 1].address == walker->loads[i - 1].value)
		i--;
	return i == 0;
}

/* The innermost remembered frame whose loads, and those of all frames outside of
 * it, are before load DIFFERENT. */
static inline const struct lk_walker_frame *verified_frame(const struct lk_walker *walker,
							   unsigned different)
{
	if (different >= walker->load_count)
		return &walker->frames[walker->frame_count] - 1;
	const struct lk_walker_frame *frame = &walker->frames[walker->frame_of_load[different]];

	return different > frame->load ? frame : frame - 1;
}

static inline bool is_at_top(const struct lk_walker *walker, const uintptr_t *record, uintptr_t sp)
{
	const struct lk_walker_frame *top = &walker->frames[walker->frame_count - 1];

	return walker->frame_count > 0 &&
	       is_frame(walker, top, sp, record[0], (uintptr_t)(record + 1));
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
		struct lk_rule rule = lk_rules_find(pc, &walker->cfi);

		if (rule.kind >= LK_RULE_END || !step(&ours, rule, &at))
			return 0;
		if (at.slot == (uintptr_t)(hook.frame + 1))
			return at.sp;
		pc = lk_arch_pc(word_at(at.slot));
	}
	return 0;
#endif
}

/* Walks from the state of RECORD; the remembered frames from NEXT outwards are
 * verified. */
static __attribute__((noinline)) lk_stack_id walk_changed(struct lk_walker *walker,
							  const uintptr_t *record, uintptr_t sp,
							  const struct lk_walker_frame *next)
{
	struct walk walk = {
		.at = { .sp = sp,
			.slot = (uintptr_t)(record + 1),
			.fp = record[0] },
		.base = -1,
		.is_exact = true,
	};

	walk_out(walker, &walk, next);
	if (LK_UNLIKELY(walk.is_odd))
		return name_slow_walk(walker, record);
	return remember(walker, &walk);
}

/* Any walk for which the remembered one may be void, or on another stack. */
static __attribute__((noinline)) lk_stack_id walk_anew(struct lk_walker *walker,
						       const uintptr_t *record, uintptr_t sp)
{
	uint32_t generation = __atomic_load_n(&lk_code_generation, __ATOMIC_ACQUIRE);

	lk_bounds_enter(&walker->bounds, (uintptr_t)record, walker->stack_end);
	bool is_foreign = walker->bounds.now != &walker->bounds.own;
	if (walker->generation != generation || walker->is_foreign != is_foreign)
		lk_walker_reset(walker);
	walker->generation = generation;
	walker->is_foreign = is_foreign;
	if (sp == 0)
		return name_slow_walk(walker, record);
	if (!is_foreign)
		return walk_changed(walker, record, sp,
				    verified_frame(walker, first_difference(walker)));
	if (is_at_top(walker, record, sp) && all_equal_outwards(walker))
		return walker->frames[walker->frame_count - 1].node;
	return walk_changed(walker, record, sp, walker->frames - 1);
}

/* All is as remembered but the return address into the innermost frame, TOP.
 * When the new call site leads to the same frame outside, only TOP's node is
 * new; false: the walk is to be done at length. */
static inline bool call_site_changed(struct lk_walker *walker, struct lk_walker_frame *top,
				     const uintptr_t *record)
{
	const struct lk_walker_frame *outside = top - 1;
	uintptr_t pc = lk_arch_pc(record[1]);

	if (LK_UNLIKELY(walker->frame_count < 2 || pc == 0))
		return false;
	struct lk_rule rule = lk_rules_find(pc, &walker->cfi);
	uintptr_t cfa = (rule.kind == LK_RULE_FP ? record[0] : top->sp) +
			(uintptr_t)(rule.cfa_words * 8);
	if (LK_UNLIKELY(rule.kind > LK_RULE_FP || rule.fp == LK_RULE_FP_AT_FP) ||
	    cfa != outside->sp ||
	    cfa + (uintptr_t)(rule.pc_words * 8) != (uintptr_t)walker->loads[outside->load].address)
		return false;
	/* What TOP's old rule loaded comes last, before its return address. */
	bool saves_fp = rule.fp == LK_RULE_FP_SAVED && outside->needs_fp;
	const struct lk_walker_load *saved = &walker->loads[outside->load + 1];
	if (top->load != outside->load + 1u + saves_fp)
		return false;
	if (saves_fp ? cfa + (uintptr_t)(rule.fp_words * 8) != (uintptr_t)saved->address
		     : outside->needs_fp && outside->fp != record[0])
		return false;
	lk_stack_id node = lk_depot_child(outside->node, pc, (unsigned)rule.generation);
	if (LK_UNLIKELY(node == LK_STACK_NONE))
		return false;
	top->node = node;
	top->fp = record[0];
	top->needs_fp = rule.kind == LK_RULE_FP ||
			(rule.fp == LK_RULE_FP_SAME && outside->needs_fp);
	walker->loads[top->load].value = record[1];
	return true;
}

lk_stack_id lk_walker_walk(struct lk_walker *walker, struct lk_walker_hook hook)
{
	const uintptr_t *record = hook.frame;
	uintptr_t sp = caller_sp(walker, hook);

	if (LK_UNLIKELY(walker->is_foreign || sp == 0 ||
			(uintptr_t)record < walker->bounds.own.low ||
			(uintptr_t)record >= walker->bounds.own.high ||
			walker->generation !=
				__atomic_load_n(&lk_code_generation, __ATOMIC_ACQUIRE)))
		return walk_anew(walker, record, sp);
	unsigned different = first_difference(walker);
	if (different + 1 >= walker->load_count && is_at_top(walker, record, sp)) {
		struct lk_walker_frame *top = &walker->frames[walker->frame_count - 1];

		if (different >= walker->load_count || call_site_changed(walker, top, record))
			return top->node;
	}
	return walk_changed(walker, record, sp, verified_frame(walker, different));
}
