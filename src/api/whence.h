/* SPDX-License-Identifier: MIT */
/* Where something came from, for people. */
#ifndef LK_API_WHENCE_H
#define LK_API_WHENCE_H

#include <stdbool.h>
#include <stddef.h>

enum { LK_WHENCE_TEXT_MAX = 1 << 14 };

/* Writes the calling thread's stack with names into TEXT (LK_WHENCE_TEXT_MAX bytes), below
 * a line HEADLINE; without names if they cannot be looked up.  FRAME is that of the hook
 * that was called (see probe/unwind.h). */
void lk_whence_here(const char *headline, const void *frame, char *text);

#endif
