/* SPDX-License-Identifier: MIT */
/* Heavy work in the middle of anything.
 *
 * Called by a debugger, in an allocation or in a signal handler, the process may hold any
 * lock, so names cannot be looked up in it.  A copy of the process does that with a heap
 * of its own (base/spare_heap.h), and may fail without harm. */
#ifndef LK_API_ASIDE_H
#define LK_API_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Has WORK write TEXT (of at most SIZE bytes, the final zero included) in a copy of this
 * process; true if it did.  WORK's own result is that of lk_aside_write.  Waits for the
 * copy, for some seconds at most; keeps errno; the program sees no child of it.  What WORK
 * allocates and opens it need not release. */
bool lk_aside_write(bool (*work)(void *context, char *text, size_t size), void *context,
		    char *text, size_t size);

#endif
