/* SPDX-License-Identifier: MIT */
#include "probe/misuse.h"

#include "base/attributes.h"
#include "base/light.h"

/* Misuse is a note, so what does not fit is not told. */
enum { SWEEPS_MAX = 16 };

static struct place {
	bool ready;
	struct lk_misuse_row row;
} places[LK_MISUSES_MAX];
static lk_stack_id sweeps[SWEEPS_MAX];
static LK_HOT unsigned places_used, sweeps_used;

static bool is_same(const struct lk_misuse_row *a, const struct lk_misuse_row *b)
{
	return a->kind == b->kind && a->stack == b->stack && a->closed == b->closed &&
	       (a->kind == LK_MISUSE_CLOSED_TWICE || a->fd == b->fd);
}

static unsigned count_of(const unsigned *used, unsigned max)
{
	unsigned count = __atomic_load_n(used, __ATOMIC_ACQUIRE);

	return count < max ? count : max;
}

void lk_misuse_put(const struct lk_misuse_row *row)
{
	for (unsigned i = 0; i < count_of(&places_used, LK_MISUSES_MAX); i++)
		if (__atomic_load_n(&places[i].ready, __ATOMIC_ACQUIRE) &&
		    is_same(&places[i].row, row)) {
			__atomic_fetch_add(&places[i].row.times, 1, __ATOMIC_RELAXED);
			return;
		}
	if (count_of(&places_used, LK_MISUSES_MAX) == LK_MISUSES_MAX)
		return;
	unsigned at = __atomic_fetch_add(&places_used, 1, __ATOMIC_ACQ_REL);
	if (at >= LK_MISUSES_MAX)
		return;
	places[at].row = *row;
	places[at].row.times = 1;
	__atomic_store_n(&places[at].ready, true, __ATOMIC_RELEASE);
}

static bool is_sweep(lk_stack_id stack)
{
	for (unsigned i = 0; i < count_of(&sweeps_used, SWEEPS_MAX); i++)
		if (sweeps[i] == stack)
			return true;
	return false;
}

void lk_misuse_sweeps(lk_stack_id stack)
{
	if (is_sweep(stack) || count_of(&sweeps_used, SWEEPS_MAX) == SWEEPS_MAX)
		return;
	unsigned at = __atomic_fetch_add(&sweeps_used, 1, __ATOMIC_ACQ_REL);
	if (at < SWEEPS_MAX)
		sweeps[at] = stack;
}

void lk_misuse_reset(void)
{
	for (unsigned i = 0; i < count_of(&places_used, LK_MISUSES_MAX); i++)
		places[i].ready = false;
	if (places_used)
		__atomic_store_n(&places_used, 0, __ATOMIC_RELEASE);
	if (sweeps_used)
		__atomic_store_n(&sweeps_used, 0, __ATOMIC_RELEASE);
}

void lk_misuse_each(void (*visit)(void *context, const struct lk_misuse_row *row), void *context)
{
	for (unsigned i = 0; i < count_of(&places_used, LK_MISUSES_MAX); i++)
		if (__atomic_load_n(&places[i].ready, __ATOMIC_ACQUIRE) &&
		    !is_sweep(places[i].row.stack))
			visit(context, &places[i].row);
}
