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
#include "probe/depot.h"
#include "probe/rules.h"
#include "probe/stack_bounds.h"

struct lk_walker_load {
	const uintptr_t *address;
	uintptr_t value;
};

/* A frame of the last walk. */
struct lk_walker_frame {
	uintptr_t sp; /* stack pointer in this frame; it names the frame */
	uintptr_t fp; /* frame pointer in this frame, if needs_fp */
	const struct lk_depot_node *node;
	lk_step_rule rule;
	struct lk_walker_load *end; /* of its loads; the last one is its return address */
	bool needs_fp; /* its rule, or that of a frame outside, uses `fp` */
};

/* A frame of the walk under way. */
struct lk_walker_step {
	uintptr_t sp, fp;
	uintptr_t slot, word; /* where its return address is, and what it is */
	uintptr_t fp_slot; /* where `fp` was loaded from; 0: as in the frame inside */
	lk_step_rule rule;
};

/* A rule at hand: in the depot it may be far from the processor. */
struct lk_walker_rule {
	uintptr_t pc;
	lk_step_rule rule;
};

/* Rules at hand; loads that are compared one by one, and in groups of so many. */
enum { LK_WALKER_RULES = 256, LK_WALKER_LOADS_ONE_BY_ONE = 16, LK_WALKER_LOADS_AT_ONCE = 8 };

struct lk_walker {
	/* The last walk, outermost first; frames[0] is none, and outside of all. */
	struct lk_walker_frame *frames, *top;
	struct lk_walker_load *loads; /* the words that it loaded */
	struct lk_walker_step *steps; /* the innermost one; the others lie below it */
	struct lk_walker_rule *rules; /* used last, at a place that depends on the pc */
	struct lk_cfi *cfi; /* working memory */

	unsigned depth; /* frames to keep */
	unsigned rules_to_miss; /* before `rules` is written again */
	uint32_t generation; /* of the code map; the walk is void in another one */
	bool is_slow; /* the last walk needed more than rules: what is remembered is an older one */
	bool is_foreign; /* it was not on the thread's own stack */
	/* A place that was a frame's may hold a word that nobody has written since: a walk
	 * that could use it is none for memcheck. */
	bool is_forgetful;
	bool is_depth_cut; /* there are more frames outside */
	bool has_news; /* the walk under way met a stack that nobody knew */
	bool has_empty_end; /* the outermost frame is an empty return address */

	/* Where the hook's frame is whose walk is not finished, 0 if there is none. */
	volatile uintptr_t under_way;
	uintptr_t stack_end; /* of the thread's own stack */
	struct lk_bounds bounds;
	uintptr_t zero; /* what a load that never changes is of */
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

/* The frames of the last walk, outermost first; their number, 0 if they were not
 * remembered. */
static inline unsigned lk_walker_frames(const struct lk_walker *walker,
					const struct lk_walker_frame **frames)
{
	*frames = walker->frames + 1;
	return walker->is_slow ? 0 : (unsigned)(walker->top - walker->frames);
}

/* In a child that was just forked. */
void lk_walker_forked(struct lk_walker *walker);

/* Forgets the last walk. */
void lk_walker_reset(struct lk_walker *walker);

#endif
