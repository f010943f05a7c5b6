/* SPDX-License-Identifier: MIT */
/* The rows behind probe/child.h, for it and probe/child_look.c. */
#ifndef LK_PROBE_CHILD_TABLE_H
#define LK_PROBE_CHILD_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/child.h"
#include "model/stack.h"

enum lk_child_row_state {
	LK_CHILD_FREE,
	LK_CHILD_WRITING,
	LK_CHILD_USED,
	LK_CHILD_AWAITING, /* its starter is inside the call; the number is not known */
};

struct lk_child_row {
	uint32_t state;
	pid_t writer; /* who took the row: it may die while it writes */
	pid_t pid;
	pid_t root; /* the process whose test it belongs to */
	uint32_t epoch; /* of the root */
	uint32_t start; /* enum lk_child_start */
	pid_t starter, thread; /* process and thread that started it */
	uint64_t since, until; /* clock ticks between which it was started */
	lk_stack_id stack; /* in the starter's depot */
	uint32_t looked; /* number of the look that has told it */
	uint32_t frames_count;
	bool cut;
	/* The same stack for other processes. */
	uintptr_t frames[LK_STACK_FRAMES_DEFAULT];
};

/* Makes the table if there is none yet. */
bool lk_child_table_make(void);
/* A row to be written and then set to another state; NULL if all are in use. */
struct lk_child_row *lk_child_row_take(void);
void lk_child_row_free(struct lk_child_row *row);
/* The row after ROW (the first one: NULL) that is used or awaiting; NULL at the end. */
struct lk_child_row *lk_child_row_next(const struct lk_child_row *row);
/* The row of process PID, which was started at the tick STARTED (0: any time). */
struct lk_child_row *lk_child_row_find(pid_t pid, uint64_t started);

#endif
