/* SPDX-License-Identifier: MIT */
#include "probe/budget.h"

#include <string.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/heap.h"
#include "probe/totals.h"
#include "probe/tracker.h"
#include "base/light.h"

/* What a stack had allocated when a scope began; by the stack's id. */
struct mark {
	lk_stack_id stack;
	uint64_t blocks, bytes;
};

struct scope {
	struct lk_limits limits;
	const char *file;
	int line;
	bool is_measured;
	struct lk_totals_sum start;
	struct lk_budget_share discount; /* so much was not to count before */
	uint64_t peak_before; /* of the scope around it */
	uint64_t peak_seen;   /* of its own, before somebody reset it */
	uint64_t lost_before;
	struct mark *marks;
	size_t marks_count, marks_room;
};

static LK_FAR struct scope scopes[LK_BUDGET_SCOPES_MAX];
static LK_FAR struct lk_budget_breach breaches[LK_BUDGET_BREACHES_MAX];

/* What each test looks at. */
static LK_HOT struct {
	int open;
	size_t breaches_count;
	struct lk_budget_share discount; /* what is not to count, in all */
	bool is_paused;
	uint64_t paused_blocks, paused_bytes; /* the totals then */
} budget;

static void count_stack(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes)
{
	(void)stack;
	(void)blocks;
	(void)bytes;
	++*(size_t *)context;
}

static void mark_stack(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes)
{
	struct scope *scope = context;

	if (scope->marks_count < scope->marks_room)
		scope->marks[scope->marks_count++] = (struct mark){ stack, blocks, bytes };
}

static void begin(struct scope *scope)
{
	scope->is_measured = lk_totals_request();
	if (!scope->is_measured)
		return;
	lk_totals_each(count_stack, &scope->marks_room);
	scope->marks = lk_pages_map((scope->marks_room + 1) * sizeof *scope->marks);
	scope->is_measured = scope->marks != NULL;
	if (scope->marks)
		lk_totals_each(mark_stack, scope);
	scope->lost_before = lk_totals_lost();
	scope->peak_before = lk_totals_peak_begin();
	lk_totals_sum(&scope->start);
	scope->discount = budget.discount;
}

void lk_budget_pause(void)
{
	struct lk_totals_sum now;

	if (budget.open == 0 || !lk_totals_known())
		return;
	lk_totals_sum(&now);
	budget.is_paused = true;
	budget.paused_blocks = now.allocations;
	budget.paused_bytes = now.allocated_bytes;
}

void lk_budget_go_on(void)
{
	struct lk_totals_sum now;

	if (!budget.is_paused)
		return;
	lk_totals_sum(&now);
	budget.is_paused = false;
	budget.discount.blocks += now.allocations - budget.paused_blocks;
	budget.discount.bytes += now.allocated_bytes - budget.paused_bytes;
}

/* What the scopes around it had is in its peak_before. */
void lk_budget_keep_peak(void)
{
	struct scope *scope = budget.open > 0 ? &scopes[budget.open - 1] : NULL;
	struct lk_totals_sum now;

	if (!scope || !scope->is_measured)
		return;
	lk_totals_sum(&now);
	if (now.peak_bytes > scope->peak_seen)
		scope->peak_seen = now.peak_bytes;
}

void lk_budget_discount(const void *block, size_t copied)
{
	struct lk_block row;

	if (budget.open == 0 || budget.is_paused || !lk_heap_find(block, &row))
		return;
	budget.discount.blocks += 1 + (copied > 0);
	budget.discount.bytes += row.size + copied;
}

/* What a stack has, among the biggest. */
struct ranking {
	const struct scope *scope;
	size_t mark; /* the next one to be compared with */
	bool by_blocks;
	struct lk_budget_breach *breach;
	/* What one stack after another has alive: by its id. */
	struct lk_budget_share *alive;
};

static uint64_t weight(const struct ranking *ranking, const struct lk_budget_share *share)
{
	return ranking->by_blocks ? share->blocks : share->bytes;
}

static void rank(const struct ranking *ranking, const struct lk_budget_share *share)
{
	struct lk_budget_breach *breach = ranking->breach;
	size_t place = breach->shares_count;

	if (weight(ranking, share) == 0)
		return;
	while (place > 0 &&
	       weight(ranking, &breach->shares[place - 1]) < weight(ranking, share))
		place--;
	if (place == LK_BUDGET_SHARES_MAX)
		return;
	if (breach->shares_count < LK_BUDGET_SHARES_MAX)
		breach->shares_count++;
	for (size_t i = breach->shares_count - 1; i > place; i--)
		breach->shares[i] = breach->shares[i - 1];
	breach->shares[place] = *share;
}

/* Stacks come by their ids, as the marks did. */
static void rank_total(void *context, lk_stack_id stack, uint64_t blocks, uint64_t bytes)
{
	struct ranking *ranking = context;
	const struct scope *scope = ranking->scope;
	struct lk_budget_share share = { stack, blocks, bytes };

	while (ranking->mark < scope->marks_count && scope->marks[ranking->mark].stack < stack)
		ranking->mark++;
	if (ranking->mark < scope->marks_count && scope->marks[ranking->mark].stack == stack) {
		share.blocks -= scope->marks[ranking->mark].blocks;
		share.bytes -= scope->marks[ranking->mark].bytes;
	}
	rank(ranking, &share);
}

/* Open addressing. */
enum { ALIVE_SIZE = 1 << 16 };

static void add_alive(void *context, const struct lk_block *block)
{
	struct ranking *ranking = context;
	size_t place = block->stack * 0x9E3779B1u >> 16;

	for (size_t tries = 0; tries < ALIVE_SIZE / 2; tries++, place++) {
		struct lk_budget_share *share = &ranking->alive[place % ALIVE_SIZE];

		if (share->stack != LK_STACK_NONE && share->stack != block->stack)
			continue;
		share->stack = block->stack;
		share->blocks++;
		share->bytes += block->size;
		return;
	}
}

/* Where what is alive of this window came from. */
static void rank_alive(struct ranking *ranking)
{
	const size_t size = ALIVE_SIZE * sizeof *ranking->alive;

	ranking->alive = lk_pages_map(size);
	if (!ranking->alive)
		return;
	lk_heap_each(lk_tracker.epoch, add_alive, ranking);
	for (size_t i = 0; i < ALIVE_SIZE; i++)
		rank(ranking, &ranking->alive[i]);
	lk_pages_unmap(ranking->alive, size);
}

static void keep(const struct scope *scope, enum lk_measure measure, uint64_t measured,
		 bool is_measured)
{
	struct lk_budget_breach *breach;

	if (budget.breaches_count == LK_BUDGET_BREACHES_MAX)
		return;
	breach = &breaches[budget.breaches_count++];
	*breach = (struct lk_budget_breach){ .measure = measure,
					     .is_measured = is_measured,
					     .measured = measured,
					     .allowed = scope->limits.above[measure] - 1,
					     .file = scope->file,
					     .line = scope->line };
	struct ranking ranking = { .scope = scope,
				   .by_blocks = measure == LK_MEASURE_allocations,
				   .breach = breach };
	if (!is_measured)
		return;
	if (measure == LK_MEASURE_growth)
		rank_alive(&ranking);
	else
		lk_totals_each(rank_total, &ranking);
}

static void measure_all(const struct scope *scope, uint64_t ret[LK_MEASURE_COUNT])
{
	const struct lk_totals_sum *start = &scope->start;
	struct lk_totals_sum now;

	lk_totals_sum(&now);
	if (now.peak_bytes < scope->peak_seen)
		now.peak_bytes = scope->peak_seen;
	ret[LK_MEASURE_allocations] = now.allocations - start->allocations -
				      (budget.discount.blocks - scope->discount.blocks);
	ret[LK_MEASURE_bytes] = now.allocated_bytes - start->allocated_bytes -
				(budget.discount.bytes - scope->discount.bytes);
	ret[LK_MEASURE_peak] =
		now.peak_bytes > start->live_bytes ? now.peak_bytes - start->live_bytes : 0;
	ret[LK_MEASURE_growth] =
		now.live_bytes > start->live_bytes ? now.live_bytes - start->live_bytes : 0;
}

int lk_budget_begin(const struct lk_limits *limits, const char *file, int line)
{
	struct scope beyond = { .limits = *limits, .file = file, .line = line };

	if (budget.open == LK_BUDGET_SCOPES_MAX) {
		for (int measure = 0; measure < LK_MEASURE_COUNT; measure++)
			if (limits->above[measure] > 0)
				keep(&beyond, (enum lk_measure)measure, 0, false);
		return -1;
	}
	scopes[budget.open] = beyond;
	begin(&scopes[budget.open]);
	return budget.open++;
}

/* Ends the innermost scope. */
static int end_last(void)
{
	struct scope *scope = &scopes[--budget.open];
	uint64_t measured[LK_MEASURE_COUNT] = { 0 };
	int broken = 0;
	bool is_unknown = false;

	if (scope->is_measured) {
		measure_all(scope, measured);
		lk_totals_peak_end(scope->peak_before);
		lk_totals_peak_end(scope->peak_seen);
	}
	bool is_short = !scope->is_measured || lk_totals_lost() != scope->lost_before;
	for (int measure = 0; measure < LK_MEASURE_COUNT; measure++) {
		uint64_t above = scope->limits.above[measure];
		bool is_broken = above > 0 && measured[measure] >= above;

		if (above > 0 && (is_broken || is_short))
			keep(scope, (enum lk_measure)measure, measured[measure], is_broken);
		broken += is_broken;
		is_unknown |= above > 0 && !is_broken && is_short;
	}
	if (scope->marks)
		lk_pages_unmap(scope->marks, (scope->marks_room + 1) * sizeof *scope->marks);
	return is_unknown ? -1 : broken;
}

int lk_budget_end(int scope)
{
	int result = -1;

	while (scope >= 0 && budget.open > scope)
		result = end_last();
	return result;
}

void lk_budget_end_all(void)
{
	lk_budget_end(0);
}

void lk_budget_reset(void)
{
	lk_budget_end_all();
	if (budget.is_paused)
		budget.is_paused = false;
	if (budget.breaches_count > 0)
		budget.breaches_count = 0;
}

size_t lk_budget_breaches(const struct lk_budget_breach **ret)
{
	if (ret)
		*ret = breaches;
	return budget.breaches_count;
}
