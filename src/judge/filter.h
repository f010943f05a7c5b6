/* SPDX-License-Identifier: MIT */
/* Which samples of a profile a selection keeps. */
#ifndef LK_JUDGE_FILTER_H
#define LK_JUDGE_FILTER_H

#include "judge/statistics.h"

struct lk_filtered {
	bool *stacks; /* for each stack of the profile, and each part: is it kept? */
	bool *parts;
};

/* False when out of memory; the result is to be released all the same. */
bool lk_filtered_init(struct lk_filtered *ret, const struct lk_profile *profile,
		      const struct lk_selection *selection);
void lk_filtered_deinit(struct lk_filtered *filtered);

static inline bool lk_filtered_keeps(const struct lk_filtered *filtered,
				     const struct lk_profile_sample *sample)
{
	return filtered->stacks[sample->stack] && filtered->parts[sample->part];
}

#endif
