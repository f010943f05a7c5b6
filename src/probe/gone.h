/* SPDX-License-Identifier: MIT */
/* Modules that the program has unloaded, so that stacks through them still have
 * names.  Another module may lie at the same address by now, and a snapshot knows
 * modules by address alone, so each gets a range where no program can be. */
#ifndef LK_PROBE_GONE_H
#define LK_PROBE_GONE_H

#include <stddef.h>
#include <stdint.h>

#include "model/module.h"
#include "model/stack.h"

struct lk_loaded;

/* Around a call that may unload modules: BEFORE lists them (NULL: memory was
 * refused), AFTER keeps those that were there and are not.  Take the dynamic
 * loader's lock.  Keep errno. */
struct lk_loaded *lk_gone_before(void);
void lk_gone_after(struct lk_loaded *before);

/* Fills MODULES (room for MAX) with those that are kept, the last 64 at most. */
size_t lk_gone_list(struct lk_module *modules, size_t max);

/* Turns those of the COUNT innermost FRAMES of STACK that lie in unloaded modules into
 * addresses in the ranges of these. */
void lk_gone_translate(uintptr_t *frames, size_t count, lk_stack_id stack);

#endif
