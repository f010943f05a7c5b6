/* SPDX-License-Identifier: MIT */
/* Tables -> snapshot. */
#ifndef LK_PROBE_FREEZE_H
#define LK_PROBE_FREEZE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Is anything young alive?  Costs a sum over threads and a look at the kernel's
 * list of descriptors; never a scan. */
bool lk_freeze_anything_young(void);

/* Was a descriptor closed by who should not have? */
bool lk_freeze_anything_misused(void);

/* Events of the process that no table could keep; grows only. */
uint64_t lk_freeze_losses(void);

/* Collects what is young now.  WINDOW is the stack on which the window was
 * opened.  False when memory is refused; then *RET is untouched. */
bool lk_freeze(lk_stack_id window, struct lk_snapshot *ret);
/* As lk_freeze, and always with all threads, also where none is young. */
bool lk_freeze_dump(lk_stack_id window, struct lk_snapshot *ret);
/* Everything that is alive, however old: blocks by stack, and if WITH_HOLDERS by who holds
 * them; all descriptors, threads and children, handles, and the moment.  What threads do is
 * looked at first; heap and descriptors are one picture (probe/frozen.h), and
 * moment.span_ns tells how much later that was.  False as above. */
bool lk_freeze_whole(bool with_holders, struct lk_snapshot *ret);
/* Nothing but what was allocated in the window that was opened at the stack WINDOW, alive or
 * not (probe/totals.h). */
bool lk_freeze_totals(lk_stack_id window, struct lk_snapshot *ret);
void lk_freeze_release(struct lk_snapshot *snapshot);

/* Adds what a copy that ran the test again has told of releases, as far as there is
 * room. */
struct lk_releases;
void lk_freeze_releases(struct lk_snapshot *snapshot, const struct lk_releases *table);

#endif
