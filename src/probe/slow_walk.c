/* SPDX-License-Identifier: MIT */
#include "probe/slow_walk.h"

#include <string.h>

#include "base/attributes.h"
#include "probe/arch.h"
#include "probe/cfi.h"
#include "probe/code_map.h"
#include "probe/depot.h"
#include "probe/expression.h"
#include "probe/walker.h"

#include "base/light.h"

/* More frames than leakcheck itself can have below the hook. */
enum { OWN_FRAMES_MAX = 24 };

struct position {
	struct lk_registers registers;
	uintptr_t pc;
	bool interrupted; /* by a signal: PC is the next instruction, not a return address */
};

enum outcome { STEPPED, OUTERMOST, LOST };

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

static bool find_cfa(struct lk_walker *walker, const struct lk_registers *registers,
		     uintptr_t *cfa)
{
	const struct lk_cfi_cell *cell = &walker->cfi.row.cfa;

	if (cell->how == LK_CFI_IS_EXPRESSION)
		return lk_expression_evaluate(cell->expression, registers, NULL, load, walker, cfa);
	if (cell->how != LK_CFI_REGISTER || !(registers->known >> cell->reg & 1))
		return false;
	*cfa = registers->value[cell->reg] + (uintptr_t)cell->offset;
	return true;
}

/* The caller's value of register NUMBER, which CELL tells. */
static bool find_register(struct lk_walker *walker, const struct lk_registers *registers,
			  const struct lk_cfi_cell *cell, unsigned number, uintptr_t cfa,
			  uintptr_t *value)
{
	uintptr_t address;

	switch (cell->how) {
	case LK_CFI_SAME:
		*value = registers->value[number];
		return registers->known >> number & 1;
	case LK_CFI_AT_OFFSET:
		return load(walker, cfa + (uintptr_t)cell->offset, sizeof *value, value);
	case LK_CFI_IS_OFFSET:
		*value = cfa + (uintptr_t)cell->offset;
		return true;
	case LK_CFI_REGISTER:
		*value = registers->value[cell->reg];
		return registers->known >> cell->reg & 1;
	case LK_CFI_AT_EXPRESSION:
		return lk_expression_evaluate(cell->expression, registers, &cfa, load, walker,
					      &address) &&
		       load(walker, address, sizeof *value, value);
	case LK_CFI_IS_EXPRESSION:
		return lk_expression_evaluate(cell->expression, registers, &cfa, load, walker,
					      value);
	default:
		return false;
	}
}

#ifdef LK_SIGNAL_RETURN_CODE

bool lk_slow_walk_is_signal_return(uintptr_t pc)
{
	uint64_t code;

	if (!lk_bounds_readable(pc) || !lk_bounds_readable(pc + LK_SIGNAL_RETURN_SIZE - 1))
		return false;
	memcpy(&code, (const void *)pc, sizeof code);
	return code == LK_SIGNAL_RETURN_CODE;
}

static enum outcome leave_handler(struct lk_walker *walker, struct position *at)
{
	uintptr_t row = at->registers.value[LK_REG_SP] + LK_SIGNAL_REGISTERS;

	at->registers.known = 0;
	for (unsigned i = 0; i < LK_REG_COUNT; i++)
		if (load(walker, row + 8 * i, 8, &at->registers.value[i]))
			at->registers.known |= 1u << i;
	if (!(at->registers.known >> LK_REG_SP & 1) ||
	    !load(walker, row + 8 * LK_SIGNAL_PC, 8, &at->pc))
		return LOST;
	at->interrupted = true;
	return at->pc ? STEPPED : OUTERMOST;
}

#else

bool lk_slow_walk_is_signal_return(uintptr_t pc)
{
	(void)pc;
	return false;
}

static enum outcome leave_handler(struct lk_walker *walker, struct position *at)
{
	(void)walker;
	(void)at;
	return LOST;
}

#endif

/* Each call takes some stack, but for one to a function that was interrupted
 * before it took any (on aarch64, where calls push nothing). */
static bool is_outside(const struct lk_registers *outside, const struct position *at)
{
	uintptr_t sp = at->registers.value[LK_REG_SP];

	return outside->value[LK_REG_SP] > sp ||
	       (at->interrupted && outside->value[LK_REG_SP] == sp);
}

static enum outcome step(struct lk_walker *walker, struct position *at)
{
	uintptr_t instruction = at->pc - !at->interrupted, cfa, value;
	struct lk_registers outside = { .known = 0 };
	struct lk_cfi *cfi = &walker->cfi;
	struct lk_code code;

	if (!at->interrupted && lk_slow_walk_is_signal_return(at->pc))
		return leave_handler(walker, at);
	if (!lk_code_find(instruction, &code) || !code.eh_frame_hdr)
		return LOST;
	if (!(at->interrupted ? lk_cfi_find(cfi, code.eh_frame_hdr, at->pc)
			      : lk_cfi_find_call(cfi, code.eh_frame_hdr, at->pc)))
		return LOST;
	if (cfi->row.registers[LK_REG_PC].how == LK_CFI_UNDEFINED)
		return OUTERMOST;
	if (!find_cfa(walker, &at->registers, &cfa))
		return LOST;
	for (unsigned i = 0; i < LK_REG_COUNT; i++) {
		const struct lk_cfi_cell *cell = &cfi->row.registers[i];

		/* The definition of the CFA: the stack pointer of the caller. */
		if (i == LK_REG_SP && cell->how == LK_CFI_SAME)
			value = cfa;
		else if (!find_register(walker, &at->registers, cell, i, cfa, &value))
			continue;
		outside.value[i] = value;
		outside.known |= 1u << i;
	}
	if (!(outside.known >> LK_REG_PC & 1) || !(outside.known >> LK_REG_SP & 1))
		return LOST;
	if (!cfi->is_signal_frame && !is_outside(&outside, at))
		return LOST;
	at->registers = outside;
	at->pc = lk_arch_pc(outside.value[LK_REG_PC]);
	at->interrupted = cfi->is_signal_frame;
	return at->pc ? STEPPED : OUTERMOST;
}

/* Leaves leakcheck's own functions, the last of which has the frame FRAME. */
static bool leave_hook(struct lk_walker *walker, struct position *at, const void *frame)
{
	for (unsigned i = 0; i < OWN_FRAMES_MAX; i++) {
		if (step(walker, at) != STEPPED)
			return false;
		if (at->registers.value[LK_REG_SP] > (uintptr_t)frame)
			return true;
	}
	return false;
}

LK_COLD lk_stack_id lk_slow_walk(struct lk_slow_walk *slow, const void *frame)
{
	struct lk_walker *walker = slow->walker;
	struct position at;

	slow->count = 0;
	at.registers.known = lk_arch_read(at.registers.value);
	at.pc = at.registers.value[LK_REG_PC];
	at.interrupted = true;
	if (!leave_hook(walker, &at, frame))
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
		switch (step(walker, &at)) {
		case OUTERMOST:
			return LK_DEPOT_ROOT;
		case LOST:
			return LK_DEPOT_CUT;
		case STEPPED:
			break;
		}
	}
}
