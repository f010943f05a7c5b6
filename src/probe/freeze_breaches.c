/* SPDX-License-Identifier: MIT */
/* Limits that were broken -> snapshot. */
#include <string.h>

#include "probe/budget.h"
#include "probe/freezing.h"
#include "base/light.h"

_Static_assert((int)LK_FREEZING_BREACHES == (int)LK_BUDGET_BREACHES_MAX &&
		       (int)LK_SHARES_MAX == (int)LK_BUDGET_SHARES_MAX,
	       "there is room for all");

static void add(struct lk_freezing *freezing, const struct lk_budget_breach *breach)
{
	struct lk_snapshot *snapshot = freezing->snapshot;
	struct lk_breach *row = &snapshot->breaches[snapshot->breaches_count++];

	*row = (struct lk_breach){
		.measure = breach->measure,
		.is_measured = breach->is_measured,
		.measured = breach->measured,
		.allowed = breach->allowed,
		.shares_count = breach->shares_count,
		.line = (unsigned)breach->line,
	};
	if (breach->file)
		strncpy(row->file, breach->file, sizeof row->file - 1);
	for (size_t i = 0; i < breach->shares_count; i++)
		row->shares[i] = (struct lk_share){
			.stack = lk_freezing_stack(freezing, breach->shares[i].stack),
			.blocks = breach->shares[i].blocks,
			.bytes = breach->shares[i].bytes,
		};
}

void lk_freezing_breaches(struct lk_freezing *freezing)
{
	const struct lk_budget_breach *breaches;
	size_t count = lk_budget_breaches(&breaches);

	for (size_t i = 0; i < count; i++)
		add(freezing, &breaches[i]);
}
