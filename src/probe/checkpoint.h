/* SPDX-License-Identifier: MIT */
/* A place in the run of a thread to which a copy of the process can go back, even
 * after the functions that led there have returned.
 *
 * Kept are the registers that a function must preserve, and the stack from the
 * caller's frame outwards, as far as there is room: enough for the frames that end
 * or change in between.  What lies beyond must still be there as it was. */
#ifndef LK_PROBE_CHECKPOINT_H
#define LK_PROBE_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

enum { LK_CHECKPOINT_STACK_MAX = 2048 };

struct lk_checkpoint {
	/* The layout is known to the assembly in checkpoint.c. */
	uintptr_t registers[24];
	uintptr_t size; /* of `stack`, a multiple of 16 */
	uintptr_t sp;
	_Alignas(16) unsigned char stack[LK_CHECKPOINT_STACK_MAX];
};

/* How much of the stack outwards from HOOK_FRAME, a frame address, is safe to read,
 * and of use; at most LK_CHECKPOINT_STACK_MAX. */
size_t lk_checkpoint_room(const void *hook_frame);

/* Keeps SIZE bytes of stack (rounded down to a multiple of 16).  Returns 0, and 1
 * each time somebody goes back. */
int lk_checkpoint_save(struct lk_checkpoint *checkpoint, size_t size)
	__attribute__((returns_twice));

/* Goes back: in the thread that saved it, or the copy of it after fork. */
void lk_checkpoint_return(const struct lk_checkpoint *checkpoint) __attribute__((noreturn));

#endif
