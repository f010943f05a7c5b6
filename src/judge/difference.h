/* SPDX-License-Identifier: MIT */
/* What changed from some parts of a profile to others, as tracemalloc's compare_to tells
 * it.  Both sides are in one profile: first all that is old, then all that is new. */
#ifndef LK_JUDGE_DIFFERENCE_H
#define LK_JUDGE_DIFFERENCE_H

#include "judge/statistics.h"

struct lk_changed_row {
	/* What stands for the row; its state is the new one if it is there. */
	struct lk_row row;
	const char *old_state;
	/* Cumulative if that was asked for; 0 where the side has no such row. */
	uint64_t old[LK_VALUE_COUNT], now[LK_VALUE_COUNT];
	bool was_there, is_there;
};

struct lk_difference {
	/* All rows of both sides, also those that did not change, as tracemalloc sorts
	 * them: by |change| of bytes, new bytes, |change| of blocks, new blocks, label, each
	 * downwards; or by the value that was asked for and the other one of the same. */
	struct lk_changed_row *rows;
	size_t count;
	size_t changed; /* rows in which a value differs: lk_is_changed */
	uint64_t old_total[LK_VALUE_COUNT], total[LK_VALUE_COUNT];
	struct lk_statistics before, after; /* in no order; the rows use their strings */
};

/* Compares parts [selection->first_part, FIRST_NEW) of PROFILE with [FIRST_NEW,
 * selection->end_part).  False when out of memory. */
bool lk_difference_make(const struct lk_profile *profile, const struct lk_selection *selection,
			size_t first_new, struct lk_difference *ret);
/* Also for a zeroed struct, and twice. */
void lk_difference_release(struct lk_difference *difference);

/* Does the value that SELECTION sorts by, or the other one of the same, differ? */
bool lk_is_changed(const struct lk_changed_row *row, const struct lk_selection *selection);

/* By how much VALUE of ROW changed. */
static inline int64_t lk_change(const struct lk_changed_row *row, enum lk_value value)
{
	return (int64_t)(row->now[value] - row->old[value]);
}

#endif
