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

#include "base/attributes.h"
#include "model/stack.h"

/* Parent of the outermost frame of a whole stack, and of one that was cut
 * because it is deeper than the kept depth or could not be walked further. */
#define LK_DEPOT_ROOT ((lk_stack_id)1)
#define LK_DEPOT_CUT ((lk_stack_id)2)

/* The node for a call from PARENT with return address PC, made if it is new;
 * LK_STACK_NONE when the depot is full or memory is refused (counted).
 * GENERATION keeps apart two modules that were loaded at the same address one
 * after the other; see lk_depot_generation. */
static inline lk_stack_id lk_depot_child(lk_stack_id parent, uintptr_t pc, unsigned generation);

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

/* Nodes in use, and calls of lk_depot_child that found no room. */
size_t lk_depot_size(void);
uint64_t lk_depot_refused(void);

/* The rest is here only so that lk_depot_child can be inlined into the walker. */
enum {
	LK_DEPOT_CHUNK_BITS = 14,
	LK_DEPOT_CHUNKS = 1 << (LK_STACK_ID_BITS - LK_DEPOT_CHUNK_BITS),
};
#define LK_DEPOT_ID_MASK ((1u << LK_STACK_ID_BITS) - 1)

struct lk_depot_node {
	uintptr_t pc;
	uint64_t caller; /* the parent, and the generation above it */
};

struct lk_depot_index {
	uint32_t *slots; /* some bits of hash, then the id */
	uint32_t mask;
	uint32_t used;
	struct lk_depot_index *bigger;
};

extern struct lk_depot_index *lk_depot_current;
extern struct lk_depot_node *lk_depot_chunks[LK_DEPOT_CHUNKS];

/* What lk_depot_child does when the first place looked at is not the right one. */
lk_stack_id lk_depot_search(lk_stack_id parent, uintptr_t pc, unsigned generation);

static inline struct lk_depot_node *lk_depot_node_at(lk_stack_id id)
{
	struct lk_depot_node *chunk = __atomic_load_n(&lk_depot_chunks[id >> LK_DEPOT_CHUNK_BITS],
						      __ATOMIC_RELAXED);

	return chunk + (id & ((1u << LK_DEPOT_CHUNK_BITS) - 1));
}

static inline bool lk_depot_same(const struct lk_depot_node *a, const struct lk_depot_node *b)
{
	return a->pc == b->pc && a->caller == b->caller;
}

/* The parent is known last, when a stack is named, so it is mixed in last. */
static inline uint64_t lk_depot_hash(const struct lk_depot_node *node)
{
	uint64_t site = node->pc * UINT64_C(0xbf58476d1ce4e5b9);

	return ((site ^ site >> 32) + node->caller) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint32_t lk_depot_home(const struct lk_depot_index *index, uint64_t hash)
{
	return (uint32_t)(hash >> 36) & index->mask;
}

/* Neither 0 nor 255, so that no key looks like an empty or a frozen slot. */
static inline uint32_t lk_depot_tag(uint64_t hash)
{
	return ((uint32_t)(hash >> 28) & 0x7e) | 1;
}

static inline lk_stack_id lk_depot_child(lk_stack_id parent, uintptr_t pc, unsigned generation)
{
	const struct lk_depot_node wanted = { pc, (uint64_t)generation << 32 | parent };
	const struct lk_depot_index *index = __atomic_load_n(&lk_depot_current, __ATOMIC_ACQUIRE);
	uint64_t hash = lk_depot_hash(&wanted);
	uint32_t slot = __atomic_load_n(&index->slots[lk_depot_home(index, hash)],
					__ATOMIC_ACQUIRE);

	if (LK_LIKELY(slot >> LK_STACK_ID_BITS == lk_depot_tag(hash) &&
		      lk_depot_same(lk_depot_node_at(slot & LK_DEPOT_ID_MASK), &wanted)))
		return slot & LK_DEPOT_ID_MASK;
	return lk_depot_search(parent, pc, generation);
}

#endif
