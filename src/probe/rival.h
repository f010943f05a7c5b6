/* SPDX-License-Identifier: MIT */
/* Who else handles memory in this process: tools and allocators that keep us
 * from seeing it, or that place blocks otherwise than glibc. */
#ifndef LK_PROBE_RIVAL_H
#define LK_PROBE_RIVAL_H

#include <stdbool.h>

/* One sentence that says why heap memory cannot be watched here, NULL if it can.
 * Call while the heap is watched and the thread is not quiet: it takes a block
 * and looks whether the table has it. */
const char *lk_rival_of_heap(void);

/* Is the malloc behind our hooks another one than the C library's? */
bool lk_rival_allocator(void);

/* Where it is: one sentence if the program takes its operators new from it as well,
 * whose blocks the hooks do not see; NULL if not. */
const char *lk_rival_of_operators(void);

#endif
