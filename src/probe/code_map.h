/* SPDX-License-Identifier: MIT */
/* Which loaded module holds a program counter, and which of the modules that
 * have been at that address over time it is. */
#ifndef LK_PROBE_CODE_MAP_H
#define LK_PROBE_CODE_MAP_H

#include <stdbool.h>
#include <stdint.h>

/* Generations above this one are not told apart (19 bits of a rule). */
enum { LK_GENERATION_MAX = (1 << 19) - 1 };

struct lk_code {
	uintptr_t start, end; /* the module's mapping */
	const uint8_t *eh_frame_hdr; /* NULL: no call frame information */
	uint32_t generation; /* when it was first looked up, from 1 */
};

/* False: PC is outside all modules.  No lock, no allocation. */
bool lk_code_find(uintptr_t pc, struct lk_code *ret);

/* Begins a new generation, calls GONE for every module that was looked up and is
 * not there any more, and begins another one. */
void lk_code_forget(void (*gone)(uintptr_t start, uintptr_t end));

/* What is learnt of modules between _begin and _is_still was true all the while, if
 * that says so: nothing was forgotten meanwhile, nor is being. */
uint32_t lk_code_begin(void);
bool lk_code_is_still(uint32_t generation);

/* Grows with every lk_code_forget(); starts with 1. */
extern uint32_t lk_code_generation;

/* What a module that is looked up for the first time now gets. */
uint32_t lk_code_generation_now(void);

#endif
