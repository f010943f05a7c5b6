/* SPDX-License-Identifier: MIT */
#include "probe/expression.h"

#include <stddef.h>
#include <string.h>

#include "probe/cursor.h"

#include "base/light.h"

/* DW_OP_*, in the order of their codes. */
enum {
	OP_ADDRESS = 0x03,
	OP_DEREFERENCE = 0x06,
	OP_CONST1U = 0x08,
	OP_CONST1S = 0x09,
	OP_CONST2U = 0x0a,
	OP_CONST2S = 0x0b,
	OP_CONST4U = 0x0c,
	OP_CONST4S = 0x0d,
	OP_CONST8U = 0x0e,
	OP_CONST8S = 0x0f,
	OP_CONSTU = 0x10,
	OP_CONSTS = 0x11,
	OP_DUPLICATE = 0x12,
	OP_DROP = 0x13,
	OP_OVER = 0x14,
	OP_PICK = 0x15,
	OP_SWAP = 0x16,
	OP_ABSOLUTE = 0x19,
	OP_AND = 0x1a,
	OP_MINUS = 0x1c,
	OP_MULTIPLY = 0x1e,
	OP_NEGATE = 0x1f,
	OP_NOT = 0x20,
	OP_OR = 0x21,
	OP_PLUS = 0x22,
	OP_PLUS_CONSTU = 0x23,
	OP_SHIFT_LEFT = 0x24,
	OP_SHIFT_RIGHT = 0x25,
	OP_SHIFT_RIGHT_SIGNED = 0x26,
	OP_XOR = 0x27,
	OP_BRANCH = 0x28,
	OP_EQUAL = 0x29,
	OP_GREATER_EQUAL = 0x2a,
	OP_GREATER = 0x2b,
	OP_LESS_EQUAL = 0x2c,
	OP_LESS = 0x2d,
	OP_NOT_EQUAL = 0x2e,
	OP_SKIP = 0x2f,
	OP_LITERAL0 = 0x30,
	OP_LITERAL31 = 0x4f,
	OP_BASE0 = 0x70, /* register 0 plus a constant; the others follow */
	OP_BASE31 = 0x8f,
	OP_BASEX = 0x92,
	OP_DEREFERENCE_SIZE = 0x94,
	OP_NOP = 0x96,
};

enum { STACK_MAX = 16, STEPS_MAX = 256 };

struct machine {
	const struct lk_registers *registers;
	lk_expression_load *load;
	void *context;
	const uint8_t *start; /* of the expression */
	struct lk_cursor code; /* what is left of it */
	unsigned height;
	uintptr_t stack[STACK_MAX];
};

static bool push(struct machine *machine, uintptr_t value)
{
	if (machine->height == STACK_MAX)
		return false;
	machine->stack[machine->height++] = value;
	return true;
}

static bool push_register(struct machine *machine, uint64_t reg)
{
	uintptr_t offset = (uintptr_t)lk_cursor_sleb128(&machine->code);

	return reg < LK_REG_COUNT && (machine->registers->known >> reg & 1) &&
	       push(machine, machine->registers->value[reg] + offset);
}

/* Operations that replace the two topmost values with one. */
static bool binary(uint8_t code, uintptr_t left, uintptr_t right, uintptr_t *ret)
{
	intptr_t a = (intptr_t)left, b = (intptr_t)right;
	unsigned shift = right < 64 ? (unsigned)right : 63;

	switch (code) {
	case OP_AND: *ret = left & right; return true;
	case OP_OR: *ret = left | right; return true;
	case OP_XOR: *ret = left ^ right; return true;
	case OP_PLUS: *ret = left + right; return true;
	case OP_MINUS: *ret = left - right; return true;
	case OP_MULTIPLY: *ret = left * right; return true;
	case OP_SHIFT_LEFT: *ret = right < 64 ? left << shift : 0; return true;
	case OP_SHIFT_RIGHT: *ret = right < 64 ? left >> shift : 0; return true;
	case OP_SHIFT_RIGHT_SIGNED: *ret = (uintptr_t)(a >> shift); return true;
	case OP_EQUAL: *ret = a == b; return true;
	case OP_NOT_EQUAL: *ret = a != b; return true;
	case OP_GREATER_EQUAL: *ret = a >= b; return true;
	case OP_GREATER: *ret = a > b; return true;
	case OP_LESS_EQUAL: *ret = a <= b; return true;
	case OP_LESS: *ret = a < b; return true;
	default: return false;
	}
}

/* Operations on the topmost value; the caller has seen that there is one. */
static bool unary(struct machine *machine, uint8_t code, uintptr_t *top)
{
	switch (code) {
	case OP_DEREFERENCE:
		return machine->load(machine->context, *top, sizeof *top, top);
	case OP_DEREFERENCE_SIZE: {
		unsigned size = (unsigned)lk_cursor_number(&machine->code, 1);

		return (size == 1 || size == 2 || size == 4 || size == 8) &&
		       machine->load(machine->context, *top, size, top);
	}
	case OP_DUPLICATE:
		return push(machine, *top);
	case OP_DROP:
		machine->height--;
		return true;
	case OP_ABSOLUTE:
		*top = (intptr_t)*top < 0 ? -*top : *top;
		return true;
	case OP_NEGATE:
		*top = -*top;
		return true;
	case OP_NOT:
		*top = ~*top;
		return true;
	case OP_PLUS_CONSTU:
		*top += lk_cursor_uleb128(&machine->code);
		return true;
	default:
		return false;
	}
}

static bool operate(struct machine *machine, uint8_t code)
{
	unsigned height = machine->height;
	uintptr_t *top = machine->stack + height - 1, swapped;

	if (height >= 1 && unary(machine, code, top))
		return true;
	if (height < 2)
		return false;
	if (code == OP_OVER)
		return push(machine, top[-1]);
	if (code == OP_SWAP) {
		swapped = top[-1];
		top[-1] = *top;
		*top = swapped;
		return true;
	}
	machine->height--;
	return binary(code, top[-1], *top, &top[-1]);
}

static bool jump(struct machine *machine, int64_t distance)
{
	struct lk_cursor *code = &machine->code;

	if (distance < machine->start - code->at || distance > code->end - code->at)
		return false;
	code->at += distance;
	return true;
}

static bool run_one(struct machine *machine)
{
	uint8_t code = *machine->code.at++;
	struct lk_cursor *operands = &machine->code;

	if (code >= OP_LITERAL0 && code <= OP_LITERAL31)
		return push(machine, (uintptr_t)(code - OP_LITERAL0));
	if (code >= OP_BASE0 && code <= OP_BASE31)
		return push_register(machine, (uint64_t)(code - OP_BASE0));
	/* Constants come in pairs, unsigned and signed, of 1, 2, 4 and 8 bytes. */
	if (code >= OP_CONST1U && code <= OP_CONST8S) {
		unsigned size = 1u << (code - OP_CONST1U) / 2;

		return push(machine, code & 1 ? (uintptr_t)lk_cursor_signed(operands, size)
					      : lk_cursor_number(operands, size));
	}
	switch (code) {
	case OP_ADDRESS:
		return push(machine, lk_cursor_number(operands, sizeof(uintptr_t)));
	case OP_CONSTU:
		return push(machine, lk_cursor_uleb128(&machine->code));
	case OP_CONSTS:
		return push(machine, (uintptr_t)lk_cursor_sleb128(&machine->code));
	case OP_BASEX: {
		uint64_t reg = lk_cursor_uleb128(&machine->code);

		return push_register(machine, reg);
	}
	case OP_PICK: {
		uint64_t depth = lk_cursor_number(operands, 1);

		return depth < machine->height &&
		       push(machine, machine->stack[machine->height - 1 - depth]);
	}
	case OP_SKIP:
		return jump(machine, lk_cursor_signed(operands, 2));
	case OP_BRANCH: {
		int64_t distance = lk_cursor_signed(operands, 2);

		return machine->height > 0 &&
		       (machine->stack[--machine->height] == 0 || jump(machine, distance));
	}
	case OP_NOP:
		return true;
	default:
		return operate(machine, code);
	}
}

bool lk_expression_evaluate(const uint8_t *block, const struct lk_registers *registers,
			    const uintptr_t *cfa, lk_expression_load *load, void *context,
			    uintptr_t *ret)
{
	struct machine machine = {
		.registers = registers,
		.load = load,
		.context = context,
		.code = lk_cursor_of_block(block),
	};

	machine.start = machine.code.at;
	if (cfa)
		push(&machine, *cfa);
	for (unsigned steps = 0; machine.code.at < machine.code.end; steps++)
		if (steps == STEPS_MAX || !run_one(&machine))
			return false;
	if (machine.code.is_short || machine.height == 0)
		return false;
	*ret = machine.stack[machine.height - 1];
	return true;
}
