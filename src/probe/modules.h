/* SPDX-License-Identifier: MIT */
/* The objects loaded in this process. */
#ifndef LK_PROBE_MODULES_H
#define LK_PROBE_MODULES_H

#include <stddef.h>

#include "model/module.h"

/* Fills MODULES (room for MAX) and returns how many there are, at most MAX.
 * Takes the dynamic loader's lock: never call it from a hook's hot path. */
size_t lk_modules_list(struct lk_module *modules, size_t max);

#endif
