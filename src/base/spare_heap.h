/* SPDX-License-Identifier: MIT */
/* A heap of our own for a copy of the process that only reports.
 *
 * The copy was made in the middle of anything, so libc's heap may be locked or half
 * changed for good.  From then on every allocation comes out of fresh pages, and
 * nothing is released. */
#ifndef LK_BASE_SPARE_HEAP_H
#define LK_BASE_SPARE_HEAP_H

#include <stdbool.h>

/* False if memory is refused.  The calling thread must be the only one. */
bool lk_spare_heap_use(void);

#endif
