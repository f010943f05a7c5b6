/* SPDX-License-Identifier: MIT */
/* Reads the call frame information (.eh_frame) of one program counter.
 *
 * Pure reading of mapped, constant data: no memory is allocated, no lock taken.
 * Nothing outside of the module is read, whatever the section says. */
#ifndef LK_PROBE_CFI_H
#define LK_PROBE_CFI_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/arch.h"
#include "probe/code_map.h"

/* Where the caller's value of a register is. */
enum lk_cfi_how {
	LK_CFI_SAME, /* unchanged */
	LK_CFI_UNDEFINED, /* lost; for the return address: there is no caller */
	LK_CFI_AT_OFFSET, /* saved at CFA + offset */
	LK_CFI_IS_OFFSET, /* is CFA + offset */
	LK_CFI_REGISTER, /* in another register (for the CFA: plus offset) */
	LK_CFI_AT_EXPRESSION, /* saved at the value of an expression */
	LK_CFI_IS_EXPRESSION, /* is the value of an expression */
};

struct lk_cfi_cell {
	uint8_t how;
	uint8_t reg;
	union {
		int64_t offset;
		const uint8_t *expression; /* a block (probe/cursor.h), whole */
	};
};

struct lk_cfi_row {
	struct lk_cfi_cell cfa; /* LK_CFI_REGISTER or LK_CFI_IS_EXPRESSION */
	struct lk_cfi_cell registers[LK_REG_COUNT];
};

enum { LK_CFI_REMEMBERED_MAX = 8 };

/* Working memory of lk_cfi_find, too big for small stacks. */
struct lk_cfi {
	struct lk_cfi_row row; /* the result */
	bool is_signal_frame; /* its caller was interrupted, it called nothing */
	/* The code that the row's table entry is about: a function. */
	uintptr_t start, end;
	struct lk_cfi_row initial;
	struct lk_cfi_row remembered[LK_CFI_REMEMBERED_MAX];
};

/* Fills in the row for the instruction at PC in the module CODE.  False: there is none,
 * or it uses what we do not know. */
bool lk_cfi_find(struct lk_cfi *cfi, const struct lk_code *code, uintptr_t pc);

/* As lk_cfi_find for the call that returns to PC.  The first instruction of a
 * function, with no function before it, follows no call: somebody put it there as
 * the entry of a new stack (makecontext does), so it has no caller. */
bool lk_cfi_find_call(struct lk_cfi *cfi, const struct lk_code *code, uintptr_t pc);

#endif
