/* SPDX-License-Identifier: MIT */
/* What closes of descriptors were wrong since the mark.
 *
 * A small table of fixed size, which only a wrong close touches; callable wherever
 * close() is.  A place that also closes numbers that nobody had open sweeps over all
 * of them, as daemons do, and is not reported. */
#ifndef LK_PROBE_MISUSE_H
#define LK_PROBE_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/misuse.h"
#include "model/stack.h"

enum { LK_MISUSES_MAX = 64 };

struct lk_misuse_row {
	enum lk_misuse_kind kind;
	int fd;
	lk_stack_id stack, closed, opened;
	uint32_t times;
};

/* FD was closed as ROW says (`times` is not read): counted with those of the same
 * stacks. */
void lk_misuse_put(const struct lk_misuse_row *row);
/* STACK closed a number that nobody had open. */
void lk_misuse_sweeps(lk_stack_id stack);

/* Forgets all; call at a mark. */
void lk_misuse_reset(void);

/* Calls VISIT for each row that is no sweep's. */
void lk_misuse_each(void (*visit)(void *context, const struct lk_misuse_row *row), void *context);

#endif
