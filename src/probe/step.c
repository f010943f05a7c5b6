/* SPDX-License-Identifier: MIT */
#include "probe/step.h"

#include <string.h>

#include "probe/arch.h"
#include "probe/code_map.h"
#include "probe/stack_bounds.h"

#include "base/light.h"

static bool find_cfa(const struct lk_step_tools *tools, const struct lk_registers *registers,
		     uintptr_t *cfa)
{
	const struct lk_cfi_cell *cell = &tools->cfi->row.cfa;

	if (cell->how == LK_CFI_IS_EXPRESSION)
		return lk_expression_evaluate(cell->expression, registers, NULL, tools->load,
					      tools->context, cfa);
	if (cell->how != LK_CFI_REGISTER || !(registers->known >> cell->reg & 1))
		return false;
	*cfa = registers->value[cell->reg] + (uintptr_t)cell->offset;
	return true;
}

/* The caller's value of register NUMBER, which CELL tells. */
static bool find_register(const struct lk_step_tools *tools, const struct lk_registers *registers,
			  const struct lk_cfi_cell *cell, unsigned number, uintptr_t cfa,
			  uintptr_t *value)
{
	uintptr_t address;

	switch (cell->how) {
	case LK_CFI_SAME:
		*value = registers->value[number];
		return registers->known >> number & 1;
	case LK_CFI_AT_OFFSET:
		return tools->load(tools->context, cfa + (uintptr_t)cell->offset, sizeof *value,
				   value);
	case LK_CFI_IS_OFFSET:
		*value = cfa + (uintptr_t)cell->offset;
		return true;
	case LK_CFI_REGISTER:
		*value = registers->value[cell->reg];
		return registers->known >> cell->reg & 1;
	case LK_CFI_AT_EXPRESSION:
		return lk_expression_evaluate(cell->expression, registers, &cfa, tools->load,
					      tools->context, &address) &&
		       tools->load(tools->context, address, sizeof *value, value);
	case LK_CFI_IS_EXPRESSION:
		return lk_expression_evaluate(cell->expression, registers, &cfa, tools->load,
					      tools->context, value);
	default:
		return false;
	}
}

#ifdef LK_SIGNAL_RETURN_CODE

bool lk_step_is_signal_return(uintptr_t pc)
{
	uint64_t code;

	if (!lk_bounds_readable(pc) || !lk_bounds_readable(pc + LK_SIGNAL_RETURN_SIZE - 1))
		return false;
	memcpy(&code, (const void *)pc, sizeof code);
	return code == LK_SIGNAL_RETURN_CODE;
}

static enum lk_step_outcome leave_handler(const struct lk_step_tools *tools, struct lk_position *at)
{
	uintptr_t row = at->registers.value[LK_REG_SP] + LK_SIGNAL_REGISTERS;

	at->registers.known = 0;
	for (unsigned i = 0; i < LK_REG_COUNT; i++)
		if (tools->load(tools->context, row + 8 * i, 8, &at->registers.value[i]))
			at->registers.known |= 1u << i;
	if (!(at->registers.known >> LK_REG_SP & 1) ||
	    !tools->load(tools->context, row + 8 * LK_SIGNAL_PC, 8, &at->pc))
		return LK_STEP_LOST;
	at->interrupted = true;
	return at->pc ? LK_STEPPED : LK_STEP_OUTERMOST;
}

/* Out of code without a table. */
static enum lk_step_outcome leave_unknown(const struct lk_step_tools *tools, struct lk_position *at)
{
	uint32_t code[LK_STUB_INSTRUCTIONS_MAX];

	for (unsigned i = 0; i < LK_STUB_INSTRUCTIONS_MAX; i++) {
		uintptr_t word;

		if (!tools->load(tools->context, at->pc + sizeof *code * i, sizeof *code, &word))
			return LK_STEP_LOST;
		code[i] = (uint32_t)word;
	}
	if (!at->interrupted || !(at->registers.known >> LK_REG_PC & 1) || !lk_arch_is_stub(code))
		return LK_STEP_LOST;
	at->pc = lk_arch_pc(at->registers.value[LK_REG_PC]);
	at->interrupted = false;
	return at->pc ? LK_STEPPED : LK_STEP_OUTERMOST;
}

#else

bool lk_step_is_signal_return(uintptr_t pc)
{
	(void)pc;
	return false;
}

static enum lk_step_outcome leave_handler(const struct lk_step_tools *tools, struct lk_position *at)
{
	(void)tools;
	(void)at;
	return LK_STEP_LOST;
}

static enum lk_step_outcome leave_unknown(const struct lk_step_tools *tools, struct lk_position *at)
{
	(void)tools;
	(void)at;
	return LK_STEP_LOST;
}

#endif

/* Each call takes some stack, but for one to a function that was interrupted
 * before it took any (on aarch64, where calls push nothing) or that keeps its return
 * address in a register (ADDRESS says where it is). */
static bool is_outside(const struct lk_registers *outside, const struct lk_position *at,
		       const struct lk_cfi_cell *address)
{
	uintptr_t sp = at->registers.value[LK_REG_SP];

	return outside->value[LK_REG_SP] > sp ||
	       ((at->interrupted || address->how == LK_CFI_REGISTER) &&
		outside->value[LK_REG_SP] == sp);
}

/* Where the caller's frame begins: at the CFA, but for tables like that of glibc's
 * _dl_runtime_resolve on aarch64, to which what the PLT has pushed before, a return
 * address among it, lies outside of the frame. */
static uintptr_t frame_end(uintptr_t cfa, const struct lk_cfi_cell *address)
{
	if (address->how != LK_CFI_AT_OFFSET || address->offset < 0)
		return cfa;
	return (cfa + (uintptr_t)address->offset + sizeof(uintptr_t) + 15) & ~(uintptr_t)15;
}

enum lk_step_outcome lk_step(const struct lk_step_tools *tools, struct lk_position *at)
{
	uintptr_t instruction = at->pc - !at->interrupted, cfa, value;
	struct lk_registers outside = { .known = 0 };
	struct lk_cfi *cfi = tools->cfi;
	struct lk_code code;

	if (!at->interrupted && lk_step_is_signal_return(at->pc))
		return leave_handler(tools, at);
	if (!lk_code_find(instruction, &code) || !code.eh_frame_hdr)
		return LK_STEP_LOST;
	if (!(at->interrupted ? lk_cfi_find(cfi, &code, at->pc)
			      : lk_cfi_find_call(cfi, &code, at->pc)))
		return leave_unknown(tools, at);
	if (cfi->row.registers[LK_REG_PC].how == LK_CFI_UNDEFINED)
		return LK_STEP_OUTERMOST;
	if (!find_cfa(tools, &at->registers, &cfa))
		return at->registers.known >> LK_REG_FP & 1 ? LK_STEP_LOST : LK_STEP_NEEDS_FP;
	const uintptr_t end = frame_end(cfa, &cfi->row.registers[LK_REG_PC]);
	for (unsigned i = 0; i < LK_REG_COUNT; i++) {
		const struct lk_cfi_cell *cell = &cfi->row.registers[i];

		/* The CFA is by definition the stack pointer of the caller. */
		if (i == LK_REG_SP && cell->how == LK_CFI_SAME)
			value = end;
		else if (!find_register(tools, &at->registers, cell, i, cfa, &value))
			continue;
		outside.value[i] = value;
		outside.known |= 1u << i;
	}
	if (!(outside.known >> LK_REG_PC & 1) || !(outside.known >> LK_REG_SP & 1))
		return LK_STEP_LOST;
	if (!cfi->is_signal_frame && !is_outside(&outside, at, &cfi->row.registers[LK_REG_PC]))
		return LK_STEP_LOST;
	at->registers = outside;
	at->pc = lk_arch_pc(outside.value[LK_REG_PC]);
	at->interrupted = cfi->is_signal_frame;
	return at->pc ? LK_STEPPED : LK_STEP_OUTERMOST;
}
