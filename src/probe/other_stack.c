/* SPDX-License-Identifier: MIT */
#include "probe/other_stack.h"

#include <string.h>

#include "base/proc.h"
#include "probe/call_site.h"
#include "probe/code_map.h"
#include "probe/step.h"

#include "base/light.h"

enum { PAGE = 4096, WORD = sizeof(uintptr_t) };

/* How well a frame pointer fits. */
enum fit {
	IMPOSSIBLE,
	OPEN,	/* the walk does not come to the end of the stack */
	WEAK,	/* it does, but some call was of another function, which may have jumped on */
	LIKELY, /* or this frame was called through a register */
	CERTAIN,
};

/* Copies from SP to the end of the stack as far as there is room. */
static void copy_stack(struct lk_other_stack *stack, uintptr_t sp)
{
	size_t next = PAGE - sp % PAGE;

	stack->copied_from = sp;
	stack->copied = 0;
	while (stack->copied + next <= sizeof stack->copy &&
	       lk_proc_memory((const void *)(sp + stack->copied), stack->copy + stack->copied,
			      next)) {
		stack->copied += next;
		next = PAGE;
	}
}

static bool load(void *context, uintptr_t address, unsigned size, uintptr_t *value)
{
	const struct lk_other_stack *stack = context;
	uintptr_t offset = address - stack->copied_from;

	*value = 0;
	if (offset < stack->copied && stack->copied - offset >= size) {
		memcpy(value, stack->copy + offset, size);
		return true;
	}
	return lk_proc_memory((const void *)address, value, size);
}

static enum fit worse(enum fit a, enum fit b)
{
	return a < b ? a : b;
}

/* Walks from AT to the end with the frame pointer FP. */
static enum fit try(const struct lk_step_tools *tools, struct lk_position at, uintptr_t fp)
{
	enum fit fit = CERTAIN;

	at.registers.value[LK_REG_FP] = fp;
	at.registers.known |= 1u << LK_REG_FP;
	for (unsigned i = 0; i < LK_STACK_FRAMES_MAX; i++) {
		enum lk_step_outcome outcome = lk_step(tools, &at);

		if (outcome == LK_STEP_OUTERMOST)
			return i == 0 ? IMPOSSIBLE : fit;
		if (outcome != LK_STEPPED)
			return i == 0 ? IMPOSSIBLE : OPEN;
		if (at.interrupted)
			continue;
		switch (lk_call_site_judge(at.pc, tools->cfi->start)) {
		case LK_CALL_NONE:
			return IMPOSSIBLE;
		case LK_CALL_ELSEWHERE:
			fit = worse(fit, WEAK);
			break;
		case LK_CALL_SOMEWHERE:
			fit = i == 0 ? worse(fit, LIKELY) : fit;
			break;
		case LK_CALL_MATCHES:
			break;
		}
	}
	return OPEN;
}

/* Looks for the frame pointer of the frame AT, which fits best, among the words of
 * the stack that could be its return address. */
static enum fit search(const struct lk_step_tools *tools, const struct lk_position *at,
		       uintptr_t *ret)
{
	const struct lk_other_stack *stack = tools->context;
	const struct lk_cfi_row row = tools->cfi->row;
	const struct lk_cfi_cell *pc = &row.registers[LK_REG_PC];
	uintptr_t sp = at->registers.value[LK_REG_SP];
	enum fit best = IMPOSSIBLE;
	unsigned equals = 0;

	if (row.cfa.how != LK_CFI_REGISTER || row.cfa.reg != LK_REG_FP ||
	    pc->how != LK_CFI_AT_OFFSET)
		return IMPOSSIBLE;
	uintptr_t to_cfa = (uintptr_t)row.cfa.offset, to_slot = to_cfa + (uintptr_t)pc->offset;
	for (uintptr_t slot = sp; slot - stack->copied_from < stack->copied; slot += WORD) {
		uintptr_t word, fp = slot - to_slot;
		struct lk_code code;

		/* Calls are made on a stack aligned to 16 bytes. */
		if ((fp + to_cfa) % 16 != 0 || fp < sp ||
		    !load(tools->context, slot, WORD, &word) ||
		    !lk_code_find(lk_arch_pc(word), &code))
			continue;
		enum fit fit = try(tools, *at, fp);
		if (fit > best) {
			best = fit;
			*ret = fp;
			equals = 0;
		}
		equals += fit == best;
	}
	return equals > 1 ? worse(best, LIKELY) : best;
}

/* Finds the frame pointer that the frame AT needs; CERTAIN, LIKELY or IMPOSSIBLE. */
static enum fit recover(const struct lk_step_tools *tools, struct lk_position *at)
{
	uintptr_t sp = at->registers.value[LK_REG_SP], fp;
	struct lk_cfi_row row = tools->cfi->row;
	enum fit fit;

	if (lk_call_site_frame_pointer(tools->cfi->start, tools->cfi->end, sp, &fp) &&
	    try(tools, *at, fp) >= WEAK) {
		fit = CERTAIN;
	} else {
		tools->cfi->row = row;
		fit = search(tools, at, &fp);
	}
	if (fit < LIKELY)
		return IMPOSSIBLE;
	at->registers.value[LK_REG_FP] = fp;
	at->registers.known |= 1u << LK_REG_FP;
	return fit;
}

void lk_other_stack_walk(struct lk_other_stack *stack, uintptr_t pc, uintptr_t sp)
{
	const struct lk_step_tools tools = { &stack->cfi, load, stack };
	struct lk_position at = { .pc = pc, .interrupted = true };

	at.registers.value[LK_REG_SP] = sp;
	at.registers.known = 1u << LK_REG_SP;
	copy_stack(stack, sp);
	stack->count = 0;
	stack->sure = LK_STACK_FRAMES_MAX;
	stack->cut = true;
	while (stack->count < LK_STACK_FRAMES_MAX) {
		stack->frames[stack->count++] = at.pc + at.interrupted;
		enum lk_step_outcome outcome = lk_step(&tools, &at);

		if (outcome == LK_STEP_NEEDS_FP) {
			enum fit fit = recover(&tools, &at);

			if (fit == IMPOSSIBLE)
				break;
			if (fit != CERTAIN && stack->sure > stack->count)
				stack->sure = stack->count;
			outcome = lk_step(&tools, &at);
		}
		stack->cut = outcome != LK_STEP_OUTERMOST;
		if (outcome != LK_STEPPED)
			break;
	}
	if (stack->sure > stack->count)
		stack->sure = stack->count;
}
