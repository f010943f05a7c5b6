/* SPDX-License-Identifier: MIT */
#include "probe/child_table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "probe/tracker.h"
#include "base/light.h"

enum { ROWS = 4096 };

/* Shared by all processes that were forked since they were made. */
static LK_HOT struct lk_child_row *table; /* of ROWS */
static LK_HOT uint32_t *table_used; /* rows beyond were never taken */

bool lk_child_table_make(void)
{
	struct lk_child_row *none = NULL;
	uint32_t *unset = NULL;

	if (LK_LIKELY(__atomic_load_n(&table, __ATOMIC_ACQUIRE) != NULL))
		return true;
	uint32_t *used = lk_tracker_share(sizeof *used);
	struct lk_child_row *fresh = lk_pages_map_shared(ROWS * sizeof *fresh);
	if (!used || !fresh)
		return false;
	__atomic_compare_exchange_n(&table_used, &unset, used, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_RELAXED);
	if (!__atomic_compare_exchange_n(&table, &none, fresh, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		lk_pages_unmap(fresh, ROWS * sizeof *fresh);
	return true;
}

static bool is_gone(pid_t pid)
{
	int saved = errno;
	bool gone = syscall(SYS_kill, pid, 0) == -1 && errno == ESRCH;

	errno = saved;
	return gone;
}

static bool take(struct lk_child_row *row, uint32_t state)
{
	if (!__atomic_compare_exchange_n(&row->state, &state, LK_CHILD_WRITING, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	row->writer = (pid_t)syscall(SYS_getpid);
	return true;
}

/* Takes ROW if its child has been waited for unseen, or its writer died at it. */
static bool take_abandoned(struct lk_child_row *row)
{
	uint32_t state = __atomic_load_n(&row->state, __ATOMIC_ACQUIRE);

	return is_gone(state == LK_CHILD_USED ? row->pid : row->writer) && take(row, state);
}

struct lk_child_row *lk_child_row_take(void)
{
	struct lk_child_row *known = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; known && i < ROWS; i++) {
		struct lk_child_row *row = &known[i];
		uint32_t used = __atomic_load_n(table_used, __ATOMIC_RELAXED);

		if (__atomic_load_n(&row->state, __ATOMIC_RELAXED) != LK_CHILD_FREE ||
		    !take(row, LK_CHILD_FREE))
			continue;
		while (used <= i &&
		       !__atomic_compare_exchange_n(table_used, &used, i + 1, false,
						    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
			;
		return row;
	}
	for (uint32_t i = 0; known && i < ROWS; i++)
		if (take_abandoned(&known[i]))
			return &known[i];
	return NULL;
}

void lk_child_row_free(struct lk_child_row *row)
{
	__atomic_store_n(&row->state, LK_CHILD_FREE, __ATOMIC_RELEASE);
}

struct lk_child_row *lk_child_row_next(const struct lk_child_row *row)
{
	struct lk_child_row *known = __atomic_load_n(&table, __ATOMIC_ACQUIRE);

	if (!known)
		return NULL;
	uint32_t used = __atomic_load_n(table_used, __ATOMIC_ACQUIRE);
	for (size_t i = row ? (size_t)(row - known) + 1 : 0; i < used; i++)
		if (__atomic_load_n(&known[i].state, __ATOMIC_ACQUIRE) >= LK_CHILD_USED)
			return &known[i];
	return NULL;
}

struct lk_child_row *lk_child_row_find(pid_t pid, uint64_t started)
{
	struct lk_child_row *row = NULL;

	while ((row = lk_child_row_next(row)))
		if (row->pid == pid && row->state == LK_CHILD_USED &&
		    (started == 0 || (row->since <= started && started <= row->until)))
			return row;
	return NULL;
}
