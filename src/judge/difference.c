/* SPDX-License-Identifier: MIT */
#include "judge/difference.h"

#include <stdlib.h>
#include <string.h>

struct order {
	const struct lk_profile *profile;
	const struct lk_selection *selection;
};

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static uint64_t size_of_change(const struct lk_changed_row *row, enum lk_value value)
{
	int64_t change = lk_change(row, value);

	return change < 0 ? -(uint64_t)change : (uint64_t)change;
}

static int compare(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	const struct lk_changed_row *one = a, *other = b;
	enum lk_value values[] = { order->selection->sort,
				   lk_value_other(order->selection->sort) };

	for (size_t i = 0; i < 2; i++) {
		int by = compare_numbers(size_of_change(other, values[i]),
					 size_of_change(one, values[i]));

		by = by ? by : compare_numbers(other->now[values[i]], one->now[values[i]]);
		if (by)
			return by;
	}
	return lk_row_compare_labels(order->profile, order->selection->group, &other->row,
				     &one->row);
}

static uint64_t hash_of(const struct lk_row *row)
{
	return lk_hash(0, row->key, sizeof row->key);
}

bool lk_is_changed(const struct lk_changed_row *row, const struct lk_selection *selection)
{
	return lk_change(row, selection->sort) != 0 ||
	       lk_change(row, lk_value_other(selection->sort)) != 0;
}

static const uint64_t *values_of(const struct lk_row *row, const struct lk_selection *selection)
{
	return selection->cumulative ? row->cumulative : row->values;
}

/* The row of DIFFERENCE that stands for the same as LIKE, added if there is none. */
static struct lk_changed_row *find_row(struct lk_difference *difference, struct lk_index *index,
				       const struct lk_row *like)
{
	size_t at = 0, row;

	while ((row = lk_index_next(index, hash_of(like), &at)) != LK_INDEX_NONE)
		if (memcmp(difference->rows[row].row.key, like->key, sizeof like->key) == 0)
			return &difference->rows[row];
	if (!lk_index_put(index, hash_of(like), difference->count))
		return NULL;
	struct lk_changed_row *added = &difference->rows[difference->count++];
	added->row = *like;
	return added;
}

static bool join(struct lk_difference *difference, const struct lk_selection *selection)
{
	const size_t size = sizeof difference->rows->old;
	struct lk_index index = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < difference->before.count; i++) {
		const struct lk_row *from = &difference->before.rows[i];
		struct lk_changed_row *row = find_row(difference, &index, from);

		ok = row;
		if (!ok)
			break;
		row->was_there = true;
		row->old_state = from->state;
		memcpy(row->old, values_of(from, selection), size);
	}
	for (size_t i = 0; ok && i < difference->after.count; i++) {
		const struct lk_row *from = &difference->after.rows[i];
		struct lk_changed_row *row = find_row(difference, &index, from);

		ok = row;
		if (!ok)
			break;
		row->is_there = true;
		row->row = *from;
		memcpy(row->now, values_of(from, selection), size);
	}
	lk_index_deinit(&index);
	return ok;
}

bool lk_difference_make(const struct lk_profile *profile, const struct lk_selection *selection,
			size_t first_new, struct lk_difference *ret)
{
	struct lk_selection before = *selection, after = *selection;
	struct order order = { profile, selection };
	struct lk_difference difference = { 0 };

	before.end_part = after.first_part = first_new;
	bool ok = lk_statistics_gather(profile, &before, &difference.before) &&
		  lk_statistics_gather(profile, &after, &difference.after);
	if (ok)
		difference.rows = calloc(difference.before.count + difference.after.count + 1,
					 sizeof *difference.rows);
	ok = ok && difference.rows && join(&difference, selection);
	if (!ok) {
		lk_difference_release(&difference);
		return false;
	}
	memcpy(difference.old_total, difference.before.total, sizeof difference.total);
	memcpy(difference.total, difference.after.total, sizeof difference.total);
	if (difference.count > 1)
		qsort_r(difference.rows, difference.count, sizeof *difference.rows, compare,
			&order);
	for (size_t i = 0; i < difference.count; i++)
		difference.changed += lk_is_changed(&difference.rows[i], selection);
	*ret = difference;
	return true;
}

void lk_difference_release(struct lk_difference *difference)
{
	lk_statistics_release(&difference->before);
	lk_statistics_release(&difference->after);
	free(difference->rows);
	*difference = (struct lk_difference){ 0 };
}
