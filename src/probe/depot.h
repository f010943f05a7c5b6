/* SPDX-License-Identifier: MIT */
/* A depot keeps each distinct call stack once and names it by a small id.
 *
 * It is a call tree: a stack is the id of its innermost frame's node, the
 * parent is the caller.  Nodes are never freed or moved, so an id stays valid
 * until the process ends and readers take no lock.  Nor do writers: a signal
 * handler that interrupts an insertion, and a child forked in the middle of
 * one, go on.  Children of fork() inherit the tree.  Memory comes from
 * lk_pages_map.
 *
 * A node also tells how to step out of its frame, so that one look-up gives a walker the
 * next id and the next step.  What is known of a return address whoever called is a node
 * of its own, without a caller. */
#ifndef LK_PROBE_DEPOT_H
#define LK_PROBE_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "model/stack.h"

/* Parent of the outermost frame of a whole stack, and of one that was cut
 * because it is deeper than the kept depth or could not be walked further. */
#define LK_DEPOT_ROOT ((lk_stack_id)1)
#define LK_DEPOT_CUT ((lk_stack_id)2)

struct lk_depot_node {
	uintptr_t pc; /* return address */
	uintptr_t caller; /* the caller's node; odd when the module around PC is gone */
	uint64_t rule; /* see rules.h */
	lk_stack_id id;
	uint32_t generation; /* see lk_depot_generation */
};

/* Nodes that stand for no frame: the callers of outermost frames, by their ids. */
extern const struct lk_depot_node lk_depot_ends[LK_DEPOT_CUT + 1];

/* The node for a call from CALLER (NULL: whoever) with return address PC; NULL if there is
 * none. */
static inline const struct lk_depot_node *lk_depot_find(const struct lk_depot_node *caller,
							uintptr_t pc);

/* The same node, made if it is new; NULL when the depot is full or memory is refused
 * (counted), or PC is 0.  GENERATION keeps apart two modules that were loaded at the
 * same address one after the other. */
const struct lk_depot_node *lk_depot_put(const struct lk_depot_node *caller, uintptr_t pc,
					 uint32_t generation, uint64_t rule);

/* The node of STACK, LK_DEPOT_ROOT or LK_DEPOT_CUT. */
const struct lk_depot_node *lk_depot_node(lk_stack_id stack);

/* From now on no node of a return address in START + 1 .. END is found: another module
 * may take that place.  Their ids stay valid. */
void lk_depot_forget(uintptr_t start, uintptr_t end);

/* Nor is NODE. */
void lk_depot_forget_node(const struct lk_depot_node *node);

/* The calling process was just forked, and nobody is in the middle of lk_depot_put: what
 * is new from now on is entered on pages of its own, few of them. */
void lk_depot_forked(void);

/* Copies the return addresses of STACK, innermost first, into FRAMES (room for
 * MAX) and returns their number.  *CUT (may be NULL) tells whether outer frames
 * are missing.  Where a signal interrupted the code, the address is the
 * interrupted instruction plus 1, so "address - 1" is right for every frame. */
size_t lk_depot_frames(lk_stack_id stack, uintptr_t *frames, size_t max, bool *cut);

/* What lk_unwind_generation() was when the module around the innermost frame of
 * STACK was first walked through: (address, generation) names one module, also
 * after another one was loaded in its place.  0: outside all modules. */
unsigned lk_depot_generation(lk_stack_id stack);

/* The stack without its innermost frame; LK_DEPOT_ROOT or LK_DEPOT_CUT when
 * that was the last one. */
lk_stack_id lk_depot_parent(lk_stack_id stack);

/* Nodes in use, and puts that found no room. */
size_t lk_depot_size(void);
uint64_t lk_depot_refused(void);

/* The rest is here only so that lk_depot_find can be inlined into the walker. */
struct lk_depot_index {
	uint32_t mask;
	uint32_t used, full; /* slots in use, and how many may be */
	struct lk_depot_index *bigger;
	const struct lk_depot_node *slots[];
};

extern struct lk_depot_index *lk_depot_current;

/* What lk_depot_find does when the first place looked at is not the right one. */
const struct lk_depot_node *lk_depot_search(const struct lk_depot_node *caller, uintptr_t pc);

/* The caller is known last, when a stack is named: two products that need not wait for
 * each other. */
static inline uint32_t lk_depot_home(const struct lk_depot_index *index,
				     const struct lk_depot_node *caller, uintptr_t pc)
{
	uint64_t hash = pc * UINT64_C(0xbf58476d1ce4e5b9) +
			(uintptr_t)caller * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(hash >> 36) & index->mask;
}

static inline bool lk_depot_is(const struct lk_depot_node *node,
			       const struct lk_depot_node *caller, uintptr_t pc)
{
	return node->pc == pc &&
	       __atomic_load_n(&node->caller, __ATOMIC_RELAXED) == (uintptr_t)caller;
}

static inline const struct lk_depot_node *lk_depot_find(const struct lk_depot_node *caller,
							uintptr_t pc)
{
	const struct lk_depot_index *index = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);
	const struct lk_depot_node *node =
		__atomic_load_n(&index->slots[lk_depot_home(index, caller, pc)], __ATOMIC_ACQUIRE);

	if (LK_LIKELY(node && lk_depot_is(node, caller, pc)))
		return node;
	return lk_depot_search(caller, pc);
}

#endif
