/* SPDX-License-Identifier: MIT */
/* The stacks of a profile as one tree, callers above what they call: a flame graph. */
#ifndef LK_JUDGE_FLAME_H
#define LK_JUDGE_FLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge/profile.h"

enum lk_flame_origin { LK_FLAME_OWN, LK_FLAME_LIBRARY, LK_FLAME_SYSTEM };

/* A function as it was called on one way; calls of it on the same way from several lines
 * are one. */
struct lk_flame_node {
	const char *function; /* not escaped; NULL: only module and offset are known */
	const char *module;   /* base name of its path; NULL: none */
	uint64_t offset;      /* into it */
	enum lk_flame_origin origin;
	uint32_t parent, depth; /* of the root 0 */
	uint64_t values[LK_VALUE_COUNT]; /* of it and all below */
};

struct lk_flame {
	/* nodes[0] is the root, which is no function; then parents before their children,
	 * each with all below it before the next; of siblings those with most live bytes first,
	 * then with most allocated ones. */
	struct lk_flame_node *nodes;
	size_t count;
};

/* The tree of KIND over the parts of the profile that are CHOSEN (NULL: all).  Strings are
 * the profile's.  False when out of memory. */
bool lk_flame_make(const struct lk_profile *profile, const bool *chosen, enum lk_kind kind,
		   struct lk_flame *ret);
/* Also for a zeroed struct. */
void lk_flame_release(struct lk_flame *flame);

#endif
