/* SPDX-License-Identifier: MIT */
/* A depot keeps each distinct call stack once and names it by a small id.
 *
 * It is a call tree: a stack is the id of its innermost frame's node, the
 * parent is the caller.  Nodes are never freed or moved, so an id stays valid
 * until the process ends and readers take no lock.  Nor do writers: a signal
 * handler that interrupts an insertion, and a child forked in the middle of
 * one, go on.  Children of fork() inherit the tree.  Memory comes from
 * lk_pages_map. */
#ifndef LK_PROBE_DEPOT_H
#define LK_PROBE_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"

/* Parent of the outermost frame of a whole stack, and of one that was cut
 * because it is deeper than the kept depth or could not be walked further. */
#define LK_DEPOT_ROOT ((lk_stack_id)1)
#define LK_DEPOT_CUT ((lk_stack_id)2)

/* The node for a call from PARENT with return address PC, made if it is new;
 * LK_STACK_NONE when the depot is full or memory is refused (counted).
 * GENERATION keeps apart two modules that were loaded at the same address one
 * after the other; see lk_depot_generation. */
lk_stack_id lk_depot_child(lk_stack_id parent, uintptr_t pc, unsigned generation);

/* Copies the return addresses of STACK, innermost first, into FRAMES (room for
 * MAX) and returns their number.  *CUT (may be NULL) tells whether outer frames
 * are missing.  Where a signal interrupted the code, the address is the
 * interrupted instruction plus 1, so "address - 1" is right for every frame. */
size_t lk_depot_frames(lk_stack_id stack, uintptr_t *frames, size_t max, bool *cut);

/* When the module that holds the innermost frame of STACK was first walked
 * through: how often lk_unwind_forget_modules() had been called by then, plus 1.
 * No module was unloaded during a generation without a new one beginning, so
 * (address, generation) names one module.  0: outside all modules. */
unsigned lk_depot_generation(lk_stack_id stack);

/* The stack without its innermost frame; LK_DEPOT_ROOT or LK_DEPOT_CUT when
 * that was the last one. */
lk_stack_id lk_depot_parent(lk_stack_id stack);

/* Nodes in use, and calls of lk_depot_child that found no room. */
size_t lk_depot_size(void);
uint64_t lk_depot_refused(void);

#endif
