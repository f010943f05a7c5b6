/* SPDX-License-Identifier: MIT */
/* A profile in the making; only profile*.c include this. */
#ifndef LK_JUDGE_PROFILE_MAKER_H
#define LK_JUDGE_PROFILE_MAKER_H

#include "judge/profile.h"
#include "judge/symbols.h"

/* Names the locations of one module, wherever it is loaded: they are looked up where
 * the first snapshot had it. */
struct lk_profile_namer {
	struct lk_module module;
	struct lk_symbols *symbols; /* NULL until a name is asked for */
};

struct lk_profile_maker {
	struct lk_profile_namer **namers; /* one for each of the profile's modules */
	size_t namers_count, namers_room;
	struct lk_index locations, stacks;
	size_t *path; /* of the stack that is looked for */
	size_t path_room;
};

/* A snapshot on its way in: what its indices and addresses are in the profile. */
struct lk_profile_adding {
	struct lk_profile *profile;
	const struct lk_snapshot *snapshot;
	size_t *modules, *stacks; /* and 1; 0: not looked for yet */
	struct lk_index seen_index;
	struct lk_profile_seen {
		uintptr_t address;
		size_t location;
	} *seen; /* the return addresses that came up */
	size_t seen_count, seen_room;
};

/* The snapshot's STACK in the profile, which it is added to if it is new: *RET.  False
 * when out of memory. */
bool lk_profile_stack_add(struct lk_profile_adding *adding, size_t stack, size_t *ret);

#endif
