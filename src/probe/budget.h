/* SPDX-License-Identifier: MIT */
/* Scopes in which a test may use so much memory and no more.
 *
 * Measured by the totals (probe/totals.h), which a first scope switches on, for the whole
 * process.  A scope holds others or none: ending one ends those inside.  For the thread
 * that runs the test. */
#ifndef LK_PROBE_BUDGET_H
#define LK_PROBE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "model/stack.h"

enum { LK_BUDGET_SCOPES_MAX = 16, LK_BUDGET_BREACHES_MAX = 64, LK_BUDGET_SHARES_MAX = 3 };

/* A scope begins; FILE, which stays, and LINE tell where it stands.  Returns its number, or
 * -1 if there are too many. */
int lk_budget_begin(const struct lk_limits *limits, const char *file, int line);

/* The scope has ended: what it broke is kept.  Returns how many limits these are; -1 if
 * there is one that could not be measured, or no such scope. */
int lk_budget_end(int scope);
void lk_budget_end_all(void);

/* BLOCK was allocated by Check, to tell its runner something, and another one of COPIED
 * bytes, unless that is 0: they do not count as allocations, nor do their bytes. */
void lk_budget_discount(const void *block, size_t copied);

/* In between Check does work of its own, which does not count either. */
void lk_budget_pause(void);
void lk_budget_go_on(void);

/* The peak of the totals is about to be reset by somebody else: open scopes remember it. */
void lk_budget_keep_peak(void);

/* A window is opened: nothing was broken, and no scope is open. */
void lk_budget_reset(void);

struct lk_budget_share {
	lk_stack_id stack;
	uint64_t blocks, bytes;
};

struct lk_budget_breach {
	enum lk_measure measure;
	bool is_measured;
	uint64_t measured, allowed;
	struct lk_budget_share shares[LK_BUDGET_SHARES_MAX]; /* the biggest first */
	size_t shares_count;
	const char *file; /* NULL: by an option */
	int line;
};

/* What was broken or not measured since the reset; RET may be NULL. */
size_t lk_budget_breaches(const struct lk_budget_breach **ret);

#endif
