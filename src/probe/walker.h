/* SPDX-License-Identifier: MIT */
/* Walks a stack, and remembers the walk so that the next one costs only what
 * has changed.  A walker belongs to one thread at a time and has no lock. */
#ifndef LK_PROBE_WALKER_H
#define LK_PROBE_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/stack.h"
#include "probe/cfi.h"
#include "probe/rules.h"
#include "probe/stack_bounds.h"

/* A frame of the last walk. */
struct lk_walker_frame {
	uintptr_t sp; /* stack pointer in this frame; it names the frame */
	uintptr_t fp; /* frame pointer in this frame, if needs_fp */
	lk_stack_id node;
	uint16_t load; /* its return address is loads[load] */
	bool needs_fp; /* its rule, or that of a frame outside, uses `fp` */
};

struct lk_walker_load {
	const uintptr_t *address;
	uintptr_t value;
};

/* A frame of the walk under way. */
struct lk_walker_step {
	uintptr_t sp, fp;
	uintptr_t slot, word; /* where its return address is, and what it is */
	uintptr_t fp_slot; /* where `fp` was loaded from; 0: as in the frame inside */
	struct lk_rule rule;
};

struct lk_walker {
	/* The last walk, outermost first. */
	struct lk_walker_frame *frames;
	struct lk_walker_load *loads;
	uint16_t *frame_of_load;
	unsigned frame_count, load_count;
	uint32_t generation; /* of the code map; the walk is void in another one */
	bool is_foreign; /* it was not on the thread's own stack */
	bool is_depth_cut; /* there are more frames outside */
	bool has_empty_end; /* the outermost frame is an empty return address */
	lk_stack_id root; /* LK_DEPOT_ROOT or LK_DEPOT_CUT */

	/* Where the hook's frame is whose walk is not finished, 0 if there is none. */
	volatile uintptr_t under_way;
	unsigned depth; /* frames to keep */
	uintptr_t stack_end; /* of the thread's own stack */
	struct lk_bounds bounds;
	struct lk_walker_step *steps; /* innermost first */
	struct lk_cfi cfi;
};

/* Bytes that a walker of DEPTH frames needs; a walker without a last walk in
 * MEMORY, which is zeroed or was a walker's before. */
size_t lk_walker_size(unsigned depth);
struct lk_walker *lk_walker_init(void *memory, unsigned depth);

/* More frames than leakcheck itself can have from the walker to the hook. */
enum { LK_WALKER_OWN_FRAMES_MAX = 24 };

/* Where lk_unwind was called. */
struct lk_walker_hook {
	const uintptr_t *frame; /* as for lk_unwind */
#ifndef LK_ARCH_CALL_PUSHES
	uintptr_t pc, sp, fp; /* in the hook or what it called, at the call of lk_unwind */
#endif
};

/* As lk_unwind; the caller sees to it that nobody else uses WALKER. */
lk_stack_id lk_walker_walk(struct lk_walker *walker, struct lk_walker_hook hook);

/* A walk is under way, by lk_self; FRAME belongs to a new one.  Was the old one
 * abandoned: did its hook's frame lie inside of FRAME on the thread's own stack? */
bool lk_walker_was_abandoned(const struct lk_walker *walker, const void *frame);

/* Forgets the last walk. */
void lk_walker_reset(struct lk_walker *walker);

#endif
