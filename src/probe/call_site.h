/* SPDX-License-Identifier: MIT */
/* What the machine code around a call says: a second witness for a frame that was
 * found without the frame pointer. */
#ifndef LK_PROBE_CALL_SITE_H
#define LK_PROBE_CALL_SITE_H

#include <stdbool.h>
#include <stdint.h>

enum lk_call {
	LK_CALL_NONE,	   /* no call stands before the address */
	LK_CALL_ELSEWHERE, /* one of another function */
	LK_CALL_SOMEWHERE, /* one through a register: it may be any function */
	LK_CALL_MATCHES,   /* one of this function, also by way of a linkage table */
};

/* What kind of call returns to ADDRESS, seen from the function that starts at CALLEE? */
enum lk_call lk_call_site_judge(uintptr_t address, uintptr_t callee);

/* The frame pointer of the function from START to END, which has called another one
 * with the stack pointer SP, as its first instructions set it up; right unless
 * arguments were pushed.  False: they do no such thing, or others may move the stack
 * pointer too (arrays of variable size). */
bool lk_call_site_frame_pointer(uintptr_t start, uintptr_t end, uintptr_t sp, uintptr_t *ret);

#endif
