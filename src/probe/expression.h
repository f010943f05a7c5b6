/* SPDX-License-Identifier: MIT */
/* Evaluates the DWARF expressions of call frame information. */
#ifndef LK_PROBE_EXPRESSION_H
#define LK_PROBE_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/arch.h"

/* Registers of a frame; only the KNOWN ones have a value. */
struct lk_registers {
	uintptr_t value[LK_REG_COUNT];
	uint32_t known; /* a bit for each */
};

/* Reads SIZE (1, 2, 4, 8) bytes at ADDRESS, or says false. */
typedef bool lk_expression_load(void *context, uintptr_t address, unsigned size,
				uintptr_t *value);

/* BLOCK (probe/cursor.h) is the expression, whole.  CFA, if not NULL, is on
 * the stack at the start.  False: an operation, a register or some memory that
 * is not to be had. */
bool lk_expression_evaluate(const uint8_t *block, const struct lk_registers *registers,
			    const uintptr_t *cfa, lk_expression_load *load, void *context,
			    uintptr_t *ret);

#endif
