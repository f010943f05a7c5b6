/* SPDX-License-Identifier: MIT */
/* The suspect frame: where a reader should look first. */
#ifndef LK_JUDGE_SUSPECT_H
#define LK_JUDGE_SUSPECT_H

#include <stddef.h>

#include "judge/symbols.h"

/* The first of COUNT frames (innermost first) that is the program's own - not the
 * C library's, and not of a library that the system installed - and no wrapper
 * around an allocator or opener, such as xmalloc.  Without one: the first that
 * is not the C library's.  COUNT if there is none either. */
size_t lk_suspect(const struct lk_frame *frames, size_t count);

#endif
